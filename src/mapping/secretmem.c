// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory that is not in the direct map of the kernel: memfd_secret(2), mm/secretmem.c. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daxpin/error.h"
#include "daxpin/mapping.h"

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

static int open_secretmem(const struct dp_mapping *mapping, const struct dp_env *env,
			  struct dp_area *area, struct dp_error *err)
{
	struct rlimit limit;

	area->fd = (int)syscall(SYS_memfd_secret, 0);
	if (area->fd < 0 && errno == ENOSYS)
		return dp_skip(err, "memfd_secret(2) is not there: kernel before 5.14, without "
				    "CONFIG_SECRETMEM, or not booted with secretmem.enable=1");
	if (area->fd < 0)
		return dp_fail(err, -errno, "memfd_secret");
	/*
	 * It is locked memory. mmap() does not always say so: on 6.1 a fault beyond the limit is
	 * a SIGBUS.
	 */
	if (!env->guest && geteuid() && !getrlimit(RLIMIT_MEMLOCK, &limit) &&
	    limit.rlim_cur < env->size)
		return dp_skip(err,
			       "RLIMIT_MEMLOCK is %llu KiB, less than the region of secret "
			       "memory: raise it, or take a smaller --size",
			       (unsigned long long)limit.rlim_cur / 1024);
	return dp_area_map_new(mapping, env, area, err);
}

/* Each page that is faulted in interrupts all CPUs (secretmem_fault(): flush_tlb_kernel_range()).
 */
#define ENOUGH (256 << 10)

DP_MAPPING(secretmem, .name = "secretmem", .what = "secret memory of memfd_secret", .rank = 60,
	   .family = DP_FAMILY_SECRETMEM, .frames = DP_FRAMES_RAM, .leaf = 4096, .granule = 2 << 20,
	   .enough = ENOUGH, .open = open_secretmem);
