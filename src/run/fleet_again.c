// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Most nodes answer the same. What is left of their documents (fleet_prune.c) then differs in two
 * values only: the name of the node, and when the run began. Such a document is told by its text
 * from the one before it, and need not be read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet_parts.h"

#include "daxpin/list.h"
#include "daxpin/run.h"

/* The two values, as they must be written: a text without escapes, and a number above zero. */
struct values {
	char node[DP_HOST_NAME + 1];
	int64_t began;
};

static bool read_values(const char *text, const struct dp_fleet_marks *marks, struct values *values)
{
	const struct dp_fleet_span *node = &marks->node, *began = &marks->began;
	const char *number = text + began->at;

	if (marks->several || node->len < 3 || node->len - 2 >= sizeof(values->node) ||
	    text[node->at] != '"')
		return false;
	snprintf(values->node, sizeof(values->node), "%.*s", (int)node->len - 2,
		 text + node->at + 1);
	if (!began->len || began->len > 18 || number[0] == '0' ||
	    strspn(number, "0123456789") != began->len)
		return false;
	values->began = strtoll(number, NULL, 10);
	return dp_host_valid(values->node);
}

static size_t end_of(const struct dp_fleet_span *span)
{
	return span->at + span->len;
}

/* The one that comes first, or the other one. */
static const struct dp_fleet_span *span_of(const struct dp_fleet_marks *marks, bool first)
{
	return (marks->node.at < marks->began.at) == first ? &marks->node : &marks->began;
}

/* Whether two documents are the same but for these values. */
static bool is_same_text(const char *a, const struct dp_fleet_marks *a_marks, const char *b,
			 const struct dp_fleet_marks *b_marks)
{
	const struct dp_fleet_span *a1 = span_of(a_marks, true), *a2 = span_of(a_marks, false);
	const struct dp_fleet_span *b1 = span_of(b_marks, true), *b2 = span_of(b_marks, false);
	size_t between = a2->at - end_of(a1);

	return a1->at == b1->at && !memcmp(a, b, a1->at) && between == b2->at - end_of(b1) &&
	       !memcmp(a + end_of(a1), b + end_of(b1), between) &&
	       !strcmp(a + end_of(a2), b + end_of(b2));
}

static int add_part(struct dp_fleet *fleet, const struct dp_fleet_before *before,
		    const struct values *values, const char *name, size_t file)
{
	struct dp_fleet_part part = before->part, *added;
	int rc = dp_fleet_keep_text(fleet, values->node, &part.node);

	if (!rc)
		rc = dp_fleet_keep_text(fleet, name, &part.name);
	if (rc)
		return rc;
	part.file = file;
	part.began = values->began;
	added = dp_list_add(fleet->parts, fleet->nparts);
	if (!added)
		return -ENOMEM;
	*added = part;
	fleet->documents++;
	return 1;
}

int dp_fleet_add_again(struct dp_fleet *fleet, const struct dp_fleet_before *before,
		       const char *text, const struct dp_fleet_marks *marks, const char *name,
		       size_t file)
{
	struct values values;
	int rc;

	if (!before->usable || !read_values(text, marks, &values) ||
	    !is_same_text(before->text, &before->marks, text, marks))
		return 0;
	pthread_mutex_lock(&fleet->mutex);
	rc = add_part(fleet, before, &values, name, file);
	pthread_mutex_unlock(&fleet->mutex);
	return rc;
}

/* Other threads may have added parts, but none of this file. */
static struct dp_fleet_part part_of(struct dp_fleet *fleet, size_t file)
{
	struct dp_fleet_part part;
	size_t i;

	pthread_mutex_lock(&fleet->mutex);
	for (i = fleet->nparts - 1; fleet->parts[i].file != file;)
		i--;
	part = fleet->parts[i];
	pthread_mutex_unlock(&fleet->mutex);
	return part;
}

void dp_fleet_remember(struct dp_fleet *fleet, struct dp_fleet_before *before,
		       const struct dp_run_record *runs, size_t nruns, char **text, size_t *room,
		       const struct dp_fleet_marks *marks, size_t file)
{
	char *unused = before->text;
	size_t unused_room = before->room;
	struct values values;

	/* The marks may be of members that mean something else. */
	before->usable = nruns == 1 && !runs->peer[0] && read_values(*text, marks, &values) &&
			 !strcmp(values.node, runs->node) && values.began == runs->began;
	if (!before->usable)
		return;
	before->text = *text;
	before->room = *room;
	before->marks = *marks;
	before->part = part_of(fleet, file);
	*text = unused;
	*room = unused_room;
}
