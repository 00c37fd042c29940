// SPDX-License-Identifier: GPL-2.0-or-later
/* The fields of steps: what each of them can be (steps.h). */
#include <errno.h>
#include <string.h>

#include "fields.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"

enum type {
	TEXT, /* or null */
	WORD, /* never null */
	INT,
	COUNT, /* from 0 to COUNT_LIMIT */
	FLAG,
	OBJECT,
	LIST,
};

/* More bytes, pages or ms than any machine shows; sums of many such counts still are numbers. */
#define COUNT_LIMIT (1LL << 44)

#define WORDS(...)                                                                                 \
	WORD, (const char *const[])                                                                \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static const struct {
	const char *name;
	enum type type;
	const char *const *words; /* that a WORD can be, ended by NULL; without them it is any */
} fields[DP_FIELDS] = {
	[DP_FIELD_STATE] = { "state", WORD },
	[DP_FIELD_ERRNO] = { "errno", TEXT },
	[DP_FIELD_TEXT] = { "text", TEXT },
	[DP_FIELD_WHERE] = { "where", TEXT },
	[DP_FIELD_MS] = { "ms", COUNT },
	[DP_FIELD_PINS_HELD] = { "pins_held", INT },
	[DP_FIELD_PAGES] = { "pages", COUNT },
	[DP_FIELD_BY_FOLIO] = { "by_folio", FLAG },
	[DP_FIELD_ON_DEMAND] = { "on_demand", FLAG },
	[DP_FIELD_ON_DEVICE] = { "on_device", FLAG },
	[DP_FIELD_DEVICE] = { "device", TEXT },
	[DP_FIELD_ZONE_BEFORE] = { "zone_before", TEXT },
	[DP_FIELD_ZONE_AFTER] = { "zone_after", TEXT },
	[DP_FIELD_KILLED] = { "killed", COUNT },
	[DP_FIELD_GONE] = { "gone", COUNT },
	[DP_FIELD_RESULT] = { "result", WORDS("SIGBUS", "same", "zero", "other", "no answer") },
	[DP_FIELD_EVENTS] = { "events", TEXT },
	[DP_FIELD_HOW] = { "how", WORDS("dereg", "close", "kill", "link-delete") },
	[DP_FIELD_SIGNAL] = { "signal", TEXT },
	[DP_FIELD_EVENT_STATE] = { "event_state",
				   WORDS("completed", "failed", "waits", "runs", "died") },
	[DP_FIELD_REGISTER] = { "register", WORD },
	[DP_FIELD_THREADS] = { "threads", COUNT },
	[DP_FIELD_SEED] = { "seed", INT },
	[DP_FIELD_RACES] = { "races", COUNT },
	[DP_FIELD_REFUSED] = { "refused", COUNT },
	[DP_FIELD_FIRST] = { "first", TEXT },
	[DP_FIELD_ALLOWED] = { "allowed", COUNT },
	[DP_FIELD_ERRORS] = { "errors", OBJECT },
	[DP_FIELD_ALLOWED_DURING] = { "allowed_during", COUNT },
	[DP_FIELD_EARLY] = { "early", COUNT },
	[DP_FIELD_EARLY_ERRNO] = { "early_errno", TEXT },
	[DP_FIELD_LATE] = { "late", COUNT },
	[DP_FIELD_NOT_HELD] = { "not_held", COUNT },
	[DP_FIELD_NOT_RELEASED] = { "not_released", COUNT },
	[DP_FIELD_RELEASE_ERRNO] = { "release_errno", TEXT },
	[DP_FIELD_LEAKED] = { "leaked", INT },
	[DP_FIELD_BIASED] = { "biased", FLAG },
	[DP_FIELD_WINDOWS] = { "windows", LIST },
	[DP_FIELD_BEFORE] = { "before", COUNT },
	[DP_FIELD_AFTER] = { "after", COUNT },
	[DP_FIELD_MOVABLE] = { "movable", FLAG },
	[DP_FIELD_STATION] = { "station", WORD },
	[DP_FIELD_MOVES] = { "moves", LIST },
	[DP_FIELD_CONTROL] = { "control", LIST },
	[DP_FIELD_ATTEMPT] = { "attempt", COUNT },
	[DP_FIELD_WHO] = { "who", WORDS("self", "thread", "child", "sharer") },
	[DP_FIELD_CHARGED] = { "charged", COUNT },
	[DP_FIELD_MEMLOCK] = { "memlock", COUNT },
	[DP_FIELD_CAPABLE] = { "capable", FLAG },
	[DP_FIELD_PIN] = { "pin", WORDS("write", "read", "on-demand") },
	[DP_FIELD_PHASE] = { "phase",
			     WORDS("made", "adapter-wrote", "owner-wrote", "adapter-wrote-again") },
	[DP_FIELD_BY] = { "by", WORDS("owner", "adapter", "other", "medium") },
	[DP_FIELD_CONTROL_PAGES] = { "control_pages", COUNT },
	[DP_FIELD_CONTROL_DONE] = { "control_done", COUNT },
	[DP_FIELD_REGION_DONE] = { "region_done", COUNT },
	[DP_FIELD_TOLD_BEFORE] = { "told_before", COUNT },
	[DP_FIELD_BALLOON] = { "balloon", COUNT },
	[DP_FIELD_ROOM] = { "room", COUNT },
	[DP_FIELD_PAGE] = { "page", COUNT },
	[DP_FIELD_UNIT] = { "unit", WORDS("instructions", "ns") },
	[DP_FIELD_COST] = { "cost", COUNT },
	[DP_FIELD_TICK] = { "tick", COUNT },
	[DP_FIELD_SAMPLES] = { "samples", LIST },
	[DP_FIELD_TICKS] = { "ticks", LIST },
	[DP_FIELD_COUNTED] = { "counted", COUNT },
	[DP_FIELD_EXECUTED] = { "executed", COUNT },
	[DP_FIELD_FUNCTIONS] = { "functions", LIST },
	[DP_FIELD_CLASSES] = { "classes", OBJECT },
	[DP_FIELD_CYCLES] = { "cycles", LIST },
	[DP_FIELD_RETIRED] = { "retired", LIST },
	[DP_FIELD_CYCLES_COST] = { "cycles_cost", COUNT },
	[DP_FIELD_RETIRED_COST] = { "retired_cost", COUNT },
	[DP_FIELD_CALLS] = { "calls", COUNT },
	[DP_FIELD_TIMED] = { "timed", LIST },
	[DP_FIELD_ROUNDS] = { "rounds", COUNT },
	[DP_FIELD_LOOP] = { "loop", COUNT },
	[DP_FIELD_TOPOLOGY] = { "topology", WORD },
	[DP_FIELD_ROLE] = { "role", WORDS("target", "source") },
	[DP_FIELD_LEG] = { "leg", COUNT },
	[DP_FIELD_LEGS] = { "legs", COUNT },
	[DP_FIELD_COUNTS] = { "counts", OBJECT },
	[DP_FIELD_TRANSFERS] = { "transfers", COUNT },
	[DP_FIELD_BYTES] = { "bytes", COUNT },
	[DP_FIELD_WHAT] = { "what", WORD },
	[DP_FIELD_OFFSET] = { "offset", COUNT },
	[DP_FIELD_LENGTH] = { "length", COUNT },
	[DP_FIELD_UNPOSTED] = { "unposted", TEXT },
	[DP_FIELD_STATUS] = { "status", INT },
	[DP_FIELD_STATUS_TEXT] = { "status_text", TEXT },
	[DP_FIELD_QP_STATE] = { "state", TEXT },
	[DP_FIELD_MEMORY] = { "memory", WORDS("mapping", "plain") },
	[DP_FIELD_ROUTES] = { "routes", LIST },
	[DP_FIELD_LOOKS] = { "looks", COUNT },
	[DP_FIELD_ROUTE] = { "route", WORD },
	[DP_FIELD_CHECKED] = { "checked", COUNT },
	[DP_FIELD_WRONG] = { "wrong", COUNT },
	[DP_FIELD_FIRST_WRONG] = { "first", COUNT },
	[DP_FIELD_FOUND] = { "found", COUNT },
	[DP_FIELD_EXPECTED] = { "expected", COUNT },
	[DP_FIELD_EXTENTS] = { "extents", COUNT },
	[DP_FIELD_ACCESS] = { "access", INT },
	[DP_FIELD_SIZE] = { "size", COUNT },
	[DP_FIELD_OPERATIONS] = { "operations", COUNT },
	[DP_FIELD_US] = { "us", COUNT },
	[DP_FIELD_MAPPING] = { "mapping", WORD },
	[DP_FIELD_START] = { "start", TEXT },
	[DP_FIELD_LEDGER] = { "ledger", OBJECT },
	[DP_FIELD_BLOCKS] = { "blocks", LIST },
	[DP_FIELD_TOOL] = { "tool", WORD },
	[DP_FIELD_REGISTERED] = { "registered", FLAG },
	[DP_FIELD_REGISTERS] = { "registers", FLAG },
	[DP_FIELD_BYTES_PER_SECOND] = { "bytes_per_second", COUNT },
	[DP_FIELD_LOST] = { "lost", INT },
};

const char *dp_field_name(enum dp_field field)
{
	return fields[field].name;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(*words, text))
			return true;
	return false;
}

static bool is_count(int64_t value)
{
	return value >= 0 && value <= COUNT_LIMIT;
}

static bool fits(struct json_object *value, enum dp_field field)
{
	static const enum json_type types[] = {
		[TEXT] = json_type_string, [WORD] = json_type_string,  [INT] = json_type_int,
		[COUNT] = json_type_int,   [FLAG] = json_type_boolean, [OBJECT] = json_type_object,
		[LIST] = json_type_array,
	};
	const char *const *words = fields[field].words;
	enum type type = fields[field].type;

	if (!value)
		return type == TEXT;
	return json_object_is_type(value, types[type]) &&
	       (type != COUNT || is_count(json_object_get_int64(value))) &&
	       (!words || is_one_of(json_object_get_string(value), words));
}

bool dp_field_get(struct json_object *obj, enum dp_field field, struct json_object **value)
{
	return json_object_is_type(obj, json_type_object) &&
	       json_object_object_get_ex(obj, fields[field].name, value) && fits(*value, field);
}

bool dp_step_has(struct json_object *obj, enum dp_field field)
{
	struct json_object *value;

	return dp_field_get(obj, field, &value);
}

const char *dp_step_text(struct json_object *obj, enum dp_field field)
{
	struct json_object *value;

	return dp_field_get(obj, field, &value) && value ? json_object_get_string(value) : NULL;
}

int dp_step_int(struct json_object *obj, enum dp_field field, int64_t *value)
{
	struct json_object *have;

	if (!dp_field_get(obj, field, &have))
		return -EBADMSG;
	*value = json_object_get_int64(have);
	return 0;
}

int dp_step_flag(struct json_object *obj, enum dp_field field, bool *value)
{
	struct json_object *have;

	if (!dp_field_get(obj, field, &have))
		return -EBADMSG;
	*value = json_object_get_boolean(have);
	return 0;
}

int dp_step_counts(struct json_object *obj, enum dp_field field, int64_t *counts, size_t count)
{
	struct json_object *list;

	if (!dp_field_get(obj, field, &list) || dp_json_count(list) != count)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (!json_object_is_type(one, json_type_int) ||
		    !is_count(json_object_get_int64(one)))
			return -EBADMSG;
		counts[i] = json_object_get_int64(one);
	}
	return 0;
}
