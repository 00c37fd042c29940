/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of a timeline share (timeline.c, timeline_course.c, timeline_text.c). */
#ifndef DAXPIN_CLI_TIMELINE_H
#define DAXPIN_CLI_TIMELINE_H

struct json_object;

/* Prints a text of a file's, without what a terminal would obey. NULL is nothing. */
void cli_print_text(const char *text);

/* The course of a teardown, from its evidence; nothing for NULL. */
void cli_print_course(struct json_object *evidence);

#endif
