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

static const struct {
	const char *name;
	enum dp_bench_phase main;
	bool connects;
	uint64_t most; /* bytes; 0 for no limit */
} kinds[DP_BENCH_KINDS] = {
	[DP_BENCH_REGISTRATION] = { "", DP_BENCH_WARM },
	[DP_BENCH_GUP] = { "gup", DP_BENCH_GUP_GET },
	/* An instruction is a line of a hundred bytes in QEMU's log. */
	[DP_BENCH_FUNCTIONS] = { "functions", DP_BENCH_INSIDE, .most = 2 * MIB },
	[DP_BENCH_AGAIN] = { "again", DP_BENCH_ALONE, .most = 64 * MIB },
	/* What is larger takes minutes under emulation. */
	[DP_BENCH_TRAFFIC] = { "traffic", DP_BENCH_WRITE, .connects = true, .most = 64 * MIB },
	[DP_BENCH_ON_DEMAND] = { "on-demand", DP_BENCH_ODP_ACCESS, .connects = true,
				 .most = 64 * MIB },
};

/*
 * What pages cost that are not there depends on who had them before, so that a first touch and a
 * cold registration need not lie on a line; nor a registration on demand, which looks into the page
 * tables that happen to be there. gup_test counts in microseconds: in a guest whose
 * instructions are counted, that is by the thousand.
 */
const struct dp_bench_phase_info dp_bench_phases[DP_BENCH_PHASES] = {
	[DP_BENCH_FIRST_TOUCH] = { DP_BENCH_REGISTRATION, DP_STEP_FIRST_TOUCH, "first_touch",
				   "first touch", DP_BENCH_FIRST_TOUCH },
	[DP_BENCH_COLD] = { DP_BENCH_REGISTRATION, DP_STEP_REGISTER_COLD, "register_cold",
			    "register cold", DP_BENCH_COLD },
	[DP_BENCH_WARM] = { DP_BENCH_REGISTRATION, DP_STEP_REGISTER_WARM, "register_warm",
			    "register warm", DP_BENCH_WARM, .line = true },
	[DP_BENCH_DEREGISTER] = { DP_BENCH_REGISTRATION, DP_STEP_DEREGISTER, "deregister",
				  "deregister", DP_BENCH_WARM, .line = true },
	[DP_BENCH_GUP_GET] = { DP_BENCH_GUP, DP_STEP_GUP_GET, "gup_get", "get", DP_BENCH_GUP_GET,
			       .line = true, .grain = 1000 },
	[DP_BENCH_GUP_PUT] = { DP_BENCH_GUP, DP_STEP_GUP_PUT, "gup_put", "put", DP_BENCH_GUP_GET,
			       .line = true, .grain = 1000 },
	[DP_BENCH_GUP_FAST] = { DP_BENCH_GUP, DP_STEP_GUP_FAST, "gup_fast", "get fast",
				DP_BENCH_GUP_GET, .line = true, .grain = 1000 },
	[DP_BENCH_INSIDE] = { DP_BENCH_FUNCTIONS, DP_STEP_INSIDE, "inside", "register warm",
			      DP_BENCH_INSIDE, .line = true },
	[DP_BENCH_WRITE] = { DP_BENCH_TRAFFIC, DP_STEP_TRAFFIC_WRITE, "traffic_write", "write",
			     DP_BENCH_WRITE, .line = true },
	[DP_BENCH_READ] = { DP_BENCH_TRAFFIC, DP_STEP_TRAFFIC_READ, "traffic_read", "read",
			    DP_BENCH_READ, .line = true },
	[DP_BENCH_SEND] = { DP_BENCH_TRAFFIC, DP_STEP_TRAFFIC_SEND, "traffic_send", "send",
			    DP_BENCH_SEND, .line = true },
	[DP_BENCH_ALONE] = { DP_BENCH_AGAIN, DP_STEP_REGISTER_ALONE, "register_alone", "alone",
			     DP_BENCH_ALONE, .line = true },
	[DP_BENCH_EIGHTH] = { DP_BENCH_AGAIN, DP_STEP_REGISTER_EIGHTH, "register_eighth", "eighth",
			      DP_BENCH_ALONE, .line = true },
	[DP_BENCH_ODP_REGISTER] = { DP_BENCH_ON_DEMAND, DP_STEP_ODP_REGISTER, "odp_register",
				    "register", DP_BENCH_ODP_REGISTER },
	[DP_BENCH_ODP_ACCESS] = { DP_BENCH_ON_DEMAND, DP_STEP_ODP_ACCESS, "odp_access", "access",
				  DP_BENCH_ODP_REGISTER, .line = true },
	[DP_BENCH_ODP_AGAIN] = { DP_BENCH_ON_DEMAND, DP_STEP_ODP_AGAIN, "odp_access_again",
				 "access again", DP_BENCH_ODP_REGISTER, .line = true },
	[DP_BENCH_ODP_PREFETCH] = { DP_BENCH_ON_DEMAND, DP_STEP_ODP_PREFETCH, "odp_prefetch",
				    "prefetch", DP_BENCH_ODP_REGISTER, .line = true },
	[DP_BENCH_ODP_DEREGISTER] = { DP_BENCH_ON_DEMAND, DP_STEP_ODP_DEREGISTER, "odp_deregister",
				      "deregister", DP_BENCH_ODP_REGISTER, .line = true },
};

const char *dp_bench_kind_name(enum dp_bench_kind kind)
{
	return kinds[kind].name;
}

bool dp_bench_connects(enum dp_bench_kind kind)
{
	return kinds[kind].connects;
}

static bool is_offered(const struct dp_bench *bench)
{
	uint64_t most = kinds[bench->kind].most;

	return !bench->mapping->check_only && (!most || bench->size->bytes <= most);
}

enum dp_bench_phase dp_bench_main_phase(enum dp_bench_kind kind)
{
	return kinds[kind].main;
}

enum dp_bench_phase dp_bench_answer_phase(enum dp_bench_kind kind)
{
	return dp_bench_phases[kinds[kind].main].after;
}

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

bool dp_bench_is_large(uint64_t pages)
{
	return pages > 4096;
}

unsigned int dp_bench_rounds(uint64_t pages)
{
	return dp_bench_is_large(pages) ? 3 : 5;
}

bool dp_bench_touches(const struct dp_mapping *mapping)
{
	return mapping->populate == DP_POPULATE_WRITE || mapping->populate == DP_POPULATE_READ;
}

bool dp_bench_parse(const char *id, struct dp_bench *bench)
{
	char mapping[64], size[16], kind[16] = "", rest;
	int parts = sscanf(id, "bench/%63[^/]/%15[^/]/%15[^/]%c", mapping, size, kind, &rest);

	if (parts < 2 || parts > 3)
		return false;
	*bench = (struct dp_bench){ .mapping = dp_mapping_find(mapping),
				    .size = dp_bench_size_find(size) };
	snprintf(bench->id, sizeof(bench->id), "%s", id);
	for (int i = 0; i < DP_BENCH_KINDS; i++) {
		bench->kind = (enum dp_bench_kind)i;
		if (!strcmp(kinds[i].name, kind))
			return bench->mapping && bench->size && is_offered(bench);
	}
	return false;
}

static struct dp_bench name_bench(const struct dp_mapping *mapping,
				  const struct dp_bench_size *size, enum dp_bench_kind kind)
{
	struct dp_bench bench = { mapping, size, kind, "" };

	snprintf(bench.id, sizeof(bench.id), "bench/%s/%s%s%s", mapping->name, size->name,
		 kinds[kind].name[0] ? "/" : "", kinds[kind].name);
	return bench;
}

int dp_benches_make(const char *const *only, size_t nonly, struct dp_benches *benches,
		    struct dp_error *err)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	size_t count, each = DP_ARRAY_SIZE(sizes) * DP_BENCH_KINDS;
	const struct dp_mapping *const *mappings = dp_mappings(&count);
	int rc = dp_globs_init(&globs, only, nonly);

	*benches = (struct dp_benches){ .list = calloc(count * each, sizeof(*benches->list)) };
	if (!benches->list)
		rc = -ENOMEM;
	for (size_t i = 0; i < count * each && !rc; i++) {
		struct dp_bench *bench = &benches->list[benches->count];

		*bench = name_bench(mappings[i / each], &sizes[i % DP_ARRAY_SIZE(sizes)],
				    (enum dp_bench_kind)(i % each / DP_ARRAY_SIZE(sizes)));
		if (is_offered(bench) && dp_globs_select(&globs, bench->id))
			benches->count++;
	}
	if (!rc)
		rc = dp_question_globs_used(DP_QUESTION_BENCH, &globs, err);
	if (rc)
		dp_benches_clear(benches);
	return rc;
}

bool dp_benches_have(const struct dp_benches *benches, enum dp_bench_kind kind)
{
	for (size_t i = 0; i < benches->count; i++)
		if (benches->list[i].kind == kind)
			return true;
	return false;
}

void dp_benches_clear(struct dp_benches *benches)
{
	free(benches->list);
	*benches = (struct dp_benches){ 0 };
}
