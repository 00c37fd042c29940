/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A campaign: from a plan, through those who carry it out, to records. The same questions are asked
 * of this machine, or of one or several kernels, each in guests of its own.
 */
#ifndef DAXPIN_CAMPAIGN_H
#define DAXPIN_CAMPAIGN_H

#include "daxpin/bench.h"
#include "daxpin/carrier.h"
#include "daxpin/check.h"
#include "daxpin/collect.h"
#include "daxpin/command.h"
#include "daxpin/limit.h"
#include "daxpin/machine.h"
#include "daxpin/order.h"
#include "daxpin/pinner.h"
#include "daxpin/progress.h"
#include "daxpin/question.h"
#include "daxpin/session.h"
#include "daxpin/sink.h"
#include "daxpin/state.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"
#include "daxpin/witness.h"

struct json_object;

/* How long one operation of traffic may take, ms: seconds, under emulation too. */
#define DP_TRAFFIC_LIMIT_MS 20000

/* What is asked: the questions of each kind that were selected. */
struct dp_selection {
	struct dp_plan checks;
	const char **globs; /* that select the checks; none selects them all */
	size_t nglobs;
	struct dp_plan pinnings;
	const char **pinning_globs; /* the same of these */
	size_t npinning_globs;
	const char *const *pinners; /* globs of the names of their pinners; none selects all */
	size_t npinners;
	struct dp_limits limits;
	struct dp_scenarios teardowns, races;
	struct dp_orders orders;
	struct dp_cases cases;
	struct dp_state_items states;
	struct dp_benches benches;
};

/**
 * dp_selection_make - all questions whose id matches one of the globs
 * @kinds: a bit (1U << DP_QUESTION_CHECK, …) for each kind that may be selected
 * @only: shell patterns; one without '/' is taken for a mapping. The strings must outlive
 *        @selection
 * @nonly: how many; none selects everything of these kinds but what needs the wide machine
 * @pinners: shell patterns for names of pinners; must outlive @selection, too
 * @npinners: how many; none selects all
 * @selection: receives the questions; release with dp_selection_clear()
 * @err: names the first glob that matches nothing (bad input)
 *
 * A glob may match one kind only.
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_selection_make(unsigned int kinds, const char *const *only, size_t nonly,
		      const char *const *pinners, size_t npinners, struct dp_selection *selection,
		      struct dp_error *err);

void dp_selection_clear(struct dp_selection *selection);

/* Leaves out what other carriers than daxpin's own have, unless nothing else was selected. */
void dp_selection_leave_carried(struct dp_selection *selection);

/**
 * dp_selection_keep - leave questions out
 * @selection: keeps those for which @keep returns true
 * @keep: called with the number of each, as dp_selection_id() has it
 * @arg: for @keep
 *
 * Cells are kept by mapping: all that are selected of one, or none.
 *
 * Return: 0, -ENOMEM, or -E2BIG if globs have selected more cells than a guest can be told.
 */
int dp_selection_keep(struct dp_selection *selection, bool (*keep)(void *arg, size_t n), void *arg);

/**
 * dp_selection_shard - keep one of several shares that take as long, as far as that is known
 * @selection: what all of them have; whoever has the same selection makes the same shares
 * @shard: the number of the share, from 1
 * @shards: how many there are
 * @err: context on failure
 *
 * What is asked of a mapping cell by cell stays together, as what it costs is the mapping. A share
 * may be empty.
 *
 * Return: 0, -ENOMEM, or -EINVAL as there are too many cells that were named one by one.
 */
int dp_selection_shard(struct dp_selection *selection, unsigned int shard, unsigned int shards,
		       struct dp_error *err);

/* How many questions were selected. */
size_t dp_selection_count(const struct dp_selection *selection);

/* The id of the question number @n, in the order of reports; NULL if there are not so many. */
const char *dp_selection_id(const struct dp_selection *selection, size_t n);

/*
 * Puts results in the order of reports, whichever guest they come from; those of an id stay in
 * theirs. Return: 0 or -ENOMEM.
 */
int dp_selection_order(const struct dp_selection *selection, struct dp_run_record *run);

/* Whether a mapping that is asked about needs this group of modules. */
bool dp_selection_needs(const struct dp_selection *selection, const char *modules);

/* Daxpin's own machines. */
enum dp_own_machine {
	DP_USUAL_MACHINE,
	DP_WIDE_MACHINE,    /* for mappings that need it (struct dp_mapping) */
	DP_BALLOON_MACHINE, /* for states that need it (struct dp_state) */
	DP_OWN_MACHINES,
};

/**
 * dp_selection_part - the questions for one of daxpin's machines
 * @selection: all of them
 * @machine: which; each question is for one
 * @part: receives copies; release with dp_selection_clear()
 *
 * Return: 0 or -ENOMEM.
 */
int dp_selection_part(const struct dp_selection *selection, enum dp_own_machine machine,
		      struct dp_selection *part);

/* How it is asked, and who is told. */
struct dp_ask {
	uint64_t size;                  /* of each region, bytes */
	const char *rdma;               /* adapter, NULL for the first */
	uint64_t iterations;            /* of each race; 0: as many as fit duration_ms */
	uint64_t duration_ms;           /* of each race, if iterations is 0 */
	uint64_t seed;                  /* of races, and of the patterns of traffic */
	bool reference;                 /* of traffic: ib_write_bw of perftest does the same */
	enum dp_witness_level witness;  /* of checks: what is told of the kernel's inside */
	const struct dp_pinner *pinner; /* of teardowns on this machine; NULL: the adapter pins */
	bool biased;                    /* of races: tasks are held at stations */
	unsigned int rounds;            /* of benches on this machine; 0: as dp_bench_run() does */
	unsigned int threads;           /* of benches on this machine, that register at once */
	bool course;                    /* of teardowns in guests: what they do inside */
	unsigned int repeat;            /* how often each id is asked; at most DP_MAX_ROUNDS */
	uint64_t until; /* of checks on this machine: when they end, by dp_now_ms(); 0: any time */
	unsigned int round; /* which time this is, from 1; for this machine's executors */
	const struct dp_policy *policy; /* expectations of the checks */
	/* Told how it gets on, NULL for nobody. Of several kernels each has a copy of its own. */
	const struct dp_progress *progress;
	/*
	 * Called before anything is asked, once it was found that it can be; NULL for nobody.
	 * Returns 0, or a negative errno, which ends it.
	 */
	int (*begin)(void *arg, struct dp_error *err);
	/* Told each result once it is certain, by several threads at once; NULL for nobody. */
	dp_tell_fn tell;
	void *arg;                    /* for begin and tell */
	struct dp_recorder *recorder; /* keeps what the guests say, or NULL */
};

/* The guests that are asked. */
struct dp_guests {
	const char *const
		*kernels; /* as for dp_kernel_resolve(); one run for each, in this order */
	size_t nkernels;
	const char *const *modules; /* files that take the place of the kernel's own modules */
	size_t nmodules;
	const struct dp_carrier *const
		*carriers; /* of DAX memory: a run for each of them, with each kernel */
	size_t ncarriers;  /* 0: daxpin's own */
	const struct dp_pinner *const
		*pinners; /* of teardowns: a run for each of them, with each kernel and carrier */
	size_t npinners;  /* 0: the adapter */
	enum dp_fault fault;            /* have the guest misbehave */
	const struct dp_layout *layout; /* of a machine that is not daxpin's own, or NULL */
	enum dp_accel accel;
	bool refresh;      /* look for newer kernels although some are cached */
	bool fresh;        /* boot each guest, instead of restoring one that was saved */
	unsigned int jobs; /* guests at the same time; 0: what cores and free memory allow */
	struct dp_session_limits limits;
	uint64_t cell_ms; /* limit for a single check */
};

/* How many runs there are: of each kernel as many as there are carriers, and pinners. */
static inline size_t dp_guests_runs(const struct dp_guests *guests)
{
	return guests->nkernels * (guests->ncarriers ? guests->ncarriers : 1) *
	       (guests->npinners ? guests->npinners : 1);
}

/**
 * dp_campaign_run - ask all kernels
 * @guests: which kernels, and the guests that they run in
 * @selection: what to ask each of them
 * @ask: how
 * @runs: receives dp_guests_runs() runs, those of a kernel one after the other; to be released with
 *        dp_run_clear()
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
			const struct dp_sink *sink, const struct dp_progress *progress,
			struct dp_error *err);

/* ---- this machine ------------------------------------------------------------------------ */

/* What of this machine may be used. */
struct dp_host {
	const char *const *dirs; /* folders for temporary files, besides the mount points */
	size_t ndirs;
	const char *device; /* that may be torn down, or written to; NULL for none */
};

/**
 * dp_host_check - ask this machine which mappings may be pinned
 * @host: what of it may be used
 * @plan: what is asked
 * @ask: how
 * @run: receives the answers; to be released with dp_run_clear()
 * @err: context on failure
 *
 * Return: 0; a negative errno if nothing could be asked; -EINTR after SIGINT or SIGTERM.
 */
int dp_host_check(const struct dp_host *host, const struct dp_plan *plan, const struct dp_ask *ask,
		  struct dp_run_record *run, struct dp_error *err);

/**
 * dp_inventory - describe the devices of this machine
 *
 * Return: an object with the lists "rdma", "dax", "namespaces", "cxl_…" and "mounts", in this
 * order; null in the place of one that cannot be read.
 */
struct json_object *dp_inventory(void);

/**
 * dp_host_inventory - dp_inventory() by a process of its own, as a device may hang who asks
 * @memlock_of: a program; the limits of its processes are added. NULL for none
 * @until: when it is given up, by dp_now_ms()
 * @inventory: receives the object, and "memlock" in it (dp_site_judge()); complete or not at all,
 *             without those that cannot be read
 * @err: context on failure
 *
 * Return: 0, -ETIMEDOUT, -EINTR after SIGINT or SIGTERM, or another negative errno.
 */
int dp_host_inventory(const char *memlock_of, uint64_t until, struct json_object **inventory,
		      struct dp_error *err);

/* As dp_host_check(), by pinners; the adapter need not be there. */
int dp_host_pinner(const struct dp_host *host, const struct dp_plan *plan, const struct dp_ask *ask,
		   struct dp_run_record *run, struct dp_error *err);

/**
 * dp_host_limit - ask this machine whether it holds registrations to RLIMIT_MEMLOCK
 * @limits: what is asked
 * @ask: how
 * @run, @err: as above
 *
 * Return: as above.
 */
int dp_host_limit(const struct dp_limits *limits, const struct dp_ask *ask,
		  struct dp_run_record *run, struct dp_error *err);

/**
 * dp_host_teardown - tear one device of this machine down, in one scenario after the other
 * @host: which device; what is on it is lost
 * @scenarios: what is asked; those that the device is not made for, or that take more away than the
 *             device, are left out
 * @ask: how
 * @run, @err: as above
 *
 * Needs root. The device is refused if anybody uses it. After each scenario it is bound again as it
 * was; once the kernel has splat, nothing more is asked.
 *
 * Return: as above.
 */
int dp_host_teardown(const struct dp_host *host, const struct dp_scenarios *scenarios,
		     const struct dp_ask *ask, struct dp_run_record *run, struct dp_error *err);

/**
 * dp_host_bench - time registrations on this machine
 * @host: what of it may be used
 * @benches: what is asked
 * @ask: how
 * @run, @err: as above
 *
 * Return: as above.
 */
int dp_host_bench(const struct dp_host *host, const struct dp_benches *benches,
		  const struct dp_ask *ask, struct dp_run_record *run, struct dp_error *err);

enum dp_peer_kind {
	DP_PEER_HERE,     /* both ends are here */
	DP_PEER_CONNECTS, /* this end listens and has the memory; the other says what is done */
	DP_PEER_LISTENS,  /* this end says what is done */
};

/* What two ends know, and show each other to know, before one obeys the other. */
#define DP_SECRET 1024
struct dp_secret {
	char bytes[DP_SECRET];
	size_t len; /* 0: anybody is obeyed */
};

/**
 * dp_secret_read - read a secret
 * @path: a file that nobody else can read; white space at its end is no part of it
 * @secret: receives it
 * @err: why it is none (bad input)
 *
 * Return: 0 or a negative errno.
 */
int dp_secret_read(const char *path, struct dp_secret *secret, struct dp_error *err);

/* Where the other end of the traffic is. */
struct dp_peer {
	enum dp_peer_kind kind;
	struct sockaddr_storage address; /* of both ends, to listen at, or to connect to; family 0
					    for that of the first adapter */
	uint64_t wait_ms;                /* how long the other one is waited for */
	struct dp_secret secret;         /* that the other one must have */
};

/**
 * dp_host_traffic - move data between two ends, of which one or both are this machine
 * @host: what of it may be used; a device that is named must be device-dax, and is written to
 * @cases: what is asked, without what is for guests only (dp_cases_for_host())
 * @peer: where the other end is
 * @ask: how
 * @run: as above. If the other end could not be reached, or wanted another secret, it says that
 *       nothing was asked, and why
 * @err: as above
 *
 * Return: as above.
 */
int dp_host_traffic(const struct dp_host *host, const struct dp_cases *cases,
		    const struct dp_peer *peer, const struct dp_ask *ask, struct dp_run_record *run,
		    struct dp_error *err);

#endif
