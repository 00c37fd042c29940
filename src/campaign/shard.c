// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shares of a selection that machines carry out side by side, without a word between them: each
 * makes the same shares of the same selection. So they rest on what a question takes by its kind,
 * which is written here, and not on what it took on this machine.
 *
 * The longest first, each to the share that has the least (LPT). Of those that take as long, the
 * order of reports decides, and of shares that have as much, the first.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/campaign.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/question.h"

/* About what an id took of a run in guests under TCG, ms; in relation to each other. */
static const unsigned int takes_ms[DP_QUESTIONS] = {
	[DP_QUESTION_CHECK] = 40,  [DP_QUESTION_LIMIT] = 150,  [DP_QUESTION_TEARDOWN] = 700,
	[DP_QUESTION_RACE] = 8000, [DP_QUESTION_ORDER] = 2000, [DP_QUESTION_TRAFFIC] = 150,
	[DP_QUESTION_STATE] = 500, [DP_QUESTION_PINNER] = 60,  [DP_QUESTION_BENCH] = 3000,
};

/* Ids that stay together. */
struct bundle {
	size_t first, count; /* numbers of the ids */
	unsigned int takes_ms;
	unsigned int shard;
};

struct shares {
	struct bundle *bundles;
	size_t count;
	unsigned int shard;
	size_t at; /* the bundle that was asked for last */
};

static int bundle_ids(const struct dp_selection *selection, struct shares *shares)
{
	const char *id, *last = NULL;

	shares->bundles = calloc(dp_selection_count(selection) + 1, sizeof(*shares->bundles));
	if (!shares->bundles)
		return -ENOMEM;
	for (size_t n = 0; (id = dp_selection_id(selection, n)); n++, last = id) {
		struct bundle *b = &shares->bundles[shares->count];

		/* What asks cell by cell asks a mapping in one place. */
		if (last && dp_question_is_cell(last) && dp_question_same_mapping(last, id))
			b--;
		else
			shares->bundles[shares->count++].first = n;
		b->count++;
		b->takes_ms += takes_ms[dp_question_of(id)->kind];
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct bundle *const *x = a, *const *y = b;

	if ((*x)->takes_ms != (*y)->takes_ms)
		return (*x)->takes_ms > (*y)->takes_ms ? -1 : 1;
	return (*x)->first < (*y)->first ? -1 : 1;
}

static int share_out(struct shares *shares, unsigned int shards)
{
	dp_autofree struct bundle **longest = calloc(shares->count + 1, sizeof(struct bundle *));
	dp_autofree uint64_t *total = calloc(shards, sizeof(*total));

	if (!longest || !total)
		return -ENOMEM;
	for (size_t i = 0; i < shares->count; i++)
		longest[i] = &shares->bundles[i];
	qsort(longest, shares->count, sizeof(struct bundle *), compare);
	for (size_t i = 0; i < shares->count; i++) {
		unsigned int least = 0;

		for (unsigned int s = 1; s < shards; s++)
			if (total[s] < total[least])
				least = s;
		total[least] += longest[i]->takes_ms;
		longest[i]->shard = least + 1;
	}
	return 0;
}

static bool is_of_share(void *arg, size_t n)
{
	struct shares *shares = arg;
	const struct bundle *b = &shares->bundles[shares->at];

	if (n >= b->first + b->count)
		b = &shares->bundles[++shares->at];
	return b->shard == shares->shard;
}

int dp_selection_shard(struct dp_selection *selection, unsigned int shard, unsigned int shards,
		       struct dp_error *err)
{
	struct shares shares = { .shard = shard };
	int rc = bundle_ids(selection, &shares);

	if (!rc)
		rc = share_out(&shares, shards);
	if (!rc)
		rc = dp_selection_keep(selection, is_of_share, &shares);
	free(shares.bundles);
	return rc != -E2BIG ? rc
			    : dp_bad_input(err,
					   "a share has more than %d cells; select whole "
					   "mappings, or make more shares",
					   DP_COMMAND_WORDS);
}
