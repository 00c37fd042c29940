// SPDX-License-Identifier: GPL-2.0-or-later
#include <infiniband/verbs.h>

#include "daxpin/check.h"
#include "daxpin/cleanup.h"

/* IB_UVERBS_ACCESS_FLUSH_GLOBAL and _PERSISTENT (6.2 on); no names for them in rdma-core 44. */
#define FLUSH_GLOBAL     (1 << 8)
#define FLUSH_PERSISTENT (1 << 9)

#define LOCAL_WRITE  IBV_ACCESS_LOCAL_WRITE
#define REMOTE_READ  IBV_ACCESS_REMOTE_READ
#define REMOTE_WRITE (IBV_ACCESS_REMOTE_WRITE | LOCAL_WRITE)

static const struct dp_access accesses[] = {
	{ "local-read", 0, "local read only (access 0)" },
	{ "local-write", LOCAL_WRITE, "local write" },
	{ "remote-read", REMOTE_READ, "remote read" },
	{ "remote-write", REMOTE_WRITE, "remote and local write" },
	{ "remote-atomic", IBV_ACCESS_REMOTE_ATOMIC | LOCAL_WRITE, "remote atomics, local write" },
	{ "on-demand", REMOTE_READ | REMOTE_WRITE | IBV_ACCESS_ON_DEMAND,
	  "remote read and write, paged on demand instead of pinned" },
	{ "flush-global", REMOTE_WRITE | FLUSH_GLOBAL, "remote write, flush to global visibility" },
	{ "flush-persistent", REMOTE_WRITE | FLUSH_PERSISTENT,
	  "remote write, flush to persistence" },
};

const struct dp_access *dp_accesses(size_t *count)
{
	*count = DP_ARRAY_SIZE(accesses);
	return accesses;
}
