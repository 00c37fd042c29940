// SPDX-License-Identifier: GPL-2.0-or-later
/* The definition of all steps, and how they are written and read (steps.h). */
#include <errno.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"
#include "daxpin/steps.h"

enum type {
	TEXT, /* or null */
	WORD, /* never null */
	INT,
	FLAG,
	OBJECT,
	LIST,
};

static const struct {
	const char *name;
	enum type type;
} fields[DP_FIELDS] = {
	[DP_FIELD_STATE] = { "state", WORD },
	[DP_FIELD_ERRNO] = { "errno", TEXT },
	[DP_FIELD_TEXT] = { "text", TEXT },
	[DP_FIELD_WHERE] = { "where", TEXT },
	[DP_FIELD_MS] = { "ms", INT },
	[DP_FIELD_PINS_HELD] = { "pins_held", INT },
	[DP_FIELD_PAGES] = { "pages", INT },
	[DP_FIELD_ON_DEMAND] = { "on_demand", FLAG },
	[DP_FIELD_ON_DEVICE] = { "on_device", FLAG },
	[DP_FIELD_DEVICE] = { "device", TEXT },
	[DP_FIELD_ZONE_BEFORE] = { "zone_before", TEXT },
	[DP_FIELD_ZONE_AFTER] = { "zone_after", TEXT },
	[DP_FIELD_KILLED] = { "killed", INT },
	[DP_FIELD_GONE] = { "gone", INT },
	[DP_FIELD_RESULT] = { "result", WORD },
	[DP_FIELD_EVENTS] = { "events", TEXT },
	[DP_FIELD_HOW] = { "how", WORD },
	[DP_FIELD_SIGNAL] = { "signal", TEXT },
	[DP_FIELD_EVENT_STATE] = { "event_state", WORD },
	[DP_FIELD_REGISTER] = { "register", WORD },
	[DP_FIELD_THREADS] = { "threads", INT },
	[DP_FIELD_SEED] = { "seed", INT },
	[DP_FIELD_RACES] = { "races", INT },
	[DP_FIELD_REFUSED] = { "refused", INT },
	[DP_FIELD_FIRST] = { "first", TEXT },
	[DP_FIELD_ALLOWED] = { "allowed", INT },
	[DP_FIELD_ERRORS] = { "errors", OBJECT },
	[DP_FIELD_ALLOWED_DURING] = { "allowed_during", INT },
	[DP_FIELD_EARLY] = { "early", INT },
	[DP_FIELD_EARLY_ERRNO] = { "early_errno", TEXT },
	[DP_FIELD_LATE] = { "late", INT },
	[DP_FIELD_NOT_HELD] = { "not_held", INT },
	[DP_FIELD_NOT_RELEASED] = { "not_released", INT },
	[DP_FIELD_RELEASE_ERRNO] = { "release_errno", TEXT },
	[DP_FIELD_LEAKED] = { "leaked", INT },
	[DP_FIELD_BEFORE] = { "before", INT },
	[DP_FIELD_AFTER] = { "after", INT },
	[DP_FIELD_MOVABLE] = { "movable", FLAG },
	[DP_FIELD_TOPOLOGY] = { "topology", WORD },
	[DP_FIELD_ROLE] = { "role", WORD },
	[DP_FIELD_LEG] = { "leg", INT },
	[DP_FIELD_LEGS] = { "legs", INT },
	[DP_FIELD_COUNTS] = { "counts", OBJECT },
	[DP_FIELD_TRANSFERS] = { "transfers", INT },
	[DP_FIELD_BYTES] = { "bytes", INT },
	[DP_FIELD_WHAT] = { "what", WORD },
	[DP_FIELD_OFFSET] = { "offset", INT },
	[DP_FIELD_LENGTH] = { "length", INT },
	[DP_FIELD_UNPOSTED] = { "unposted", TEXT },
	[DP_FIELD_STATUS] = { "status", INT },
	[DP_FIELD_STATUS_TEXT] = { "status_text", TEXT },
	[DP_FIELD_QP_STATE] = { "state", TEXT },
	[DP_FIELD_MEMORY] = { "memory", WORD },
	[DP_FIELD_ROUTES] = { "routes", LIST },
	[DP_FIELD_LOOKS] = { "looks", INT },
	[DP_FIELD_ROUTE] = { "route", WORD },
	[DP_FIELD_CHECKED] = { "checked", INT },
	[DP_FIELD_WRONG] = { "wrong", INT },
	[DP_FIELD_FIRST_WRONG] = { "first", INT },
	[DP_FIELD_FOUND] = { "found", INT },
	[DP_FIELD_EXPECTED] = { "expected", INT },
	[DP_FIELD_EXTENTS] = { "extents", INT },
	[DP_FIELD_ACCESS] = { "access", INT },
	[DP_FIELD_SIZE] = { "size", INT },
	[DP_FIELD_OPERATIONS] = { "operations", INT },
	[DP_FIELD_US] = { "us", INT },
	[DP_FIELD_MAPPING] = { "mapping", WORD },
	[DP_FIELD_START] = { "start", TEXT },
	[DP_FIELD_LEDGER] = { "ledger", OBJECT },
	[DP_FIELD_TOOL] = { "tool", WORD },
	[DP_FIELD_REGISTERED] = { "registered", FLAG },
	[DP_FIELD_REGISTERS] = { "registers", FLAG },
	[DP_FIELD_BYTES_PER_SECOND] = { "bytes_per_second", INT },
	[DP_FIELD_LOST] = { "lost", INT },
};

/* When a field is owed. */
enum when {
	NEVER, /* the end of a list */
	ALWAYS,
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
	[DP_STEP_ROUNDS] = { "rounds", { ALWAYS_1(RACES) } },
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
	[DP_STEP_REFUSED] = { "refused", { ALWAYS_1(ERRNO), OF_LEG } },
	[DP_STEP_TROUBLE] = { "trouble", { ALWAYS_2(WHAT, TEXT) } },
	[DP_STEP_BANDWIDTH] = { "bandwidth",
				{ ALWAYS_3(SIZE, OPERATIONS, BYTES), ALWAYS_1(US), OF_LEG } },
	[DP_STEP_KEPT] = { "kept", { ALWAYS_3(MAPPING, SIZE, START), ALWAYS_1(LEDGER), OF_LEG } },
	[DP_STEP_LOST] = { "lost", { ALWAYS_2(WHAT, TEXT) } },
	[DP_STEP_PREFETCH] = { "prefetch", { ALWAYS_1(ERRNO), OF_LEG } },
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

const char *dp_field_name(enum dp_field field)
{
	return fields[field].name;
}

/* ---- taking a step ------------------------------------------------------------------------ */

void dp_step_label(struct json_object *obj, enum dp_step step)
{
	dp_json_add_text(obj, "kind", "step");
	dp_json_add_text(obj, "step", steps[step].name);
}

struct json_object *dp_step_new(enum dp_step step)
{
	struct json_object *obj = json_object_new_object();

	dp_step_label(obj, step);
	return obj;
}

void dp_step_set_text(struct json_object *obj, enum dp_field field, const char *text)
{
	dp_json_add_text(obj, fields[field].name, text);
}

void dp_step_set_int(struct json_object *obj, enum dp_field field, int64_t value)
{
	dp_json_add_int(obj, fields[field].name, value);
}

void dp_step_set_flag(struct json_object *obj, enum dp_field field, bool value)
{
	dp_json_add_bool(obj, fields[field].name, value);
}

void dp_step_set(struct json_object *obj, enum dp_field field, struct json_object *value)
{
	json_object_object_add(obj, fields[field].name, value);
}

void dp_step_copy(struct json_object *obj, enum dp_field field, struct json_object *from)
{
	struct json_object *value;

	if (json_object_is_type(from, json_type_object) &&
	    json_object_object_get_ex(from, fields[field].name, &value))
		json_object_object_add(obj, fields[field].name, json_object_get(value));
}

void dp_step_leave_out(struct json_object *obj, enum dp_field field, const char *why)
{
	struct json_object *reasons = json_object_object_get(obj, "left_out");

	if (!reasons) {
		reasons = json_object_new_object();
		json_object_object_add(obj, "left_out", reasons);
	}
	dp_json_add_text(obj, fields[field].name, NULL);
	dp_json_add_text(reasons, fields[field].name, why);
}

int dp_emit_left_out(int fd, enum dp_step step, const char *why)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "left-out");
	dp_json_add_text(obj, "step", steps[step].name);
	dp_json_add_text(obj, "text", why);
	return dp_emit(fd, obj);
}

struct json_object *dp_step_taint(unsigned long before)
{
	struct json_object *obj = dp_step_new(DP_STEP_TAINT);
	unsigned long now;

	dp_step_set_int(obj, DP_FIELD_BEFORE, (int64_t)before);
	if (dp_kernel_taint(&now))
		dp_step_leave_out(obj, DP_FIELD_AFTER, "/proc/sys/kernel/tainted cannot be read");
	else
		dp_step_set_int(obj, DP_FIELD_AFTER, (int64_t)now);
	return obj;
}

/* ---- reading a step ----------------------------------------------------------------------- */

static bool has_type(struct json_object *value, enum type type)
{
	static const enum json_type types[] = {
		[TEXT] = json_type_string,  [WORD] = json_type_string,   [INT] = json_type_int,
		[FLAG] = json_type_boolean, [OBJECT] = json_type_object, [LIST] = json_type_array,
	};

	return json_object_is_type(value, types[type]) || (!value && type == TEXT);
}

/* The value of a field; false if it is missing or of another type. */
static bool get(struct json_object *obj, enum dp_field field, struct json_object **value)
{
	return json_object_is_type(obj, json_type_object) &&
	       json_object_object_get_ex(obj, fields[field].name, value) &&
	       has_type(*value, fields[field].type);
}

const char *dp_step_text(struct json_object *obj, enum dp_field field)
{
	struct json_object *value;

	return get(obj, field, &value) && value ? json_object_get_string(value) : NULL;
}

int dp_step_int(struct json_object *obj, enum dp_field field, int64_t *value)
{
	struct json_object *have;

	if (!get(obj, field, &have))
		return -EBADMSG;
	*value = json_object_get_int64(have);
	return 0;
}

int dp_step_flag(struct json_object *obj, enum dp_field field, bool *value)
{
	struct json_object *have;

	if (!get(obj, field, &have))
		return -EBADMSG;
	*value = json_object_get_boolean(have);
	return 0;
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
	return dp_json_text(reasons, fields[field].name);
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
		if (is_due(owed->when, state) && (*left_out || !get(obj, owed->field, &value)))
			return owed->field;
	}
	*left_out = NULL;
	return DP_FIELDS;
}
