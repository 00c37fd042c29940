// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "ask.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/kernel.h"

static void name_modules(const struct dp_guests *guests, struct dp_run_record *run)
{
	for (size_t i = 0, used = 0; i < guests->nmodules && used < sizeof(run->modules); i++)
		used += (size_t)snprintf(run->modules + used, sizeof(run->modules) - used, "%s%s",
					 used ? " " : "", guests->modules[i]);
}

static int open_snapshot(const struct campaign *c, struct dp_boot *boot, struct dp_collect *collect,
			 struct dp_error *err)
{
	dp_cleanup(dp_session_end_clear) struct dp_session_end end = { 0 };
	const struct dp_sink sink = dp_collect_sink(collect);
	int rc = dp_snapshot_open(boot, &c->guests->limits, &sink, c->progress, &end, err);

	dp_collect_end(collect, &end);
	return rc;
}

int dp_guest_prepare(const struct campaign *c, bool fresh, struct dp_boot *boot,
		     struct dp_collect *collect, struct dp_error *err)
{
	const struct dp_guests *guests = c->guests;
	struct dp_run_record *run = &collect->run;
	uint64_t start = dp_now_ms();
	struct dp_kernel kernel;
	int rc = dp_kernel_resolve(c->kernel, guests->refresh, c->progress, &kernel, err);

	kernel.replacements = guests->modules;
	kernel.nreplacements = guests->nmodules;
	kernel.perftest = c->ask && c->ask->reference;
	if (!rc)
		rc = dp_boot_prepare(&kernel, guests->accel, false, boot, err);
	if (rc)
		return rc;
	boot->cpus = c->cpus;
	snprintf(run->where, sizeof(run->where), "guest");
	snprintf(run->accel, sizeof(run->accel), "%s", dp_accel_name(boot->accel));
	snprintf(run->kernel_spec, sizeof(run->kernel_spec), "%s", kernel.spec);
	name_modules(guests, run);
	if (!fresh)
		rc = open_snapshot(c, boot, collect, err);
	dp_run_add_phase(run, "prepare", dp_now_ms() - start);
	return rc;
}
