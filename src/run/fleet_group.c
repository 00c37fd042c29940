// SPDX-License-Identifier: GPL-2.0-or-later
/* From the parts of a fleet to its nodes, and from these to groups that answer the same. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet_parts.h"

#include "daxpin/cleanup.h"
#include "daxpin/list.h"

/* ---- nodes -------------------------------------------------------------------------------- */

/* Those of a node follow each other, the one that began last first. */
static int by_node_and_time(const void *a, const void *b)
{
	const struct dp_fleet_part *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	if (x->began != y->began)
		return x->began > y->began ? -1 : 1;
	return (x->file > y->file) - (x->file < y->file);
}

/* One answer of a node of which there are several parts. */
struct claim {
	size_t id, part;
	unsigned int answer;
};

static int by_id_and_part(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->part > y->part) - (x->part < y->part);
}

static int refuse_part(struct dp_fleet *fleet, const struct dp_fleet_part *part,
		       const struct dp_fleet_part *newest)
{
	char why[768];

	snprintf(why, sizeof(why),
		 "%.300s says nothing of %s that others do not say, such as %.300s%s",
		 fleet->texts[part->name], fleet->texts[part->node], fleet->texts[newest->name],
		 part->began < newest->began ? ", which began later" : "");
	return dp_fleet_refuse(fleet, part->file, why);
}

/* Takes the first claim of each id. @used: receives which parts have one of these */
static int settle(struct dp_fleet *fleet, struct claim *claims, size_t count, bool *used,
		  struct dp_fleet_node *node)
{
	struct dp_fleet_answers all = { calloc(count + 1, sizeof(*all.list)), 0 };

	if (!all.list)
		return -ENOMEM;
	if (count)
		qsort(claims, count, sizeof(*claims), by_id_and_part);
	for (size_t i = 0; i < count; i++) {
		if (i && claims[i].id == claims[i - 1].id)
			continue;
		all.list[all.count++] = claims[i].answer;
		used[claims[i].part] = true;
	}
	node->answers = dp_fleet_keep_answers(fleet, &all);
	free(all.list);
	return node->answers ? 0 : -ENOMEM;
}

/* @parts: of one node */
static int merge_parts(struct dp_fleet *fleet, const struct dp_fleet_part *parts, size_t count,
		       struct dp_fleet_node *node)
{
	dp_autofree bool *used = calloc(count, sizeof(*used));
	dp_autofree struct claim *claims = NULL;
	size_t nclaims = 0, room = 1;
	int rc;

	for (size_t i = 0; i < count; i++)
		room += parts[i].answers->count;
	claims = calloc(room, sizeof(*claims));
	if (!claims || !used)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < parts[i].answers->count; k++) {
			unsigned int answer = parts[i].answers->list[k];

			claims[nclaims++] = (struct claim){ fleet->all[answer].id, i, answer };
		}
	rc = settle(fleet, claims, nclaims, used, node);
	for (size_t i = 1; i < count && !rc; i++)
		/* One on traffic with another node has none. */
		if (!used[i] && parts[i].answers->count)
			rc = refuse_part(fleet, &parts[i], &parts[0]);
	return rc;
}

static int make_node(struct dp_fleet *fleet, const struct dp_fleet_part *parts, size_t count)
{
	struct dp_fleet_node *node = &fleet->nodes[fleet->nnodes++];

	snprintf(node->name, sizeof(node->name), "%.*s", DP_HOST_NAME, fleet->texts[parts[0].node]);
	memcpy(node->traits, parts[0].traits, sizeof(node->traits));
	node->answers = parts[0].answers;
	return count > 1 ? merge_parts(fleet, parts, count, node) : 0;
}

static int node_order(const void *a, const void *b)
{
	return dp_host_compare(((const struct dp_fleet_node *)a)->name,
			       ((const struct dp_fleet_node *)b)->name);
}

static int make_nodes(struct dp_fleet *fleet)
{
	int rc = 0;

	fleet->nodes = calloc(fleet->nparts + 1, sizeof(*fleet->nodes));
	if (!fleet->nodes)
		return -ENOMEM;
	if (fleet->nparts)
		qsort(fleet->parts, fleet->nparts, sizeof(*fleet->parts), by_node_and_time);
	for (size_t i = 0, n; i < fleet->nparts && !rc; i += n) {
		for (n = 1;
		     i + n < fleet->nparts && fleet->parts[i + n].node == fleet->parts[i].node;)
			n++;
		rc = make_node(fleet, &fleet->parts[i], n);
	}
	if (!rc && fleet->nnodes)
		qsort(fleet->nodes, fleet->nnodes, sizeof(*fleet->nodes), node_order);
	return rc;
}

/* ---- groups ------------------------------------------------------------------------------- */

static int by_answers(const void *a, const void *b, void *arg)
{
	const struct dp_fleet_node *nodes = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (nodes[x].answers != nodes[y].answers)
		return (uintptr_t)nodes[x].answers < (uintptr_t)nodes[y].answers ? -1 : 1;
	return (x > y) - (x < y);
}

static void count_answers(const struct dp_fleet *fleet, struct dp_fleet_group *group)
{
	for (size_t i = 0; i < group->answers->count; i++) {
		const struct dp_fleet_answer *answer = &fleet->all[group->answers->list[i]];

		group->counts[answer->status]++;
		group->known += answer->status == DP_FAIL && answer->known;
	}
}

/* @list: which nodes */
static int make_group(struct dp_fleet *fleet, const size_t *list, size_t count)
{
	struct dp_fleet_group *group = dp_list_add(fleet->groups, fleet->ngroups);
	int rc = 0;

	if (!group)
		return -ENOMEM;
	group->answers = fleet->nodes[list[0]].answers;
	group->members = calloc(count, sizeof(*group->members));
	if (!group->members)
		return -ENOMEM;
	memcpy(group->members, list, count * sizeof(*list));
	for (size_t i = 0; i < count && !rc; i++)
		rc = dp_hosts_add(&group->nodes, fleet->nodes[list[i]].name);
	group->folded = rc ? NULL : dp_hosts_fold(&group->nodes);
	count_answers(fleet, group);
	return group->folded ? 0 : -ENOMEM;
}

/* The largest is the first; of several as large, the one that fails least. */
static int group_order(const void *a, const void *b)
{
	const struct dp_fleet_group *x = a, *y = b;

	if (x->nodes.count != y->nodes.count)
		return x->nodes.count > y->nodes.count ? -1 : 1;
	if (x->counts[DP_FAIL] != y->counts[DP_FAIL])
		return x->counts[DP_FAIL] < y->counts[DP_FAIL] ? -1 : 1;
	return dp_host_compare(x->nodes.list[0], y->nodes.list[0]);
}

static int make_groups(struct dp_fleet *fleet)
{
	dp_autofree size_t *list = calloc(fleet->nnodes + 1, sizeof(*list));
	const struct dp_fleet_node *nodes = fleet->nodes;
	int rc = list ? 0 : -ENOMEM;

	for (size_t i = 0; list && i < fleet->nnodes; i++)
		list[i] = i;
	if (list && fleet->nnodes)
		qsort_r(list, fleet->nnodes, sizeof(*list), by_answers, fleet->nodes);
	for (size_t i = 0, n; i < fleet->nnodes && !rc; i += n) {
		for (n = 1;
		     i + n < fleet->nnodes && nodes[list[i + n]].answers == nodes[list[i]].answers;)
			n++;
		rc = make_group(fleet, &list[i], n);
	}
	if (!rc && fleet->ngroups)
		qsort(fleet->groups, fleet->ngroups, sizeof(*fleet->groups), group_order);
	return rc;
}

static bool is_there(const struct dp_fleet *fleet, const char *name)
{
	struct dp_fleet_node key;

	snprintf(key.name, sizeof(key.name), "%s", name);
	return fleet->nnodes && bsearch(&key, fleet->nodes, fleet->nnodes, sizeof(key), node_order);
}

static int hold_against(struct dp_fleet *fleet, struct dp_hosts *listed)
{
	int rc = 0;

	if (!listed)
		return 0;
	fleet->listed = true;
	dp_hosts_sort(listed);
	for (size_t i = 0; i < listed->count && !rc; i++)
		if (!is_there(fleet, listed->list[i]))
			rc = dp_hosts_add(&fleet->missing, listed->list[i]);
	for (size_t i = 0; i < fleet->nnodes && !rc; i++)
		if (!dp_hosts_have(listed, fleet->nodes[i].name))
			rc = dp_hosts_add(&fleet->unlisted, fleet->nodes[i].name);
	return rc;
}

static int by_file(const void *a, const void *b)
{
	const struct dp_fleet_unused *x = a, *y = b;

	return x->file != y->file ? (x->file > y->file) - (x->file < y->file)
				  : strcmp(x->why, y->why);
}

int dp_fleet_group(struct dp_fleet *fleet, struct dp_hosts *listed)
{
	int rc = make_nodes(fleet);

	if (!rc)
		rc = make_groups(fleet);
	if (!rc)
		rc = hold_against(fleet, listed);
	dp_fleet_settle_pairs(fleet);
	if (fleet->nunused)
		qsort(fleet->unused, fleet->nunused, sizeof(*fleet->unused), by_file);
	for (size_t i = 0; i < fleet->ngroups; i++) {
		const struct dp_fleet_group *group = &fleet->groups[i];
		enum dp_status status = dp_fleet_status(group->counts, group->known);

		fleet->failed += status == DP_FAIL ? group->nodes.count : 0;
		fleet->unanswered += status == DP_ERROR ? group->nodes.count : 0;
	}
	return rc;
}

int dp_fleet_exit_code(const struct dp_fleet *fleet)
{
	if (fleet->failed || fleet->failed_pairs)
		return 1;
	return !fleet->nnodes || fleet->missing.count || fleet->unanswered ||
			       fleet->unanswered_pairs
		       ? 3
		       : 0;
}

/* ---- differences -------------------------------------------------------------------------- */

static int difference_order(const void *a, const void *b, void *arg)
{
	const struct dp_fleet *fleet = arg;
	const struct dp_fleet_difference *x = a, *y = b;

	return strcmp(fleet->texts[(x->here ? x->here : x->there)->id],
		      fleet->texts[(y->here ? y->here : y->there)->id]);
}

/* Both have their answers in the order of the places of ids. */
static size_t compare_answers(const struct dp_fleet *fleet, const struct dp_fleet_answers *here,
			      const struct dp_fleet_answers *there,
			      struct dp_fleet_difference *list)
{
	size_t count = 0, i = 0, k = 0;

	while (i < here->count || k < there->count) {
		const struct dp_fleet_answer *a =
			i < here->count ? &fleet->all[here->list[i]] : NULL;
		const struct dp_fleet_answer *b =
			k < there->count ? &fleet->all[there->list[k]] : NULL;

		if (!b || (a && a->id < b->id))
			b = NULL;
		else if (!a || b->id < a->id)
			a = NULL;
		i += a != NULL;
		k += b != NULL;
		if (a != b)
			list[count++] = (struct dp_fleet_difference){ a, b };
	}
	return count;
}

int dp_fleet_differences(const struct dp_fleet *fleet, const struct dp_fleet_group *group,
			 struct dp_fleet_difference **list, size_t *count)
{
	const struct dp_fleet_answers *there = fleet->groups[0].answers;

	*count = 0;
	*list = calloc(group->answers->count + there->count + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	*count = compare_answers(fleet, group->answers, there, *list);
	qsort_r(*list, *count, sizeof(**list), difference_order, (void *)fleet);
	return 0;
}
