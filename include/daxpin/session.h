/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs of a guest: one, a saved one, and several at once.
 */
#ifndef DAXPIN_SESSION_H
#define DAXPIN_SESSION_H

#include "daxpin/error.h"
#include "daxpin/machine.h"
#include "daxpin/progress.h"
#include "daxpin/sink.h"

struct dp_kernel;

struct dp_session_limits {
	uint64_t boot_ms;    /* until the agent says ready */
	uint64_t silence_ms; /* without a byte on the channel */
	uint64_t total_ms;   /* for everything */
};

/* How a session ended. */
struct dp_session_end {
	char ending[512];       /* why it ended too early; "" if the guest did what it was told */
	struct dp_error failed; /* what the guest said it cannot do; code 0 if it said nothing */
	char kernel[96];        /* the release of its kernel, "" if it did not tell */
	char qemu[40];          /* the version of QEMU, "" if it did not tell */
	unsigned int boots;     /* 2 if the first showed no sign of life, 0 if it was restored */
	char note[256];         /* something about it worth knowing, or "" */
	char splat[256];        /* the first line of the first splat on its console, or "" */
	char **console;         /* its last lines, if it ended too early or there was a splat */
	size_t nconsole;
};

void dp_session_end_clear(struct dp_session_end *end);

/**
 * dp_session_run - boot or restore a guest, have it carry out a command, end it
 * @boot: what to boot
 * @command: the JSON line to send once it is ready; NULL to save it then, to boot->memory and
 *           boot->state
 * @limits: how long to wait
 * @sink: receives the observations, splats and phases
 * @progress: told about the phases, may be NULL
 * @end: receives how it ended; release with dp_session_end_clear()
 * @err: context on failure to start it at all
 *
 * Return: 0 also if the guest died (end->ending says so); a negative errno if it could not be
 * started; -EINTR after SIGINT or SIGTERM; -ESTALE if what was to be restored is damaged.
 */
int dp_session_run(const struct dp_boot *boot, const char *command,
		   const struct dp_session_limits *limits, const struct dp_sink *sink,
		   const struct dp_progress *progress, struct dp_session_end *end,
		   struct dp_error *err);

/**
 * dp_session_bare - boot the bare guest and wait until it has powered off
 * @boot: what to boot
 * @limit_ms: how long to wait
 * @ms: receives how long it took
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_session_bare(const struct dp_boot *boot, uint64_t limit_ms, uint64_t *ms,
		    struct dp_error *err);

/* ---- boot.c, accel.c ---------------------------------------------------------------------- */

/**
 * dp_boot_prepare - resolve the vmlinux of a kernel and the accelerator
 * @kernel: the kernel
 * @accel: what the user wants
 * @bare: with the image that powers off at once
 * @boot: receives what to boot
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_boot_prepare(const struct dp_kernel *kernel, enum dp_accel accel, bool bare,
		    struct dp_boot *boot, struct dp_error *err);

/**
 * dp_accel_probe - whether KVM can run a guest here: boot one, with a limit
 * @boot: a bare guest
 * @err: context on failure of the probe itself
 *
 * A /dev/kvm that opens is no proof. The answer is kept in the cache for this boot of the host,
 * its kernel and its QEMU.
 *
 * Return: DP_ACCEL_KVM, DP_ACCEL_TCG or a negative errno.
 */
int dp_accel_probe(const struct dp_boot *boot, struct dp_error *err);

/* ---- snapshot.c --------------------------------------------------------------------------- */

/**
 * dp_snapshot_open - a saved ready guest, from the cache or made now
 * @boot: what is booted; receives the descriptors of the snapshot, and from now on is restored.
 *        Release with dp_snapshot_close()
 * @limits: for the boot
 * @sink: receives the phases of making it
 * @progress: told about the phases, may be NULL
 * @end: receives the kernel's release, and how the making ended; release with
 *       dp_session_end_clear()
 * @err: context on failure
 *
 * A snapshot that is not what was saved is made anew; end->note tells. Its content is compared with
 * what was saved while QEMU starts: dp_session_run() finds out before it is used.
 *
 * Return: 0, also if the guest did not become ready (end->ending says so; @boot is as it was); or a
 * negative errno.
 */
int dp_snapshot_open(struct dp_boot *boot, const struct dp_session_limits *limits,
		     const struct dp_sink *sink, const struct dp_progress *progress,
		     struct dp_session_end *end, struct dp_error *err);

/* Closes what dp_snapshot_open() opened; a boot without is left alone. */
void dp_snapshot_close(struct dp_boot *boot);

/* ---- pool.c ------------------------------------------------------------------------------- */

/* What one of several guests does. */
struct dp_task {
	char *command; /* for the agent, to be freed */
	struct dp_sink sink;
	bool at_once; /* what its CPUs do to each other is a part of what is asked (machine.h) */
	bool waits;   /* it may take long, mostly waiting: it begins before the others */
	/* Its guest has ended; called from the thread that ran it. NULL for nobody. */
	void (*ended)(struct dp_task *task);
	struct dp_session_end end; /* how; to be released with dp_session_end_clear() */
};

/* How many guests fit into the free memory of this computer. */
unsigned int dp_pool_most(void);

/**
 * dp_pool_jobs - how many guests the processors of this computer carry, if memory suffices
 * @cpus: that each of them has
 */
unsigned int dp_pool_jobs(unsigned int cpus);

/**
 * dp_pool_run - carry out tasks, each in a guest of its own
 * @boot: what each guest is booted or restored from
 * @tasks: what to do
 * @count: how many
 * @jobs: guests at the same time, at least 1; boot->gate may let fewer start
 * @limits: for each guest
 * @progress: told that time passes, may be NULL
 * @err: context on failure
 *
 * Return: 0 also if guests died (the end of their task says so); a negative errno if one could not
 * be started; -EINTR after SIGINT or SIGTERM; -ESTALE if what was to be restored is damaged.
 */
int dp_pool_run(const struct dp_boot *boot, struct dp_task *tasks, size_t count, unsigned int jobs,
		const struct dp_session_limits *limits, const struct dp_progress *progress,
		struct dp_error *err);

#endif
