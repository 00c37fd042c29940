// SPDX-License-Identifier: GPL-2.0-or-later
/* The definition of all steps, and what each of them owes (steps.h). */
#include <string.h>

#include "fields.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/steps.h"

/* When a field is owed. */
enum when {
	NEVER, /* the end of a list */
	ALWAYS,
	SAID,   /* always, and not null */
	ENDED,  /* state is "completed" or "failed" */
	DONE,   /* state is "completed" */
	FAILED, /* state is "failed" */
	STUCK,  /* state is "waits" or "runs" */
};

struct owed {
	enum dp_field field;
	enum when when;
};

/* The longest list, and its end. */
#define MAX_OWED 20

/* How an actor ended (actor.h). */
#define FATE                                                                                       \
	{ DP_FIELD_STATE, ALWAYS }, { DP_FIELD_ERRNO, ENDED }, { DP_FIELD_TEXT, FAILED },          \
	{                                                                                          \
		DP_FIELD_WHERE, STUCK                                                              \
	}
#define TOOK                                                                                       \
	{                                                                                          \
		DP_FIELD_MS, ALWAYS                                                                \
	}
#define PINS                                                                                       \
	{                                                                                          \
		DP_FIELD_PINS_HELD, ALWAYS                                                         \
	}
/* The leg of the traffic that a step belongs to. */
#define OF_LEG                                                                                     \
	{ DP_FIELD_TOPOLOGY, ALWAYS }, { DP_FIELD_ROLE, ALWAYS },                                  \
	{                                                                                          \
		DP_FIELD_ON_DEMAND, ALWAYS                                                         \
	}
/* How an event ended that happened while traffic was in flight. */
#define IN_FLIGHT                                                                                  \
	{ DP_FIELD_STATE, ALWAYS }, { DP_FIELD_TEXT, FAILED }, { DP_FIELD_WHERE, STUCK },          \
	{                                                                                          \
		DP_FIELD_MOVABLE, ALWAYS                                                           \
	}
#define ALWAYS_1(a)                                                                                \
	{                                                                                          \
		DP_FIELD_##a, ALWAYS                                                               \
	}
#define ALWAYS_2(a, b)    ALWAYS_1(a), ALWAYS_1(b)
#define ALWAYS_3(a, b, c) ALWAYS_2(a, b), ALWAYS_1(c)
/* What was read of a phase of a bench. */
#define READINGS ALWAYS_3(PAGES, SAMPLES, TICKS), ALWAYS_1(ERRNO)

static const struct {
	const char *name;
	struct owed owed[MAX_OWED];
	struct owed traffic[MAX_OWED]; /* where traffic has a step of this name, too */
} steps[DP_STEPS] = {
	[DP_STEP_REHEARSAL] = { "rehearsal",
				{ { DP_FIELD_STATE, ALWAYS }, { DP_FIELD_TEXT, FAILED }, TOOK } },
	[DP_STEP_KILL_WHILE_REGISTERING] = { "kill-while-registering",
					     { { DP_FIELD_KILLED, ALWAYS },
					       { DP_FIELD_GONE, ALWAYS },
					       PINS,
					       TOOK } },
	[DP_STEP_REGISTER] = { "register",
			       { { DP_FIELD_STATE, ALWAYS },
				 { DP_FIELD_ERRNO, ENDED },
				 { DP_FIELD_PAGES, ALWAYS },
				 { DP_FIELD_ON_DEMAND, ALWAYS },
				 { DP_FIELD_ON_DEVICE, ALWAYS },
				 { DP_FIELD_DEVICE, ALWAYS },
				 { DP_FIELD_ZONE_BEFORE, ALWAYS },
				 { DP_FIELD_ZONE_AFTER, ALWAYS },
				 PINS,
				 TOOK } },
	[DP_STEP_UNMAP] = { "unmap", { FATE, TOOK } },
	[DP_STEP_EVENT] = { "event", { FATE, PINS, TOOK }, { IN_FLIGHT, OF_LEG } },
	[DP_STEP_CPU_ACCESS] = { "cpu-access",
				 { { DP_FIELD_STATE, ALWAYS },
				   { DP_FIELD_RESULT, ALWAYS },
				   TOOK } },
	[DP_STEP_REGISTER_AGAIN] = { "register-again",
				     { { DP_FIELD_STATE, ALWAYS },
				       { DP_FIELD_ERRNO, ENDED },
				       { DP_FIELD_WHERE, STUCK },
				       TOOK } },
	[DP_STEP_ASYNC_EVENTS] = { "async-events",
				   { { DP_FIELD_STATE, ALWAYS },
				     { DP_FIELD_EVENTS, ALWAYS },
				     TOOK } },
	[DP_STEP_GIVE_UP] = { "give-up", { { DP_FIELD_STATE, ALWAYS }, PINS, TOOK } },
	[DP_STEP_RELEASE] = { "release",
			      { { DP_FIELD_HOW, ALWAYS }, FATE, TOOK },
			      { ALWAYS_1(ERRNO), OF_LEG } },
	[DP_STEP_RELEASE_AGAIN] = { "release-again",
				    { { DP_FIELD_EVENT_STATE, ALWAYS }, FATE, PINS, TOOK } },
	[DP_STEP_OWNER_END] = { "owner-end",
				{ { DP_FIELD_STATE, ALWAYS }, { DP_FIELD_WHERE, STUCK }, TOOK } },
	[DP_STEP_EVENT_END] = { "event-end", { FATE, PINS, TOOK }, { IN_FLIGHT, OF_LEG } },
	[DP_STEP_EVENT_AGAIN] = { "event-again", { FATE, PINS, TOOK } },
	[DP_STEP_PINS] = { "pins", { PINS, TOOK } },
	[DP_STEP_COME_BACK] = { "come-back", { FATE, { DP_FIELD_REGISTER, DONE }, TOOK } },
	[DP_STEP_RACE] = { "race",
			   { { DP_FIELD_STATE, ALWAYS },
			     { DP_FIELD_THREADS, ALWAYS },
			     { DP_FIELD_SEED, ALWAYS },
			     { DP_FIELD_RACES, ALWAYS },
			     { DP_FIELD_REFUSED, ALWAYS },
			     { DP_FIELD_FIRST, ALWAYS },
			     { DP_FIELD_ON_DEMAND, ALWAYS },
			     { DP_FIELD_ALLOWED, ALWAYS },
			     { DP_FIELD_ERRORS, ALWAYS },
			     { DP_FIELD_ALLOWED_DURING, ALWAYS },
			     { DP_FIELD_EARLY, ALWAYS },
			     { DP_FIELD_LATE, ALWAYS },
			     { DP_FIELD_NOT_HELD, ALWAYS },
			     { DP_FIELD_NOT_RELEASED, ALWAYS },
			     { DP_FIELD_LEAKED, ALWAYS },
			     TOOK } },
	[DP_STEP_HOLDS] = { "holds", { ALWAYS_3(STATE, TEXT, SEED), ALWAYS_2(RACES, WINDOWS) } },
	[DP_STEP_ROUNDS] = { "rounds", { ALWAYS_1(RACES) } },
	[DP_STEP_ORDER] = { "order",
			    { ALWAYS_3(STATION, STATE, TEXT), ALWAYS_3(MOVES, CONTROL, COUNTS) } },
	[DP_STEP_ANSWER] = { "answer", { FATE, ALWAYS_1(ON_DEMAND), PINS, TOOK } },
	[DP_STEP_ATTEMPT] = { "attempt",
			      { ALWAYS_3(ATTEMPT, WHAT, WHO), ALWAYS_3(PAGES, MEMLOCK, CAPABLE),
				ALWAYS_2(CHARGED, ERRNO) } },
	[DP_STEP_REGION] = { "region",
			     { ALWAYS_3(PIN, STATE, TEXT),
			       { DP_FIELD_ERRNO, DONE },
			       { DP_FIELD_PAGES, DONE } } },
	[DP_STEP_CHANGE] = { "change", { ALWAYS_3(PIN, WHAT, ERRNO) } },
	[DP_STEP_SIGHT] = { "sight",
			    { ALWAYS_3(PIN, PHASE, BY),
			      ALWAYS_2(STATE, TEXT),
			      { DP_FIELD_COUNTS, DONE } } },
	[DP_STEP_REACHED] = { "reached",
			      { ALWAYS_1(PIN),
				ALWAYS_3(CONTROL_PAGES, CONTROL_DONE, REGION_DONE) } },
	[DP_STEP_CLOCK] = { "clock", { ALWAYS_3(UNIT, COST, TICK), ALWAYS_1(PAGE) } },
	[DP_STEP_COUNTERS] = { "counters",
			       { { DP_FIELD_STATE, ALWAYS },
				 { DP_FIELD_ERRNO, ENDED },
				 { DP_FIELD_TEXT, FAILED },
				 { DP_FIELD_CYCLES_COST, DONE },
				 { DP_FIELD_RETIRED_COST, DONE } } },
	[DP_STEP_FIRST_TOUCH] = { "first-touch",
				  { ALWAYS_3(PAGES, SAMPLES, TICKS), ALWAYS_1(LOOP) } },
	[DP_STEP_REGISTER_COLD] = { "register-cold", { READINGS } },
	[DP_STEP_REGISTER_WARM] = { "register-warm", { READINGS } },
	[DP_STEP_DEREGISTER] = { "deregister", { READINGS } },
	[DP_STEP_GUP_GET] = { "gup-get", { READINGS } },
	[DP_STEP_GUP_PUT] = { "gup-put", { READINGS } },
	[DP_STEP_GUP_FAST] = { "gup-fast", { READINGS } },
	[DP_STEP_INSIDE] = { "inside", { READINGS } },
	[DP_STEP_FUNCTIONS] = { "functions",
				{ ALWAYS_3(STATE, TEXT, PAGES),
				  ALWAYS_3(COUNTED, EXECUTED, FUNCTIONS), ALWAYS_1(CLASSES) } },
	[DP_STEP_BARE] = { "bare", { ALWAYS_3(CALLS, SAMPLES, TIMED), ALWAYS_1(ERRNO) } },
	[DP_STEP_TOGETHER] = { "together", { ALWAYS_2(CALLS, SAMPLES) } },
	[DP_STEP_TRAFFIC_WRITE] = { "traffic-write", { READINGS } },
	[DP_STEP_TRAFFIC_READ] = { "traffic-read", { READINGS } },
	[DP_STEP_TRAFFIC_SEND] = { "traffic-send", { READINGS } },
	[DP_STEP_REGISTER_ALONE] = { "register-alone", { READINGS } },
	[DP_STEP_REGISTER_EIGHTH] = { "register-eighth", { READINGS } },
	[DP_STEP_ODP_REGISTER] = { "odp-register", { READINGS } },
	[DP_STEP_ODP_ACCESS] = { "odp-access", { READINGS } },
	[DP_STEP_ODP_AGAIN] = { "odp-access-again", { READINGS } },
	[DP_STEP_ODP_PREFETCH] = { "odp-prefetch", { READINGS } },
	[DP_STEP_ODP_DEREGISTER] = { "odp-deregister", { READINGS } },
	[DP_STEP_LEG] = { "leg", { ALWAYS_1(LEG), OF_LEG } },
	[DP_STEP_TRANSFERS] = { "transfers", { ALWAYS_2(TRANSFERS, BYTES), OF_LEG } },
	[DP_STEP_FAILED] = { "failed", { ALWAYS_3(WHAT, OFFSET, LENGTH), ALWAYS_1(TEXT), OF_LEG } },
	[DP_STEP_REFUSAL] = { "refusal",
			      { ALWAYS_3(WHAT, UNPOSTED, STATUS),
				{ DP_FIELD_TEXT, ALWAYS },
				{ DP_FIELD_QP_STATE, ALWAYS },
				OF_LEG } },
	[DP_STEP_VERIFY] = { "verify",
			     { ALWAYS_3(MEMORY, ROUTES, LOOKS), ALWAYS_2(TOPOLOGY, ROLE) } },
	[DP_STEP_OUTSIDE] = { "outside", { ALWAYS_3(MEMORY, ROUTES, LOOKS), OF_LEG } },
	[DP_STEP_REFUSED] = { "refused", { { DP_FIELD_ERRNO, SAID }, OF_LEG } },
	[DP_STEP_TROUBLE] = { "trouble", { ALWAYS_2(WHAT, TEXT) } },
	[DP_STEP_BANDWIDTH] = { "bandwidth",
				{ ALWAYS_3(SIZE, OPERATIONS, BYTES), ALWAYS_1(US), OF_LEG } },
	[DP_STEP_KEPT] = { "kept",
			   { ALWAYS_3(MAPPING, SIZE, START), ALWAYS_2(LEDGER, BLOCKS), OF_LEG } },
	[DP_STEP_LOST] = { "lost", { ALWAYS_2(WHAT, TEXT) } },
	[DP_STEP_PREFETCH] = { "prefetch", { ALWAYS_1(ERRNO), OF_LEG } },
	[DP_STEP_RESET] = { "reset", { ALWAYS_1(ERRNO), OF_LEG } },
	[DP_STEP_REFERENCE] = { "reference",
				{ ALWAYS_3(TOOL, REGISTERS, REGISTERED), ALWAYS_1(SIZE), OF_LEG } },
	[DP_STEP_LEG_END] = { "leg-end", { ALWAYS_2(LEG, COUNTS), OF_LEG } },
	[DP_STEP_IN_FLIGHT] = { "in-flight",
				{ ALWAYS_3(OPERATIONS, STATUS, STATUS_TEXT),
				  ALWAYS_3(QP_STATE, TEXT, LOST), OF_LEG } },
	[DP_STEP_UNDO] = { "undo", { ALWAYS_1(STATE), { DP_FIELD_TEXT, FAILED }, OF_LEG } },
	[DP_STEP_CANARY] = { "canary", { ALWAYS_2(BYTES, WRONG), OF_LEG } },
	[DP_STEP_LEGS] = { "legs", { ALWAYS_1(LEGS) } },
	[DP_STEP_TAINT] = { "taint", { { DP_FIELD_BEFORE, ALWAYS }, { DP_FIELD_AFTER, ALWAYS } } },
};

_Static_assert(DP_STEPS <= 8 * sizeof(dp_steps), "a set has a bit for each step");

const char *dp_step_name(enum dp_step step)
{
	return steps[step].name;
}

enum dp_step dp_step_find(const char *name)
{
	for (int i = 0; name && i < DP_STEPS; i++)
		if (steps[i].name && !strcmp(steps[i].name, name))
			return (enum dp_step)i;
	return DP_STEPS;
}

static bool is_due(enum when when, const char *state)
{
	bool done = state && !strcmp(state, "completed"),
	     failed = state && !strcmp(state, "failed");

	switch (when) {
	case ENDED:
		return done || failed;
	case DONE:
		return done;
	case FAILED:
		return failed;
	case STUCK:
		return state && (!strcmp(state, "waits") || !strcmp(state, "runs"));
	default:
		return true;
	}
}

static const char *reason_of(struct json_object *obj, enum dp_field field)
{
	struct json_object *reasons;

	if (!json_object_object_get_ex(obj, "left_out", &reasons) ||
	    !json_object_is_type(reasons, json_type_object))
		return NULL;
	return dp_json_text(reasons, dp_field_name(field));
}

enum dp_field dp_step_lacks(struct json_object *obj, bool traffic, const char **left_out)
{
	enum dp_step step = dp_step_find(dp_json_text(obj, "step"));
	const struct owed *list = NULL;
	const char *state = dp_step_text(obj, DP_FIELD_STATE);
	struct json_object *value;

	if (step < DP_STEPS)
		list = traffic && steps[step].traffic[0].when != NEVER ? steps[step].traffic
								       : steps[step].owed;
	for (const struct owed *owed = list; owed && owed->when != NEVER; owed++) {
		*left_out = reason_of(obj, owed->field);
		if (!is_due(owed->when, state))
			continue;
		if (*left_out || !dp_field_get(obj, owed->field, &value) ||
		    (owed->when == SAID && !value))
			return owed->field;
	}
	*left_out = NULL;
	return DP_FIELDS;
}
