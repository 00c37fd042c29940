/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A campaign: the same questions, asked of one kernel after the other or of several at a time, each
 * in guests of its own.
 */
#ifndef DAXPIN_CLI_CAMPAIGN_H
#define DAXPIN_CLI_CAMPAIGN_H

#include "cli.h"

#include "daxpin/check.h"
#include "daxpin/kernel.h"
#include "daxpin/machine.h"
#include "daxpin/session.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"

#define CLI_NO_BOOT                                                                                \
	{                                                                                          \
		.memory = { -1, -1, -1, -1 }, .state = -1                                          \
	}

/* What `daxpin guest` takes before its command. */
struct guest_options {
	const char *
		kernels[CLI_MAX_LIST]; /* as for dp_kernel_resolve(), in the order of the columns */
	size_t nkernels;
	const char *kernel;                /* the one that is asked, NULL for the default */
	const char *modules[CLI_MAX_LIST]; /* that take the place of the kernel's own */
	size_t nmodules;
	const char *fault;
	bool perftest; /* its ib_write_bw is wanted in the guest */
	enum dp_accel accel;
	bool bare, refresh, fetch, fresh;
	unsigned int jobs;
	unsigned int cpus; /* of each guest */
	struct dp_session_limits limits;
	uint64_t cell_ms;
	dp_progress_fn progress; /* NULL where several would draw over each other */
};

/* What is asked of each kernel. */
struct campaign {
	const struct guest_options *guest;
	const struct cli_check_options *check;
	struct dp_policy policy;
	struct dp_plan plan;           /* empty if nothing is to be checked */
	struct dp_scenarios scenarios; /* teardowns, or races; may be empty */
	struct dp_cases cases;         /* traffic; may be empty */
};

void campaign_clear(struct campaign *campaign);

/**
 * campaign_run - ask all kernels
 * @campaign: what to ask; at least one kernel
 * @runs: receives one run for each; to be released with dp_run_clear()
 * @err: context on failure
 *
 * Return: 0; a negative errno if a kernel cannot be had or the only one not be asked. One of
 * several that cannot be asked has a run whose answers are errors.
 */
int campaign_run(const struct campaign *campaign, struct dp_run_record *runs, struct dp_error *err);

/* Kernel, image, and the saved guest unless a fresh one is wanted; the run knows how it went. */
int cli_guest_prepare(const struct guest_options *o, struct dp_boot *boot,
		      struct dp_collect *collect, struct dp_error *err);

/* What the user gave was found bad only in the guest. */
int cli_bad_input_of(const struct dp_collect *collect, struct dp_error *err);

/* A command for the guest, to be freed; @obj is consumed. */
char *cli_command_line(struct json_object *obj);

#endif
