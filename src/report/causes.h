/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why results are what they are: each explanation once, with all results that it explains, on
 * whatever kernel. The reports for people, text and HTML, have the same causes in the same order.
 */
#ifndef DAXPIN_REPORT_CAUSES_H
#define DAXPIN_REPORT_CAUSES_H

#include "daxpin/run.h"

/* What a cause is of, in the order in which people want to know. */
enum dp_section {
	DP_SECTION_FAILURES,
	DP_SECTION_KNOWN, /* failures that are in the baseline */
	DP_SECTION_FIXED, /* since the baseline */
	DP_SECTION_ERRORS,
	DP_SECTION_SKIPPED,
	DP_SECTIONS,
};

/* "Failures" */
const char *dp_section_title(enum dp_section section);

/* Where a result is: which run, and which of its results. */
struct dp_place {
	size_t run, result;
};

struct dp_cause {
	enum dp_section section;
	const struct dp_result *result; /* the first */
	struct dp_place *places;        /* of all, in the order of the runs */
	size_t count;
};

struct dp_causes {
	struct dp_cause *list;
	size_t count;
};

/**
 * dp_causes_find - the causes of the results of some runs
 * @runs: the runs; they must outlive @causes
 * @nruns: how many
 * @causes: receives the causes, by section, and in it those that explain most first; release with
 *          dp_causes_clear()
 *
 * What has passed has none, unless the baseline has a failure there.
 *
 * Return: 0 or -ENOMEM.
 */
int dp_causes_find(const struct dp_run_record *runs, size_t nruns, struct dp_causes *causes);

void dp_causes_clear(struct dp_causes *causes);

#endif
