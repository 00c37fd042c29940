// SPDX-License-Identifier: GPL-2.0-or-later
/* Traffic between nodes: which pairs have exchanged data, and how that went. */
#include <errno.h>
#include <stdlib.h>

#include "fleet_parts.h"

#include "daxpin/list.h"
#include "daxpin/run.h"

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
	return 0;
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
		enum dp_status status = dp_fleet_status(pair->counts, pair->known);

		if (kept && fleet->pairs[kept - 1].connects == pair->connects &&
		    fleet->pairs[kept - 1].listens == pair->listens)
			continue;
		fleet->failed_pairs += status == DP_FAIL;
		fleet->unanswered_pairs += status == DP_ERROR;
		fleet->pairs[kept++] = *pair;
	}
	fleet->npairs = kept;
}
