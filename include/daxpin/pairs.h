/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which nodes exchange data with which: not each with each, but so many that a bad link or a bad
 * node shows. In rounds, in each of which a node is in one pair at most, so that the pairs of a
 * round can run at the same time.
 */
#ifndef DAXPIN_PAIRS_H
#define DAXPIN_PAIRS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "daxpin/hostlist.h"

struct dp_error;

/* More neighbours than that are hardly needed to tell a node from its links. */
#define DP_PAIRS_DEGREE 16

/* Two nodes, as places in the list. */
struct dp_pair_of {
	size_t listens, connects;
	unsigned int round; /* from 1 */
};

struct dp_pairs {
	struct dp_pair_of *list; /* round by round */
	size_t count;
	unsigned int rounds;
};

/**
 * dp_pairs_make - make a schedule
 * @nodes: how many there are
 * @degree: how many others each node meets. 2: its neighbours in the list, as in a ring. More: a
 *          random graph, in which each node has as many. Of an odd number of nodes, each has an
 *          even number of others
 * @seed: of a random graph; the same gives the same
 * @pairs: receives it; release with dp_pairs_clear()
 * @err: that there is no such graph (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_pairs_make(size_t nodes, unsigned int degree, uint64_t seed, struct dp_pairs *pairs,
		  struct dp_error *err);

void dp_pairs_clear(struct dp_pairs *pairs);

/* Writes a line for each pair: its round, the node that listens, and the one that connects. */
void dp_pairs_write(FILE *out, const struct dp_pairs *pairs, const struct dp_hosts *hosts);

#endif
