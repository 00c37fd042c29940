/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner: the process that has the mapping and the memory region, and does as it is told.
 */
#ifndef DAXPIN_TEARDOWN_OWNER_H
#define DAXPIN_TEARDOWN_OWNER_H

#include "daxpin/worker_pool.h"

#include "daxpin/teardown.h"

enum dp_owner_command {
	DP_OWNER_REGISTER = 'r', /* number: 0, or the errno */
	DP_OWNER_TOUCH = 't',    /* text: "SIGBUS", "same", "zero", "other", "none" */
	DP_OWNER_AGAIN = 'a',    /* a second region over the same mapping; number: as above */
	DP_OWNER_EVENTS = 'e',   /* text: asynchronous events, blank-separated */
	DP_OWNER_DEREG = 'd',
	DP_OWNER_DEREG_AGAIN = 'D', /* the second region, if there is one */
	DP_OWNER_CLOSE = 'c',       /* the adapter, with what was registered */
	DP_OWNER_UNMAP = 'u',
	DP_OWNER_EXIT = 'x',
};

/* What the owner is, shared with it: it fills the second half before its first answer. */
struct dp_owner {
	struct dp_scenario scenario;
	struct dp_teardown_options options;
	uint64_t size; /* bytes to map */

	struct dp_target target;
	char provider[32]; /* of the adapter */
	bool odp;          /* it registers on demand */
	uint64_t pages;
	char zone_before[16], zone_after[16];
	bool on_device; /* after the registration the pages are the device's own */
	bool on_device_seen;
	int skip; /* DP_SKIP if this machine has no such mapping, or a negative errno */
	struct dp_error error;
};

/**
 * dp_owner_start - start an owner; its first answer comes when it has the mapping
 * @actor: receives it
 * @pool: who may do it; NULL for a new process
 * @owner: in memory that is shared with the pool, or with children
 *
 * Return: 0 or a negative errno.
 */
int dp_owner_start(struct dp_actor *actor, struct dp_worker_pool *pool, struct dp_owner *owner);

/**
 * dp_owner_churn - start a process that registers and deregisters without end
 * @actor: receives it; answers once it has begun
 * @owner: as for dp_owner_start()
 *
 * Return: 0 or a negative errno.
 */
int dp_owner_churn(struct dp_actor *actor, struct dp_owner *owner);

#endif
