/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A campaign: from a plan, through those who carry it out, to records. The same questions are asked
 * of this machine, or of one or several kernels, each in guests of its own.
 */
#ifndef DAXPIN_CAMPAIGN_H
#define DAXPIN_CAMPAIGN_H

#include "daxpin/check.h"
#include "daxpin/collect.h"
#include "daxpin/command.h"
#include "daxpin/machine.h"
#include "daxpin/progress.h"
#include "daxpin/question.h"
#include "daxpin/session.h"
#include "daxpin/sink.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"

/* What is asked: the questions of each kind that were selected. */
struct dp_selection {
	struct dp_plan checks;
	const char **globs; /* that select the checks; none selects them all */
	size_t nglobs;
	struct dp_scenarios teardowns, races;
	struct dp_cases cases;
};

/**
 * dp_selection_make - all questions whose id matches one of the globs
 * @kinds: a bit (1U << DP_QUESTION_CHECK, …) for each kind that may be selected
 * @only: shell patterns; one without '/' is taken for a mapping. The strings must outlive
 *        @selection
 * @nonly: how many; none selects everything of these kinds
 * @selection: receives the questions; release with dp_selection_clear()
 * @err: names the first glob that matches nothing (bad input)
 *
 * A glob may match one kind only.
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_selection_make(unsigned int kinds, const char *const *only, size_t nonly,
		      struct dp_selection *selection, struct dp_error *err);

void dp_selection_clear(struct dp_selection *selection);

/* How it is asked, and who is told. */
struct dp_ask {
	uint64_t size;                  /* of each region, bytes */
	const char *rdma;               /* adapter, NULL for the first */
	uint64_t iterations;            /* of each race; 0: as many as fit duration_ms */
	uint64_t duration_ms;           /* of each race, if iterations is 0 */
	uint64_t seed;                  /* of races, and of the patterns of traffic */
	bool reference;                 /* of traffic: ib_write_bw of perftest does the same */
	const struct dp_policy *policy; /* expectations of the checks */
	dp_tell_fn tell;                /* told each result once it is certain, or NULL; may be
					   called by several threads at once */
	void *tell_arg;                 /* for tell */
	dp_progress_fn progress;        /* may be NULL */
	struct dp_recorder *recorder;   /* keeps what the guests say, or NULL */
};

/* The guests that are asked. */
struct dp_guests {
	const char *const
		*kernels; /* as for dp_kernel_resolve(); one run for each, in this order */
	size_t nkernels;
	const char *const *modules; /* files that take the place of the kernel's own modules */
	size_t nmodules;
	enum dp_fault fault; /* have the guest misbehave */
	enum dp_accel accel;
	bool refresh;      /* look for newer kernels although some are cached */
	bool fresh;        /* boot each guest, instead of restoring one that was saved */
	unsigned int jobs; /* guests at the same time; 0: what cores and free memory allow */
	struct dp_session_limits limits;
	uint64_t cell_ms; /* limit for a single check */
};

/**
 * dp_campaign_run - ask all kernels
 * @guests: which kernels, and the guests that they run in
 * @selection: what to ask each of them
 * @ask: how
 * @runs: receives one run for each kernel; to be released with dp_run_clear()
 * @err: context on failure
 *
 * Return: 0; a negative errno if a kernel cannot be had or the only one not be asked. One of
 * several that cannot be asked has a run whose answers are errors.
 */
int dp_campaign_run(const struct dp_guests *guests, const struct dp_selection *selection,
		    const struct dp_ask *ask, struct dp_run_record *runs, struct dp_error *err);

/**
 * dp_campaign_command - have one guest carry out one command
 * @guests: of which the first kernel is taken
 * @command: what to do
 * @sink: receives what is observed
 * @progress: may be NULL
 * @err: context on failure
 *
 * Return: 0 once the guest has said that it is done, or a negative errno.
 */
int dp_campaign_command(const struct dp_guests *guests, const struct dp_command *command,
			const struct dp_sink *sink, dp_progress_fn progress, struct dp_error *err);

/* ---- this machine ------------------------------------------------------------------------ */

/* How something that was carried out on this machine has ended. */
struct dp_host_end {
	bool done;              /* it has said so */
	struct dp_error failed; /* it could not go on; code 0 otherwise */
};

/**
 * dp_host_run - have something carried out on this machine, by a process of its own
 * @body: what it does; writes observations to @fd
 * @arg: for @body
 * @log: the kernel's log is listened to as well
 * @sink: receives what is observed
 * @progress: may be NULL
 * @end: receives what the process has said of itself
 * @err: context on failure
 *
 * Return: 0 once the process has ended, however; -EINTR after SIGINT or SIGTERM; another negative
 * errno. Nothing of the process is left, unless the kernel keeps it.
 */
int dp_host_run(void (*body)(int fd, void *arg), void *arg, bool log, const struct dp_sink *sink,
		dp_progress_fn progress, struct dp_host_end *end, struct dp_error *err);

struct dp_mount;

/* Where temporary files may be made: the folders that the user named, then the mount points. */
struct dp_dirs {
	const char **list;
	size_t count;
	struct dp_mount *mounts;
};

/* Return: 0 or -ENOMEM; to be released with dp_dirs_clear() in any case. */
int dp_dirs_read(const char *const *named, size_t count, struct dp_dirs *dirs);
void dp_dirs_clear(struct dp_dirs *dirs);

/* Writes into a run that it was on this machine, and with which kernel. */
void dp_host_describe(struct dp_run_record *run);

/* Whether the adapter (NULL for the first) is there and can be opened. Return: 0 or an errno. */
int dp_host_rdma(const char *name, struct dp_error *err);

#endif
