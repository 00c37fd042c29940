// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pairs of nodes that have exchanged data: a row for each that connects, a column for each that
 * listens, of those that are in a pair that fails. Of a bad link one cell is bad, of a bad node a
 * row and a column.
 */
#include <errno.h>

#include "fleet.h"
#include "page.h"

#include "daxpin/cleanup.h"

/* More do not fit a screen: then there is a line for each pair. */
#define MOST_NODES 16
#define MOST_PAIRS 100

static bool is_bad(const struct dp_fleet_pair *pair)
{
	return dp_fleet_pair_status(pair) != DP_PASS;
}

static void describe(const struct dp_fleet_pair *pair, char *text, size_t size)
{
	enum dp_status status = dp_fleet_pair_status(pair);

	if (status == DP_FAIL)
		snprintf(text, size, "!%zu fail", pair->counts[DP_FAIL] - pair->known);
	else if (status == DP_ERROR)
		snprintf(text, size, "%zu error", pair->counts[DP_ERROR]);
	else
		snprintf(text, size, "pass");
}

static const struct dp_fleet_pair *find(const struct dp_fleet *fleet, const char *connects,
					const char *listens)
{
	for (size_t i = 0; i < fleet->npairs; i++)
		if (!dp_host_compare(fleet->texts[fleet->pairs[i].connects], connects) &&
		    !dp_host_compare(fleet->texts[fleet->pairs[i].listens], listens))
			return &fleet->pairs[i];
	return NULL;
}

static void write_matrix(FILE *out, const struct dp_fleet *fleet, const struct dp_hosts *nodes)
{
	char text[40];

	fprintf(out, "  %-12s", "");
	for (size_t i = 0; i < nodes->count; i++)
		fprintf(out, " %-9s", nodes->list[i]);
	fputc('\n', out);
	for (size_t i = 0; i < nodes->count; i++) {
		fprintf(out, "  %-12s", nodes->list[i]);
		for (size_t k = 0; k < nodes->count; k++) {
			const struct dp_fleet_pair *pair =
				find(fleet, nodes->list[i], nodes->list[k]);

			snprintf(text, sizeof(text), ".");
			if (pair)
				describe(pair, text, sizeof(text));
			fprintf(out, " %-9s", text);
		}
		fputc('\n', out);
	}
}

static void write_list(FILE *out, const struct dp_fleet *fleet)
{
	size_t shown = 0;
	char text[40];

	for (size_t i = 0; i < fleet->npairs && shown < MOST_PAIRS; i++) {
		if (!is_bad(&fleet->pairs[i]))
			continue;
		describe(&fleet->pairs[i], text, sizeof(text));
		fprintf(out, "  %s to %s: %s, %s\n", fleet->texts[fleet->pairs[i].connects],
			fleet->texts[fleet->pairs[i].listens], text,
			fleet->texts[fleet->pairs[i].why]);
		shown++;
	}
	if (fleet->failed_pairs + fleet->unanswered_pairs > shown)
		fprintf(out, "  and %zu more, see -o json\n",
			fleet->failed_pairs + fleet->unanswered_pairs - shown);
}

int dp_fleet_bad_nodes(const struct dp_fleet *fleet, struct dp_hosts *nodes)
{
	int rc = 0;

	for (size_t i = 0; i < fleet->npairs && !rc; i++) {
		if (!is_bad(&fleet->pairs[i]))
			continue;
		rc = dp_hosts_add(nodes, fleet->texts[fleet->pairs[i].connects]);
		if (!rc)
			rc = dp_hosts_add(nodes, fleet->texts[fleet->pairs[i].listens]);
	}
	dp_hosts_sort(nodes);
	return rc;
}

int dp_fleet_write_pairs(FILE *out, const struct dp_fleet *fleet,
			 const struct dp_report_options *options)
{
	dp_cleanup(dp_hosts_clear) struct dp_hosts nodes = { 0 };
	int rc;

	if (!fleet->npairs)
		return 0;
	fprintf(out, "\n%sPairs%s: %zu, %zu fail, %zu without an answer\n",
		options->color ? BOLD : "", options->color ? PLAIN : "", fleet->npairs,
		fleet->failed_pairs, fleet->unanswered_pairs);
	rc = dp_fleet_bad_nodes(fleet, &nodes);
	if (nodes.count && nodes.count <= MOST_NODES)
		write_matrix(out, fleet, &nodes);
	write_list(out, fleet);
	return rc;
}
