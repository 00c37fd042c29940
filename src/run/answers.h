/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest waits for whoever runs it to see, or to do: for a sink (daxpin/sink.h). */
#ifndef DAXPIN_RUN_ANSWERS_H
#define DAXPIN_RUN_ANSWERS_H

#include <stddef.h>

struct dp_execution;
struct dp_medium;
struct dp_vcpus;

struct json_object;

/*
 * @line, @len: what the guest asks
 * @answer, @size: receives what became of it, for the guest
 *
 * Return: the step, which the caller owns; NULL if the line is no question.
 */
struct json_object *dp_answer_look(const char *line, size_t len, const struct dp_medium *medium);
struct json_object *dp_answer_order(const char *line, size_t len, const struct dp_vcpus *vcpus,
				    char *answer, size_t size);
struct json_object *dp_answer_execution(const char *line, size_t len,
					const struct dp_execution *execution, char *answer,
					size_t size);

#endif
