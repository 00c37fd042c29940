// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/error.h"
#include "daxpin/kernel.h"
#include "daxpin/proc.h"

#define DEPMOD_LIMIT_MS (5 * 60 * 1000)

int dp_depmod(const char *dir, const char *release, struct dp_error *err)
{
	const char *argv[] = { "depmod", "-b", dir, release, NULL };
	int rc = dp_run(argv, DEPMOD_LIMIT_MS, NULL, err);

	return rc ? dp_hint(err, "install the package kmod"), rc : 0;
}
