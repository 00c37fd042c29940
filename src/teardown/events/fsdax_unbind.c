// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The driver is unbound from the device below a mounted file system with a mapped file: what
 * happens when somebody pulls it. pmem_release_disk() in drivers/nvdimm/pmem.c kills the
 * dax_device; what is mapped must be unmapped before the struct pages go (C3).
 */
#include "../pmem.h"

DP_EVENT(fsdax_unbind, .name = "fsdax-unbind",
	 .what = "the pmem driver is unbound below the file system", .rank = 120,
	 .applies = dp_is_fsdax, .effect = DP_GONE, .releases = DP_BIT(DP_DEREG) | DP_BIT(DP_NONE),
	 .run = dp_pmem_unbind, .undo = dp_pmem_bind_and_mount);
