/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A verdict in the making: what was seen, and the clauses that are found broken.
 */
#ifndef DAXPIN_POLICY_VERDICT_H
#define DAXPIN_POLICY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "daxpin/policy.h"
#include "daxpin/teardown.h"

struct verdict {
	struct dp_result *result;
	struct json_object *steps;
	const struct dp_event *event;
	bool splatted; /* the kernel has */
};

/* The step of a name, NULL if it was not taken. */
struct json_object *dp_step(const struct verdict *v, const char *name);

/* Whether a step's member is this text; false if either is missing. */
bool dp_says(struct json_object *obj, const char *key, const char *text);

/* A step's number and text; @otherwise and "" if either is missing. */
int64_t dp_number(struct json_object *obj, const char *key, int64_t otherwise);
const char *dp_text_of(struct json_object *obj, const char *key);

/* A step's flag; false if either is missing. */
bool dp_flag(struct json_object *obj, const char *key);

/* Whether a step came to its end. */
bool dp_completed(struct json_object *obj);

/* Notes a broken clause: each once, the explanations one after the other. */
__attribute__((format(printf, 3, 4))) void dp_broken(struct verdict *v, const char *clause,
						     const char *fmt, ...);

/* C1: no oops, BUG, WARN, lockdep report, hung task or panic. */
void dp_judge_splats(struct verdict *v);

/* All clauses, from the sums of a race. */
void dp_judge_race(struct verdict *v);

/* Whether there has been a race at all. */
bool dp_raced(const struct verdict *v);

/* Traffic during an event. */
void dp_judge_in_flight(struct verdict *v, const struct dp_cell *cell, const char *absent);

/* Traffic: it has no event, and brings its own conclusion. */
void dp_judge_traffic(struct verdict *v, const struct dp_cell *cell, const char *doing,
		      const char *absent);

#endif
