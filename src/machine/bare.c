// SPDX-License-Identifier: GPL-2.0-or-later
/* The bare guest: a kernel with an init that powers off. */
#include <errno.h>

#include "watch.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/session.h"
#include "daxpin/signals.h"

static int wait_until_off(struct dp_watch *watch, uint64_t until_ms, struct dp_error *err)
{
	while (!watch->gone && watch->monitor.state != DP_VM_STOPPED && dp_now_ms() < until_ms) {
		dp_watch_tick(watch);
		if (dp_interrupted())
			return dp_report(err, -EINTR, "interrupted; the guest was ended");
	}
	return 0;
}

static int run_once(const struct dp_boot *boot, uint64_t limit_ms, uint64_t *ms,
		    struct dp_error *err)
{
	dp_cleanup(dp_watch_clear) struct dp_watch watch = { 0 };
	uint64_t start = dp_now_ms();
	const char *log = watch.log;
	int rc = dp_watch_start(&watch, boot, err);

	if (rc)
		return rc;
	dp_watch_begin(&watch, boot);
	rc = wait_until_off(&watch, start + limit_ms, err);
	if (rc)
		return rc;
	*ms = dp_now_ms() - start;
	if (!watch.gone)
		return dp_report(err, -ETIMEDOUT, "the bare guest did not power off: %s",
				 log[0] ? log
				 : watch.monitor.state == DP_VM_STOPPED
					 ? "QEMU has stopped it"
					 : "no end within the limit");
	if (watch.console.splat[0] || log[0])
		return dp_report(err, -EIO, "the bare guest died: %s",
				 watch.console.splat[0] ? watch.console.splat : log);
	return 0;
}

int dp_session_bare(const struct dp_boot *boot, uint64_t limit_ms, uint64_t *ms,
		    struct dp_error *err)
{
	struct dp_error first = { 0 };
	int rc = run_once(boot, limit_ms < DP_LIFE_MS ? limit_ms : DP_LIFE_MS, ms, &first);

	if (rc == -ETIMEDOUT && limit_ms > DP_LIFE_MS)
		return run_once(boot, limit_ms, ms, err);
	if (rc && err)
		*err = first;
	return rc;
}
