/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two queue pairs of one adapter, connected to each other: what one sends the other gets. Both ends
 * are in this process. Over soft-RoCE no network takes part: rxe_xmit_packet() hands what is meant
 * for this adapter to rxe_loopback().
 */
#ifndef DAXPIN_PAIR_H
#define DAXPIN_PAIR_H

#include "daxpin/connection.h"

struct dp_error;

struct dp_pair {
	struct dp_port port;
	struct dp_connection near, far; /* requests are posted to the near one */
	uint64_t longest;               /* message, bytes */
};

/* Memory of the near end: plain, touched and registered. */
struct dp_plain {
	void *at;
	size_t len;
	struct ibv_mr *mr;
};

/**
 * dp_pair_open - connect an adapter with itself
 * @device: its name
 * @pair: receives it; release with dp_pair_close()
 * @err: the reason for DP_SKIP, or context on failure
 *
 * Return: 0, DP_SKIP if there is no connection manager or no address, or a negative errno.
 */
int dp_pair_open(const char *device, struct dp_pair *pair, struct dp_error *err);

/* Closes a pair; one that is all zeros is left alone. */
void dp_pair_close(struct dp_pair *pair);

/**
 * dp_pair_carry - post requests to the near end, and wait until they are completed
 * @pair: the pair
 * @wr: the first one; the others follow it
 * @count: how many, at most DP_MAX_PENDING
 * @err: context on failure
 *
 * Return: 0, -EACCES if the far end lets the adapter not access what one names, -EREMOTEIO if one
 * has failed otherwise, or another negative errno. After any of them, no other can be posted.
 */
int dp_pair_carry(struct dp_pair *pair, struct ibv_send_wr *wr, unsigned int count,
		  struct dp_error *err);

/**
 * dp_plain_open - make plain memory that requests can name
 * @pair: the pair
 * @len: bytes
 * @plain: receives it; release with dp_plain_close()
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_plain_open(struct dp_pair *pair, size_t len, struct dp_plain *plain, struct dp_error *err);

/* Gives it back; what is all zeros is left alone. */
void dp_plain_close(struct dp_plain *plain);

#endif
