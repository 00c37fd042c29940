// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "ask.h"

#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/layout.h"
#include "daxpin/proc.h"

/* Of a guest, its memories and its monitor, and of what makes it. */
#define DESCRIPTORS 64

static void name_modules(const struct dp_kernel *kernel, struct dp_run_record *run)
{
	for (size_t i = 0, used = 0; i < kernel->nreplacements && used < sizeof(run->modules); i++)
		used += (size_t)snprintf(run->modules + used, sizeof(run->modules) - used, "%s%s",
					 used ? " " : "", kernel->replacements[i]);
}

int dp_kernel_ready(const struct dp_guests *guests, size_t i, const struct dp_progress *progress,
		    struct dp_kernel *kernel, struct dp_error *err)
{
	int rc = dp_need_descriptors(DESCRIPTORS, err);

	if (rc)
		return rc;
	rc = dp_kernel_resolve(guests->kernels[i], guests->refresh, progress, kernel, err);
	kernel->replacements = guests->modules;
	kernel->nreplacements = guests->nmodules;
	kernel->foreign = guests->layout;
	kernel->programs = guests->layout ? &guests->layout->programs : NULL;
	return rc;
}

/* A saved guest, from the cache or made now. */
static int open_saved(const struct campaign *c, struct dp_guest *guest, struct dp_error *err)
{
	dp_cleanup(dp_session_end_clear) struct dp_session_end end = { 0 };
	const struct dp_sink sink = dp_collect_sink(&guest->making);
	int rc;

	guest->saved = guest->boot;
	rc = dp_snapshot_open(&guest->saved, &c->guests->limits, &sink, c->progress, &end, err);
	dp_collect_end(&guest->making, &end);
	return rc;
}

int dp_guest_prepare(const struct campaign *c, bool saved, struct dp_guest *guest,
		     struct dp_error *err)
{
	struct dp_run_record *run = &guest->making.run;
	uint64_t start = dp_now_ms();
	int rc = dp_collect_init(&guest->making, 0);

	if (!rc)
		rc = dp_boot_prepare(c->kernel, c->counts ? DP_ACCEL_TCG : c->guests->accel, false,
				     &guest->boot, err);
	if (rc)
		return rc;
	guest->held[0] = dp_cache_hold(guest->boot.kernel);
	guest->held[1] = dp_cache_hold(guest->boot.image);
	guest->boot.cpus = c->counts ? 1 : c->cpus;
	guest->boot.gate = c->gate;
	guest->boot.witness = c->witness;
	guest->boot.iommu = c->kernel->iommu;
	guest->boot.counts = c->counts;
	guest->boot.layout = c->layout;
	guest->saved = guest->boot;
	snprintf(run->where, sizeof(run->where), "guest");
	snprintf(run->accel, sizeof(run->accel), "%s", dp_accel_name(guest->boot.accel));
	snprintf(run->kernel_spec, sizeof(run->kernel_spec), "%s", c->kernel->spec);
	dp_campaign_note(c, run);
	name_modules(c->kernel, run);
	/* One with a balloon is never saved, whoever laid it out. */
	if (saved && !dp_layout_has_balloon(c->layout))
		rc = open_saved(c, guest, err);
	dp_run_add_phase(run, "prepare", dp_now_ms() - start);
	return rc;
}

int dp_guest_renew(const struct campaign *c, struct dp_guest *guest, struct dp_error *err)
{
	*err = (struct dp_error){ 0 };
	dp_snapshot_close(&guest->saved);
	return open_saved(c, guest, err);
}

void dp_guest_clear(struct dp_guest *guest)
{
	dp_snapshot_close(&guest->saved);
	dp_collect_clear(&guest->making);
	for (size_t i = 0; i < DP_ARRAY_SIZE(guest->held); i++)
		dp_closep(&guest->held[i]);
}
