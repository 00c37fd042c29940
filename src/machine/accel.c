// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/machine.h"
#include "daxpin/proc.h"
#include "daxpin/session.h"

/* Under KVM a bare guest is done in less than a second. */
#define PROBE_LIMIT_MS 15000

/* The answer holds for this boot of the host, its kernel and its QEMU. */
static int answer_path(char *path, size_t size, struct dp_error *err)
{
	char boot_id[64] = "", qemu[PATH_MAX] = "", hex[33];
	struct utsname uts;
	struct dp_key key;

	dp_read_attr(boot_id, sizeof(boot_id), "/proc/sys/kernel/random/boot_id");
	uname(&uts);
	dp_find_program("qemu-system-x86_64", qemu, sizeof(qemu));
	dp_key_begin(&key, "accel");
	dp_key_text(&key, boot_id);
	dp_key_text(&key, uts.release);
	dp_key_file(&key, qemu);
	dp_key_end(&key, hex);
	return dp_cache_path(path, size, err, "accel/%s", hex);
}

static enum dp_accel try_kvm(const struct dp_boot *boot)
{
	struct dp_boot kvm = *boot;
	uint64_t ms;

	if (access("/dev/kvm", R_OK | W_OK))
		return DP_ACCEL_TCG;
	kvm.accel = DP_ACCEL_KVM;
	return dp_session_bare(&kvm, PROBE_LIMIT_MS, &ms, NULL) ? DP_ACCEL_TCG : DP_ACCEL_KVM;
}

int dp_accel_probe(const struct dp_boot *boot, struct dp_error *err)
{
	char path[PATH_MAX], answer[16];
	enum dp_accel accel;
	int rc = answer_path(path, sizeof(path), err);

	if (rc)
		return rc;
	if (!dp_read_attr(answer, sizeof(answer), "%s", path)) {
		if (!strcmp(answer, dp_accel_name(DP_ACCEL_KVM)))
			return DP_ACCEL_KVM;
		if (!strcmp(answer, dp_accel_name(DP_ACCEL_TCG)))
			return DP_ACCEL_TCG;
	}
	accel = try_kvm(boot);
	dp_cache_note(path, dp_accel_name(accel));
	return accel;
}
