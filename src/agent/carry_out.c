// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/mount.h>
#include <unistd.h>

#include "devices.h"
#include "lacks.h"
#include "serve.h"

#include "daxpin/agent.h"
#include "daxpin/bench.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/connection.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/limit.h"
#include "daxpin/netdev.h"
#include "daxpin/order.h"
#include "daxpin/pinner.h"
#include "daxpin/race.h"
#include "daxpin/splat.h"
#include "daxpin/state.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"
#include "daxpin/worker_pool.h"

static const char *const scratch[] = { "/mnt/ext4/dax", "/mnt/ext4/cached", "/mnt/xfs/dax",
				       "/mnt/xfs/cached", "/mnt/erofs" };

/* Nothing in a guest is precious. */
static struct dp_env guest_env(uint64_t size)
{
	return (struct dp_env){ .size = size,
				.dirs = scratch,
				.ndirs = DP_ARRAY_SIZE(scratch),
				.guest = true,
				.lacking = dp_lack_of };
}

static const char *const *globs_of(const struct dp_words *words)
{
	return (const char *const *)words->list;
}

/* ---- checks ------------------------------------------------------------------------------ */

static void panic_now(const struct dp_area *area)
{
	(void)area;
	dp_write_attr("c", "/proc/sysrq-trigger");
}

/* The registration never returns, as far as those who watch can tell. */
__attribute__((noreturn)) static void hang_now(const struct dp_area *area)
{
	(void)area;
	for (;;)
		pause();
}

/* A group that the image lacks, and what a module of it needs, are told by who opens the mapping.
 */
static int load_modules(const struct dp_mapping *mapping, struct dp_error *err)
{
	if (!mapping->modules || !dp_exists("/modules/%s", mapping->modules))
		return 0;
	return dp_load_group(mapping->modules, err);
}

/* The controller was asked for when the run began; by now it may be there. */
static int prepare_mapping(const struct dp_mapping *mapping, struct dp_error *err)
{
	int rc = load_modules(mapping, err);

	if (rc)
		return rc;
	return dp_is_p2pdma(mapping) ? dp_devices_await_nvme(err) : 0;
}

static void plug_in(const struct dp_plan *plan, int fd)
{
	for (size_t i = 0; i < plan->count; i++)
		if (dp_is_p2pdma(plan->list[i].mapping)) {
			dp_devices_plug_nvme(fd);
			return;
		}
}

static int make_plan(const struct dp_command *command, struct dp_plan *plan, struct dp_error *err)
{
	const struct dp_words *only = &command->check.only, *pinners = &command->check.pinners;

	if (command->kind == DP_COMMAND_CHECK)
		return dp_plan_make(globs_of(only), only->count, plan, err);
	return dp_pinner_plan(&(struct dp_pinner_globs){ globs_of(only), only->count,
							 globs_of(pinners), pinners->count },
			      plan, err);
}

/* A module that the image lacks, and what comes of that, is told by whoever opens the pinner. */
static int set_up_pinner(const struct dp_pinner *pinner, struct dp_error *err)
{
	int rc;

	if (!pinner || !pinner->modules || !dp_exists("/modules/%s", pinner->modules))
		return 0;
	rc = dp_load_group(pinner->modules, err);
	return rc || !pinner->set_up ? rc : pinner->set_up(err);
}

/* Each once. */
static int set_up_pinners(const struct dp_plan *plan, struct dp_error *err)
{
	size_t count;
	const struct dp_pinner *const *all = dp_pinners(&count);
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++)
		if (all[i]->modules && dp_pinner_plans(plan, all[i]))
			rc = set_up_pinner(all[i], err);
	return rc;
}

/* Also by pinners. */
static int run_check(const struct dp_command *command, struct dp_standby *by, int fd,
		     struct dp_error *err)
{
	struct dp_check_options options = {
		.env = guest_env(command->check.size),
		.rdma = command->check.rdma,
		.cell_limit_ms = command->check.cell_limit_ms,
		.lanes = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN),
		.prepare = prepare_mapping,
		.witness = command->check.witness,
		.reading = by->armed.reading,
		.unwitnessed = by->armed.why,
	};
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	int rc = make_plan(command, &plan, err);

	if (rc)
		return rc;
	/* As the campaign selects: a carrier's machine is asked about all that was named. */
	if (dp_agent_told(DP_WIDE_FLAG) || !dp_agent_told(DP_LAYOUT_FLAG) ||
	    !command->check.only.count)
		dp_plan_take_wide(&plan, dp_agent_told(DP_WIDE_FLAG));
	if (!command->check.carried)
		dp_plan_leave_carried(&plan);
	dp_plan_take_part(&plan, command->check.part, command->check.parts);
	/* The pool has opened the first adapter. */
	if (!options.rdma)
		options.pool = &by->pool;
	else
		dp_worker_pool_dismiss(&by->pool);
	if (command->check.fault == DP_FAULT_PANIC)
		options.misbehave = panic_now;
	if (command->check.fault == DP_FAULT_HANG)
		options.misbehave = hang_now;
	plug_in(&plan, fd);
	rc = set_up_pinners(&plan, err);
	return rc ? rc : dp_check_run(&plan, &options, fd, err);
}

/* ---- limits ------------------------------------------------------------------------------ */

static int run_limit(const struct dp_command *command, struct dp_standby *by, int fd,
		     struct dp_error *err)
{
	dp_cleanup(dp_limits_clear) struct dp_limits limits = { 0 };
	const struct dp_words *only = &command->limit.only;
	int rc = dp_limits_make(globs_of(only), only->count, &limits, err);

	dp_worker_pool_dismiss(&by->pool);
	return rc ? rc : dp_limits_run(&limits, command->limit.rdma, fd, err);
}

/* ---- scenarios --------------------------------------------------------------------------- */

/* The controller with the peer-to-peer memory is plugged in where it is asked about. */
static int provide(const struct dp_mapping *mapping, int fd, struct dp_error *err)
{
	if (!dp_is_p2pdma(mapping))
		return load_modules(mapping, err);
	dp_devices_plug_nvme(fd);
	return dp_devices_await_nvme(err);
}

static int run_scenario(const struct dp_command *command, struct dp_standby *by, int fd,
			struct dp_error *err)
{
	struct dp_teardown_options options = {
		.env = guest_env(command->scenario.size),
		.rdma = command->scenario.rdma,
		.iterations = command->scenario.iterations,
		.duration_ms = command->scenario.duration_ms,
		.seed = command->scenario.seed,
		.witness = command->scenario.witness,
		.biased = command->scenario.biased,
		.channel = fd,
	};
	/* Nobody else listens there until the command has been carried out. */
	dp_autofd int held = options.biased ? dp_agent_channel() : -1;
	bool race = command->kind == DP_COMMAND_RACE;
	dp_cleanup(dp_scenarios_clear) struct dp_scenarios scenarios = { 0 };
	const char *const id = command->scenario.id;
	int rc = dp_scenarios_make(&id, 1, race, &scenarios, err);

	options.held = held;
	if (!rc && command->scenario.pinner) {
		options.pinner = dp_pinner_find(command->scenario.pinner);
		rc = options.pinner ? 0
				    : dp_bad_input(err, "there is no pinner \"%s\"",
						   command->scenario.pinner);
	}
	if (!rc)
		rc = set_up_pinner(options.pinner, err);
	dp_kernel_taint(&options.taint);
	if (!rc && scenarios.count != 1)
		rc = dp_fail(err, -EBADMSG, "\"%s\" is not one scenario", id);
	if (!rc)
		rc = provide(scenarios.list[0].mapping, fd, err);
	if (rc)
		return rc;
	if (!race && !options.rdma)
		options.pool = &by->pool;
	else
		dp_worker_pool_dismiss(&by->pool);
	return race ? dp_race_run(&scenarios.list[0], &options, fd, err)
		    : dp_teardown_run(&scenarios.list[0], &options, fd, err);
}

static int run_order(const struct dp_command *command, struct dp_standby *by, int fd,
		     struct dp_error *err)
{
	struct dp_teardown_options options = {
		.env = guest_env(command->scenario.size),
		.rdma = command->scenario.rdma,
		.channel = fd,
	};
	/* Nobody else listens there until the command has been carried out. */
	dp_autofd int held = dp_agent_channel();
	dp_cleanup(dp_orders_clear) struct dp_orders orders = { 0 };
	const char *const id = command->scenario.id;
	int rc = dp_orders_make(&id, 1, &orders, err);

	dp_worker_pool_dismiss(&by->pool);
	dp_kernel_taint(&options.taint);
	if (!rc && orders.count != 1)
		rc = dp_fail(err, -EBADMSG, "\"%s\" is not one order", id);
	if (!rc)
		rc = provide(orders.list[0].mapping, fd, err);
	return rc ? rc : dp_order_run(&orders.list[0], &options, held, fd, err);
}

/* ---- traffic ----------------------------------------------------------------------------- */

static int run_traffic(const struct dp_command *command, struct dp_standby *by, int fd,
		       struct dp_error *err)
{
	/* Nobody else listens there until the command has been carried out. */
	dp_autofd int channel = dp_agent_channel();
	const struct dp_traffic_options options = {
		.env = guest_env(command->traffic.size),
		/* QEMU shows the NVDIMM of daxpin's own machine. */
		.outside = dp_agent_told(DP_LAYOUT_FLAG) ? NULL : &channel,
		.seed = command->traffic.seed,
		.limit_ms = command->traffic.limit_ms,
		.reference = command->traffic.reference,
	};
	dp_cleanup(dp_cases_clear) struct dp_cases cases = { 0 };
	const struct dp_words *only = &command->traffic.only;
	struct sockaddr_storage near;
	int rc = dp_cases_make(globs_of(only), only->count, &cases, err);

	dp_worker_pool_dismiss(&by->pool);
	for (size_t i = 0; i < cases.count && !rc; i++)
		rc = provide(cases.list[i].mapping, fd, err);
	if (!rc)
		rc = dp_devices_traffic(err);
	if (!rc)
		rc = dp_address_parse(DP_WIRE_NEAR, DP_TRAFFIC_PORT, &near, err);
	return rc ? rc : dp_traffic_local(&cases, &near, true, &options, fd, err);
}

static int run_reread(const struct dp_command *command, struct dp_standby *by, int fd,
		      struct dp_error *err)
{
	const struct dp_traffic_options options = { .env = guest_env(command->reread.size) };
	const struct dp_kept_list *items = &command->reread.items;

	(void)err;
	dp_worker_pool_dismiss(&by->pool);
	return dp_traffic_reread(items->list, items->count, &options, fd);
}

/* ---- states ------------------------------------------------------------------------------ */

static int run_state(const struct dp_command *command, struct dp_standby *by, int fd,
		     struct dp_error *err)
{
	const struct dp_state_options options = {
		.env = guest_env(command->state.size),
		.rdma = command->state.rdma,
	};
	dp_cleanup(dp_state_items_clear) struct dp_state_items items = { 0 };
	const struct dp_words *only = &command->state.only;
	int rc = dp_state_items_make(globs_of(only), only->count, &items, err);

	dp_worker_pool_dismiss(&by->pool);
	if (!rc)
		rc = dp_devices_traffic(err);
	if (!rc && dp_state_items_swap(&items))
		rc = dp_devices_swap(err);
	/* Another machine has no balloon, and its image no driver: the state says so. */
	if (!rc && dp_state_items_balloon(&items) && dp_exists("/modules/balloon"))
		rc = dp_load_group("balloon", err);
	return rc ? rc : dp_state_run(&items, &options, fd, err);
}

/* ---- bench ------------------------------------------------------------------------------- */

/* On the node of the processor: those of the others are persistent memory. */
static void add_huge_pages(const struct dp_benches *benches)
{
	for (size_t i = 0; i < benches->count; i++)
		if (benches->list[i].mapping->family == DP_FAMILY_HUGETLB) {
			dp_write_attr("64", "/sys/devices/system/node/node0/hugepages/"
					    "hugepages-2048kB/nr_hugepages");
			return;
		}
}

/*
 * The kernel's own benchmark is a module, if it was built for this kernel; without it the ids that
 * need it are skipped.
 */
static int load_gup_test(const struct dp_benches *benches, struct dp_error *err)
{
	if (!dp_benches_have(benches, DP_BENCH_GUP))
		return 0;
	if (mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL) && errno != EBUSY)
		return dp_fail(err, -errno, "cannot mount debugfs");
	return dp_exists("/modules/gup_test") ? dp_load_group("gup_test", err) : 0;
}

/* Queue pairs are connected by librdmacm, which wants modules and an address. */
static int prepare_connections(const struct dp_benches *benches, struct dp_error *err)
{
	for (size_t i = 0; i < benches->count; i++)
		if (dp_bench_connects(benches->list[i].kind))
			return dp_devices_traffic(err);
	return 0;
}

static int run_bench(const struct dp_command *command, struct dp_standby *by, int fd,
		     struct dp_error *err)
{
	/* Nobody else listens there until the command has been carried out. */
	dp_autofd int held = dp_agent_channel();
	const struct dp_bench_options options = {
		.held = held,
		.env = guest_env(0),
		.rdma = command->bench.rdma,
		.counts = dp_agent_told(DP_COUNTS_FLAG),
	};
	dp_cleanup(dp_benches_clear) struct dp_benches benches = { 0 };
	const struct dp_words *only = &command->bench.only;
	int rc = dp_benches_make(globs_of(only), only->count, &benches, err);

	dp_worker_pool_dismiss(&by->pool);
	for (size_t i = 0; i < benches.count && !rc; i++)
		rc = provide(benches.list[i].mapping, fd, err);
	add_huge_pages(&benches);
	if (!rc)
		rc = load_gup_test(&benches, err);
	if (!rc)
		rc = prepare_connections(&benches, err);
	return rc ? rc : dp_bench_run(&benches, &options, fd, err);
}

/* ---- the others -------------------------------------------------------------------------- */

static int run_as_host(const struct dp_command *command, struct dp_standby *by, int fd,
		       struct dp_error *err)
{
	dp_worker_pool_dismiss(&by->pool);
	return dp_as_host(command, fd, err);
}

int dp_carry_out(const struct dp_command *command, struct dp_standby *by, int fd,
		 struct dp_error *err)
{
	static int (*const run[DP_COMMANDS])(const struct dp_command *command,
					     struct dp_standby *by, int fd,
					     struct dp_error *err) = {
		[DP_COMMAND_CHECK] = run_check,     [DP_COMMAND_PINNER] = run_check,
		[DP_COMMAND_LIMITS] = run_limit,    [DP_COMMAND_TEARDOWN] = run_scenario,
		[DP_COMMAND_RACE] = run_scenario,   [DP_COMMAND_ORDER] = run_order,
		[DP_COMMAND_TRAFFIC] = run_traffic, [DP_COMMAND_STATE] = run_state,
		[DP_COMMAND_BENCH] = run_bench,     [DP_COMMAND_REREAD] = run_reread,
		[DP_COMMAND_AS_HOST] = run_as_host,
	};

	return run[command->kind](command, by, fd, err);
}
