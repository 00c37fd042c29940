// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Teardown on this machine: one device, that was named, and nothing else. A disk gets a file system
 * for each scenario, mounted where nobody else sees it. After each scenario the device is bound
 * again as it was; once the kernel has splat, nothing more is asked of it.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "host.h"

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"
#include "daxpin/witness.h"

/* An event that waited for the pins goes on when their owner is gone: so long may that take, ms. */
#define RESTORE_LIMIT_MS 60000

struct teardown {
	const struct dp_ask *ask;
	struct dp_scenarios scenarios; /* that are for this device */
	const struct dp_scenario *now;
	struct dp_claim claim;
	struct dp_target original; /* the device as it was found */
	struct dp_teardown_options how;
	char dir[32]; /* where a disk is mounted, or "" */
	char dax[48]; /* the folder of DAX files there */
	const char *dirs[1];
	char stop[320]; /* why nothing more is asked, or "" */
};

static void clear(struct teardown *t)
{
	free(t->scenarios.list);
	if (t->dir[0])
		rmdir(t->dir);
}

/* ---- what is asked ----------------------------------------------------------------------- */

/* Nothing but the device itself may be taken away; and no adapter. */
static bool is_for(const struct dp_scenario *s, const struct dp_claim *claim)
{
	if (s->event->guest_only || s->release == DP_LINK_DELETE)
		return false;
	return claim->block ? dp_is_fsdax(s->mapping)
			    : dp_is_devdax(s->mapping) && s->mapping->granule == claim->align;
}

static int select_scenarios(struct teardown *t, const struct dp_scenarios *all,
			    struct dp_error *err)
{
	t->scenarios.list = calloc(all->count + 1, sizeof(*all->list));
	if (!t->scenarios.list)
		return -ENOMEM;
	for (size_t i = 0; i < all->count; i++)
		if (is_for(&all->list[i], &t->claim))
			t->scenarios.list[t->scenarios.count++] = all->list[i];
	if (t->scenarios.count)
		return 0;
	dp_bad_input(err, "no case that was selected applies to %s", t->claim.name);
	return dp_hint(err,
		       "on this machine, device-dax can be unbound, disabled or bound to kmem, and "
		       "its namespace disabled; disks can be unmounted or unbound, and their files "
		       "truncated");
}

/* ---- before and after each scenario ------------------------------------------------------ */

/* Mounts are this process's and its children's alone, and go with them. */
static int leave_mounts(struct teardown *t, struct dp_error *err)
{
	snprintf(t->dir, sizeof(t->dir), "/run/daxpin-XXXXXX");
	if (!mkdtemp(t->dir)) {
		t->dir[0] = '\0';
		return dp_fail(err, -errno, "cannot make a folder in /run");
	}
	snprintf(t->dax, sizeof(t->dax), "%s/dax", t->dir);
	t->dirs[0] = t->dax;
	t->how.env.dirs = t->dirs;
	t->how.env.ndirs = 1;
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return dp_fail(err, -errno, "cannot make a mount namespace");
	return 0;
}

static int prepare_disk(const struct teardown *t, struct dp_error *err)
{
	const char *fs = t->now->mapping->fs;
	int rc = dp_fs_format(fs, t->claim.node, NULL, 0, err);

	return rc ? rc : dp_fs_mount(fs, t->claim.node, t->dir, err);
}

static int restore(const struct teardown *t, struct dp_error *err)
{
	int rc;

	while (t->claim.block && !umount2(t->dir, MNT_DETACH))
		;
	rc = dp_target_restore(&t->original, err);
	return !rc && t->claim.block ? dp_fs_wipe(t->claim.node, err) : rc;
}

static void act_restore(int fd, void *arg)
{
	struct dp_error err = { 0 };
	struct dp_reply reply = { .rc = restore(arg, &err) };

	snprintf(reply.text, sizeof(reply.text), "%.300s", err.what);
	if (write(fd, &reply, sizeof(reply)) < 0)
		_exit(1);
}

/* By somebody who can be given up; what could not be restored ends the run. */
static void put_back(struct teardown *t)
{
	struct dp_actor actor = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	enum dp_fate fate = DP_DIED;

	if (!dp_actor_start(&actor, act_restore, t))
		fate = dp_actor_hear(&actor, RESTORE_LIMIT_MS, &reply);
	dp_actor_clear(&actor);
	if (fate == DP_DONE && !reply.rc)
		return;
	snprintf(t->stop, sizeof(t->stop), "%s could not be restored after %s (%.120s); reboot",
		 t->claim.name, t->now->id, fate == DP_DONE ? reply.text : dp_fate_name(fate));
}

static void tell(struct dp_collect *collect, const char *kind, const char *id, const char *text)
{
	struct json_object *obj = json_object_new_object();
	const char *line;

	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "id", id);
	dp_json_add_text(obj, "text", text);
	line = json_object_to_json_string(obj);
	dp_collect_line(collect, line, strlen(line));
	json_object_put(obj);
}

static void carry_out(int fd, void *arg)
{
	const struct teardown *t = arg;
	struct dp_error failure = { 0 };

	if (dp_teardown_run(t->now, &t->how, fd, &failure))
		dp_emit_failure(fd, &failure);
}

static int ask_one(struct teardown *t, struct dp_collect *collect, struct dp_error *err)
{
	const struct dp_sink sink = dp_collect_sink(collect);
	struct dp_error why = { 0 };
	struct dp_host_end end;
	int rc;

	if (t->stop[0]) {
		tell(collect, "skip", t->now->id, t->stop);
		return 0;
	}
	if (t->claim.block && prepare_disk(t, &why)) {
		tell(collect, "died", t->now->id, why.what);
		put_back(t);
		return 0;
	}
	rc = dp_host_run(carry_out, t, true, 0, &sink, t->ask->progress, &end, err);
	if (t->ask->witness)
		dp_witness_disarm();
	if (!rc && end.failed.code) {
		*err = end.failed;
		rc = err->code;
	}
	if (dp_kernel_has_splat(t->how.taint))
		snprintf(t->stop, sizeof(t->stop),
			 "not asked: the kernel splat during %s, and %s is left as that left "
			 "it; reboot",
			 t->now->id, t->claim.name);
	else
		put_back(t);
	if (rc == -EINTR && t->stop[0])
		dp_hint(err, "%s", t->stop);
	else if (rc == -EINTR)
		dp_hint(err, "%s was restored", t->claim.name);
	return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

/* The device, and whether it is large enough. */
static int claim(struct teardown *t, const char *device, struct dp_error *err)
{
	uint64_t size = t->ask->size;
	int rc;

	if (geteuid())
		return dp_bad_input(err, "teardown of %.100s needs root, to unbind it", device);
	rc = dp_device_claim(device, &t->claim, err);
	if (!rc)
		rc = dp_size_check(size, UINT64_MAX, err);
	if (!rc && size > t->claim.size)
		rc = dp_bad_input(err, "a region of %llu bytes does not fit %s, which has %llu",
				  (unsigned long long)size, t->claim.name,
				  (unsigned long long)t->claim.size);
	return rc;
}

static int begin(struct teardown *t, struct dp_collect *collect, struct dp_error *err)
{
	const struct dp_pinner *pinner = t->ask->pinner;
	int rc = pinner ? 0 : dp_host_rdma(t->ask->rdma, err);

	if (!rc && t->claim.block)
		rc = leave_mounts(t, err);
	if (!rc)
		rc = dp_collect_init(collect, t->scenarios.count);
	for (size_t i = 0; i < t->scenarios.count && !rc; i++)
		dp_collect_add(collect, t->scenarios.list[i].id);
	if (rc)
		return rc;
	t->how.env.size = t->ask->size;
	t->how.env.device = t->claim.name;
	t->how.rdma = t->ask->rdma;
	t->how.pinner = pinner;
	t->how.channel = -1;
	t->how.witness = t->ask->witness;
	dp_kernel_taint(&t->how.taint);
	if (pinner)
		snprintf(collect->run.pinner, sizeof(collect->run.pinner), "%s", pinner->name);
	dp_target_of_device(t->claim.name, t->claim.block, &t->original);
	return dp_host_begin(t->ask, true, collect, err);
}

static int tear_once(const struct host_job *job, const struct dp_ask *ask,
		     struct dp_run_record *run, struct dp_error *err)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	dp_cleanup(clear) struct teardown t = { .ask = ask };
	int rc = claim(&t, job->host->device, err);

	if (!rc)
		rc = select_scenarios(&t, job->questions, err);
	if (!rc)
		rc = begin(&t, &collect, err);
	for (size_t i = 0; i < t.scenarios.count && !rc; i++) {
		t.now = &t.scenarios.list[i];
		rc = ask_one(&t, &collect, err);
		dp_collect_settle(&collect);
	}
	snprintf(collect.run.note, sizeof(collect.run.note), "%.250s", t.stop);
	return rc ? rc : dp_host_finish(ask, &collect, run);
}

int dp_host_teardown(const struct dp_host *host, const struct dp_scenarios *scenarios,
		     const struct dp_ask *ask, struct dp_run_record *run, struct dp_error *err)
{
	return dp_host_rounds(tear_once, &(struct host_job){ .host = host, .questions = scenarios },
			      ask, run, err);
}
