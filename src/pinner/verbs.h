/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pinners that are verbs devices: members of their struct dp_means. */
#ifndef DAXPIN_PINNER_VERBS_H
#define DAXPIN_PINNER_VERBS_H

#include <stdbool.h>

struct dp_area;
struct dp_error;
struct dp_rdma;

/**
 * dp_verbs_open - have a device of a driver ready to register memory
 * @provider: the driver, as dp_rdma_provider() tells it
 * @rdma: the adapter that is open; it is taken if it is of this driver. NULL if there is none
 * @held: receives what the others want
 * @err: the reason for DP_SKIP, or context on failure
 *
 * Return: 0, DP_SKIP if there is no such device, or a negative errno.
 */
int dp_verbs_open(const char *provider, const struct dp_rdma *rdma, void **held,
		  struct dp_error *err);

/* ibv_reg_mr(), ibv_dereg_mr(), and the end of it. */
int dp_verbs_pin(void *held, const struct dp_area *area, unsigned int flags);
int dp_verbs_unpin(void *held);
void dp_verbs_close(void *held);

#endif
