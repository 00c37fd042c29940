// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A fleet for Prometheus. Of a node there is a sample only if it is not of the first group, so that
 * 10,000 nodes that answer the same are no 10,000 series.
 */
#include <errno.h>
#include <time.h>

#include "fleet.h"
#include "prom.h"

#include "daxpin/results.h"

static void write_number(FILE *out, const char *name, const char *help, size_t value)
{
	dp_prom_metric(out, name, help);
	fprintf(out, "%s %zu\n", name, value);
}

static void write_groups(FILE *out, const struct dp_fleet *fleet)
{
	char name[DP_GROUP_NAME];

	if (fleet->ngroups)
		dp_prom_metric(out, "daxpin_fleet_group_nodes", "Nodes that answer the same.");
	for (size_t i = 0; i < fleet->ngroups; i++)
		fprintf(out, "daxpin_fleet_group_nodes{group=\"%s\"} %zu\n",
			dp_fleet_group_name(i, name), fleet->groups[i].nodes.count);
}

static void write_failures(FILE *out, const struct dp_fleet *fleet)
{
	bool any = false;

	for (size_t i = 0; i < fleet->ngroups; i++) {
		const struct dp_fleet_group *group = &fleet->groups[i];

		for (size_t k = 0; i && k < group->nodes.count; k++) {
			if (!any)
				dp_prom_metric(out, "daxpin_fleet_node_failures",
					       "Of a node that answers unlike the most: ids that "
					       "fail and are in no baseline.");
			any = true;
			fputs("daxpin_fleet_node_failures{node=\"", out);
			dp_prom_value(out, group->nodes.list[k]);
			fprintf(out, "\"} %zu\n", group->counts[DP_FAIL] - group->known);
		}
	}
}

/* A sample only of those that are bad: of 10,000 nodes there are tens of thousands of pairs. */
static void write_pairs(FILE *out, const struct dp_fleet *fleet)
{
	if (!fleet->npairs)
		return;
	write_number(out, "daxpin_fleet_pairs", "Pairs of nodes that have exchanged data.",
		     fleet->npairs);
	write_number(out, "daxpin_fleet_failed_pairs", "Pairs with a failure.",
		     fleet->failed_pairs);
	write_number(out, "daxpin_fleet_unanswered_pairs",
		     "Pairs without a failure and without an answer to an id.",
		     fleet->unanswered_pairs);
	if (fleet->failed_pairs + fleet->unanswered_pairs)
		dp_prom_metric(out, "daxpin_fleet_pair_status",
			       "Of a pair that has not passed: 2 error, 3 fail.");
	for (size_t i = 0; i < fleet->npairs; i++) {
		const struct dp_fleet_pair *pair = &fleet->pairs[i];
		enum dp_status status = dp_fleet_pair_status(pair);

		if (status == DP_PASS)
			continue;
		fputs("daxpin_fleet_pair_status{connects=\"", out);
		dp_prom_value(out, fleet->texts[pair->connects]);
		fputs("\",listens=\"", out);
		dp_prom_value(out, fleet->texts[pair->listens]);
		fprintf(out, "\"} %d\n", dp_status_rank(status));
	}
}

int dp_fleet_write_prom(FILE *out, const struct dp_fleet *fleet,
			const struct dp_report_options *options)
{
	(void)options;
	write_number(out, "daxpin_fleet_nodes", "Nodes that have answered.", fleet->nnodes);
	write_number(out, "daxpin_fleet_failed_nodes", "Nodes with a failure.", fleet->failed);
	write_number(out, "daxpin_fleet_unanswered_nodes",
		     "Nodes without a failure and without an answer to an id.", fleet->unanswered);
	if (fleet->listed)
		write_number(out, "daxpin_fleet_missing_nodes",
			     "Nodes that are listed and have not answered.", fleet->missing.count);
	write_number(out, "daxpin_fleet_unused_files", "Files that were not used.", fleet->nunused);
	write_number(out, "daxpin_fleet_collected_timestamp_seconds",
		     "When the results were collected, seconds since 1970.", (size_t)time(NULL));
	write_groups(out, fleet);
	write_failures(out, fleet);
	write_pairs(out, fleet);
	return ferror(out) ? -EIO : 0;
}
