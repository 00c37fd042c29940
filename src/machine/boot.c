// SPDX-License-Identifier: GPL-2.0-or-later
/* From a kernel to what QEMU is started with: vmlinux, image, accelerator. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/image.h"
#include "daxpin/kernel.h"
#include "daxpin/session.h"

/* The vmlinux out of the bzImage, from the cache or unpacked anew; the bzImage if it has no PVH. */
static int resolve_vmlinux(const char *image, char *path, struct dp_error *err)
{
	char hex[33], draft[PATH_MAX], none[PATH_MAX];
	dp_autofd int lock = -1;
	struct dp_key key;
	bool pvh = false;
	int rc;

	dp_key_begin(&key, "vmlinux");
	if (dp_key_file(&key, image))
		return dp_bad_input(err, "there is no kernel %s", image);
	dp_key_end(&key, hex);
	rc = dp_cache_path(path, PATH_MAX, err, "vmlinux/%s", hex);
	if (!rc)
		rc = dp_path(draft, sizeof(draft), err, "%s.new", path);
	if (!rc)
		rc = dp_path(none, sizeof(none), err, "%s.none", path);
	if (rc)
		return rc;
	lock = dp_cache_lock("vmlinux", err);
	if (lock < 0)
		return lock;
	dp_cache_use(path);
	if (!dp_exists("%s", path) && !dp_exists("%s", none)) {
		rc = dp_bzimage_unpack(image, draft, &pvh, err);
		if (!rc && rename(draft, pvh ? path : none))
			rc = dp_fail(err, -errno, "cannot rename %s", draft);
		if (!rc && !pvh && truncate(none, 0))
			rc = dp_fail(err, -errno, "cannot write %s", none);
	}
	if (!rc && dp_exists("%s", none))
		rc = dp_path(path, PATH_MAX, err, "%s", image);
	return rc;
}

int dp_boot_prepare(const struct dp_kernel *kernel, enum dp_accel accel, bool bare,
		    struct dp_boot *boot, struct dp_error *err)
{
	struct dp_boot probe;
	int rc;

	*boot = (struct dp_boot){ .cpus = DP_GUEST_CPUS,
				  .memory = { -1, -1, -1, -1 },
				  .state = -1 };
	rc = resolve_vmlinux(kernel->image, boot->kernel, err);
	if (rc)
		return rc;
	rc = bare ? dp_image_bare(boot->image, sizeof(boot->image), err)
		  : dp_image_build(kernel, boot->image, sizeof(boot->image), err);
	if (rc)
		return rc;
	boot->accel = accel;
	if (accel != DP_ACCEL_AUTO)
		return 0;
	probe = *boot;
	rc = dp_image_bare(probe.image, sizeof(probe.image), err);
	if (!rc)
		rc = dp_accel_probe(&probe, err);
	if (rc < 0)
		return rc;
	boot->accel = (enum dp_accel)rc;
	return 0;
}
