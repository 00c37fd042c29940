// SPDX-License-Identifier: GPL-2.0-or-later
/* What is told of a group: how it differs, and on what its nodes run. */
#include "fleet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/list.h"

const char *dp_fleet_group_name(size_t number, char name[DP_GROUP_NAME])
{
	char *at = name + DP_GROUP_NAME - 1;

	*at = '\0';
	for (number++; number && at > name; number = (number - 1) / 26)
		*--at = (char)('A' + (number - 1) % 26);
	memmove(name, at, strlen(at) + 1);
	return name;
}

/* ---- changes ------------------------------------------------------------------------------ */

void dp_fleet_changes_clear(struct dp_fleet_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		free(changes->list[i].ids);
	free(changes->list);
	*changes = (struct dp_fleet_changes){ 0 };
}

static const char *id_of(const struct dp_fleet *fleet, const struct dp_fleet_difference *d)
{
	return fleet->texts[(d->here ? d->here : d->there)->id];
}

/* The length of an id without its last part. */
static size_t head_length(const char *id)
{
	const char *slash = strrchr(id, '/');

	return slash ? (size_t)(slash - id) + 1 : 0;
}

static bool same_answer(const struct dp_fleet_answer *a, const struct dp_fleet_answer *b)
{
	if (!a || !b)
		return a == b;
	return a->status == b->status && a->known == b->known && !strcmp(a->kind, b->kind);
}

static bool belong_together(const struct dp_fleet *fleet, const struct dp_fleet_difference *a,
			    const struct dp_fleet_difference *b)
{
	const char *x = id_of(fleet, a), *y = id_of(fleet, b);
	size_t len = head_length(x);

	return len == head_length(y) && !strncmp(x, y, len) && same_answer(a->here, b->here) &&
	       same_answer(a->there, b->there);
}

/* Makes one change of a difference and those after it that belong to it. They become empty. */
static int gather(const struct dp_fleet *fleet, struct dp_fleet_difference *list, size_t count,
		  struct dp_fleet_changes *changes)
{
	const struct dp_fleet_difference first = list[0];
	const char *id = id_of(fleet, &first);
	struct dp_fleet_change *change = dp_list_add(changes->list, changes->count);
	dp_autofree char *tails = NULL;
	size_t size, len = head_length(id);
	FILE *out;

	if (!change || !(out = open_memstream(&tails, &size)))
		return -ENOMEM;
	*change = (struct dp_fleet_change){ .here = first.here, .there = first.there };
	for (size_t i = 0; i < count; i++) {
		if (!list[i].here && !list[i].there)
			continue;
		if (strncmp(id_of(fleet, &list[i]), id, len) != 0)
			break;
		if (!belong_together(fleet, &first, &list[i]))
			continue;
		fprintf(out, "%s%s", change->count++ ? "," : "", id_of(fleet, &list[i]) + len);
		list[i] = (struct dp_fleet_difference){ 0 };
	}
	if (fclose(out) || asprintf(&change->ids, change->count > 1 ? "%.*s{%s}" : "%.*s%s",
				    (int)len, id, tails) < 0) {
		change->ids = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* The failures and errors of the first group, as differences from nothing. */
static int own_faults(const struct dp_fleet *fleet, const struct dp_fleet_group *group,
		      struct dp_fleet_difference **list, size_t *count)
{
	struct dp_fleet empty = *fleet;
	const struct dp_fleet_answers none = { 0 };
	struct dp_fleet_group first = { .answers = &none };
	size_t kept = 0;
	int rc;

	empty.groups = &first;
	rc = dp_fleet_differences(&empty, group, list, count);
	for (size_t i = 0; i < *count; i++)
		if ((*list)[i].here->status == DP_FAIL || (*list)[i].here->status == DP_ERROR)
			(*list)[kept++] = (*list)[i];
	*count = kept;
	return rc;
}

int dp_fleet_changes_of(const struct dp_fleet *fleet, const struct dp_fleet_group *group,
			struct dp_fleet_changes *changes)
{
	dp_autofree struct dp_fleet_difference *list = NULL;
	size_t count;
	int rc = group == fleet->groups ? own_faults(fleet, group, &list, &count)
					: dp_fleet_differences(fleet, group, &list, &count);

	for (size_t i = 0; i < count && !rc; i++)
		if (list[i].here || list[i].there)
			rc = gather(fleet, &list[i], count - i, changes);
	return rc;
}

/* ---- mixes -------------------------------------------------------------------------------- */

void dp_fleet_mixes_clear(struct dp_fleet_mixes *mixes)
{
	for (size_t i = 0; i < mixes->count; i++) {
		dp_hosts_clear(&mixes->list[i].nodes);
		free(mixes->list[i].folded);
	}
	free(mixes->list);
	*mixes = (struct dp_fleet_mixes){ 0 };
}

static int trait_order(const void *a, const void *b, void *arg)
{
	const struct dp_fleet *fleet = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	for (size_t i = 0; i < DP_FLEET_TRAITS; i++) {
		size_t p = fleet->nodes[x].traits[i], q = fleet->nodes[y].traits[i];

		if (p != q)
			return p < q ? -1 : 1;
	}
	return (x > y) - (x < y);
}

static int size_order(const void *a, const void *b)
{
	const struct dp_fleet_mix *x = a, *y = b;

	if (x->nodes.count != y->nodes.count)
		return x->nodes.count > y->nodes.count ? -1 : 1;
	return dp_host_compare(x->nodes.list[0], y->nodes.list[0]);
}

static int add_to_mix(struct dp_fleet_mixes *mixes, const struct dp_fleet_node *node)
{
	struct dp_fleet_mix *mix = mixes->count ? &mixes->list[mixes->count - 1] : NULL;

	if (!mix || memcmp(mix->traits, node->traits, sizeof(node->traits)) != 0) {
		mix = dp_list_add(mixes->list, mixes->count);
		if (!mix)
			return -ENOMEM;
		mix->traits = node->traits;
	}
	return dp_hosts_add(&mix->nodes, node->name);
}

int dp_fleet_mixes_of(const struct dp_fleet *fleet, const struct dp_fleet_group *group,
		      struct dp_fleet_mixes *mixes)
{
	size_t count = group->nodes.count;
	dp_autofree size_t *members = calloc(count + 1, sizeof(*members));
	int rc = members ? 0 : -ENOMEM;

	if (rc)
		return rc;
	memcpy(members, group->members, count * sizeof(*members));
	qsort_r(members, count, sizeof(*members), trait_order, (void *)fleet);
	for (size_t i = 0; i < count && !rc; i++)
		rc = add_to_mix(mixes, &fleet->nodes[members[i]]);
	for (size_t i = 0; i < mixes->count && !rc; i++) {
		mixes->list[i].folded = dp_hosts_fold(&mixes->list[i].nodes);
		rc = mixes->list[i].folded ? 0 : -ENOMEM;
	}
	if (!rc)
		qsort(mixes->list, mixes->count, sizeof(*mixes->list), size_order);
	return rc;
}
