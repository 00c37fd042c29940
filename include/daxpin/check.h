/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "may it be pinned?": one registration for each mapping and access.
 */
#ifndef DAXPIN_CHECK_H
#define DAXPIN_CHECK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/pin.h"

struct dp_cell;
struct dp_worker_pool;
struct dp_rdma;

/* An MR access mode by its fixed name. */
struct dp_access {
	const char *name;
	unsigned int flags; /* for ibv_reg_mr(), FLUSH bits included */
	const char *what;
};

/**
 * dp_accesses - all access modes, in the order of the columns
 * @count: receives how many
 */
const struct dp_access *dp_accesses(size_t *count);

/* One cell of the matrix. */
struct dp_check {
	const struct dp_mapping *mapping;
	const struct dp_access *access;
	char id[96]; /* check/MAPPING/ACCESS */
};

/* Which questions, and on what. */
struct dp_plan {
	struct dp_check *list;
	size_t count;
};

/**
 * dp_plan_make - all cells whose id matches one of the globs
 * @only: shell patterns; one without '/' is taken for a mapping
 * @nonly: how many; none selects everything
 * @plan: receives the cells, mapping by mapping; release with dp_plan_clear()
 * @err: names the first glob that matches nothing (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_plan_make(const char *const *only, size_t nonly, struct dp_plan *plan, struct dp_error *err);

/**
 * dp_plan_take_part - keep the share of one guest in a plan that several guests carry out
 * @plan: the whole plan; receives every mapping whose number modulo @parts is @part
 * @part: the number of the guest, 0 to @parts - 1
 * @parts: how many guests share the plan
 */
void dp_plan_take_part(struct dp_plan *plan, size_t part, size_t parts);

void dp_plan_clear(struct dp_plan *plan);

/**
 * dp_size_check - whether regions of this size can be asked for
 * @size: bytes
 * @memory: physical memory of the machine that will map them, bytes
 * @err: says what is wrong with it (bad input)
 *
 * Return: 0 or -EINVAL: zero, not a multiple of the page size, or more than the machine has.
 */
int dp_size_check(uint64_t size, uint64_t memory, struct dp_error *err);

/*
 * The machine's pin counters, shared by all who ask: whoever holds the mutex is the only one to
 * register.
 */
struct dp_pin_counters {
	pthread_mutex_t mutex; /* robust and shared between processes */
	struct dp_pins pins;   /* as they were after the last question */
	bool known;
};

/*
 * Someone who asks one question after the other. The mapping stays from one question to the next if
 * they are about the same kind and nothing has changed it; that it is what its name says is shown
 * anew for each.
 */
struct dp_asker {
	const struct dp_rdma *rdma;
	const struct dp_env *env;
	struct dp_pin_counters *counters;
	const struct dp_mapping *mapping; /* that area is of, NULL without one */
	const struct dp_mapping *absent;  /* that this machine was found not to have */
	struct dp_error absence;          /* and why */
	struct dp_area area;
	struct dp_iomem iomem;       /* read when area was made */
	struct dp_error iomem_error; /* why it could not be read */
	struct dp_witness witness;   /* of the area's first byte */
	int64_t vmpin_kib;           /* VmPin after the last question */
};

/* Begins with an adapter, a machine and its counters. */
void dp_asker_init(struct dp_asker *asker, const struct dp_rdma *rdma, const struct dp_env *env,
		   struct dp_pin_counters *counters);

/**
 * dp_asker_ask - ask one question and write down what was seen
 * @asker: begun with dp_asker_init(); release with dp_asker_close()
 * @question: what to ask
 * @cell: receives the observation, whatever happened
 */
void dp_asker_ask(struct dp_asker *asker, const struct dp_check *question, struct dp_cell *cell);

/* Takes the mapping away. */
void dp_asker_close(struct dp_asker *asker);

/* How to carry out a plan. */
struct dp_check_options {
	struct dp_env env;
	const char *rdma;            /* adapter, NULL for the first */
	struct dp_worker_pool *pool; /* who stands by with the first adapter; NULL for nobody */
	uint64_t cell_limit_ms;      /* a cell that takes longer counts as stuck */
	unsigned int lanes;          /* mappings asked about at the same time; 0 for one */
	/* Called before the first question about a mapping, may be NULL. */
	int (*prepare)(const struct dp_mapping *mapping, struct dp_error *err);
	int (*misbehave)(void); /* called instead of the first cell, to test the watchers */
};

/**
 * dp_check_run - carry out a plan
 * @plan: the questions
 * @options: how
 * @fd: stream that receives the observations as they are made
 * @err: context on failure
 *
 * The questions are asked by child processes, one for each lane. If the kernel kills one (an oops
 * does) or it gets stuck, that is an observation, and another child goes on with the next question.
 *
 * Return: 0 once each question has its observation, or a negative errno if none could be asked.
 */
int dp_check_run(const struct dp_plan *plan, const struct dp_check_options *options, int fd,
		 struct dp_error *err);

#endif
