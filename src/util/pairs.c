// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A graph in which each node has D neighbours is put together from D / 2 rings over all nodes, each
 * in another random order, and from one set of pairs more if D is odd. No two of these may have a
 * pair in common. A ring has its rounds from how it is made: every other pair, then the others, and
 * of an odd number of nodes one pair that closes it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/list.h"
#include "daxpin/pairs.h"

/* So many orders are tried until one has no pair that there is already. */
#define TRIES 20000

/* What is being made. */
struct graph {
	struct dp_pairs *pairs;
	size_t nodes;
	size_t *order;
	size_t *neighbours; /* DP_PAIRS_DEGREE of each node */
	unsigned int *degrees;
	uint64_t state;
};

static void clear(struct graph *g)
{
	free(g->order);
	free(g->neighbours);
	free(g->degrees);
}

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do, also 0. */
static uint64_t next(struct graph *g)
{
	uint64_t z = g->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void shuffle(struct graph *g)
{
	for (size_t i = g->nodes; i > 1; i--) {
		size_t k = (size_t)(next(g) % i), kept = g->order[i - 1];

		g->order[i - 1] = g->order[k];
		g->order[k] = kept;
	}
}

static bool meet_already(const struct graph *g, size_t a, size_t b)
{
	for (unsigned int i = 0; i < g->degrees[a]; i++)
		if (g->neighbours[a * DP_PAIRS_DEGREE + i] == b)
			return true;
	return false;
}

static int add_pair(struct graph *g, size_t a, size_t b, unsigned int round)
{
	struct dp_pair_of *pair = dp_list_add(g->pairs->list, g->pairs->count);

	if (!pair)
		return -ENOMEM;
	*pair = (struct dp_pair_of){ a, b, round };
	g->neighbours[a * DP_PAIRS_DEGREE + g->degrees[a]++] = b;
	g->neighbours[b * DP_PAIRS_DEGREE + g->degrees[b]++] = a;
	return 0;
}

/* The other node of the pair that begins at this place of the order. */
static size_t after(const struct graph *g, size_t i)
{
	return g->order[(i + 1) % g->nodes];
}

/* @step: 1 for a ring, 2 for pairs that have no node in common */
static bool is_new(const struct graph *g, size_t step)
{
	for (size_t i = 0; i < g->nodes; i += step)
		if (meet_already(g, g->order[i], after(g, i)))
			return false;
	return true;
}

static int add_pairs(struct graph *g, size_t first, size_t end)
{
	unsigned int round = ++g->pairs->rounds;
	int rc = 0;

	for (size_t i = first; i < end && !rc; i += 2)
		rc = add_pair(g, g->order[i], after(g, i), round);
	return rc;
}

static int add_ring(struct graph *g)
{
	size_t even = g->nodes & ~(size_t)1;
	int rc = add_pairs(g, 0, even);

	/* Of two nodes, the way back is the same pair. */
	if (!rc && g->nodes > 2)
		rc = add_pairs(g, 1, even);
	return !rc && g->nodes % 2 ? add_pairs(g, g->nodes - 1, g->nodes) : rc;
}

/* Puts the nodes in an order that has no pair which there is already. */
static bool find_order(struct graph *g, size_t step)
{
	for (int i = 0; i < TRIES; i++) {
		shuffle(g);
		if (is_new(g, step))
			return true;
	}
	return false;
}

static int make(struct graph *g, unsigned int degree, struct dp_error *err)
{
	int rc = 0;

	if (degree == 2)
		return add_ring(g);
	for (unsigned int left = degree; left && !rc; left -= left > 1 ? 2 : 1) {
		if (!find_order(g, left > 1 ? 1 : 2))
			return dp_bad_input(err,
					    "no graph was found in which %zu nodes have %u "
					    "others each: choose fewer",
					    g->nodes, degree);
		rc = left > 1 ? add_ring(g) : add_pairs(g, 0, g->nodes);
	}
	return rc;
}

static int check(size_t nodes, unsigned int degree, struct dp_error *err)
{
	if (nodes < 2)
		return dp_bad_input(err, "a pair takes two nodes");
	if (nodes == 2 && degree <= 2)
		return 0;
	if (degree >= nodes)
		return dp_bad_input(err, "%zu nodes have no %u others each", nodes, degree);
	if (nodes % 2 && degree % 2)
		return dp_bad_input(err,
				    "of an odd number of nodes (%zu), each has an even number "
				    "of others",
				    nodes);
	return 0;
}

int dp_pairs_make(size_t nodes, unsigned int degree, uint64_t seed, struct dp_pairs *pairs,
		  struct dp_error *err)
{
	dp_cleanup(clear) struct graph g = { .pairs = pairs, .nodes = nodes, .state = seed };
	int rc = check(nodes, degree, err);

	*pairs = (struct dp_pairs){ 0 };
	if (rc)
		return rc;
	g.order = calloc(nodes, sizeof(*g.order));
	g.neighbours = calloc(nodes * DP_PAIRS_DEGREE, sizeof(*g.neighbours));
	g.degrees = calloc(nodes, sizeof(*g.degrees));
	if (!g.order || !g.neighbours || !g.degrees)
		return -ENOMEM;
	for (size_t i = 0; i < nodes; i++)
		g.order[i] = i;
	rc = make(&g, degree, err);
	if (rc)
		dp_pairs_clear(pairs);
	return rc;
}

void dp_pairs_clear(struct dp_pairs *pairs)
{
	free(pairs->list);
	*pairs = (struct dp_pairs){ 0 };
}

void dp_pairs_write(FILE *out, const struct dp_pairs *pairs, const struct dp_hosts *hosts)
{
	for (size_t i = 0; i < pairs->count; i++)
		fprintf(out, "%u %s %s\n", pairs->list[i].round,
			hosts->list[pairs->list[i].listens], hosts->list[pairs->list[i].connects]);
}
