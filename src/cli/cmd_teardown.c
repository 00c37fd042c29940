// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Teardown on this machine: one device, that was named, and nothing else. A disk gets a file system
 * for each scenario, mounted where nobody else sees it. After each scenario the device is bound
 * again as it was; once the kernel has splatted, nothing more is asked of it.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/actor.h"
#include "daxpin/campaign.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/collect.h"
#include "daxpin/dax.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"
#include "daxpin/teardown.h"

/* An event that waited for the pins goes on when their owner is gone: so long may that take, ms. */
#define RESTORE_LIMIT_MS 60000

struct host {
	const struct cli_check_options *options;
	const char *device; /* as it was named, or NULL */
	struct dp_scenarios scenarios;
	const struct dp_scenario *now;
	struct dp_claim claim;
	struct dp_target original; /* the device as it was found */
	struct dp_teardown_options how;
	char dir[32]; /* where a disk is mounted, or "" */
	char dax[48]; /* the folder of DAX files there */
	const char *dirs[1];
	char stop[320]; /* why nothing more is asked, or "" */
};

static void clear(struct host *h)
{
	dp_scenarios_clear(&h->scenarios);
	if (h->dir[0])
		rmdir(h->dir);
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

static int select_scenarios(struct host *h, struct dp_error *err)
{
	struct dp_scenarios *all = &h->scenarios;
	size_t kept = 0;
	int rc = dp_scenarios_make(h->options->only, h->options->nonly, false, all, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < all->count; i++)
		if (is_for(&all->list[i], &h->claim))
			all->list[kept++] = all->list[i];
	all->count = kept;
	if (kept)
		return 0;
	dp_bad_input(err, "no case that was selected applies to %s", h->claim.name);
	return dp_hint(
		err,
		"on this machine, device-dax is unbound, disabled or bound to kmem, or its "
		"namespace disabled; disks are unmounted or unbound, or their files truncated");
}

static int check_words(const struct host *h, struct dp_error *err)
{
	const struct cli_check_options *o = h->options;

	if (!h->device) {
		dp_bad_input(err, "teardown on this machine needs the name of a device%s",
			     o->destroy ? " in addition to --destroy-data" : "");
		return dp_hint(
			err,
			"\"daxpin list\" shows the devices; \"daxpin guest teardown\" needs none");
	}
	if (!o->destroy) {
		dp_bad_input(err, "all data on %.100s would be lost", h->device);
		return dp_hint(err, "allow that with --destroy-data");
	}
	if (geteuid())
		return dp_bad_input(err, "teardown of %.100s needs root, to unbind it", h->device);
	return 0;
}

/* ---- before and after each scenario ------------------------------------------------------ */

/* Mounts are this process's and its children's alone, and go with them. */
static int leave_mounts(struct host *h, struct dp_error *err)
{
	snprintf(h->dir, sizeof(h->dir), "/run/daxpin-XXXXXX");
	if (!mkdtemp(h->dir)) {
		h->dir[0] = '\0';
		return dp_fail(err, -errno, "cannot make a folder in /run");
	}
	snprintf(h->dax, sizeof(h->dax), "%s/dax", h->dir);
	h->dirs[0] = h->dax;
	h->how.env.dirs = h->dirs;
	h->how.env.ndirs = 1;
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return dp_fail(err, -errno, "cannot make a mount namespace");
	return 0;
}

static int prepare_disk(const struct host *h, struct dp_error *err)
{
	const char *fs = h->now->mapping->fs;
	int rc = dp_fs_format(fs, h->claim.node, err);

	return rc ? rc : dp_fs_mount(fs, h->claim.node, h->dir, err);
}

static int restore(const struct host *h, struct dp_error *err)
{
	int rc;

	while (h->claim.block && !umount2(h->dir, MNT_DETACH))
		;
	rc = dp_target_restore(&h->original, err);
	return !rc && h->claim.block ? dp_fs_wipe(h->claim.node, err) : rc;
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
static void put_back(struct host *h)
{
	struct dp_actor actor = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	enum dp_fate fate = DP_DIED;

	if (!dp_actor_start(&actor, act_restore, h))
		fate = dp_actor_hear(&actor, RESTORE_LIMIT_MS, &reply);
	dp_actor_clear(&actor);
	if (fate == DP_DONE && !reply.rc)
		return;
	snprintf(h->stop, sizeof(h->stop), "%s could not be restored after %s (%.120s); reboot",
		 h->claim.name, h->now->id, fate == DP_DONE ? reply.text : dp_fate_name(fate));
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
	const struct host *h = arg;
	struct dp_error failure = { 0 };

	if (dp_teardown_run(h->now, &h->how, fd, &failure))
		dp_emit_text(fd, "failed", "what", failure.what);
}

static int ask_one(struct host *h, struct dp_collect *collect, struct dp_error *err)
{
	const struct dp_sink sink = dp_collect_sink(collect);
	struct dp_error why = { 0 };
	struct dp_host_end end;
	int rc;

	if (h->stop[0]) {
		tell(collect, "skip", h->now->id, h->stop);
		return 0;
	}
	if (h->claim.block && prepare_disk(h, &why)) {
		tell(collect, "died", h->now->id, why.what);
		put_back(h);
		return 0;
	}
	rc = dp_host_run(carry_out, h, true, &sink, cli_progress, &end, err);
	if (!rc && end.failed.code) {
		*err = end.failed;
		rc = err->code;
	}
	if (dp_kernel_has_splat(h->how.taint))
		snprintf(h->stop, sizeof(h->stop),
			 "not asked: the kernel splat during %s, and %s is left as that left "
			 "it; reboot",
			 h->now->id, h->claim.name);
	else
		put_back(h);
	if (rc == -EINTR && h->stop[0])
		dp_hint(err, "%s", h->stop);
	else if (rc == -EINTR)
		dp_hint(err, "%s was restored", h->claim.name);
	return rc;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int begin(struct host *h, struct dp_collect *collect, struct dp_error *err)
{
	const struct cli_check_options *o = h->options;
	int rc = check_words(h, err);

	if (!rc)
		rc = dp_device_claim(h->device, &h->claim, err);
	if (!rc)
		rc = dp_size_check(o->size, UINT64_MAX, err);
	if (!rc && o->size > h->claim.size)
		rc = dp_bad_input(err, "a region of %llu bytes does not fit %s, which has %llu",
				  (unsigned long long)o->size, h->claim.name,
				  (unsigned long long)h->claim.size);
	if (!rc)
		rc = select_scenarios(h, err);
	if (!rc)
		rc = dp_host_rdma(o->rdma, err);
	if (!rc && h->claim.block)
		rc = leave_mounts(h, err);
	if (!rc)
		rc = dp_collect_init(collect, h->scenarios.count);
	for (size_t i = 0; i < h->scenarios.count && !rc; i++)
		dp_collect_add(collect, h->scenarios.list[i].id);
	if (rc)
		return rc;
	h->how.env.size = o->size;
	h->how.env.device = h->claim.name;
	h->how.rdma = o->rdma;
	h->how.channel = -1;
	dp_kernel_taint(&h->how.taint);
	dp_target_of_device(h->claim.name, h->claim.block, &h->original);
	return 0;
}

#define CLI_OPTIONS struct cli_check_options

static const struct cli_option host_options[] = {
	OPT_FLAG("destroy-data", 0, destroy,
		 "Allow the device to be taken away, and all data on it to be lost. Required."),
	CLI_END,
};

static int run(struct cli_call *call)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	struct cli_check_options options = { 0 };
	dp_cleanup(clear) struct host host = { .options = &options };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &options, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	host.device = call->count ? call->words[0] : NULL;
	if (!rc)
		rc = cli_operands_end(call, 1, &err);
	if (!rc)
		rc = begin(&host, &collect, &err);
	if (!rc)
		rc = cli_report_open(&options, &err);
	dp_host_describe(&collect.run);
	dp_collect_listen(&collect, NULL, cli_outputs_tell, &options.outputs);
	for (size_t i = 0; i < host.scenarios.count && !rc; i++) {
		host.now = &host.scenarios.list[i];
		rc = ask_one(&host, &collect, &err);
		dp_collect_settle(&collect);
	}
	snprintf(collect.run.note, sizeof(collect.run.note), "%.250s", host.stop);
	if (!rc)
		rc = dp_collect_finish(&collect, NULL);
	if (!rc)
		rc = cli_report(&options, &collect.run, 1, &err);
	cli_report_close(&options);
	return cli_exit_code(rc, options.bisect, &err);
}

const struct cli_command cli_teardown = {
	.name = "teardown",
	.brief = "take devices away under registered memory",
	.usage = CLI_USAGE("teardown DEVICE --destroy-data [OPTIONS]",
			   "guest [GUEST-OPTIONS] teardown [OPTIONS]"),
	.about = "Takes a device away while memory regions over it are registered. Reports what "
		 "the kernel did, step by step, and which clauses of the contract it broke.\n\n"
		 "In the guest, each scenario has a machine of its own. On the host, only the "
		 "device that is named is touched: device-dax (dax0.0), or a disk that can do DAX "
		 "(pmem0). All data on it is lost, and a kernel that breaks the contract may go "
		 "down.",
	.groups = CLI_GROUPS(
		{ .options = cli_case_options }, { .options = cli_region_options },
		{ .options = host_options, .host_only = "the guest has devices of its own" },
		{ .options = cli_report_options, .title = "Reports" }),
	.operand = CLI_DEVICES,
	.run = run,
};
