// SPDX-License-Identifier: GPL-2.0-or-later
/* The holds of a biased race: whether all of them were told, and what they are for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"

static struct json_object *windows_of(struct json_object *holds)
{
	return dp_json_array(holds, dp_field_name(DP_FIELD_WINDOWS));
}

/* A count of a window: none is above the one before it. */
static bool is_count(struct json_object *window, const char *key, int64_t most, int64_t *count)
{
	return !dp_json_int(window, key, count) && *count >= 0 && *count <= most;
}

/* What the other side has passed, and in how many holds. A hit is one in which it passed any. */
static bool fit_passed(struct json_object *window, int64_t hit)
{
	struct json_object *passed = dp_json_object(window, "passed");
	int64_t sum = 0, count;

	if (!passed)
		return false;
	json_object_object_foreach (passed, point, value) {
		(void)value;
		if (dp_point_find(point) == DP_POINTS || !is_count(passed, point, hit, &count) ||
		    !count)
			return false;
		sum += count;
	}
	return sum >= hit;
}

static bool fits(struct json_object *window, int64_t races)
{
	int64_t rounds, reached, held, hit, ms;
	const char *station = dp_json_text(window, "station");

	if (!station || !dp_station_find(station))
		return false;
	if (dp_json_text(window, "missing"))
		return true;
	return is_count(window, "rounds", races, &rounds) &&
	       is_count(window, "reached", rounds ? INT32_MAX : 0, &reached) &&
	       is_count(window, "held", reached, &held) &&
	       is_count(window, "ms", held ? INT64_MAX : 0, &ms) &&
	       is_count(window, "hit", held, &hit) && fit_passed(window, hit);
}

/* The holds are of all rounds, of this seed, and agree with themselves. */
bool dp_lacks_holds(const struct verdict *v, struct json_object *race, char *text, size_t size)
{
	struct json_object *holds = dp_seen(v, DP_STEP_HOLDS), *windows = windows_of(holds);
	int64_t races = 0, rounds = 0, seed = 0, drawn = -1;
	size_t count = dp_json_count(windows);

	if (!dp_says(holds, DP_FIELD_STATE, "played")) {
		snprintf(text, size, "tasks were not held to the end: %.200s",
			 dp_text_of(holds, DP_FIELD_TEXT));
		return true;
	}
	if (!dp_is_set(race, DP_FIELD_BIASED) || dp_step_int(holds, DP_FIELD_RACES, &rounds) ||
	    dp_step_int(race, DP_FIELD_RACES, &races) || rounds < races ||
	    dp_step_int(holds, DP_FIELD_SEED, &drawn) || dp_step_int(race, DP_FIELD_SEED, &seed) ||
	    drawn != seed || !count) {
		snprintf(text, size, "not observed: the holds of each of %" PRId64 " rounds",
			 races);
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		if (fits(json_object_array_get_idx(windows, i), rounds))
			continue;
		snprintf(text, size, "number %zu of \"%s\" of step \"holds\" contradicts itself",
			 i + 1, dp_field_name(DP_FIELD_WINDOWS));
		return true;
	}
	return false;
}

void dp_holds_text(struct json_object *holds, char *text, size_t size)
{
	struct json_object *windows = windows_of(holds);
	size_t used = 0, count = dp_json_count(windows);

	text[0] = '\0';
	for (size_t i = 0; i < count && used < size; i++) {
		struct json_object *window = json_object_array_get_idx(windows, i);
		const char *station = dp_json_text(window, "station");
		int64_t held = dp_json_int_or(window, "held", 0);

		if (station && held > 0)
			used += (size_t)snprintf(text + used, size - used,
						 "%s%.20s %" PRId64 " of %" PRId64,
						 used ? ", " : "windows hit: ", station,
						 dp_json_int_or(window, "hit", 0), held);
	}
	if (holds && !used)
		snprintf(text, size, "nobody came to where a task was to be held");
}
