// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads what was seen of a state: who saw what, and that each has looked who must have. A call that
 * was refused has told so, and has changed nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sights.h"

#include "daxpin/observe.h"

static bool is_of(const struct sights *k, struct json_object *obj)
{
	return dp_says(obj, DP_FIELD_PIN, dp_state_pin_name(k->pin));
}

struct json_object *dp_sights_region(const struct sights *k)
{
	struct json_object *found = NULL;
	size_t count = dp_json_count(k->v->steps);

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(k->v->steps, i);

		if (dp_step_of(obj, "step") != DP_STEP_REGION || !is_of(k, obj))
			continue;
		if (found)
			return NULL;
		found = obj;
	}
	return found;
}

static int word_at(const char *text, const char *(*name)(int), int count)
{
	for (int i = 0; text && i < count; i++)
		if (!strcmp(name(i), text))
			return i;
	return -1;
}

static const char *pin_name(int i)
{
	return dp_state_pin_name((enum dp_state_pin)i);
}

static const char *phase_name(int i)
{
	return dp_state_phase_name((enum dp_state_phase)i);
}

static const char *by_name(int i)
{
	return dp_state_by_name((enum dp_state_by)i);
}

static const char *bytes_name(int i)
{
	return dp_state_bytes_name((enum dp_state_bytes)i);
}

/* All pages are counted, and nothing else is. */
static bool read_counts(const struct sights *k, struct json_object *obj,
			struct dp_state_sight *sight)
{
	struct json_object *counts = dp_json_object(obj, dp_field_name(DP_FIELD_COUNTS));
	int64_t sum = 0;

	if (!counts)
		return false;
	json_object_object_foreach (counts, key, value) {
		int at = word_at(key, bytes_name, DP_STATE_BYTES);
		int64_t pages = json_object_get_int64(value);

		if (at < 0 || !json_object_is_type(value, json_type_int) || pages < 0 ||
		    pages > k->pages)
			return false;
		sight->pages[at] = (uint64_t)pages;
		sum += pages;
	}
	return sum == k->pages;
}

static bool read_sight(struct sights *k, struct json_object *obj, char *text, size_t size)
{
	int phase = word_at(dp_step_text(obj, DP_FIELD_PHASE), phase_name, DP_STATE_PHASES);
	int by = word_at(dp_step_text(obj, DP_FIELD_BY), by_name, DP_STATE_BYS);

	if (phase < 0 || by < 0)
		return false;
	if (k->seen[phase] & 1U << by) {
		snprintf(text, size, "what the %s sees was observed twice", by_name(by));
		return false;
	}
	k->seen[phase] |= 1U << by;
	if (!dp_completed(obj)) {
		k->refused[phase] |= 1U << by;
		return true;
	}
	if (read_counts(k, obj, &k->sights[phase][by]))
		return true;
	snprintf(text, size,
		 "what the %s sees of a %s region is not what %" PRId64 " pages can hold",
		 by_name(by), dp_state_pin_name(k->pin), k->pages);
	return false;
}

static bool has_file(const struct dp_mapping *mapping)
{
	return dp_state_is_shared(mapping) || mapping->family == DP_FAMILY_PAGECACHE;
}

/* Who must have looked. */
static unsigned int owed_at(const struct sights *k, enum dp_state_phase phase)
{
	bool writes = k->pin != DP_STATE_READ;
	enum dp_state_phase last = writes ? DP_PHASE_ADAPTER_AGAIN : DP_PHASE_OWNER_WROTE;
	unsigned int owed = 0;

	if (phase == DP_PHASE_MADE)
		owed = 1U << DP_BY_OWNER | 1U << DP_BY_ADAPTER;
	else if (phase == DP_PHASE_OWNER_WROTE)
		owed = 1U << DP_BY_ADAPTER;
	else if (writes)
		owed = 1U << DP_BY_OWNER;
	if (phase == last && k->v->state->other)
		owed |= 1U << DP_BY_OTHER;
	if (phase == last && has_file(k->v->mapping))
		owed |= 1U << DP_BY_MEDIUM;
	return owed;
}

static bool lacks_sight(const struct sights *k, char *text, size_t size)
{
	for (int phase = 0; phase < DP_STATE_PHASES; phase++) {
		unsigned int owed = owed_at(k, (enum dp_state_phase)phase);

		for (int by = 0; by < DP_STATE_BYS; by++) {
			if (!((owed ^ k->seen[phase]) & 1U << by))
				continue;
			snprintf(text, size,
				 owed & 1U << by
					 ? "not observed: what the %s sees of a %s region at "
					   "\"%s\""
					 : "what the %s sees of a %s region at \"%s\" was "
					   "observed, and was not due",
				 by_name(by), dp_state_pin_name(k->pin), phase_name(phase));
			return true;
		}
	}
	return false;
}

static bool read_reached(struct sights *k, struct json_object *obj)
{
	k->reached++;
	return !dp_step_int(obj, DP_FIELD_CONTROL_PAGES, &k->control) &&
	       !dp_step_int(obj, DP_FIELD_CONTROL_DONE, &k->done) &&
	       !dp_step_int(obj, DP_FIELD_REGION_DONE, &k->region) && k->done >= 0 &&
	       k->done <= k->control && k->region >= 0 && k->region <= k->pages;
}

/* Of a state that is to be reached, that it was. */
static bool lacks_reached(const struct sights *k, char *text, size_t size)
{
	const struct dp_state *state = k->v->state;
	bool owed = state->reached;
	const char *pin = dp_state_pin_name(k->pin);

	if (k->reached != owed)
		snprintf(text, size, "not observed: one step \"reached\" of a %s region", pin);
	else if (owed && state->placed && k->done < k->control)
		snprintf(text, size,
			 "only %" PRId64 " of %" PRId64 " pages of the %s region were %s", k->done,
			 k->control, pin, state->reached);
	else if (owed && !k->done)
		snprintf(text, size,
			 "the %s region may just have been passed by: of %" PRId64
			 " pages that nobody has pinned none was %s",
			 pin, k->control, state->reached);
	else
		return false;
	return true;
}

bool dp_sights_read(struct sights *k, char *text, size_t size)
{
	size_t count = dp_json_count(k->v->steps), changes = 0;

	k->keeps = dp_state_keeps(k->v->state, k->v->mapping, k->pin);
	k->replaced = k->v->state->replaces;
	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(k->v->steps, i);
		enum dp_step step = dp_step_of(obj, "step");

		if (!is_of(k, obj))
			continue;
		if (step == DP_STEP_SIGHT && !read_sight(k, obj, text, size))
			return false;
		if (step == DP_STEP_REACHED && !read_reached(k, obj)) {
			snprintf(text, size, "what was reached is not what pages can be");
			return false;
		}
		if (step != DP_STEP_CHANGE)
			continue;
		changes++;
		/* What was refused has changed nothing. */
		if (!dp_step_text(obj, DP_FIELD_ERRNO)) {
			k->granted = true;
			continue;
		}
		k->replaced = false;
		if (k->keeps != DP_STATE_PERHAPS)
			k->keeps = DP_STATE_KEPT;
	}
	if (changes != k->v->state->changes) {
		snprintf(text, size,
			 "not observed: %u steps \"change\" of a %s region; there are %zu",
			 k->v->state->changes, dp_state_pin_name(k->pin), changes);
		return false;
	}
	return !lacks_sight(k, text, size) && !lacks_reached(k, text, size);
}

/* ---- the order ---------------------------------------------------------------------------- */

#define PLACES 64
#define LAST   (PLACES * DP_STATE_PINS)

/* Who looks first. */
static int turn_of(int by)
{
	return by == DP_BY_ADAPTER ? 0 : by == DP_BY_OWNER ? 1 : by;
}

/* Where a step belongs; -1 if it is none of a state, or does not say of what. */
static int place_of(const struct verdict *v, struct json_object *obj, enum dp_step step)
{
	int pin = word_at(dp_step_text(obj, DP_FIELD_PIN), pin_name, DP_STATE_PINS), in = -1;

	if (step == DP_STEP_TAINT)
		return LAST;
	if (step == DP_STEP_CHANGE)
		in = v->state->after ? 2 : 0;
	else if (step == DP_STEP_REACHED)
		in = v->state->placed ? 0 : 3;
	else if (step == DP_STEP_REGION)
		in = 1;
	else if (step == DP_STEP_SIGHT)
		in = 4 +
		     DP_STATE_BYS * word_at(dp_step_text(obj, DP_FIELD_PHASE), phase_name,
					    DP_STATE_PHASES) +
		     turn_of(word_at(dp_step_text(obj, DP_FIELD_BY), by_name, DP_STATE_BYS));
	return pin < 0 || in < 0 ? -1 : pin * PLACES + in;
}

bool dp_sights_out_of_order(const struct verdict *v, char *text, size_t size)
{
	size_t count = dp_json_count(v->steps);
	int last = -1;

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);
		enum dp_step step = dp_step_of(obj, "step"), absent = dp_step_of(obj, "left-out");
		int place;

		if (step == DP_STEPS && absent == DP_STEPS)
			continue;
		place = step == DP_STEPS ? -1 : place_of(v, obj, step);
		/* Several calls are of one place. */
		if (place < last || (place == last && step != DP_STEP_CHANGE)) {
			snprintf(text, size, "step \"%s\" is not where it belongs",
				 dp_step_name(step == DP_STEPS ? absent : step));
			return true;
		}
		last = place;
	}
	return false;
}
