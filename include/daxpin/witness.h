/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The witness: what a kernel does inside while it registers memory. Kprobe events in a tracefs
 * instance of daxpin's own say which functions were entered, for how many pages, and what they
 * returned. Nothing is filled in from a table: where a kernel has no such function, the evidence
 * says so.
 */
#ifndef DAXPIN_WITNESS_H
#define DAXPIN_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/observe.h"

struct dp_error;

/* What is wanted of it, each with all before it. */
enum dp_witness_level {
	DP_WITNESS_NONE,
	DP_WITNESS_EVIDENCE, /* what follows from the events */
	DP_WITNESS_TRACE,    /* and the events themselves */
	DP_WITNESS_GRAPH,    /* and instead of these, which functions called which */
	DP_WITNESS_LEVELS,
};

/* "none", "evidence", "trace", "graph" */
const char *dp_witness_level_name(enum dp_witness_level level);

/* A level by its name; DP_WITNESS_NONE if there is none of that name. */
enum dp_witness_level dp_witness_level_find(const char *name);

/**
 * dp_witness_arm - make the instance, and set the probes
 * @err: what this kernel or this user may not do
 *
 * What a daxpin that was killed has left is removed first. Probes of others are left alone. Takes
 * root; tracefs is mounted if it is not.
 *
 * Return: 0 or a negative errno; nothing is left then.
 */
int dp_witness_arm(struct dp_error *err);

/* Removes the probes and the instance. */
void dp_witness_disarm(void);

/* A process that reads the events of its own registrations. */
struct dp_reading;

/**
 * dp_reading_open - begin to read, after dp_witness_arm() in this process or another one
 * @err: context on failure
 *
 * Return: a reader, to be released with dp_reading_close(); NULL on failure.
 */
struct dp_reading *dp_reading_open(struct dp_error *err);

void dp_reading_close(struct dp_reading *reading);

/* Called with one event, or one line of a graph; @line has no end. */
typedef void (*dp_hear_fn)(void *arg, const char *line);

/**
 * dp_reading_hear - be told the events themselves
 * @reading: the reader
 * @hear: called with each event while dp_reading_end() makes sense of it; NULL for nobody
 * @arg: for @hear
 */
void dp_reading_hear(struct dp_reading *reading, dp_hear_fn hear, void *arg);

/**
 * dp_reading_begin - record from now on what this thread does
 * @reading: the reader
 * @pages: of the region that will be registered
 *
 * Only one process may record at a time. The thread stays on its CPU until dp_reading_end().
 */
void dp_reading_begin(struct dp_reading *reading, uint64_t pages);

/**
 * dp_reading_end - stop recording, and make sense of it
 * @reading: the reader
 * @err: the answer to the registration: 0, or a positive errno
 * @evidence: receives what was seen
 */
void dp_reading_end(struct dp_reading *reading, int err, struct dp_evidence *evidence);

/**
 * dp_graph_arm - set the function_graph tracer up, for what registers memory
 * @err: what this kernel or this user may not do, or that somebody else uses the tracer
 *
 * In a tracefs instance of its own where the kernel can; otherwise in the top one, if nobody uses
 * that. What a daxpin that was killed has left is put back first.
 *
 * Return: 0 or a negative errno; all is as it was then.
 */
int dp_graph_arm(struct dp_error *err);

/* Puts all back as it was. */
void dp_graph_disarm(void);

/* From now on the graph is recorded, after dp_graph_arm() in this process or another one. */
void dp_graph_begin(void);

/* Stops that. @hear: called with each line of this thread. */
void dp_graph_end(dp_hear_fn hear, void *arg);

/* ---- what the events mean ---------------------------------------------------------------- */

/* What a function that is probed is to a registration. */
enum dp_role {
	DP_ROLE_FAST,    /* gup-fast begins */
	DP_ROLE_SLOW,    /* the slow path begins; returns a number of pages, or an errno */
	DP_ROLE_GRAB,    /* takes references */
	DP_ROLE_DROP,    /* gives them back */
	DP_ROLE_LOOKUP,  /* finds the pgmap of a page */
	DP_ROLE_CHECK,   /* may refuse, and is in the slow path */
	DP_ROLE_MIGRATE, /* moves pages that may not be pinned where they are */
	DP_ROLE_UMEM,    /* makes a umem; returns a pointer, or an errno as one */
	DP_ROLE_HMM,     /* looks pages up for an on-demand MR, or faults them in */
	DP_ROLE_AROUND,  /* the verb and the driver, who may refuse before and after */
};

/* One event, decoded. */
struct dp_happening {
	const char *function;
	enum dp_role role;
	bool returns;
	bool failed;   /* of a grab's return: it has taken nothing */
	int64_t value; /* that it returns; of a lookup's entry, the pgmap that it already has */
	int64_t pages; /* of references; of DP_ROLE_HMM, in the range */
	/* Of a grab's entry: members of the page. Of DP_ROLE_HMM, flags are what is asked. */
	uint64_t flags, pgmap;
	uint32_t type;
};

/* The kernel's numbers for enum memory_type, by BTF; 0 for one that it does not have. */
struct dp_memory_types {
	uint32_t device_private, coherent, fs_dax, generic, p2pdma;
};

/* The sum of what has happened so far. Zero at first. */
struct dp_tally {
	const struct dp_memory_types *types;
	int err; /* the answer */
	enum { DP_NOWHERE, DP_IN_FAST, DP_IN_SLOW } where;
	int64_t hmm_calls, hmm_pages, hmm_faults;
	int64_t calls, fast, dropped, slow, lookups, references, migrations;
	int64_t pending;  /* pages given back in gup-fast, if it goes on to the slow path */
	int64_t grabbing; /* pages of the grab that has not returned */
	bool anew;        /* the lookup that has not returned was given no pgmap */
	const char *type;
	const char *refused_by;
};

/* Adds the next event, in the order of time. */
void dp_tally_add(struct dp_tally *tally, const struct dp_happening *happening);

/* The evidence that follows from it. */
void dp_tally_conclude(const struct dp_tally *tally, struct dp_evidence *evidence);

#endif
