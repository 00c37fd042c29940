// SPDX-License-Identifier: GPL-2.0-or-later
/* The contract for a race, from its sums. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

/* C2 and C4: a registration succeeds and holds the device, or fails cleanly. */
static void judge_race_holds(struct verdict *v, struct json_object *race)
{
	int64_t held = dp_number(race, "not_held", 0), late = dp_number(race, "late", 0);

	if (held)
		dp_broken(v, "C2", "the event completed while %" PRId64 " regions were registered",
			  held);
	if (held || late)
		dp_broken(v, "C4",
			  "%" PRId64 " registrations that raced with it succeeded without holding "
			  "the device",
			  held + late);
	if (dp_says(race, "state", "registration hangs"))
		dp_broken(v, "C4", "a registration or deregistration does not return: it is in %s",
			  dp_text_of(race, "where"));
	if (dp_number(race, "not_released", 0))
		dp_broken(v, "C4", "%" PRId64 " regions could not be deregistered: %s",
			  dp_number(race, "not_released", 0), dp_text_of(race, "release_errno"));
}

static void judge_race_end(struct verdict *v, struct json_object *race)
{
	if (dp_says(race, "state", "event waits"))
		dp_broken(v, "C5",
			  "the event does not complete although every region was released: "
			  "it is in %s",
			  dp_text_of(race, "where"));
	if (dp_number(race, "leaked", 0))
		dp_broken(v, "C6",
			  "%" PRId64 " pages are still pinned after every region was released",
			  dp_number(race, "leaked", 0));
	if (dp_says(race, "state", "does not come back"))
		dp_broken(v, "C7", "the device does not come back: %s", dp_text_of(race, "text"));
	if (dp_number(race, "early", 0))
		dp_broken(v, "C7", "%" PRId64 " registrations on a device that was there gave %s",
			  dp_number(race, "early", 0), dp_text_of(race, "early_errno"));
}

static double per_second(struct json_object *race)
{
	int64_t ms = dp_number(race, "ms", 0);

	return ms > 0 ? (double)dp_number(race, "races", 0) * 1000.0 / (double)ms : 0;
}

/* How the registrations ended: "12 allowed, 34 EFAULT". */
static void list_endings(struct json_object *race, char *text, size_t size)
{
	struct json_object *errors = json_object_object_get(race, "errors");
	size_t used =
		(size_t)snprintf(text, size, "%" PRId64 " allowed", dp_number(race, "allowed", 0));

	if (!json_object_is_type(errors, json_type_object))
		return;
	json_object_object_foreach (errors, name, count)
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, ", %" PRId64 " %.16s",
						 json_object_get_int64(count), name);
}

static void add_race_facts(struct verdict *v, struct json_object *race)
{
	static const char *const numbers[] = { "races",          "seed",   "threads", "allowed",
					       "allowed_during", "early",  "late",    "not_held",
					       "not_released",   "refused" };
	struct json_object *facts = json_object_new_object();
	struct json_object *errors = json_object_object_get(race, "errors");

	v->result->facts = facts;
	for (size_t i = 0; i < DP_ARRAY_SIZE(numbers); i++)
		dp_json_add_int(facts, numbers[i], dp_number(race, numbers[i], 0));
	json_object_object_add(facts, "errors", json_object_get(errors));
	dp_json_add_int(facts, "pins_leaked", dp_number(race, "leaked", 0));
	json_object_object_add(facts, "races_per_second", json_object_new_double(per_second(race)));
}

static void tell_race(struct verdict *v, struct json_object *race)
{
	struct dp_result *r = v->result;
	size_t used = strlen(r->why);
	char endings[256];

	if (!dp_completed(race) && !r->violates[0])
		used += (size_t)snprintf(r->why + used, sizeof(r->why) - used, "%s: %.300s",
					 dp_text_of(race, "state"), dp_text_of(race, "text"));
	list_endings(race, endings, sizeof(endings));
	snprintf(r->why + used, sizeof(r->why) - used,
		 "%s%" PRId64 " races, %.1f a second, seed %" PRId64 ": %s; %" PRId64
		 " pages leaked",
		 used ? "; " : "", dp_number(race, "races", 0), per_second(race),
		 dp_number(race, "seed", 0), endings, dp_number(race, "leaked", 0));
}

void dp_judge_race(struct verdict *v)
{
	struct json_object *race = dp_step(v, "race");

	dp_judge_splats(v);
	if (!race)
		return;
	judge_race_holds(v, race);
	if (!v->splatted)
		judge_race_end(v, race);
	add_race_facts(v, race);
	tell_race(v, race);
}

/* Whether the race was one: that ended without a word is no answer. */
bool dp_raced(const struct verdict *v)
{
	struct json_object *race = dp_step(v, "race");

	return dp_completed(race) && dp_number(race, "races", 0) > 0;
}
