/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A verdict in the making: what was seen, and the clauses that are found broken.
 */
#ifndef DAXPIN_POLICY_VERDICT_H
#define DAXPIN_POLICY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "daxpin/bench.h"
#include "daxpin/json.h"
#include "daxpin/limit.h"
#include "daxpin/order.h"
#include "daxpin/policy.h"
#include "daxpin/state.h"
#include "daxpin/steps.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"

struct verdict {
	struct dp_result *result;
	struct json_object *steps;
	const struct dp_mapping *mapping;
	const struct dp_event *event;         /* NULL for an operation */
	const struct dp_operation *operation; /* NULL with an event */
	const struct dp_limit *limit;         /* NULL but of a limit */
	const struct dp_station *station;     /* NULL but of an order */
	const struct dp_state *state;         /* NULL but of a state */
	const struct dp_subject *subject;     /* kernel and adapter */
	struct dp_bench bench;                /* of a bench */
	enum dp_release release;              /* of a teardown */
	bool traffic;                         /* of traffic, in flight or not */
	bool host;     /* on a machine that nobody has in hand: nobody looks from outside */
	bool splatted; /* the kernel has printed a splat: what follows is no evidence */
};

/* Which step an object of the stream is about, if it is of this kind; DP_STEPS otherwise. */
enum dp_step dp_step_of(struct json_object *obj, const char *kind);

/* The observation of a step, the first if there are several; NULL if there is none. */
struct json_object *dp_seen(const struct verdict *v, enum dp_step step);

/* Whether a field is this text; false if either is missing. */
bool dp_says(struct json_object *obj, enum dp_field field, const char *text);

/* Whether a step came to its end; false if that was not seen. */
bool dp_completed(struct json_object *obj);

/* Whether it waits or runs on, was refused, or its process died. */
bool dp_stuck(struct json_object *obj);
bool dp_failed(struct json_object *obj);
bool dp_died(struct json_object *obj);

/* Whether a registration ended, and without an errno. */
bool dp_registered(struct json_object *obj);

/* A field's text, for people; "" if it is missing. */
const char *dp_text_of(struct json_object *obj, enum dp_field field);

/* Whether a flag is set, is not set, and a number is above zero; false if it is missing. */
bool dp_is_set(struct json_object *obj, enum dp_field field);
bool dp_is_clear(struct json_object *obj, enum dp_field field);
bool dp_is_above_zero(struct json_object *obj, enum dp_field field, int64_t *value);

/* Copies a field to the facts, under this name; a field that is missing is no fact. */
void dp_fact(struct verdict *v, const char *name, struct json_object *obj, enum dp_field field);

/* Notes a broken clause: each once, the explanations one after the other. */
__attribute__((format(printf, 3, 4))) void dp_broken(struct verdict *v, enum dp_clause clause,
						     const char *fmt, ...);

/* C1: no oops, BUG, WARN, lockdep report, hung task or panic. */
void dp_judge_splats(struct verdict *v);

/**
 * dp_find_missing - whether something is missing that the verdict rests on (owed.c)
 * @v: of which nothing was found broken
 * @owed: the steps that must be there, or left out with a reason
 * @once: those that can be there only once, in their order, and not left out as well
 * @text: receives what is missing
 * @size: its size in bytes
 *
 * A splat is an answer, so what the kernel no longer showed after it is not asked for here.
 */
bool dp_find_missing(const struct verdict *v, dp_steps owed, dp_steps once, char *text,
		     size_t size);

/**
 * dp_find_untimely - whether a step was left out that was due, or taken though it was not (owed.c)
 * @v: of which nothing is missing
 * @owed: the steps that are asked about
 * @is_due: whether a step had to be taken, after what was seen in others; NULL if each had to
 * @text: receives what does not fit
 * @size: its size in bytes
 */
bool dp_find_untimely(const struct verdict *v, dp_steps owed,
		      bool (*is_due)(const struct verdict *v, enum dp_step step), char *text,
		      size_t size);

/**
 * dp_find_misfit - whether what a teardown shows contradicts itself, or is none (scenario.c)
 * @v: of which nothing is missing
 * @text: receives what does not fit
 * @size: its size in bytes
 */
bool dp_find_misfit(const struct verdict *v, char *text, size_t size);

/**
 * dp_find_gap - whether a leg of a traffic case is incomplete (legs.c)
 * @v: what was seen
 * @text: receives what is missing
 * @size: its size in bytes
 */
bool dp_find_gap(const struct verdict *v, char *text, size_t size);

/* Room for the name of an access. */
#define DP_ACCESS_NAME 32

/**
 * dp_cell_asks - what a cell is about (asked.c)
 * @id: "check/MAPPING/ACCESS" or "pinner/MAPPING/PINNER/ACCESS"
 * @access: receives the name of the access, by which rules are found
 * @subject: receives who pins, where that is not the run's adapter
 *
 * Return: the mapping; NULL if there is no such cell.
 */
const struct dp_mapping *dp_cell_asks(const char *id, char access[DP_ACCESS_NAME],
				      struct dp_subject *subject);

/**
 * dp_is_of_another_amount - whether a registration did more or less inside than it must (counted.c)
 * @policy: its list "evidence"
 * @subject, @mapping, @access: whose registration
 * @cell: what was seen; without evidence nothing is asked
 * @result: receives the failure
 */
bool dp_is_of_another_amount(const struct dp_policy *policy, const struct dp_subject *subject,
			     const char *mapping, const char *access, const struct dp_cell *cell,
			     struct dp_result *result);

/**
 * dp_find_misprofile - whether the step "functions" is not of what was measured (profile.c)
 * @v: of a bench, of which nothing is missing
 * @pages: of the largest region
 * @figure: what its registration took
 * @text: receives what does not fit
 * @size: its size in bytes
 */
bool dp_find_misprofile(const struct verdict *v, int64_t pages, int64_t figure, char *text,
			size_t size);

/*
 * The verdict by kind of question: status and explanation, violated clauses and facts of v->result.
 * What was broken is a fail; what is missing leaves the status at DP_ERROR.
 */
void dp_judge_check(const struct dp_policy *policy, const struct dp_subject *subject,
		    const struct dp_cell *cell, struct dp_result *result);
void dp_judge_limit(struct verdict *v);
void dp_judge_teardown(struct verdict *v);
void dp_judge_race(struct verdict *v);
void dp_judge_order(struct verdict *v);
void dp_judge_traffic(struct verdict *v);
void dp_judge_state(struct verdict *v);
void dp_judge_bench(struct verdict *v);
void dp_judge_in_flight(struct verdict *v); /* traffic during an event */

/**
 * dp_lacks_holds - whether something of the holds of a biased race is missing (windows.c)
 * @v: of the race
 * @race: its sums
 * @text: receives what is missing, or contradicts the rest
 * @size: its size in bytes
 */
bool dp_lacks_holds(const struct verdict *v, struct json_object *race, char *text, size_t size);

/* How often each window was hit, of the step "holds", for people; "" without the step. */
void dp_holds_text(struct json_object *holds, char *text, size_t size);

#endif
