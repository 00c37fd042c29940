// SPDX-License-Identifier: GPL-2.0-or-later
#include "windows.h"

#include "daxpin/bias.h"
#include "daxpin/json.h"

/*
 * Some functions are passed once for each page of a region: a round must come to its end. The event
 * unmaps, and takes the memory away, some thirty passages after it has begun.
 */
#define PASSAGES 64

/* SplitMix64, at one place of its sequence. */
static uint64_t random_at(uint64_t seed, uint64_t place)
{
	uint64_t z = seed + (place + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* Half of the stations are left alone in a round: one that holds each task hides those behind it.
 */
unsigned int dp_bias_draw(uint64_t seed, uint64_t round, size_t station)
{
	uint64_t random = random_at(seed, round * DP_MAX_WINDOWS + station);

	return random & 1 ? (unsigned int)(random >> 8) % (DP_BIAS_MS + 1) : 0;
}

static bool has_point(const struct dp_passages *p, enum dp_point point)
{
	/* Where the memory was taken away is where that function returns. */
	if (point == DP_POINT_TAKEN)
		point = DP_POINT_TAKE;
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].point == point)
			return true;
	return false;
}

void dp_windows_begin(struct dp_windows *windows, const struct dp_request *request)
{
	size_t count;
	const struct dp_station *stations = dp_stations(&count);

	*windows = (struct dp_windows){ 0 };
	for (size_t i = 0; i < count && windows->count < DP_MAX_WINDOWS; i++)
		if (request->stations & 1U << i)
			windows->list[windows->count++] = (struct dp_window){
				.station = &stations[i],
				.number = i,
				.there = has_point(&request->passages, stations[i].at),
			};
}

void dp_windows_draw(struct dp_windows *windows, uint64_t seed, uint64_t round)
{
	for (size_t i = 0; i < windows->count; i++) {
		struct dp_window *w = &windows->list[i];

		w->ms = w->there ? dp_bias_draw(seed, round, w->number) : 0;
		w->left = w->ms ? PASSAGES : 0;
		w->rounds += w->ms != 0;
	}
}

void dp_windows_close(struct dp_windows *windows)
{
	for (size_t i = 0; i < windows->count; i++)
		windows->list[i].left = 0;
}

bool dp_windows_want(const struct dp_windows *windows, enum dp_point point)
{
	for (size_t i = 0; i < windows->count; i++)
		if (windows->list[i].left && windows->list[i].station->at == point)
			return true;
	return false;
}

struct dp_window *dp_windows_at(struct dp_windows *windows, enum dp_point point, bool returned,
				int value)
{
	for (size_t i = 0; i < windows->count; i++) {
		struct dp_window *w = &windows->list[i];
		const struct dp_station *s = w->station;

		if (w->left && s->at == point && s->returned == returned &&
		    (!s->success || value >= 0))
			return w;
	}
	return NULL;
}

static struct json_object *passed_of(const struct dp_window *w)
{
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < DP_POINTS; i++)
		if (w->passed[i])
			dp_json_add_int(obj, dp_point_name((enum dp_point)i), w->passed[i]);
	return obj;
}

struct json_object *dp_windows_to_json(const struct dp_windows *windows)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < windows->count; i++) {
		const struct dp_window *w = &windows->list[i];
		struct json_object *obj = json_object_new_object();

		json_object_array_add(list, obj);
		dp_json_add_text(obj, "station", w->station->name);
		if (!w->there) {
			dp_json_add_text(obj, "missing", "this kernel has no function for it");
			continue;
		}
		dp_json_add_int(obj, "rounds", w->rounds);
		dp_json_add_int(obj, "reached", w->reached);
		dp_json_add_int(obj, "held", w->held);
		dp_json_add_int(obj, "ms", w->held_ms);
		dp_json_add_int(obj, "hit", w->hit);
		json_object_object_add(obj, "passed", passed_of(w));
	}
	return list;
}
