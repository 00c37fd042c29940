/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of the kernel's own interface to verbs (drivers/infiniband/core/uverbs_ioctl.c), where the
 * provider's library has none: rdma-core then answers by itself, whatever the kernel can do.
 */
#ifndef DAXPIN_RDMA_UVERBS_H
#define DAXPIN_RDMA_UVERBS_H

#include <infiniband/verbs.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdint.h>

#define DP_UVERBS_ATTRS 9

/* A call with its attributes, as the kernel reads them. */
struct dp_uverbs {
	union {
		struct ib_uverbs_ioctl_hdr head;
		char room[sizeof(struct ib_uverbs_ioctl_hdr) +
			  DP_UVERBS_ATTRS * sizeof(struct ib_uverbs_attr)];
	};
};

/* Begins a call of a method of memory regions. @provider: dp_rdma_provider() */
void dp_uverbs_begin(struct dp_uverbs *call, const char *provider, uint16_t method);

/*
 * Adds an attribute, of which there are DP_UVERBS_ATTRS at most. @len: bytes; what is not longer
 * than @data is in it, of anything else @data is the address. 0 for an object, which @data names.
 */
void dp_uverbs_add(struct dp_uverbs *call, uint16_t id, uint16_t len, uint64_t data);

/* What the attribute of this number, in the order of adding, holds after the call. */
uint64_t dp_uverbs_data(const struct dp_uverbs *call, unsigned int number);

/* Return: 0 or the kernel's negative errno. */
int dp_uverbs_make(struct dp_uverbs *call, const struct ibv_context *context);

#endif
