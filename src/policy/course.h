/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The course of a teardown, from the events that the witness has seen (daxpin/course.h). */
#ifndef DAXPIN_POLICY_COURSE_H
#define DAXPIN_POLICY_COURSE_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/**
 * dp_course_of - which function was passed by whom, and where the teardown waited
 * @steps: the observations of a scenario
 * @going_on: the event has not ended: who sleeps at the end waits
 *
 * Return: {"seen", "returns", "course", "waits", "not_probed", "missing"} (docs/json.md), a new
 * object; NULL if nobody has looked.
 */
struct json_object *dp_course_of(struct json_object *steps, bool going_on);

/* The longest of its waits, without how long; "" without one, or without evidence. */
void dp_course_tell(struct json_object *evidence, char *text, size_t size);

#endif
