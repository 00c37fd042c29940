/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a stream of observations to a run with verdicts.
 */
#ifndef DAXPIN_COLLECT_H
#define DAXPIN_COLLECT_H

#include <stdbool.h>
#include <stddef.h>

#include "daxpin/error.h"
#include "daxpin/report.h"

struct dp_plan;

struct dp_collect {
	const struct dp_plan *plan;
	struct dp_run_record run; /* what is known of the run so far; results come at the end */
	struct dp_cell *cells;    /* one for each question of the plan */
	bool *seen;
	uint64_t since;   /* when the current phase began, ms */
	char current[96]; /* begun and not answered, or "" */
	size_t answered;
	bool ready;             /* the guest takes commands */
	bool done;              /* the executor has carried out the plan */
	struct dp_error failed; /* the executor could not go on */
	size_t rejected;        /* lines that were no observation */
	int exit_code;          /* of a program that ran in the guest */
};

/**
 * dp_collect_init - begin to collect
 * @collect: to be released with dp_collect_clear()
 * @plan: what was asked; must live as long
 *
 * Return: 0 or -ENOMEM.
 */
int dp_collect_init(struct dp_collect *collect, const struct dp_plan *plan);

/**
 * dp_collect_line - take one line of the stream, whatever it holds
 * @arg: the struct dp_collect (the shape fits dp_lines_feed())
 * @line: the text
 * @len: its length in bytes
 *
 * Return: 0 always; a line that is no observation is counted.
 */
int dp_collect_line(void *arg, const char *line, size_t len);

/**
 * dp_collect_finish - judge each question of the plan, into collect->run
 * @collect: the observations
 * @policy: the expectations
 *
 * Return: 0 or -ENOMEM.
 */
int dp_collect_finish(struct dp_collect *collect, const struct dp_policy *policy);

void dp_collect_clear(struct dp_collect *collect);

#endif
