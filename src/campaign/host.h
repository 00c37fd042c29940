/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the executors of this machine share. */
#ifndef DAXPIN_CAMPAIGN_HOST_H
#define DAXPIN_CAMPAIGN_HOST_H

#include "daxpin/campaign.h"

/* How something that was carried out on this machine has ended. */
struct dp_host_end {
	bool done;              /* it has said so */
	bool late;              /* its time was over before */
	struct dp_error failed; /* it could not go on; code 0 otherwise */
};

/**
 * dp_host_run - have something carried out on this machine, by a process of its own
 * @body: what it does; writes observations to @fd
 * @arg: for @body
 * @log: the kernel's log is listened to as well
 * @until: when it is ended, by dp_now_ms(); 0: when it ends
 * @sink: receives what is observed
 * @progress: may be NULL
 * @end: receives what the process has said of itself
 * @err: context on failure
 *
 * Return: 0 once the process has ended, however; -EINTR after SIGINT or SIGTERM; another negative
 * errno. Nothing of the process is left, unless the kernel keeps it.
 */
int dp_host_run(void (*body)(int fd, void *arg), void *arg, bool log, uint64_t until,
		const struct dp_sink *sink, const struct dp_progress *progress,
		struct dp_host_end *end, struct dp_error *err);

/* What this machine is asked. */
struct host_job {
	const struct dp_host *host;
	const void *questions; /* of the kind that the function below asks */
	const struct dp_peer *peer;
	bool pinners; /* of checks: others than the adapter pin */
};

typedef int (*host_ask_fn)(const struct host_job *job, const struct dp_ask *ask,
			   struct dp_run_record *run, struct dp_error *err);

/**
 * dp_host_rounds - ask this machine as often as it is to be asked
 * @once: asks once; returns 0 or a negative errno
 * @job: for @once
 * @ask: how often, and how
 * @run: receives the answers, folded (dp_run_fold())
 * @err: context on failure
 *
 * Once the kernel has splat, it is not asked again.
 *
 * Return: 0, what @once returned, or -ENOMEM.
 */
int dp_host_rounds(host_ask_fn once, const struct host_job *job, const struct dp_ask *ask,
		   struct dp_run_record *run, struct dp_error *err);

/**
 * dp_host_begin - before anything is asked: describe this machine, and let the caller begin
 * @ask: who is told the results
 * @all: everything in @collect will be asked; otherwise the other end knows what
 * @collect: has all ids
 * @err: context on failure
 *
 * Return: 0, or what @ask->begin returned.
 */
int dp_host_begin(const struct dp_ask *ask, bool all, struct dp_collect *collect,
		  struct dp_error *err);

/**
 * dp_host_answer - ask this machine everything by one process, and judge what was observed
 * @ask: how
 * @body: what the process does (dp_host_run())
 * @arg: passed to it
 * @log: as for dp_host_run()
 * @collect: with the ids; receives the observations
 * @run: receives the answers
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_host_answer(const struct dp_ask *ask, void (*body)(int fd, void *arg), void *arg, bool log,
		   struct dp_collect *collect, struct dp_run_record *run, struct dp_error *err);

/**
 * dp_host_finish - judge what was observed
 * @ask: with which policy
 * @collect: the observations
 * @run: receives what is in the run of @collect
 *
 * Return: 0 or -ENOMEM.
 */
int dp_host_finish(const struct dp_ask *ask, struct dp_collect *collect, struct dp_run_record *run);

/**
 * dp_host_failed - what the end of a process means for the run
 * @end: of the process
 * @collect: what was observed; its run's ending is set if the process ended too early
 * @err: receives why nothing at all was answered
 *
 * Return: 0 if there is something to judge, or a negative errno.
 */
int dp_host_failed(const struct dp_host_end *end, struct dp_collect *collect, struct dp_error *err);

/* Whether the adapter (NULL for the first) is there and can be opened. Return: 0 or an errno. */
int dp_host_rdma(const char *name, struct dp_error *err);

/* Physical memory of this machine, bytes. */
uint64_t dp_host_memory(void);

struct dp_mount;

/* Where temporary files may be made: the folders that the user named, then the mount points. */
struct dp_dirs {
	const char **list;
	size_t count;
	struct dp_mount *mounts;
};

/* Return: 0 or -ENOMEM; to be released with dp_dirs_clear() in any case. */
int dp_dirs_read(const struct dp_host *host, struct dp_dirs *dirs);
void dp_dirs_clear(struct dp_dirs *dirs);

/* ---- host_peer.c ------------------------------------------------------------------------- */

/* Two machines find each other over TCP, at the same address and port as over RDMA. */

/* Listens for one other end. Return: a socket, or a negative errno. */
int dp_peer_listen(const struct sockaddr_storage *address, struct dp_error *err);

/**
 * dp_peer_accept - wait for the other end to connect
 * @fd: from dp_peer_listen()
 * @wait_ms: for how long
 * @stream: is told that the waiting goes on
 * @err: context on failure
 *
 * Return: a socket, or a negative errno.
 */
int dp_peer_accept(int fd, uint64_t wait_ms, int stream, struct dp_error *err);

/**
 * dp_peer_find - connect to the other end, which listens
 * @address: where
 * @wait_ms: how long somebody who is not there yet is waited for
 * @err: context on failure
 *
 * Return: a socket, or a negative errno.
 */
int dp_peer_find(const struct sockaddr_storage *address, uint64_t wait_ms, struct dp_error *err);

/* ---- host_secret.c ----------------------------------------------------------------------- */

/*
 * Has the other end of a stream socket prove that it has the secret, and proves it in return: the
 * one asks and has listened, the other answers and has connected. Return: 0, -EACCES if it is
 * another secret, -ETIMEDOUT, or another negative errno.
 */
int dp_secret_ask(const struct dp_secret *secret, int fd, struct dp_error *err);
int dp_secret_answer(const struct dp_secret *secret, int fd, struct dp_error *err);

#endif
