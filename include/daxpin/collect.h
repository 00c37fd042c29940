/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a stream of observations to a run with verdicts.
 */
#ifndef DAXPIN_COLLECT_H
#define DAXPIN_COLLECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "daxpin/recorder.h"
#include "daxpin/run.h"
#include "daxpin/sink.h"

/* What was seen for one id. */
struct dp_record {
	char id[96];
	bool seen;
	struct dp_cell cell;       /* of a check; otherwise outcome and text only */
	struct json_object *steps; /* of a scenario: an array, in the order in which they came */
	char doing[32];            /* the step that was begun last */
	uint64_t began;            /* by the clock of whoever listens, ms */
	bool judged;               /* result holds, and the listener has been told */
	struct dp_result result;
};

/* Is told each result, once it is certain. */
typedef void (*dp_tell_fn)(void *arg, const struct dp_run_record *run,
			   const struct dp_result *result);

struct dp_collect {
	struct dp_record *records; /* one for each id */
	size_t count;
	struct dp_run_record run;  /* what is known of the run so far; results come at the end */
	struct dp_record *current; /* begun and not answered, or NULL */
	struct dp_record *latest;  /* begun last, answered or not, or NULL */
	atomic_size_t answered;
	size_t rejected;                /* lines that were no observation */
	const struct dp_policy *policy; /* for what is told, see dp_collect_listen() */
	dp_tell_fn tell;
	void *tell_arg;
	struct dp_heard heard; /* for a recording */
};

/**
 * dp_collect_init - begin to collect
 * @collect: to be released with dp_collect_clear()
 * @count: how many ids there are; each is to be added with dp_collect_add()
 *
 * Return: 0 or -ENOMEM.
 */
int dp_collect_init(struct dp_collect *collect, size_t count);

/* Adds an id that was asked; at most as many as dp_collect_init() was told. */
void dp_collect_add(struct dp_collect *collect, const char *id);

struct dp_plan;

/* Begins to collect for the questions of a plan. Return: 0 or -ENOMEM. */
int dp_collect_plan(struct dp_collect *collect, const struct dp_plan *plan);

/**
 * dp_collect_line - take one line of the stream, whatever it holds
 * @arg: the struct dp_collect (the shape fits dp_lines_feed())
 * @line: the text
 * @len: its length in bytes
 *
 * Return: 0 always; a line that is no observation is counted.
 */
int dp_collect_line(void *arg, const char *line, size_t len);

struct dp_splat;

/**
 * dp_collect_splat - note that the kernel splat, where it belongs in the order of things
 * @arg: the struct dp_collect (the shape fits struct dp_console)
 * @splat: what it said, and during which step
 */
void dp_collect_splat(void *arg, const struct dp_splat *splat);

/* The sink that collects. */
struct dp_sink dp_collect_sink(struct dp_collect *collect);

struct dp_session_end;

/* Notes in collect->run how a guest ended; the console's lines go there. */
void dp_collect_end(struct dp_collect *collect, struct dp_session_end *end);

/**
 * dp_collect_listen - have somebody be told each result as soon as it is certain
 * @collect: of which
 * @policy: the expectations, NULL if nothing is checked
 * @tell: called from whichever thread collects; NULL for nobody
 * @arg: for @tell
 */
void dp_collect_listen(struct dp_collect *collect, const struct dp_policy *policy, dp_tell_fn tell,
		       void *arg);

/* Nothing more will be observed of what was begun: it is judged, if somebody listens. */
void dp_collect_settle(struct dp_collect *collect);

/**
 * dp_collect_finish - judge what has not been judged, and hand all results over to collect->run
 * @collect: the observations
 * @policy: the expectations
 *
 * Return: 0 or -ENOMEM.
 */
int dp_collect_finish(struct dp_collect *collect, const struct dp_policy *policy);

void dp_collect_clear(struct dp_collect *collect);

#endif
