// SPDX-License-Identifier: GPL-2.0-or-later
/* The contract for a race, from its sums. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

#define HOLDS DP_STEP_BIT(DP_STEP_HOLDS)
#define OWED  (DP_STEP_BIT(DP_STEP_RACE) | DP_STEP_BIT(DP_STEP_ROUNDS) | DP_STEP_BIT(DP_STEP_TAINT))

/* C2 and C4: a registration succeeds and holds the device, or fails cleanly. */
static void judge_holding(struct verdict *v, struct json_object *race)
{
	int64_t held = 0, late = 0, kept;

	if (dp_is_above_zero(race, DP_FIELD_NOT_HELD, &held))
		dp_broken(v, DP_C2, "the event completed while %" PRId64 " regions were registered",
			  held);
	if (dp_is_above_zero(race, DP_FIELD_LATE, &late) || held)
		dp_broken(v, DP_C4,
			  "%" PRId64 " registrations that raced with it succeeded without holding "
			  "the device",
			  held + late);
	if (dp_says(race, DP_FIELD_STATE, "registration hangs"))
		dp_broken(v, DP_C4, "a registration or deregistration does not return: it is in %s",
			  dp_text_of(race, DP_FIELD_WHERE));
	if (dp_is_above_zero(race, DP_FIELD_NOT_RELEASED, &kept))
		dp_broken(v, DP_C4, "%" PRId64 " regions could not be deregistered: %s", kept,
			  dp_text_of(race, DP_FIELD_RELEASE_ERRNO));
}

static void judge_end(struct verdict *v, struct json_object *race)
{
	int64_t leaked, early;

	if (dp_says(race, DP_FIELD_STATE, "event waits"))
		dp_broken(v, DP_C5,
			  "the event does not complete although every region was released: "
			  "it is in %s",
			  dp_text_of(race, DP_FIELD_WHERE));
	if (!dp_step_int(race, DP_FIELD_LEAKED, &leaked) && leaked)
		dp_broken(v, DP_C6,
			  "%" PRId64 " pages are still pinned after every region was released",
			  leaked);
	if (dp_says(race, DP_FIELD_STATE, "does not come back"))
		dp_broken(v, DP_C7, "the device does not come back: %s",
			  dp_text_of(race, DP_FIELD_TEXT));
	if (dp_is_above_zero(race, DP_FIELD_EARLY, &early))
		dp_broken(v, DP_C7, "%" PRId64 " registrations on a device that was there gave %s",
			  early, dp_text_of(race, DP_FIELD_EARLY_ERRNO));
}

/* Tasks were to be held; without that, nobody has asked for it. */
static bool is_biased(struct json_object *race)
{
	return dp_is_set(race, DP_FIELD_BIASED);
}

static double per_second(struct json_object *race)
{
	int64_t ms, races;

	if (!dp_is_above_zero(race, DP_FIELD_MS, &ms) || dp_step_int(race, DP_FIELD_RACES, &races))
		return 0;
	return (double)races * 1000.0 / (double)ms;
}

/* How the registrations ended: "12 allowed, 34 EFAULT". */
static void list_endings(struct json_object *race, char *text, size_t size)
{
	struct json_object *errors = dp_json_object(race, dp_field_name(DP_FIELD_ERRORS));
	int64_t allowed;
	size_t used;

	if (dp_step_int(race, DP_FIELD_ALLOWED, &allowed))
		used = (size_t)snprintf(text, size, "unknown");
	else
		used = (size_t)snprintf(text, size, "%" PRId64 " allowed", allowed);
	if (!errors)
		return;
	json_object_object_foreach (errors, name, count)
		if (used < size)
			used += (size_t)snprintf(text + used, size - used, ", %" PRId64 " %.16s",
						 json_object_get_int64(count), name);
}

static void add_facts(struct verdict *v, struct json_object *race)
{
	static const enum dp_field same[] = {
		DP_FIELD_RACES,          DP_FIELD_SEED,    DP_FIELD_THREADS, DP_FIELD_ALLOWED,
		DP_FIELD_ALLOWED_DURING, DP_FIELD_EARLY,   DP_FIELD_LATE,    DP_FIELD_NOT_HELD,
		DP_FIELD_NOT_RELEASED,   DP_FIELD_REFUSED, DP_FIELD_ERRORS,
	};

	for (size_t i = 0; i < DP_ARRAY_SIZE(same); i++)
		dp_fact(v, dp_field_name(same[i]), race, same[i]);
	dp_fact(v, "pins_leaked", race, DP_FIELD_LEAKED);
	/* The holds take time of the race: how fast one is, one without them shows. */
	if (!is_biased(race))
		dp_json_add_double(v->result->facts, "races_per_second", per_second(race));
}

/* What the witness has counted; each of the calls of gup-fast has fallen back once at most. */
static void add_inside(struct verdict *v, struct json_object *race)
{
	struct json_object *inside = dp_json_object(race, "inside"), *obj;
	int64_t calls, slow, dropped;
	bool seen = !dp_json_int(inside, "calls", &calls) &&
		    !dp_json_int(inside, "fell_back", &slow) &&
		    !dp_json_int(inside, "dropped", &dropped);
	bool fits = seen && slow >= 0 && dropped >= 0 && calls >= slow;

	if (!inside)
		return;
	obj = v->result->evidence = json_object_new_object();
	dp_json_add_bool(obj, "seen", fits);
	if (fits) {
		dp_json_add_int(obj, "calls", calls);
		dp_json_add_int(obj, "ended_fast", calls - slow);
		dp_json_add_int(obj, "fell_back", slow);
		dp_json_add_int(obj, "dropped", dropped);
	} else {
		dp_json_add_text(obj, "missing",
				 seen ? "the counts contradict each other"
				      : dp_json_text(inside, "missing"));
	}
}

/* The sums, after what was found broken or missing. */
static void tell(struct verdict *v, struct json_object *race)
{
	struct dp_result *r = v->result;
	size_t used = strlen(r->why);
	int64_t races = 0, seed = 0;
	char endings[256], inside[256], holds[256], speed[32] = "";

	dp_step_int(race, DP_FIELD_RACES, &races);
	dp_step_int(race, DP_FIELD_SEED, &seed);
	list_endings(race, endings, sizeof(endings));
	dp_inside_text(r->evidence, inside, sizeof(inside));
	dp_holds_text(dp_seen(v, DP_STEP_HOLDS), holds, sizeof(holds));
	if (!is_biased(race))
		snprintf(speed, sizeof(speed), ", %.1f a second", per_second(race));
	snprintf(r->why + used, sizeof(r->why) - used,
		 "%s%" PRId64 " races%s, seed %" PRId64 ": %s%s%s%s%s", used ? "; " : "", races,
		 speed, seed, endings, inside[0] ? "; " : "", inside, holds[0] ? "; " : "", holds);
}

/* How many registrations there were; -1 if that cannot be told. */
static int64_t count_attempts(struct json_object *race)
{
	struct json_object *errors = dp_json_object(race, dp_field_name(DP_FIELD_ERRORS));
	int64_t sum, count;

	if (!errors || dp_step_int(race, DP_FIELD_ALLOWED, &sum))
		return -1;
	json_object_object_foreach (errors, name, value) {
		(void)value;
		if (dp_json_int(errors, name, &count) || count <= 0 || count > INT32_MAX)
			return -1;
		sum += count;
	}
	return sum;
}

/* Each thread has registered once in each round when the event begins. */
static bool has_raced(const struct verdict *v, struct json_object *race, int64_t races, char *text,
		      size_t size)
{
	int64_t threads, refused, attempts = count_attempts(race);

	if (dp_is_set(race, DP_FIELD_ON_DEMAND) && !dp_is_fsdax(v->mapping))
		snprintf(text, size, "\"%s\" of step \"race\" cannot be: this mapping is pinned",
			 dp_field_name(DP_FIELD_ON_DEMAND));
	else if (!dp_is_above_zero(race, DP_FIELD_THREADS, &threads) || attempts / threads < races)
		snprintf(text, size,
			 "not observed: registrations of each thread in each of %" PRId64 " rounds",
			 races);
	else if (!dp_step_int(race, DP_FIELD_REFUSED, &refused) && refused >= races)
		snprintf(text, size, "each event was refused, so that nothing was raced for");
	else
		return true;
	return false;
}

/* A race that ended before it was one, or not at all, is no answer. */
static bool is_cut_short(const struct verdict *v, struct json_object *race, char *text, size_t size)
{
	int64_t races, rounds = 0;

	if (!dp_completed(race))
		snprintf(text, size, "%s: %.300s", dp_text_of(race, DP_FIELD_STATE),
			 dp_text_of(race, DP_FIELD_TEXT));
	else if (!dp_is_above_zero(race, DP_FIELD_RACES, &races))
		snprintf(text, size, "it ended before the first round had");
	else if (dp_step_int(dp_seen(v, DP_STEP_ROUNDS), DP_FIELD_RACES, &rounds) ||
		 rounds != races)
		snprintf(text, size,
			 "not observed: the last of %" PRId64 " rounds; the sums are of %" PRId64,
			 rounds, races);
	else
		return !has_raced(v, race, races, text, size);
	return true;
}

void dp_judge_race(struct verdict *v)
{
	struct json_object *race = dp_seen(v, DP_STEP_RACE);
	struct dp_result *r = v->result;
	/* Whoever holds tasks tells of it, even if the race itself does not. */
	bool biased = is_biased(race) || dp_seen(v, DP_STEP_HOLDS);
	dp_steps owed = OWED | (biased ? HOLDS : 0);

	dp_judge_splats(v);
	/* Of a guest that died there may be nothing else. */
	dp_fact(v, "windows", dp_seen(v, DP_STEP_HOLDS), DP_FIELD_WINDOWS);
	if (race) {
		judge_holding(v, race);
		if (!v->splatted)
			judge_end(v, race);
		add_facts(v, race);
	}
	if (r->violates)
		r->status = DP_FAIL;
	else if (!dp_find_missing(v, owed, owed, r->why, sizeof(r->why)) &&
		 !dp_find_untimely(v, owed, NULL, r->why, sizeof(r->why)) &&
		 !is_cut_short(v, race, r->why, sizeof(r->why)) &&
		 !(biased && dp_lacks_holds(v, race, r->why, sizeof(r->why))))
		r->status = DP_PASS;
	r->unfinished = r->status == DP_ERROR;
	add_inside(v, race);
	if (race)
		tell(v, race);
}
