/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports on fleets: what their formats share, and the writers that the formats name. */
#ifndef DAXPIN_REPORT_FLEET_H
#define DAXPIN_REPORT_FLEET_H

#include <stdio.h>

#include "daxpin/fleet.h"
#include "daxpin/report.h"

/* "A", "B", … "Z", "AA", … of the group with this number, from 0. Return: @name. */
#define DP_GROUP_NAME 16
const char *dp_fleet_group_name(size_t number, char name[DP_GROUP_NAME]);

/* What a group has in common with itself only: ids of one mapping, and their answer. */
struct dp_fleet_change {
	/* As in struct dp_fleet_difference, of the first id. Of the first group, there is NULL. */
	const struct dp_fleet_answer *here, *there;
	char *ids;    /* "check/anon/local-read", "check/anon/{local-read,local-write}" */
	size_t count; /* of ids */
};

struct dp_fleet_changes {
	struct dp_fleet_change *list;
	size_t count;
};

/*
 * Of the first group, its failures and errors; of others, in what they differ from the first.
 * Return: 0 or -ENOMEM. Release with dp_fleet_changes_clear() in any case.
 */
int dp_fleet_changes_of(const struct dp_fleet *fleet, const struct dp_fleet_group *group,
			struct dp_fleet_changes *changes);

void dp_fleet_changes_clear(struct dp_fleet_changes *changes);

/* Nodes of a group with the same kernel, adapter, firmware and BIOS. */
struct dp_fleet_mix {
	const size_t *traits; /* places of texts, for each enum dp_fleet_trait */
	struct dp_hosts nodes;
	char *folded;
};

struct dp_fleet_mixes {
	struct dp_fleet_mix *list; /* the largest first */
	size_t count;
};

/* Return: 0 or -ENOMEM. Release with dp_fleet_mixes_clear() in any case. */
int dp_fleet_mixes_of(const struct dp_fleet *fleet, const struct dp_fleet_group *group,
		      struct dp_fleet_mixes *mixes);

void dp_fleet_mixes_clear(struct dp_fleet_mixes *mixes);

/* The members "fleet" of formats. */
int dp_fleet_write_text(FILE *out, const struct dp_fleet *fleet,
			const struct dp_report_options *options);
int dp_fleet_write_json(FILE *out, const struct dp_fleet *fleet,
			const struct dp_report_options *options);
int dp_fleet_write_junit(FILE *out, const struct dp_fleet *fleet,
			 const struct dp_report_options *options);
int dp_fleet_write_html(FILE *out, const struct dp_fleet *fleet,
			const struct dp_report_options *options);
int dp_fleet_write_prom(FILE *out, const struct dp_fleet *fleet,
			const struct dp_report_options *options);

/*
 * Writes the document "daxpin-fleet/1" (docs/json.md), one group after the other: that of a fleet
 * in which every node differs is large. @put: writes one piece of it.
 */
int dp_fleet_write_document(FILE *out, const struct dp_fleet *fleet,
			    void (*put)(FILE *out, const char *json));

/* The table of nodes and mappings, where there are few nodes (fleet_table.c). */
int dp_fleet_write_table(FILE *out, const struct dp_fleet *fleet,
			 const struct dp_report_options *options);

/*
 * The nodes that are in a pair which fails or lacks an answer, in order; @nodes: release with
 * dp_hosts_clear() in any case. Return: 0 or -ENOMEM.
 */
int dp_fleet_bad_nodes(const struct dp_fleet *fleet, struct dp_hosts *nodes);

/* The matrix of pairs of nodes, where there are some that fail (fleet_pairs.c). */
int dp_fleet_write_pairs(FILE *out, const struct dp_fleet *fleet,
			 const struct dp_report_options *options);

#endif
