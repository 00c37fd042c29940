/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end that asks. A case is carried out in legs: over each route, with the mapping under test
 * at the remote end (the target of the operation) or at this one (its source), pinned or paged on
 * demand.
 */
#ifndef DAXPIN_TRAFFIC_DRIVE_H
#define DAXPIN_TRAFFIC_DRIVE_H

#include "end.h"

/* The two ends of a leg. */
enum side {
	LOCAL,  /* posts the operations */
	REMOTE, /* they are done to its memory */
	SIDES,
};

struct drive {
	struct end local;
	const struct dp_traffic_options *options;
	const struct dp_route *route;
	const struct dp_case *tcase;
	int fd;           /* receives the observations */
	int lost;         /* why the remote end is no more, 0 while it is */
	bool first, last; /* of the routes, this is */
	bool mute;        /* an attempt of this case was neither done nor refused */
};

/* A region of a leg, as the end that asks knows it. */
struct region {
	struct dp_ledger ledger;
	uint64_t address;                    /* where it begins, in the process that has it */
	uint32_t rkey, head_rkey, tail_rkey; /* of the whole and of its halves */
	uint64_t length, half;               /* half: where the head ends and the tail begins */
	/* Who has it, as this machine knows them if it is there. */
	pid_t pid;
	int file;
	char resource[64];
};

struct leg {
	struct drive *drive;
	const struct dp_operation *operation;
	enum side tested; /* which has the mapping under test */
	bool on_demand;
	struct region regions[SIDES];
	/* What came of the transfers. */
	uint64_t transfers, bytes;
	bool failed;
	bool local_keys;   /* refusals: keys are tried in elements, not in operations */
	uint64_t measured; /* operations of the last bandwidth */
};

/* One transfer, offsets in the regions. */
struct transfer {
	uint64_t target, source, length;
	unsigned int pieces; /* the source is scattered over so many places */
};

/* A new command. */
struct json_object *command_of(const char *name);

/* Releases an object that goes out of scope. */
void put_object(struct json_object **obj);

/* Adds an element to the "sges" of a command: a range of the region, bytes, by this key. */
void add_sge(struct json_object *command, const char *key, uint64_t offset, uint64_t length);

/**
 * ask - have an end obey a command
 * @drive: whose
 * @side: which
 * @command: is released
 * @reply: receives the answer, NULL if the remote end is lost; may be NULL
 *
 * Return: the answer's "rc".
 */
int ask(struct drive *drive, enum side side, struct json_object *command,
	struct json_object **reply);

/* Whether the remote end answers no more; that a kernel has splatted is another matter. */
bool has_gone(struct drive *drive);

/* Emits a step of the case, to whoever listens at either end. The object is released. */
void emit_step(struct leg *leg, const char *step, struct json_object *obj);

/* Says in a step that something did not go on, and why. */
void emit_trouble(struct leg *leg, const char *what, struct json_object *reply);

/* Connects the two ends anew (@brief: dp_connect()). Return: 0 or a negative errno, which is said.
 */
int connect_ends(struct leg *leg, bool brief);

/**
 * prepare_leg - make both ends' regions and register them
 * @leg: which
 * @why: why the mapping is not there
 *
 * Return: 0, DP_SKIP if the mapping is not there, -EOPNOTSUPP if the kernel does not register (and
 * it has been said), or another negative errno. To be closed with close_leg() in any case.
 */
int prepare_leg(struct leg *leg, struct dp_error *why);
void close_leg(struct leg *leg);

/* Carries out one leg. Return: 0, DP_SKIP if the mapping is not there (@why says so), or -errno. */
int run_leg(struct leg *leg, struct dp_error *why);

/* transfer.c: moves data, and notes where it must be then. Return: 0 or a negative errno. */
int run_transfers(struct leg *leg);
/* As many and as large as the queue takes, for a while. */
int run_bandwidth(struct leg *leg);

/* reference.c: whether another program can be asked the same, and with which messages, bytes. */
bool has_reference(const struct leg *leg);
uint64_t reference_size(const struct leg *leg);
/* Asks it; @registers: whether the kernel has registered the mapping. What is there is overwritten.
 */
void run_reference(struct leg *leg, bool registers);

/* Whether operations of a kind can be done on demand here. */
bool pages_on_demand(const struct drive *drive, const struct dp_operation *operation);

/* inflight.c: a case with an event. Return: as run_leg(). */
int run_in_flight(struct drive *drive, struct dp_error *why);

/* refusal.c: what must be refused */
int run_refusals(struct leg *leg);
int run_unreachable(struct leg *leg);

#endif
