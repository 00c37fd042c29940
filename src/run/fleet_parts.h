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

/* Where the value of a member is in a text; no length: there is no such member. */
struct dp_fleet_span {
	size_t at, len;
};

/* The members in which documents of nodes that answer the same differ. */
struct dp_fleet_marks {
	struct dp_fleet_span node, began;
	bool several; /* one of them is there several times */
};

/*
 * Cuts out of a document, or of JSON Lines, what a fleet does not ask for. @text: changed. @marks:
 * receives where what differs is in it.
 */
void dp_fleet_prune(char *text, struct dp_fleet_marks *marks);

/* The document that was read before, by whoever reads. */
struct dp_fleet_before {
	bool usable; /* the next one may be told by it */
	char *text;
	size_t room;
	struct dp_fleet_marks marks;
	struct dp_fleet_part part; /* what it says */
};

/**
 * dp_fleet_add_again - add a document that says of another node what the one before said
 * @fleet: the fleet
 * @before: the one before
 * @text: the document, pruned
 * @marks: what differs in it
 * @name: of its file
 * @file: number of its file, not less than that of the one before
 *
 * Return: 1 if it was added, 0 if it says something else, or -ENOMEM.
 */
int dp_fleet_add_again(struct dp_fleet *fleet, const struct dp_fleet_before *before,
		       const char *text, const struct dp_fleet_marks *marks, const char *name,
		       size_t file);

struct dp_run_record;

/**
 * dp_fleet_remember - after dp_fleet_add(): what the next document may be told by
 * @fleet: the fleet
 * @before: becomes the document
 * @runs: what was read from it
 * @nruns: how many
 * @text: the document, pruned; exchanged for memory that @before has no use for any more
 * @room: its size, bytes; exchanged, too
 * @marks: what differs in it
 * @file: number of its file
 */
void dp_fleet_remember(struct dp_fleet *fleet, struct dp_fleet_before *before,
		       const struct dp_run_record *runs, size_t nruns, char **text, size_t *room,
		       const struct dp_fleet_marks *marks, size_t file);

struct dp_run_record;

/* Keeps a run of traffic with another node, which is no answer of the node alone. */
int dp_fleet_keep_pair(struct dp_fleet *fleet, const struct dp_run_record *run,
		       const struct dp_fleet_part *part);

/* Of several runs of a pair, keeps the latest. */
void dp_fleet_settle_pairs(struct dp_fleet *fleet);

#endif
