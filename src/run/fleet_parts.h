/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_RUN_FLEET_PARTS_H
#define DAXPIN_RUN_FLEET_PARTS_H

#include "daxpin/fleet.h"

/* What one file says of one node. Node and file are places of texts. */
struct dp_fleet_part {
	size_t node, name;
	size_t file;
	int64_t began;
	const struct dp_fleet_answers *answers;
	size_t traits[DP_FLEET_TRAITS];
};

/* An answer, as it is read. */
struct dp_fleet_said {
	const char *id, *kind, *why;
	enum dp_status status;
	bool known;
	size_t file;
};

/* Each finds what is kept, or keeps it. Return: 0 or -ENOMEM. */
int dp_fleet_keep_text(struct dp_fleet *fleet, const char *text, size_t *place);
int dp_fleet_keep_answer(struct dp_fleet *fleet, const struct dp_fleet_said *said,
			 unsigned int *place);

/* The same of answers, which it puts in order. Return: NULL without memory. */
const struct dp_fleet_answers *dp_fleet_keep_answers(struct dp_fleet *fleet,
						     struct dp_fleet_answers *answers);

/* Cuts out of a document, or of JSON Lines, what a fleet does not ask for. @text: changed. */
void dp_fleet_prune(char *text);

struct dp_run_record;

/* Keeps a run of traffic with another node, which is no answer of the node alone. */
int dp_fleet_keep_pair(struct dp_fleet *fleet, const struct dp_run_record *run,
		       const struct dp_fleet_part *part);

/* Of several runs of a pair, keeps the latest. */
void dp_fleet_settle_pairs(struct dp_fleet *fleet);

#endif
