/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results of many nodes. Documents are read one after the other, and of each only what its node has
 * answered is kept: nodes with the same answers share them. So 10,000 nodes fit a few megabytes.
 *
 * An answer is the status of an id and its kind (dp_result_kind()), not how long it took. Nodes
 * that give the same answers to the same ids are a group.
 */
#ifndef DAXPIN_FLEET_H
#define DAXPIN_FLEET_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "daxpin/hostlist.h"
#include "daxpin/policy.h"

struct dp_error;
struct dp_run_record;

/* An answer to an id, which each node that gave it refers to. */
struct dp_fleet_answer {
	size_t id; /* which of fleet->texts; after the name of the run, where a node has several */
	enum dp_status status;
	bool known; /* a failure that the node's baseline has, too */
	char *kind; /* dp_result_kind() */
	char *why;  /* of the first file that has it */
	size_t file;
};

/* Answers, as places in the list of all of them. Each id has one. */
struct dp_fleet_answers {
	unsigned int *list;
	size_t count;
};

/* What a node ran on: the values that reports have columns for. */
enum dp_fleet_trait {
	DP_FLEET_KERNEL,
	DP_FLEET_PROVIDER,
	DP_FLEET_FIRMWARE,
	DP_FLEET_BIOS,
	DP_FLEET_TRAITS,
};

/* "kernel", "provider", "firmware", "bios" */
const char *dp_fleet_trait_name(enum dp_fleet_trait trait);

struct dp_fleet_node {
	char name[DP_HOST_NAME + 1];
	const struct dp_fleet_answers *answers;
	size_t traits[DP_FLEET_TRAITS]; /* which of fleet->texts; of the file that began last */
};

/* Nodes with the same answers. */
struct dp_fleet_group {
	const struct dp_fleet_answers *answers;
	struct dp_hosts nodes;
	size_t *members; /* which of fleet->nodes: as many as there are in @nodes, in their order */
	char *folded;    /* dp_hosts_fold() */
	size_t counts[DP_STATUSES];
	size_t known; /* of the failures */
};

/* A file that is not used, or only in part, and why. */
struct dp_fleet_unused {
	char *why; /* a sentence that names it */
	size_t file;
};

/* Traffic between two nodes. */
struct dp_fleet_pair {
	size_t connects, listens; /* which of fleet->texts */
	size_t file;
	int64_t began;
	size_t counts[DP_STATUSES];
	size_t known; /* of the failures */
	size_t why;   /* which of fleet->texts: the first id that makes it bad, and why; or "" */
};

struct dp_fleet {
	pthread_mutex_t mutex; /* taken by dp_fleet_add() and dp_fleet_refuse() */
	/* What is kept, each once, and found by its hash (json-c's tables). */
	struct dp_fleet_answer *all;
	size_t nall;
	char **texts;
	size_t ntexts;
	struct lh_table *by_answer, *by_answers, *by_text;

	struct dp_fleet_part *parts; /* what a file says of a node */
	size_t nparts;
	struct dp_fleet_pair *pairs; /* once grouped, of each two nodes the latest */
	size_t npairs, failed_pairs, unanswered_pairs;
	struct dp_fleet_unused *unused;
	size_t nunused;
	size_t files;     /* that were opened */
	size_t documents; /* that were understood */

	/* Once dp_fleet_group() has been called. */
	struct dp_fleet_node *nodes;
	size_t nnodes;
	struct dp_fleet_group *groups; /* the largest first */
	size_t ngroups;
	struct dp_hosts missing, unlisted; /* against the list of nodes, if there is one */
	bool listed;
	size_t failed, unanswered; /* nodes with failures; others with errors */
};

/* Return: 0 or -ENOMEM. @fleet: release with dp_fleet_clear() in any case. */
int dp_fleet_init(struct dp_fleet *fleet);

void dp_fleet_clear(struct dp_fleet *fleet);

/**
 * dp_fleet_add - add what one document says
 * @fleet: the fleet
 * @runs: the runs of the document
 * @nruns: how many
 * @name: of the file, for messages. If the runs name no node, it names it, without its folder and
 *        what follows the last dot
 * @file: number of the file: of two that say the same, the lower one counts as the first
 *
 * A document with runs of several nodes is as many parts. May be called by several threads.
 *
 * Return: 0 or -ENOMEM.
 */
int dp_fleet_add(struct dp_fleet *fleet, const struct dp_run_record *runs, size_t nruns,
		 const char *name, size_t file);

/* Notes that a file is not used. @why: a sentence that names it. Return: 0 or -ENOMEM. */
int dp_fleet_refuse(struct dp_fleet *fleet, size_t file, const char *why);

/*
 * What comes of the answers that were counted: DP_FAIL of a failure that is in no baseline,
 * otherwise DP_ERROR if one is missing, and DP_PASS. @known: of the failures
 */
static inline enum dp_status dp_fleet_status(const size_t counts[DP_STATUSES], size_t known)
{
	if (counts[DP_FAIL] > known)
		return DP_FAIL;
	return counts[DP_ERROR] ? DP_ERROR : DP_PASS;
}

/* What comes of a pair. */
static inline enum dp_status dp_fleet_pair_status(const struct dp_fleet_pair *pair)
{
	return dp_fleet_status(pair->counts, pair->known);
}

/**
 * dp_fleet_group - make nodes of the parts, and groups of the nodes
 * @fleet: all files were added
 * @listed: the nodes that there should be; put in order. NULL if that is not known
 *
 * Of several files on a node, each id has the answer of the one that began last. A file that says
 * nothing more than later ones is noted as unused.
 *
 * Return: 0 or -ENOMEM.
 */
int dp_fleet_group(struct dp_fleet *fleet, struct dp_hosts *listed);

/* One of the differences of a group from the first. */
struct dp_fleet_difference {
	const struct dp_fleet_answer *here, *there; /* one may be NULL: it has no such id */
};

/**
 * dp_fleet_differences - in which answers a group differs from the first
 * @fleet: grouped
 * @group: another group than the first
 * @list: receives them in the order of their ids; release with free()
 * @count: receives how many
 *
 * Return: 0 or -ENOMEM.
 */
int dp_fleet_differences(const struct dp_fleet *fleet, const struct dp_fleet_group *group,
			 struct dp_fleet_difference **list, size_t *count);

/**
 * dp_fleet_exit_code - of a command that has collected
 *
 * Return: 1 if a node or a pair has a failure that its baseline has not; 3 if nothing could be
 * read, if a node that is listed is missing, or if an id has no answer; otherwise 0.
 */
int dp_fleet_exit_code(const struct dp_fleet *fleet);

/* "pass (allowed)", "fail (C1 C2, oops in FUNCTION)"; @size: of @text, bytes. Return: @text. */
const char *dp_fleet_answer_text(const struct dp_fleet_answer *answer, char *text, size_t size);

/**
 * dp_fleet_read - read many files
 * @fleet: the fleet
 * @paths: files, folders whose files are read, or "-" for standard input
 * @count: how many
 * @threads: how many read at the same time
 * @err: that a folder cannot be read, or memory
 *
 * A file may have several documents, one after the other: each begins on a new line. A file that
 * cannot be read, or is none of daxpin's, is noted.
 *
 * Return: 0 or a negative errno.
 */
int dp_fleet_read(struct dp_fleet *fleet, const char *const *paths, size_t count,
		  unsigned int threads, struct dp_error *err);

/**
 * dp_fleet_read_stream - read the documents of one stream
 * @fleet: the fleet
 * @in: the stream
 * @name: its name in messages
 * @file: its number
 *
 * Return: 0 or -ENOMEM.
 */
int dp_fleet_read_stream(struct dp_fleet *fleet, FILE *in, const char *name, size_t file);

#endif
