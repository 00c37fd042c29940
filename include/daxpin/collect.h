/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collecting: from a stream of observations to the record of a run.
 */
#ifndef DAXPIN_COLLECT_H
#define DAXPIN_COLLECT_H

#include <stdbool.h>
#include <stddef.h>

#include "daxpin/progress.h"
#include "daxpin/recorder.h"
#include "daxpin/run.h"
#include "daxpin/sink.h"

/* The observations of one id. */
struct dp_record {
	char id[96];
	bool seen;
	struct dp_cell cell;       /* of a check; of a scenario, only outcome and text */
	struct json_object *steps; /* of a scenario: an array in the order of arrival */
	struct json_object *trace; /* of a check: the raw events, an array of lines; or NULL */
	char doing[32];            /* the step that began last */
	uint64_t began;            /* when the id began, ms, by the clock of this side */
	bool judged;               /* result is valid, and the listener was called */
	struct dp_result result;
};

/* Called with each result once it is certain. */
typedef void (*dp_tell_fn)(void *arg, const struct dp_run_record *run,
			   const struct dp_result *result);

struct dp_collect {
	struct dp_record *records; /* one for each id */
	size_t count;
	struct dp_run_record run;  /* the run so far; its results are added at the end */
	struct dp_record *current; /* the id that has begun and has no answer, or NULL */
	struct dp_record *latest;  /* the id that began last, or NULL */
	size_t answered;
	size_t rejected;                /* lines that were not observations */
	unsigned int round;             /* of the results, 0 if each id is asked once */
	const struct dp_policy *policy; /* see dp_collect_listen() */
	dp_tell_fn tell;
	void *tell_arg;
	const struct dp_progress *progress; /* told what happens to the ids, or NULL */
	struct dp_heard heard;              /* for a recording */
};

/**
 * dp_collect_init - begin to collect
 * @collect: the collector; release with dp_collect_clear()
 * @count: how many ids are asked; add each with dp_collect_add()
 *
 * Return: 0 or -ENOMEM.
 */
int dp_collect_init(struct dp_collect *collect, size_t count);

/* Adds an id that is asked; at most as often as the count given to dp_collect_init(). */
void dp_collect_add(struct dp_collect *collect, const char *id);

struct dp_plan;

/* Begins to collect for the questions of a plan. Return: 0 or -ENOMEM. */
int dp_collect_plan(struct dp_collect *collect, const struct dp_plan *plan);

/**
 * dp_collect_line - take one line of the stream
 * @arg: the struct dp_collect (the signature is that of a callback of dp_lines_feed())
 * @line: the text
 * @len: its length in bytes
 *
 * Return: 0. A line that is not an observation is counted and ignored.
 */
int dp_collect_line(void *arg, const char *line, size_t len);

struct dp_splat;

/**
 * dp_collect_splat - add a splat of the kernel to the scenario that it belongs to
 * @arg: the struct dp_collect (the signature is that of struct dp_console's take)
 * @splat: the splat, with the step during which it happened
 */
void dp_collect_splat(void *arg, const struct dp_splat *splat);

/* A sink that collects into @collect. */
struct dp_sink dp_collect_sink(struct dp_collect *collect);

struct dp_session_end;

/* Notes in collect->run how a guest ended; the console's lines go there. */
void dp_collect_end(struct dp_collect *collect, struct dp_session_end *end);

/**
 * dp_collect_listen - have a function called with each result as soon as it is certain
 * @collect: the collector
 * @policy: the expectations, NULL if nothing is checked
 * @tell: called in the thread that collects; NULL for none
 * @arg: for @tell
 */
void dp_collect_listen(struct dp_collect *collect, const struct dp_policy *policy, dp_tell_fn tell,
		       void *arg);

/* Tells collect->progress that the ids will be asked so often; 0 is once. */
void dp_collect_announce(const struct dp_collect *collect, unsigned int times);

/* Ends the id that has begun: nothing more will be observed. Judges it if there is a listener. */
void dp_collect_settle(struct dp_collect *collect);

/**
 * dp_collect_finish - judge the ids that are not judged yet, and move all results to collect->run
 * @collect: the collector
 * @policy: the expectations
 *
 * Return: 0 or -ENOMEM.
 */
int dp_collect_finish(struct dp_collect *collect, const struct dp_policy *policy);

void dp_collect_clear(struct dp_collect *collect);

#endif
