// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Results of many nodes from anywhere: each node is in one group, each group differs from the
 * first, and reports hold nothing that a terminal or XML would not. Two files that say the same of
 * a node are as one. What follows its like in a stream, and is not read again, says the same as if
 * it stood alone.
 */
#include "fuzz.h"

#include "daxpin/fleet.h"
#include "daxpin/report.h"

static void read_twice(struct dp_fleet *fleet, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < 2; i++) {
		dp_autofile FILE *in = fmemopen((void *)data, size, "r");

		if (!in || dp_fleet_read_stream(fleet, in, i ? "node2" : "node1", i))
			exit(1);
	}
}

/* With the lines of the first, those of the second would be of one document. */
static bool is_document(const char *text)
{
	return !strncmp(text, "{\"schema\":", 10) && !strstr(text, "daxpin-lines");
}

static void read_as_one(struct dp_fleet *fleet, const char *text)
{
	dp_autofree char *twice = NULL;
	dp_autofile FILE *in = NULL;

	if (dp_fleet_init(fleet) || asprintf(&twice, "%s\n%s", text, text) < 0)
		exit(1);
	in = fmemopen(twice, strlen(twice), "r");
	if (!in || dp_fleet_read_stream(fleet, in, "node1", 0) || dp_fleet_group(fleet, NULL))
		exit(1);
}

static void read_apart(struct dp_fleet *fleet, const char *text)
{
	if (dp_fleet_init(fleet))
		exit(1);
	for (size_t i = 0; i < 2; i++) {
		dp_autofile FILE *in = fmemopen((void *)text, strlen(text), "r");

		if (!in || dp_fleet_read_stream(fleet, in, "node1", 0))
			exit(1);
	}
	if (dp_fleet_group(fleet, NULL))
		exit(1);
}

static void check_like(const uint8_t *data, size_t size)
{
	dp_cleanup(dp_fleet_clear) struct dp_fleet one = { 0 }, two = { 0 };
	dp_autofree char *text = fuzz_text(data, size);

	if (!is_document(text))
		return;
	read_as_one(&one, text);
	read_apart(&two, text);
	HOLDS(one.ngroups == two.ngroups && one.documents == two.documents);
	for (size_t i = 0; i < one.ngroups; i++) {
		HOLDS(!strcmp(one.groups[i].folded, two.groups[i].folded));
		HOLDS(!memcmp(one.groups[i].counts, two.groups[i].counts,
			      sizeof(one.groups[i].counts)));
	}
}

static void write_as(const char *format, const struct dp_fleet *fleet)
{
	const struct dp_report_options how = { 0 };
	dp_autofree char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		exit(1);
	HOLDS(!dp_format_find(format)->fleet(out, fleet, &how));
	fclose(out);
	HOLDS(fuzz_printable(text));
}

static void check_groups(const struct dp_fleet *fleet)
{
	size_t nodes = 0;

	for (size_t i = 0; i < fleet->ngroups; i++) {
		const struct dp_fleet_group *group = &fleet->groups[i];
		dp_autofree struct dp_fleet_difference *list = NULL;
		size_t count;

		nodes += group->nodes.count;
		HOLDS(!i || group->nodes.count <= fleet->groups[i - 1].nodes.count);
		HOLDS(!dp_fleet_differences(fleet, group, &list, &count));
		HOLDS(!count == !i);
	}
	HOLDS(nodes == fleet->nnodes);
	HOLDS(fleet->failed + fleet->unanswered <= nodes);
	HOLDS(fleet->nnodes || dp_fleet_exit_code(fleet) == 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "text", "json", "junit", "html", "prom" };
	dp_cleanup(dp_fleet_clear) struct dp_fleet fleet = { 0 };

	if (!size)
		return 0;
	if (dp_fleet_init(&fleet))
		exit(1);
	read_twice(&fleet, data, size);
	if (dp_fleet_group(&fleet, NULL))
		exit(1);
	check_groups(&fleet);
	for (size_t i = 0; i < DP_ARRAY_SIZE(names); i++)
		write_as(names[i], &fleet);
	check_like(data, size);
	return 0;
}
