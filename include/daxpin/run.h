/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of a run: one kernel on one machine, and its results.
 */
#ifndef DAXPIN_RUN_H
#define DAXPIN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/hostlist.h"
#include "daxpin/policy.h"

#define DP_PHASES 16
/* How often an id may be asked. */
#define DP_MAX_ROUNDS 1000

/* One phase of a run, such as "boot", and how long it took. */
struct dp_phase {
	char name[32];
	uint64_t ms;
};

struct dp_run_record {
	char node[DP_HOST_NAME + 1]; /* the machine that asked; "" in results that do not say */
	int64_t began;         /* when it began to, seconds since 1970; 0 if that is not known */
	char where[16];        /* "guest" or "host" */
	char accel[16];        /* "tcg", "kvm", "" on the host */
	char qemu[40];         /* the version of QEMU, "" on the host */
	char kernel_spec[256]; /* the kernel as the user named it, "" on the host */
	char pinner[32];       /* who pins in teardowns; "" for the adapter */
	char peer[DP_HOST_NAME + 1]; /* the node at the other end of traffic, or "" */
	char carrier[32];            /* of the guest's DAX memory; "" for daxpin's own machine */
	struct dp_subject subject;
	char rdma_device[64];
	char firmware[64]; /* of the adapter, "" if it has none */
	char bios[64];     /* of a host, "" if it does not tell */
	struct dp_phase phases[DP_PHASES];
	size_t nphases;
	struct dp_result *results;
	size_t count;
	char ending[512];    /* how the run ended, if it ended too early; otherwise "" */
	unsigned int boots;  /* boots of the guest: 0 if restored, 2 if the first boot was dead */
	unsigned int jobs;   /* how many guests ran at the same time */
	unsigned int repeat; /* how often each id was asked; 0: once */
	char modules[512];   /* files that replaced modules of the kernel, or "" */
	char note[256];      /* a remark on the run, or "" */
	size_t rejected;     /* lines that were sent, but are no observations of this run */
	char splat[256];     /* first line of the first splat on the console, or "" */
	bool splat_known;    /* the baseline has a splat, too */
	char **console;      /* the last lines of the console, if ending or splat is set */
	size_t nconsole;
};

/* The kernel of a run for people: what has answered, or what was asked for, with its carrier. */
#define DP_RUN_NAME 320
const char *dp_run_name(const struct dp_run_record *run, char name[DP_RUN_NAME]);

/**
 * dp_run_place - note which machine asks, and when
 * @run: its node is the name that Slurm has for this machine (SLURMD_NODENAME), or the host's
 *       without its domain; it begins now
 */
void dp_run_place(struct dp_run_record *run);

/**
 * dp_run_add_phase - record how long a phase took
 * @run: the record
 * @name: name of the phase; a phase of the same name is replaced
 * @ms: milliseconds
 */
void dp_run_add_phase(struct dp_run_record *run, const char *name, uint64_t ms);

/**
 * dp_run_merge - add the record of another guest to a run
 * @into: the run
 * @from: the guest's record; its results are moved
 * @whole: an early end of the guest is an early end of the run, not only of its results
 *
 * Return: 0 or -ENOMEM.
 */
int dp_run_merge(struct dp_run_record *into, struct dp_run_record *from, bool whole);

/* Replaces the results that @newer has, too, each round its own. What they replace is released. */
void dp_run_replace(struct dp_run_record *run, struct dp_run_record *newer);

/**
 * dp_run_fold - make one result of those that are rounds of the same id
 * @run: the run
 *
 * The result of an id is its worst round, and has all of them as its rounds.
 *
 * Return: 0 or -ENOMEM.
 */
int dp_run_fold(struct dp_run_record *run);

/**
 * dp_result_fold - have a result with rounds be the worst of them
 * @r: the result; everything but its rounds is made anew from them
 * @known: its failures are in a baseline, so an error is worse
 */
void dp_result_fold(struct dp_result *r, bool known);

/* The round of a result that has this number, or NULL. */
const struct dp_result *dp_result_round(const struct dp_result *r, unsigned int round);

/**
 * dp_result_complete - fold a result whose rounds may lack some
 * @r: the result; its rounds are in memory of their own
 * @repeat: how often it should have been asked
 *
 * If any are missing, they are one more round, an error. It is not stored: whoever reads makes it
 * anew.
 *
 * Return: 0 or -ENOMEM.
 */
int dp_result_complete(struct dp_result *r, unsigned int repeat);

/* Counts results by status; @counts has DP_STATUSES members. */
void dp_run_count(const struct dp_run_record *run, size_t *counts);

/* Releases what a result holds, and empties it. */
void dp_result_clear(struct dp_result *r);

/* Releases the memory of a run. */
void dp_run_clear(struct dp_run_record *run);

/**
 * dp_runs_exit_code - the exit code for a number of runs
 * @runs: the runs
 * @nruns: how many
 *
 * Return: 0 if nothing failed, 1 if a result failed or a kernel splatted on its console, 3 if an id
 * has no answer.
 */
int dp_runs_exit_code(const struct dp_run_record *runs, size_t nruns);

/* Whether this is a failure that the baseline has, too. */
bool dp_result_is_known(const struct dp_result *r);

/* The result of an id, or NULL. */
const struct dp_result *dp_run_find(const struct dp_run_record *run, const char *id);

/**
 * dp_answer_write - add what was observed of a check to its result in a document (docs/json.md)
 * @cell: that was answered
 * @result: the result's object
 */
void dp_answer_write(const struct dp_cell *cell, struct json_object *result);

/**
 * dp_answer_read - read what dp_answer_write() wrote, believing nothing
 * @result: the result's object
 * @id: of the result
 * @cell: receives the observation. One that lacks something is broken, and says what it lacks
 *
 * Return: false if the verdict is missing or contradicts the errno.
 */
bool dp_answer_read(struct json_object *result, const char *id, struct dp_cell *cell);

#endif
