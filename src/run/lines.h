/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_RUN_LINES_H
#define DAXPIN_RUN_LINES_H

struct json_object;

/**
 * dp_lines_document - the document that some lines stand for
 * @text: the lines; changed
 *
 * A line that was cut short is left out: that is what the format is for.
 *
 * Return: a new object.
 */
struct json_object *dp_lines_document(char *text);

#endif
