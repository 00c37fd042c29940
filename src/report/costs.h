/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a page costs on each of several kernels, for the layouts that show it. */
#ifndef DAXPIN_REPORT_COSTS_H
#define DAXPIN_REPORT_COSTS_H

#include <stdbool.h>

#include "daxpin/bench.h"
#include "daxpin/report.h"

enum dp_cost_kind {
	DP_COST_UNKNOWN,
	DP_COST_PAGE,    /* of one page more */
	DP_COST_WHOLE,   /* of all pages: there is no line */
	DP_COST_REFUSED, /* the kernel refuses, and no page has cost anything */
};

struct dp_cost {
	enum dp_cost_kind kind;
	double value;
	const char *unit, *answer; /* of the result; the answer is NULL for success */
	double low, high;          /* by the clock: of the whole, the quartiles; 0 otherwise */
	bool compared;             /* with the kernel before */
	double change;             /* as a part of what it was */
	bool unclear;              /* the quartiles of both overlap: it may be no change */
};

/**
 * dp_cost_row - what one phase of an id costs on each kernel, and against the kernel before
 * @runs: of each kernel
 * @nruns: how many
 * @id: of a bench
 * @phase: of its kind
 * @costs: receives one for each run
 *
 * Only what is alike is compared: a registration that is refused has no price that another beats.
 *
 * Return: false if it is known of none of them.
 */
bool dp_cost_row(const struct dp_run_record *runs, size_t nruns, const char *id,
		 enum dp_bench_phase phase, struct dp_cost *costs);

struct json_object;

/*
 * The rows of all benches, for the page: a list of {"id", "phase", "cells": [{"value", "whole",
 * "answer", "unit", "change", "unclear"}, null, …]}. Return: NULL without memory.
 */
struct json_object *dp_cost_rows(const struct dp_run_record *runs, size_t nruns);

/* Whether a phase of an id is shown across kernels: it has a line. */
bool dp_cost_is_shown(const char *id, enum dp_bench_phase phase);

/* Whether the id of a result is a bench's, and in no run before its own. */
bool dp_cost_is_new(const struct dp_run_record *runs, size_t run, size_t result);

#endif
