// SPDX-License-Identifier: GPL-2.0-or-later
/* Traffic between nodes: which pairs have exchanged data, and how that went. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fleet_parts.h"

#include "daxpin/cleanup.h"
#include "daxpin/list.h"
#include "daxpin/run.h"

/* The first result that makes the pair what it is, or NULL: it is the end of the run. */
static const struct dp_result *first_bad(const struct dp_run_record *run, enum dp_status status)
{
	for (size_t i = 0; i < run->count; i++)
		if (run->results[i].status == status && !dp_result_is_known(&run->results[i]))
			return &run->results[i];
	return NULL;
}

/* What was not asked, as the run ended early, says less than how it ended. */
static int keep_why(struct dp_fleet *fleet, const struct dp_run_record *run,
		    struct dp_fleet_pair *pair)
{
	enum dp_status status = dp_fleet_pair_status(pair);
	const struct dp_result *r = NULL;
	dp_autofree char *text = NULL;

	if (status == DP_PASS)
		return dp_fleet_keep_text(fleet, "", &pair->why);
	if (status == DP_FAIL || !run->ending[0])
		r = first_bad(run, status);
	if (!r)
		return dp_fleet_keep_text(fleet, run->ending[0] ? run->ending : run->splat,
					  &pair->why);
	if (asprintf(&text, "%s: %s", r->id, r->why) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return dp_fleet_keep_text(fleet, text, &pair->why);
}

int dp_fleet_keep_pair(struct dp_fleet *fleet, const struct dp_run_record *run,
		       const struct dp_fleet_part *part)
{
	struct dp_fleet_pair *pair;
	size_t peer;
	int rc = dp_fleet_keep_text(fleet, run->peer, &peer);

	if (rc)
		return rc;
	pair = dp_list_add(fleet->pairs, fleet->npairs);
	if (!pair)
		return -ENOMEM;
	pair->connects = part->node;
	pair->listens = peer;
	pair->file = part->file;
	pair->began = run->began;
	dp_run_count(run, pair->counts);
	pair->counts[DP_ERROR] += run->ending[0] != 0;
	pair->counts[DP_FAIL] += run->splat[0] && !run->ending[0];
	for (size_t i = 0; i < run->count; i++)
		pair->known += dp_result_is_known(&run->results[i]);
	return keep_why(fleet, run, pair);
}

/* By the names of both, then the latest first. */
static int pair_order(const void *a, const void *b, void *arg)
{
	const struct dp_fleet *fleet = arg;
	const struct dp_fleet_pair *x = a, *y = b;
	int order = dp_host_compare(fleet->texts[x->connects], fleet->texts[y->connects]);

	if (!order)
		order = dp_host_compare(fleet->texts[x->listens], fleet->texts[y->listens]);
	if (order)
		return order;
	if (x->began != y->began)
		return x->began > y->began ? -1 : 1;
	return (x->file > y->file) - (x->file < y->file);
}

void dp_fleet_settle_pairs(struct dp_fleet *fleet)
{
	size_t kept = 0;

	if (!fleet->npairs)
		return;
	qsort_r(fleet->pairs, fleet->npairs, sizeof(*fleet->pairs), pair_order, fleet);
	for (size_t i = 0; i < fleet->npairs; i++) {
		const struct dp_fleet_pair *pair = &fleet->pairs[i];
		enum dp_status status = dp_fleet_pair_status(pair);

		if (kept && fleet->pairs[kept - 1].connects == pair->connects &&
		    fleet->pairs[kept - 1].listens == pair->listens)
			continue;
		fleet->failed_pairs += status == DP_FAIL;
		fleet->unanswered_pairs += status == DP_ERROR;
		fleet->pairs[kept++] = *pair;
	}
	fleet->npairs = kept;
}
