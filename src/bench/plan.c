// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/bench.h"
#include "daxpin/cleanup.h"
#include "daxpin/globs.h"
#include "daxpin/question.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static const struct dp_bench_size sizes[] = {
	{ "4K", 4 * KIB },   { "64K", 64 * KIB }, { "2M", 2 * MIB },
	{ "64M", 64 * MIB }, { "1G", GIB },       { "16G", 16 * GIB },
};

const struct dp_bench_phase_names dp_bench_phases[DP_BENCH_PHASES] = {
	[DP_BENCH_FIRST_TOUCH] = { DP_STEP_FIRST_TOUCH, "first_touch" },
	[DP_BENCH_COLD] = { DP_STEP_REGISTER_COLD, "register_cold" },
	[DP_BENCH_WARM] = { DP_STEP_REGISTER_WARM, "register_warm" },
	[DP_BENCH_DEREGISTER] = { DP_STEP_DEREGISTER, "deregister" },
};

const struct dp_bench_size *dp_bench_sizes(size_t *count)
{
	*count = DP_ARRAY_SIZE(sizes);
	return sizes;
}

const struct dp_bench_size *dp_bench_size_find(const char *name)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(sizes); i++)
		if (!strcmp(sizes[i].name, name))
			return &sizes[i];
	return NULL;
}

size_t dp_bench_points(const struct dp_bench_size *size, uint64_t page,
		       uint64_t points[DP_BENCH_POINTS])
{
	uint64_t pages = size->bytes / page;
	size_t count = 0;

	for (uint64_t part = 8; part; part /= 2)
		if (pages / part && (!count || pages / part > points[count - 1]))
			points[count++] = pages / part;
	return count;
}

/* An interrupt that comes in between is no majority of five; large regions take seconds. */
unsigned int dp_bench_rounds(uint64_t pages)
{
	return pages <= 4096 ? 5 : 3;
}

bool dp_bench_touches(const struct dp_mapping *mapping)
{
	return mapping->populate == DP_POPULATE_WRITE || mapping->populate == DP_POPULATE_READ;
}

int dp_benches_make(const char *const *only, size_t nonly, struct dp_benches *benches,
		    struct dp_error *err)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	size_t count, nsizes = DP_ARRAY_SIZE(sizes);
	const struct dp_mapping *const *mappings = dp_mappings(&count);
	int rc = dp_globs_init(&globs, only, nonly);

	*benches = (struct dp_benches){ .list = calloc(count * nsizes, sizeof(*benches->list)) };
	if (!benches->list)
		rc = -ENOMEM;
	for (size_t i = 0; i < count * nsizes && !rc; i++) {
		struct dp_bench *bench = &benches->list[benches->count];

		bench->mapping = mappings[i / nsizes];
		bench->size = &sizes[i % nsizes];
		snprintf(bench->id, sizeof(bench->id), "bench/%s/%s", bench->mapping->name,
			 bench->size->name);
		if (dp_globs_select(&globs, bench->id))
			benches->count++;
	}
	if (!rc)
		rc = dp_question_globs_used(DP_QUESTION_BENCH, &globs, err);
	if (rc)
		dp_benches_clear(benches);
	return rc;
}

void dp_benches_clear(struct dp_benches *benches)
{
	free(benches->list);
	*benches = (struct dp_benches){ 0 };
}
