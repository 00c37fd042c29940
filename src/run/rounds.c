// SPDX-License-Identifier: GPL-2.0-or-later
/* An id that was asked in several rounds: its answers are one result, and each is kept. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/results.h"

/* The first round that gave the worst answer; of several as bad, the one that came most often. */
static const struct dp_result *worst_round(const struct dp_result *r, bool known)
{
	dp_cleanup(dp_answers_clear) struct dp_answers answers = { 0 };
	size_t first = 0;

	if (dp_answers_of(r, &answers))
		return &r->rounds[0];
	while (known && first < answers.count && answers.list[first].status == DP_FAIL)
		first++;
	if (first == answers.count || (known && answers.list[first].status != DP_ERROR))
		first = 0;
	for (size_t i = 0; i < r->nrounds; i++) {
		char kind[sizeof(answers.list->kind)];

		dp_result_kind(&r->rounds[i], kind, sizeof(kind));
		if (r->rounds[i].status == answers.list[first].status &&
		    !strcmp(kind, answers.list[first].kind))
			return &r->rounds[i];
	}
	return &r->rounds[0];
}

void dp_result_fold(struct dp_result *r, bool known)
{
	struct dp_result *rounds = r->rounds;
	size_t nrounds = r->nrounds;
	const struct dp_result *worst = worst_round(r, known);

	r->rounds = NULL;
	r->nrounds = 0;
	dp_result_clear(r);
	*r = *worst;
	json_object_get(r->facts);
	json_object_get(r->evidence);
	json_object_get(r->kernel);
	json_object_get(r->steps);
	json_object_get(r->trace);
	r->round = 0;
	r->rounds = rounds;
	r->nrounds = nrounds;
}

const struct dp_result *dp_result_round(const struct dp_result *r, unsigned int round)
{
	for (size_t i = 0; i < r->nrounds; i++)
		if (r->rounds[i].round == round)
			return &r->rounds[i];
	return NULL;
}

static int add_missing(struct dp_result *r, unsigned int repeat)
{
	struct dp_result *grown, *missing;
	unsigned int first = 1;

	grown = reallocarray(r->rounds, r->nrounds + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	r->rounds = grown;
	while (dp_result_round(r, first))
		first++;
	missing = &grown[r->nrounds];
	*missing = (struct dp_result){ .status = DP_ERROR, .round = first, .missing = true };
	memcpy(missing->id, r->id, sizeof(missing->id));
	snprintf(missing->why, sizeof(missing->why),
		 "not observed: round %u (it was to be asked %u times, and has %zu answers)", first,
		 repeat, r->nrounds);
	r->nrounds++;
	return 0;
}

int dp_result_complete(struct dp_result *r, unsigned int repeat)
{
	int rc = r->nrounds < repeat ? add_missing(r, repeat) : 0;

	if (!rc)
		dp_result_fold(r, false);
	return rc;
}

/* Where a round is in the run. */
struct place {
	struct dp_result *result;
};

/* Those of one id follow each other, in the order of their rounds. */
static int by_id_and_round(const void *a, const void *b)
{
	const struct dp_result *x = ((const struct place *)a)->result;
	const struct dp_result *y = ((const struct place *)b)->result;
	int by_id = strcmp(x->id, y->id);

	return by_id ? by_id : (x->round > y->round) - (x->round < y->round);
}

/* @list: the rounds of one id. They move to the one that was the first of them in the run. */
static int gather(const struct place *list, size_t count, unsigned int repeat)
{
	struct dp_result *rounds = calloc(count, sizeof(*rounds)), *first = list[0].result;

	if (!rounds)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		first = list[i].result < first ? list[i].result : first;
		rounds[i] = *list[i].result;
		*list[i].result = (struct dp_result){ 0 };
	}
	first->rounds = rounds;
	first->nrounds = count;
	memcpy(first->id, rounds[0].id, sizeof(first->id));
	return dp_result_complete(first, repeat);
}

/* What was gathered has no id any more. */
static void close_gaps(struct dp_run_record *run)
{
	size_t kept = 0;

	for (size_t i = 0; i < run->count; i++)
		if (run->results[i].id[0])
			run->results[kept++] = run->results[i];
	run->count = kept;
}

int dp_run_fold(struct dp_run_record *run)
{
	dp_autofree struct place *list = calloc(run->count + 1, sizeof(*list));
	size_t count = 0;
	int rc = list ? 0 : -ENOMEM;

	for (size_t i = 0; list && i < run->count; i++)
		if (run->results[i].round)
			list[count++].result = &run->results[i];
	if (list)
		qsort(list, count, sizeof(*list), by_id_and_round);
	for (size_t i = 0, n; i < count && !rc; i += n) {
		for (n = 1; i + n < count && !strcmp(list[i].result->id, list[i + n].result->id);)
			n++;
		rc = gather(&list[i], n, run->repeat);
	}
	close_gaps(run);
	return rc;
}
