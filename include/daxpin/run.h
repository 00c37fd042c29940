/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run: one kernel on one machine, with its results.
 */
#ifndef DAXPIN_RUN_H
#define DAXPIN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/policy.h"

#define DP_PHASES 16

/* How long one phase of a run took. */
struct dp_phase {
	char name[32];
	uint64_t ms;
};

/* One run: one kernel on one machine. */
struct dp_run_record {
	char where[16];        /* "guest" or "host" */
	char accel[16];        /* "tcg", "kvm", "" on the host */
	char kernel_spec[256]; /* what the user asked for, "" on the host */
	struct dp_subject subject;
	char rdma_device[64];
	struct dp_phase phases[DP_PHASES];
	size_t nphases;
	struct dp_result *results;
	size_t count;
	char ending[512];   /* how the run ended too early, or "" */
	unsigned int boots; /* of the guest: 2 if the first showed no sign of life, 0 if restored */
	unsigned int jobs;  /* guests at the same time */
	char modules[512];  /* files that took the place of the kernel's own modules, or "" */
	char note[256];     /* something about the run worth knowing, or "" */
	char splat[256];    /* the first splat of the guest's kernel, or "" */
	bool splat_known;   /* the baseline has one, too */
	char **console;     /* the last lines of the console, if there is one of the two */
	size_t nconsole;
};

/**
 * dp_run_add_phase - note how long a phase took; a name that is there already is replaced
 */
void dp_run_add_phase(struct dp_run_record *run, const char *name, uint64_t ms);

/**
 * dp_run_merge - add to a run what another guest has answered of it
 * @into: the run
 * @from: the other's; what it holds is moved
 * @whole: how the other ended is how the run ended; otherwise that is a matter of its results
 *
 * Return: 0 or -ENOMEM.
 */
int dp_run_merge(struct dp_run_record *into, struct dp_run_record *from, bool whole);

/* Puts results in the place of those with the same ids; what is replaced is released. */
void dp_run_replace(struct dp_run_record *run, struct dp_run_record *newer);

/* Counts results by status; @counts has DP_STATUSES numbers. */
void dp_run_count(const struct dp_run_record *run, size_t *counts);

/* Releases what a result holds, and empties it. */
void dp_result_clear(struct dp_result *r);

/* Releases what a run holds. */
void dp_run_clear(struct dp_run_record *run);

/**
 * dp_runs_exit_code - 0 if nothing failed, 1 if something did (a kernel that splats on its
 * console has failed), 3 if something was not answered
 */
int dp_runs_exit_code(const struct dp_run_record *runs, size_t nruns);

/* A failure that the baseline has, too. */
bool dp_result_is_known(const struct dp_result *r);

/* The result of an id; NULL if the run has none. */
const struct dp_result *dp_run_find(const struct dp_run_record *run, const char *id);

#endif
