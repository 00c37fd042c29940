// SPDX-License-Identifier: GPL-2.0-or-later
/* The one that check asks with, so that the others stand beside it. */
#include "../verbs.h"

#include "daxpin/pinner.h"

static int open_rxe(const struct dp_rdma *rdma, bool guest, void **held, struct dp_error *err)
{
	(void)guest;
	return dp_verbs_open("rxe", rdma, held, err);
}

DP_PINNER(rxe, .name = "rxe", .what = "a memory region of soft-RoCE (ib_umem_get())", .rank = 10,
	  .accesses = DP_PINNER_BOTH, .provider = "rxe",
	  .means = { .open = open_rxe,
		     .pin = dp_verbs_pin,
		     .unpin = dp_verbs_unpin,
		     .close = dp_verbs_close });
