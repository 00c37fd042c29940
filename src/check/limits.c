// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Refusals that have nothing to do with the kind of memory. Each is told from what is seen: the
 * limit, what is charged to it, and the capability; the call that libibverbs makes before the
 * kernel is asked; what the adapter says of itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "limits.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/rdma.h"

/* CAP_IPC_LOCK of <linux/capability.h>. */
#define IPC_LOCK 14

static bool has_ipc_lock(void)
{
	dp_autofree char *text = NULL;
	const char *at;

	if (dp_read_file("/proc/self/status", 1 << 20, &text, NULL, NULL))
		return true;
	at = strstr(text, "\nCapEff:");
	return !at || strtoull(at + 8, NULL, 16) >> IPC_LOCK & 1;
}

/* ib_umem_get(): new_pinned > lock_limit && !capable(CAP_IPC_LOCK) */
static bool find_memlock(const struct dp_asker *asker, struct dp_cell *cell)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), needed;
	struct rlimit limit;

	if (cell->err != ENOMEM || asker->vmpin_kib < 0 || getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_cur == RLIM_INFINITY || has_ipc_lock())
		return false;
	needed = cell->pages * page + (uint64_t)asker->vmpin_kib * 1024;
	if (needed / page <= limit.rlim_cur / page)
		return false;
	snprintf(
		cell->limit, sizeof(cell->limit),
		"RLIMIT_MEMLOCK is %" PRIu64 " KiB, and %" PRIu64
		" KiB are needed without CAP_IPC_LOCK: raise memlock in /etc/security/limits.conf, "
		"LimitMEMLOCK= of the systemd unit, or --ulimit memlock= of the container",
		(uint64_t)limit.rlim_cur / 1024, needed / 1024);
	return true;
}

/*
 * Those who are no verbs hold what all processes of a user have locked against the limit of one:
 * __io_account_mem() of io_uring (ENOMEM), xdp_umem_account_pages() (ENOBUFS). What the others have
 * locked is not told. vfio holds what this process has locked against it (mm->locked_vm,
 * vfio_pin_pages_remote(), ENOMEM).
 */
static bool find_memlock_of_user(const struct dp_check *question, struct dp_cell *cell)
{
	struct rlimit limit;

	if (!question->by || (cell->err != ENOMEM && cell->err != ENOBUFS) ||
	    getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY || has_ipc_lock())
		return false;
	snprintf(
		cell->limit, sizeof(cell->limit),
		"RLIMIT_MEMLOCK is %" PRIu64
		" KiB for all that this process, or its user, has locked without CAP_IPC_LOCK, and "
		"may have refused it: run it as root",
		(uint64_t)limit.rlim_cur / 1024);
	return true;
}

/*
 * Where the kernel does not copy pinned pages on fork (before 5.12), ibv_fork_init() has
 * libibverbs call madvise(MADV_DONTFORK) for each region, which refuses parts of a huge page. With
 * the variable set, rdma-core 44 does so on later kernels, too, though ibv_is_fork_initialized()
 * says there that it is not needed: it is set up before the adapter can be asked.
 */
static bool find_fork_protection(const struct dp_asker *asker, struct dp_cell *cell)
{
	const struct dp_area *area = &asker->area;

	if (cell->err != EINVAL || (ibv_is_fork_initialized() != IBV_FORK_ENABLED &&
				    !getenv("RDMAV_FORK_SAFE") && !getenv("IBV_FORK_SAFE")))
		return false;
	if (!madvise(area->addr, area->len, MADV_DONTFORK)) {
		madvise(area->addr, area->len, MADV_DOFORK);
		return false;
	}
	snprintf(
		cell->limit, sizeof(cell->limit),
		"libibverbs protects regions from fork (RDMAV_FORK_SAFE or IBV_FORK_SAFE is set), and "
		"madvise(MADV_DONTFORK) refuses this one: unset the variable, set "
		"RDMAV_HUGEPAGES_SAFE, or use Linux 5.12");
	return true;
}

static bool find_adapter_limit(const struct dp_asker *asker, struct dp_cell *cell)
{
	struct ibv_device_attr attr;

	if (ibv_query_device(asker->rdma->context, &attr) || !attr.max_mr_size ||
	    asker->area.len <= attr.max_mr_size)
		return false;
	snprintf(cell->limit, sizeof(cell->limit),
		 "the adapter takes regions of at most %" PRIu64
		 " bytes (max_mr_size), and this one "
		 "has %" PRIu64,
		 attr.max_mr_size, asker->area.len);
	return true;
}

/* ib_rdmacg_try_charge() of the uverbs object, before the region is looked at. */
static bool find_cgroup(const struct dp_asker *asker, struct dp_cell *cell)
{
	char group[256];
	uint64_t most;

	if (cell->err != EAGAIN ||
	    !dp_rdma_cgroup_find(asker->rdma->device, group, sizeof(group), &most))
		return false;
	snprintf(cell->limit, sizeof(cell->limit),
		 "the control group %.128s may have %" PRIu64
		 " objects of the adapter, and has them: "
		 "raise hca_object in its rdma.max",
		 group, most);
	return true;
}

/* All that the adapter has, of whichever process. */
static bool find_region_count(const struct dp_asker *asker, struct dp_cell *cell)
{
	struct ibv_device_attr attr;
	uint64_t count;

	if (ibv_query_device(asker->rdma->context, &attr) || attr.max_mr <= 0 ||
	    dp_rdma_regions(asker->rdma->device, &count) || count < (uint64_t)attr.max_mr)
		return false;
	snprintf(cell->limit, sizeof(cell->limit),
		 "the adapter has %" PRIu64
		 " memory regions, and can have %d (max_mr); \"rdma resource "
		 "show mr\" tells whose they are",
		 count, attr.max_mr);
	return true;
}

/* migrate_longterm_unpinnable_pages(): what cannot be moved out of ZONE_MOVABLE or CMA is ENOMEM.
 */
static bool find_no_room(const struct dp_asker *asker, struct dp_cell *cell)
{
	bool lent = asker->mapping->lent;
	uint64_t room;

	if (cell->err != ENOMEM || (!lent && strcmp(cell->zone_before, "Movable") != 0) ||
	    dp_room_read(&room) || room >= cell->pages)
		return false;
	snprintf(cell->limit, sizeof(cell->limit),
		 "the pages lie in %s and must be moved to be pinned: %" PRIu64
		 " are needed, and %" PRIu64 " are free outside ZONE_MOVABLE and CMA",
		 lent ? "CMA" : "ZONE_MOVABLE", cell->pages, room);
	return true;
}

static bool find_adapter_limits(const struct dp_asker *asker, struct dp_cell *cell)
{
	return find_memlock(asker, cell) || find_fork_protection(asker, cell) ||
	       find_cgroup(asker, cell) || find_adapter_limit(asker, cell) ||
	       find_region_count(asker, cell);
}

void dp_limits_find(const struct dp_asker *asker, const struct dp_check *question,
		    struct dp_cell *cell)
{
	if (!cell->err || find_memlock_of_user(question, cell))
		return;
	/* What follows is of the adapter of whoever asks. */
	if (!question->by && find_adapter_limits(asker, cell))
		return;
	find_no_room(asker, cell);
}
