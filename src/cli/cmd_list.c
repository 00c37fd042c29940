// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "cli.h"

#include "daxpin/bench.h"
#include "daxpin/campaign.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/limit.h"
#include "daxpin/order.h"
#include "daxpin/pinner.h"
#include "daxpin/state.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"

static const struct {
	const char *key, *title;
} sections[] = {
	{ "rdma", "RDMA devices" },
	{ "dax", "DAX devices" },
	{ "namespaces", "Namespaces" },
	{ "cxl_memdevs", "CXL memory devices" },
	{ "cxl_decoders", "CXL decoders" },
	{ "cxl_regions", "CXL regions" },
	{ "mounts", "DAX mounts (ext4, xfs)" },
};

static struct json_object *collect_all(void)
{
	struct json_object *root = json_object_new_object(), *all = dp_inventory();

	dp_json_add_text(root, "schema", "daxpin-list/1");
	json_object_object_foreach (all, key, list)
		json_object_object_add(root, key, json_object_get(list));
	json_object_put(all);
	return root;
}

/* The first member is the name; the rest says what it is, as far as that is known. */
static void print_entry(struct json_object *entry)
{
	bool first = true;

	json_object_object_foreach (entry, key, value) {
		if (first)
			printf("  %-12s", json_object_get_string(value));
		else if (value)
			printf("  %s=%s", key, json_object_get_string(value));
		first = false;
	}
	putchar('\n');
}

static void print_text(struct json_object *root)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(sections); i++) {
		struct json_object *list = dp_json_array(root, sections[i].key);
		size_t count = dp_json_count(list);

		printf("%s%s\n", i ? "\n" : "", sections[i].title);
		for (size_t k = 0; k < count; k++)
			print_entry(json_object_array_get_idx(list, k));
		if (!count)
			puts(list ? "  none" : "  cannot be read");
	}
}

static int print_scenarios(bool race)
{
	dp_cleanup(dp_scenarios_clear) struct dp_scenarios scenarios = { 0 };

	if (dp_scenarios_make(NULL, 0, race, &scenarios, NULL))
		return 3;
	for (size_t i = 0; i < scenarios.count; i++)
		puts(scenarios.list[i].id);
	return 0;
}

static int print_orders(void)
{
	dp_cleanup(dp_orders_clear) struct dp_orders orders = { 0 };

	if (dp_orders_make(NULL, 0, &orders, NULL))
		return 3;
	for (size_t i = 0; i < orders.count; i++)
		puts(orders.list[i].id);
	return 0;
}

static int print_cases(void)
{
	dp_cleanup(dp_cases_clear) struct dp_cases cases = { 0 };

	if (dp_cases_make(NULL, 0, &cases, NULL))
		return 3;
	for (size_t i = 0; i < cases.count; i++)
		puts(cases.list[i].id);
	return 0;
}

static int print_states(void)
{
	dp_cleanup(dp_state_items_clear) struct dp_state_items items = { 0 };

	if (dp_state_items_make(NULL, 0, &items, NULL))
		return 3;
	for (size_t i = 0; i < items.count; i++)
		puts(items.list[i].id);
	return 0;
}

static int print_pinnings(void)
{
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };

	if (dp_pinner_plan(&(struct dp_pinner_globs){ .every = true }, &plan, NULL))
		return 3;
	for (size_t i = 0; i < plan.count; i++)
		puts(plan.list[i].id);
	return 0;
}

static int print_benches(void)
{
	dp_cleanup(dp_benches_clear) struct dp_benches benches = { 0 };

	if (dp_benches_make(NULL, 0, &benches, NULL))
		return 3;
	for (size_t i = 0; i < benches.count; i++)
		puts(benches.list[i].id);
	return 0;
}

static void print_limits(void)
{
	size_t count;
	const struct dp_limit *const *all = dp_limit_all(&count);

	for (size_t i = 0; i < count; i++)
		printf("limit/%s\n", all[i]->name);
}

static int print_ids(void)
{
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };

	if (dp_plan_make(NULL, 0, &plan, NULL))
		return 3;
	for (size_t i = 0; i < plan.count; i++)
		puts(plan.list[i].id);
	print_limits();
	return print_scenarios(false) || print_scenarios(true) || print_orders() || print_cases() ||
			       print_states() || print_pinnings() || print_benches()
		       ? 3
		       : 0;
}

static int print_inventory(bool json)
{
	struct json_object *root = collect_all();

	if (json)
		cli_print_json(root);
	else
		print_text(root);
	json_object_put(root);
	return 0;
}

struct list_options {
	bool json;
	bool ids;
};

#define CLI_OPTIONS struct list_options

static const struct cli_option options[] = {
	OPT_FLAG("ids", 0, ids, "Print the ids of all cases, one a line."),
	OPT_JSON(json),
	CLI_END,
};

static int run(struct cli_call *call)
{
	struct list_options o = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &o, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc)
		rc = cli_operands_end(call, 0, &err);
	if (rc)
		return cli_error_print(&err);
	return o.ids ? print_ids() : print_inventory(o.json);
}

const struct cli_command cli_list = {
	.name = "list",
	.brief = "list the devices of this machine, or the ids of all cases",
	.usage = CLI_USAGE("list [--format FORMAT]", "list --ids"),
	.about = "Prints the RDMA devices, DAX devices, namespaces, CXL devices, decoders and "
		 "regions, and DAX mounts of this machine.",
	.groups = CLI_GROUPS({ .options = options }),
	.run = run,
};
