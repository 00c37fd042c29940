// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * System V shared memory (ipc/shm.c). The segment is marked for removal as soon as it is attached,
 * so that it goes with this process however that ends.
 */
#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/vma.h"

static int attach(int id, void *at, const struct dp_mapping *mapping, struct dp_error *err)
{
	void *got = shmat(id, at, SHM_REMAP);
	int rc = got == at ? 0 : -errno;

	if (shmctl(id, IPC_RMID, NULL) && !rc)
		rc = -errno;
	return rc ? dp_fail(err, rc, "cannot attach the segment of %s", mapping->name) : 0;
}

static int open_sysv_shm(const struct dp_mapping *mapping, const struct dp_env *env,
			 struct dp_area *area, struct dp_error *err)
{
	int rc = dp_area_map(mapping, env, area, MAP_PRIVATE | MAP_ANONYMOUS, -1, err);
	int id = rc ? -1 : shmget(IPC_PRIVATE, dp_span(mapping, env), IPC_CREAT | 0600);

	if (rc)
		return rc;
	if (id < 0 && errno == ENOSYS)
		return dp_skip(err, "this kernel was built without CONFIG_SYSVIPC");
	if (id < 0)
		return dp_fail(err, -errno, "shmget of %llu bytes",
			       (unsigned long long)dp_span(mapping, env));
	return attach(id, area->addr, mapping, err);
}

/* do_shmat() gives the file of a segment this name. */
static int64_t unlike_sysv(const struct dp_mapping *mapping, const struct dp_area *area,
			   const struct dp_pages *pages, struct dp_error *err)
{
	dp_autofree struct dp_vma *list = NULL;
	const struct dp_vma *vma;
	size_t count;
	int rc = dp_maps_read(&list, &count, err);

	(void)mapping;
	if (rc)
		return rc;
	vma = dp_vma_find(list, count, (uintptr_t)area->addr);
	return vma && !strncmp(vma->path, "/SYSV", 5) && vma->perms[3] == 's'
		       ? 0
		       : (int64_t)pages->count;
}

DP_MAPPING(sysv_shm, .name = "sysv-shm", .what = "System V shared memory", .rank = 45,
	   .family = DP_FAMILY_SHMEM, .frames = DP_FRAMES_RAM, .leaf = 4096, .granule = 2 << 20,
	   .enough = 64 * 4096, .check_only = true, .trait = "of a System V segment",
	   .unlike = unlike_sysv, .open = open_sysv_shm);
