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
#include "daxpin/steps.h"
#include "daxpin/witness.h"

struct dp_cell;
struct json_object;
struct dp_reading;
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

/*
 * Somebody else who pins, in place of ibv_reg_mr() on the adapter of whoever asks (pinner.h). What
 * is open is @held: the pinner's own, for one process.
 */
struct dp_means {
	/*
	 * Makes it ready to pin. @rdma: the adapter that this process has open, or NULL. Return: 0,
	 * DP_SKIP with the reason if this machine or kernel has no such pinner, or a negative
	 * errno.
	 */
	int (*open)(const struct dp_rdma *rdma, bool guest, void **held, struct dp_error *err);
	/* Pins a region. @flags: of struct dp_access. Return: 0, or the errno that refuses it. */
	int (*pin)(void *held, const struct dp_area *area, unsigned int flags);
	/* Gives the region back; nothing is pinned is no error. Return: 0 or a negative errno. */
	int (*unpin)(void *held);
	void (*close)(void *held);
	bool deferred; /* its pages are given back a little later, by a worker of the kernel's */
};

/* One cell of the matrix. */
struct dp_check {
	const struct dp_mapping *mapping;
	const struct dp_access *access;
	const struct dp_means *by; /* who pins; NULL for ibv_reg_mr() */
	char id[96];               /* check/MAPPING/ACCESS, or pinner/MAPPING/PINNER/ACCESS */
};

/* The checks that are carried out. */
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

/* Copies a plan; release with dp_plan_clear(). Return: 0 or -ENOMEM. */
int dp_plan_copy(const struct dp_plan *plan, struct dp_plan *copy);

/**
 * dp_plan_take_part - keep the share of one guest in a plan that several guests carry out
 * @plan: the whole plan; receives every mapping whose number modulo @parts is @part
 * @part: the number of the guest, 0 to @parts - 1
 * @parts: how many guests share the plan
 */
void dp_plan_take_part(struct dp_plan *plan, size_t part, size_t parts);

/**
 * dp_plan_take_wide - keep what one of daxpin's two machines is asked
 * @plan: the whole plan
 * @wide: keep mappings that need the wide machine, or all others
 */
void dp_plan_take_wide(struct dp_plan *plan, bool wide);

/* How many are of what only other carriers than daxpin's own have; and leaves these out. */
size_t dp_plan_carried(const struct dp_plan *plan);
void dp_plan_leave_carried(struct dp_plan *plan);

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
 * The machine's pin counters, shared by all processes that ask. Only the holder of the counters
 * lock registers.
 */
struct dp_pin_counters {
	pthread_mutex_t mutex; /* robust and shared between processes */
	struct dp_pins pins;   /* as they were after the last question */
	bool known;
};

/*
 * The state of a process that asks one question after the other. The mapping is kept for the next
 * question if that is about the same kind and nothing has changed it. The proof that it is what its
 * name says is made for each question.
 */
struct dp_asker {
	const struct dp_rdma *rdma; /* NULL if nothing is asked that needs one */
	const struct dp_env *env;
	struct dp_pin_counters *counters;
	const struct dp_mapping *mapping; /* the kind of area, NULL if none is mapped */
	const struct dp_mapping *absent;  /* a kind that this machine does not have */
	struct dp_error absence;          /* the reason for that */
	const struct dp_means *means;     /* who is open to pin, NULL if only the adapter is */
	void *held;                       /* by it */
	struct dp_area area;
	bool pfnmap;                  /* area has no struct pages; told of DP_POPULATE_NONE only */
	struct dp_iomem iomem;        /* as read when area was mapped */
	struct dp_error iomem_error;  /* why it could not be read */
	struct dp_witness witness;    /* for the first byte of area */
	int64_t vmpin_kib;            /* VmPin after the last question */
	struct dp_reading *reading;   /* of the witness, NULL without one */
	char unwitnessed[128];        /* why there is none, or "" */
	enum dp_witness_level level;  /* what is wanted of it */
	char ungraphed[160];          /* why there is no function graph, or "" */
	struct json_object *trace;    /* the events of the last registration, or NULL */
	volatile enum dp_step *doing; /* receives where it is, DP_STEPS between steps; or NULL */
	/* Called at the step of the registration, to test how failures are handled; or NULL. */
	void (*misbehave)(const struct dp_area *area);
};

/* Initialises it with an adapter, a machine and its counters. */
void dp_asker_init(struct dp_asker *asker, const struct dp_rdma *rdma, const struct dp_env *env,
		   struct dp_pin_counters *counters);

/**
 * dp_asker_ask - ask one question and record the observation
 * @asker: initialised by dp_asker_init(); release with dp_asker_close()
 * @question: the check
 * @cell: receives the observation, whatever happened
 */
void dp_asker_ask(struct dp_asker *asker, const struct dp_check *question, struct dp_cell *cell);

/* Unmaps the area, and releases what else it holds. */
void dp_asker_close(struct dp_asker *asker);

/* How to carry out a plan. */
struct dp_check_options {
	struct dp_env env;
	const char *rdma;              /* adapter, NULL for the first */
	struct dp_worker_pool *pool;   /* workers that have opened the first adapter, or NULL */
	uint64_t cell_limit_ms;        /* a check that takes longer is given up */
	enum dp_witness_level witness; /* what is told of the kernel's inside */
	/*
	 * On a host the witness is armed for the run. In a guest it was, before, in this process or
	 * one that it was forked from.
	 */
	struct dp_reading *reading; /* NULL if it is not armed */
	const char *unwitnessed;    /* why, in a guest */
	unsigned int lanes;         /* mappings that are checked at the same time; 0 for one */
	/* Called before each check of a mapping, may be NULL. */
	int (*prepare)(const struct dp_mapping *mapping, struct dp_error *err);
	/* Called before each registration, to test how failures are handled; may be NULL. */
	void (*misbehave)(const struct dp_area *area);
};

/**
 * dp_check_run - carry out a plan
 * @plan: the checks
 * @options: how
 * @fd: stream that receives the observations as they are made
 * @err: context on failure
 *
 * Worker processes ask, one for each lane. A worker that the kernel kills (as an oops does), or
 * that gets stuck, is an observation, too, and another worker goes on with the next check.
 *
 * Return: 0 once each check has its observation, or a negative errno if none could be asked.
 */
int dp_check_run(const struct dp_plan *plan, const struct dp_check_options *options, int fd,
		 struct dp_error *err);

#endif
