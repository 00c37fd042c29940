/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The course of a run: what is asked, how far that is, and how long the rest will take by what it
 * took the last time. Nothing of it is seen; progress.c shows it.
 *
 * Several ids may be asked of a kernel at once. So an id counts with its share of the run, which is
 * the time since the answer before it: the shares of all ids make up the whole, whatever ran beside
 * what.
 */
#ifndef DAXPIN_CLI_COURSE_H
#define DAXPIN_CLI_COURSE_H

#include "times.h"

#include "daxpin/progress.h"
#include "daxpin/question.h"

/* An id of one side; or what else takes time there, which is never wanted. */
struct cli_asked {
	char id[96];
	size_t side;
	enum dp_question_kind kind;
	unsigned int wanted, answered;
	bool open;               /* there is an answer, and no verdict on it yet */
	enum dp_moment verdict;  /* DP_ID_WANTED: there is none */
	bool expected, measured; /* whether the next two are known */
	uint64_t expected_ms;    /* of the last run */
	uint64_t took_ms;        /* of this one */
};

/* One of the kernels, or this machine. */
struct cli_side {
	size_t number;
	char kernel[256];       /* "" for this machine */
	struct cli_times times; /* of the last run */
	char phase[48];         /* what is done while nothing is asked, or "" */
	int percent;            /* of that, or -1 */
	uint64_t phase_since;
	uint64_t since;  /* of the last answer, or when the first id began; 0: none has */
	char latest[96]; /* the id that began last, or "" */
};

struct cli_course {
	struct cli_asked *ids;
	size_t count;
	struct cli_side *sides;
	size_t nsides;
	size_t speaker; /* index of the side where something began last */
};

struct cli_counts {
	size_t wanted, answered, failed, errors;
};

/* As the functions of struct dp_progress. @now: ms */
void cli_course_phase(struct cli_course *c, const struct dp_progress *from, const char *what,
		      int percent, uint64_t now);
void cli_course_id(struct cli_course *c, const struct dp_progress *from, const char *id,
		   enum dp_moment moment, uint64_t now);

void cli_course_count(const struct cli_course *c, struct cli_counts *counts);

/**
 * cli_course_left - how long it will take yet
 * @c: the course
 * @now: ms
 * @ms: receives it
 *
 * An id that was never asked before takes as long as others of its question. If things take longer
 * than the last time, so will the rest.
 *
 * Return: false if too little is known.
 */
bool cli_course_left(const struct cli_course *c, uint64_t now, uint64_t *ms);

/* What runs: a phase or an id, with the kernel before it if there are several; "" if nothing does.
 */
void cli_course_what(const struct cli_course *c, char *text, size_t size);

/* Keeps how long things took for the next run. */
void cli_course_keep(const struct cli_course *c);

void cli_course_clear(struct cli_course *c);

#endif
