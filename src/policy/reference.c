// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What bare calls take, and how much is added to a call by timing it: in each round the same calls
 * were made both ways, one right after the other, so that of the ratios the one in the middle
 * counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costs.h"

#include "daxpin/json.h"

#define CALLS_LIMIT 1024
/* The bare calls are made in two parts, so that what drifts does so for those between, too. */
#define BARE_READINGS 2

dp_steps dp_bench_owes_bare(const struct bench *b)
{
	int64_t threads = 1;

	if (b->v->bench.kind != DP_BENCH_REGISTRATION)
		return 0;
	dp_step_int(dp_seen(b->v, DP_STEP_CLOCK), DP_FIELD_THREADS, &threads);
	return DP_STEP_BIT(DP_STEP_BARE) | (threads > 1 ? DP_STEP_BIT(DP_STEP_TOGETHER) : 0);
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sort(double *list, size_t count)
{
	qsort(list, count, sizeof(*list), by_value);
}

/* Return: false if there is no step whose calls can be, or another number of rounds. */
static bool read_samples(const struct bench *b, enum dp_step step, int64_t *calls, int64_t *samples)
{
	struct json_object *obj = dp_seen(b->v, step);

	return !dp_step_int(obj, DP_FIELD_CALLS, calls) && *calls > 0 && *calls <= CALLS_LIMIT &&
	       !dp_step_counts(obj, DP_FIELD_SAMPLES, samples, (size_t)b->rounds);
}

/* @readings: of the clock, in each sample */
static bool make_calls(const struct bench *b, int64_t calls, int64_t readings,
		       const int64_t *samples, struct calls *made)
{
	size_t rounds = (size_t)b->rounds;
	double each[DP_BENCH_MAX_ROUNDS];

	for (size_t i = 0; i < rounds; i++)
		each[i] = (double)(samples[i] - readings * b->cost) / (double)calls;
	sort(each, rounds);
	*made = (struct calls){ calls, each[rounds / 2], each[rounds / 4], each[rounds * 3 / 4] };
	return each[0] > 0;
}

/* Each call was timed by itself: with its end, if it was not refused. */
static bool read_overhead(struct bench *b, const int64_t *samples)
{
	struct json_object *obj = dp_seen(b->v, DP_STEP_BARE);
	int64_t timed[DP_BENCH_MAX_ROUNDS],
		readings = b->bare.calls * (b->code[DP_BENCH_WARM] ? 1 : 2);
	size_t rounds = (size_t)b->rounds;
	double ratios[DP_BENCH_MAX_ROUNDS];

	if (dp_step_counts(obj, DP_FIELD_TIMED, timed, rounds))
		return false;
	for (size_t i = 0; i < rounds; i++)
		ratios[i] = (double)(timed[i] - readings * b->cost) /
			    (double)(samples[i] - BARE_READINGS * b->cost);
	sort(ratios, rounds);
	b->overhead = ratios[rounds / 2] - 1;
	return ratios[0] > 0;
}

static bool read_together(struct bench *b)
{
	int64_t samples[DP_BENCH_MAX_ROUNDS], calls;

	if (b->threads < 2 || !dp_seen(b->v, DP_STEP_TOGETHER))
		return true;
	return read_samples(b, DP_STEP_TOGETHER, &calls, samples) &&
	       make_calls(b, calls, 1, samples, &b->together);
}

bool dp_bench_read_bare(struct bench *b)
{
	struct json_object *obj = dp_seen(b->v, DP_STEP_BARE);
	const char *code = dp_step_text(obj, DP_FIELD_ERRNO), *warm = b->code[DP_BENCH_WARM];
	int64_t samples[DP_BENCH_MAX_ROUNDS], calls;

	if (b->instructions || b->v->bench.kind != DP_BENCH_REGISTRATION)
		return true;
	if (dp_step_int(dp_seen(b->v, DP_STEP_CLOCK), DP_FIELD_THREADS, &b->threads) ||
	    b->threads < 1 || b->threads > DP_BENCH_MAX_THREADS)
		snprintf(b->text, b->size, "not observed: \"threads\" of step \"clock\"");
	else if (strcmp(code ? code : "", warm ? warm : ""))
		snprintf(b->text, b->size, "step \"bare\" answers otherwise than the others");
	else if (!read_samples(b, DP_STEP_BARE, &calls, samples) ||
		 !make_calls(b, calls, BARE_READINGS, samples, &b->bare) ||
		 !read_overhead(b, samples))
		snprintf(b->text, b->size, "step \"bare\" has no figure");
	else if (!read_together(b))
		snprintf(b->text, b->size, "step \"together\" has no figure");
	else
		return true;
	return false;
}

/* ---- facts -------------------------------------------------------------------------------- */

static struct json_object *calls_object(const struct calls *calls)
{
	struct json_object *obj = json_object_new_object(), *pair = json_object_new_array();

	json_object_array_add(pair, json_object_new_double(calls->low));
	json_object_array_add(pair, json_object_new_double(calls->high));
	dp_json_add_int(obj, "calls", calls->calls);
	dp_json_add_double(obj, "ns", calls->ns);
	json_object_object_add(obj, "quartiles", pair);
	return obj;
}

/* Why several threads were not asked, though they were to be; NULL if they were. */
static const char *why_alone(const struct bench *b)
{
	size_t count = dp_json_count(b->v->steps);

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(b->v->steps, i);

		if (dp_step_of(obj, "left-out") == DP_STEP_TOGETHER)
			return dp_json_text(obj, "text");
	}
	return NULL;
}

void dp_bench_add_bare(const struct bench *b, struct json_object *facts)
{
	struct json_object *reference, *together;

	if (!b->bare.calls)
		return;
	reference = calls_object(&b->bare);
	dp_json_add_double(reference, "overhead", b->overhead);
	json_object_object_add(facts, "reference", reference);
	if (b->threads < 2)
		return;
	if (!b->together.calls) {
		dp_json_add_text(facts, "together", NULL);
		dp_json_add_text(facts, "alone", why_alone(b));
		return;
	}
	together = calls_object(&b->together);
	dp_json_add_int(together, "threads", b->threads);
	json_object_object_add(facts, "together", together);
}
