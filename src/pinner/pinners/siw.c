// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Soft-iWARP: verbs of another driver, without hardware. Up to 6.1 it pins by itself
 * (siw_umem_get(), drivers/infiniband/sw/siw/siw_mem.c: pin_user_pages() for writing), later by
 * ib_umem_get(). Distributions do not ship it; a guest has it if it was built for its kernel.
 */
#include <sys/resource.h>

#include "../verbs.h"

#include "daxpin/error.h"
#include "daxpin/pinner.h"
#include "daxpin/rdma.h"

/* siw_umem_get() of 5.10 and 6.1 holds RLIMIT_MEMLOCK against whoever registers, CAP_IPC_LOCK or
 * not.
 */
static void raise_limit(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &all);
}

static int open_siw(const struct dp_rdma *rdma, bool guest, void **held, struct dp_error *err)
{
	int rc = dp_verbs_open("siw", rdma, held, err);

	if (guest && !rc)
		raise_limit();
	if (guest && rc == DP_SKIP)
		return dp_skip(err, "this guest has no device of siw: \"daxpin kernels fetch "
				    "--with-siw\" builds the driver for a kernel of Debian's");
	return rc;
}

/* On the interface of the guest's other adapter. */
static int set_up(struct dp_error *err)
{
	return dp_rdma_link_add("siw", "siw0", "veth0", err);
}

DP_PINNER(siw, .name = "siw", .what = "a memory region of soft-iWARP", .rank = 20,
	  .accesses = DP_PINNER_BOTH, .provider = "siw", .modules = "siw", .built = true,
	  .set_up = set_up,
	  .means = { .open = open_siw,
		     .pin = dp_verbs_pin,
		     .unpin = dp_verbs_unpin,
		     .close = dp_verbs_close });
