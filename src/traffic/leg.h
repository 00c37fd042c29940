/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A leg: a case over one route, with the mapping under test at the remote end (the target of the
 * operation) or at the local end (its source), pinned or paged on demand.
 */
#ifndef DAXPIN_TRAFFIC_LEG_H
#define DAXPIN_TRAFFIC_LEG_H

#include "drive.h"
#include "ledger.h"

#include "daxpin/steps.h"

/* A region, as the driving end knows it. */
struct dp_region {
	struct dp_ledger ledger;
	uint64_t address;                    /* where it begins, in the process that has it */
	uint32_t rkey, head_rkey, tail_rkey; /* of the whole and of its halves */
	uint64_t length, half; /* half: offset where the head ends and the tail begins */
	/* The process that has it, if it is on this machine. */
	pid_t pid;
	int file;          /* descriptor in that process, -1 without one */
	char resource[64]; /* the device behind it, as struct dp_area has it */
	char zone[16];     /* of its first page, where the mapping is of one; "" if unknown */
};

struct dp_leg {
	struct dp_drive *drive;
	const struct dp_operation *operation;
	enum dp_side tested; /* which end has the mapping under test; the other has plain memory */
	bool on_demand;
	bool reset; /* what is moved now is moved after a reset of the queue pairs */
	struct dp_region regions[DP_SIDES];
	uint64_t transfers, bytes;    /* that were moved and completed */
	uint64_t measured;            /* operations in which the last bandwidth was measured */
	unsigned int number;          /* of the case's legs, from 1 */
	unsigned int steps[DP_STEPS]; /* that were emitted, by name */
	unsigned int left_out;        /* steps that were not, with a reason */
};

/* ---- what is emitted (steps.c) ----------------------------------------------------------- */

/* Emits a step of the leg. @obj: its fields; is released. */
void dp_leg_emit(struct dp_leg *leg, enum dp_step step, struct json_object *obj);

/* Emits that the leg begins, and at its end how many steps of each name it has emitted. */
void dp_leg_emit_begin(struct dp_leg *leg);
void dp_leg_emit_end(struct dp_leg *leg);

/* Emits that something did not go on. @reply: says why, may be NULL. */
void dp_leg_emit_trouble(struct dp_leg *leg, const char *what, struct json_object *reply);

/* Emits that a step was planned and not taken: what of it, and why. */
void dp_leg_leave_out(struct dp_leg *leg, enum dp_step step, const char *what, const char *why);

/* ---- both ends of it (region.c) ---------------------------------------------------------- */

/**
 * dp_leg_open - make and register both regions
 * @leg: the leg
 * @why: why the mapping is not there
 *
 * To be closed with dp_leg_close() in any case.
 *
 * Return: 0, DP_SKIP if the mapping is not there, -EOPNOTSUPP if the kernel refuses to register (a
 * step says so), or another negative errno (likewise).
 */
int dp_leg_open(struct dp_leg *leg, struct dp_error *why);

void dp_leg_close(struct dp_leg *leg);

/* Connects the ends anew; @brief as for dp_connect(). Return: 0 or a negative errno, as a step. */
int dp_leg_connect(struct dp_leg *leg, bool brief);

/* Has both ends compare their regions. Return: 0 or a negative errno, as a step. */
int dp_leg_read_back(struct dp_leg *leg);

/* Has the region under test looked at from outside, where that can be. Return: 0 or a negative
 * errno, as a step. */
int dp_leg_ask_outside(struct dp_leg *leg);

/* What is to be looked at, as an observation: the region under test, and what it must hold. */
struct json_object *dp_leg_look_request(const struct dp_leg *leg, unsigned int number,
					struct json_object *blocks);

/**
 * dp_leg_look_raw - look at a closed region through the raw block device of its namespace
 * @leg: whose regions are closed, so that nobody uses the device
 *
 * Where the user has named the device, and both ends are here. What cannot be seen so is left out
 * with its reason.
 *
 * Return: 0, or a negative errno if the device is not what it was before (a step says so).
 */
int dp_leg_look_raw(struct dp_leg *leg);

/* Whether an operation can be done on demand over this adapter. */
bool dp_leg_pages_on_demand(const struct dp_drive *drive, const struct dp_operation *operation);

/* ---- what is done in it ------------------------------------------------------------------ */

/* Moves data, and notes in the ledgers where it must be then. Return: 0 or a negative errno. */
int dp_leg_transfer(struct dp_leg *leg);

/*
 * Moves data over the same queue pairs once they were reset: keys belong to the protection domain,
 * and must work as before. Return: 0 or a negative errno.
 */
int dp_leg_transfer_reset(struct dp_leg *leg);

/**
 * dp_leg_note - note in the ledger that data was moved
 * @leg: its operation decides which region the data is in now
 * @to: where in that region, bytes
 * @from: where it was in the other region, bytes
 * @length: bytes
 *
 * Return: false if the ledger is full.
 */
bool dp_leg_note(struct dp_leg *leg, uint64_t to, uint64_t from, uint64_t length);

/* Measures the bandwidth, where that is wanted. Return: 0 or a negative errno. */
int dp_leg_measure(struct dp_leg *leg);

/* Emits that a transfer did not complete. @reply: says why. Return: a negative errno. */
int dp_leg_emit_failed(struct dp_leg *leg, const char *what, uint64_t offset, uint64_t length,
		       struct json_object *reply);

/* Tries what must be refused. Return: 0 or a negative errno. */
int dp_leg_refuse(struct dp_leg *leg);

/* Emits for each attempt that is planned that it is left out, and why. */
void dp_leg_refuse_nothing(struct dp_leg *leg, const char *why);

/* Size of a message of the reference, bytes; 0 if it is not asked about this leg. */
uint64_t dp_leg_reference_size(const struct dp_leg *leg);

/* Asks the reference. @registers: whether daxpin could. The region is overwritten. */
void dp_leg_refer(struct dp_leg *leg, bool registers);

/**
 * dp_leg_run - carry out a leg
 * @leg: the leg
 * @why: why the mapping is not there
 *
 * Return: 0, DP_SKIP if the mapping is not there, or a negative errno.
 */
int dp_leg_run(struct dp_leg *leg, struct dp_error *why);

/* Carries out the case of @drive, which has an event. Return: as dp_leg_run(). */
int dp_leg_run_in_flight(struct dp_drive *drive, struct dp_error *why);

#endif
