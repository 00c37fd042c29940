/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "do the bytes arrive, and stay?": data is moved by RDMA into and out of a mapping,
 * and read back by a route that shares nothing with it.
 *
 * Two ends take part. The one that asks (dp_traffic_run()) posts the operations; the other
 * (dp_traffic_serve()) has the memory that they are done to. Both obey the same orders, so that
 * each can have the mapping under test, and the other plain memory.
 *
 * Each operation is one file in src/traffic/operations that ends in its descriptor; they are found
 * through a linker section, there is no list of them.
 */
#ifndef DAXPIN_TRAFFIC_H
#define DAXPIN_TRAFFIC_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/connection.h"
#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/registry.h"

/* What the ends say to each other has this version; ends of another one refuse. */
#define DP_TRAFFIC_VERSION 2
/* Where --listen waits if nothing is said. */
#define DP_TRAFFIC_PORT 18514

/* ---- patterns ---------------------------------------------------------------------------- */

/* What a range of memory holds. */
enum dp_content {
	DP_PATTERN, /* byte I is the pattern's byte FROM + I of its seed */
	DP_WORD,    /* the seed itself, in the order of the machine; 8 bytes */
	DP_ZEROS,
	DP_CONTENTS,
};

struct dp_extent {
	enum dp_content content;
	uint64_t offset, length; /* in the region, bytes */
	uint64_t seed, from;
};

/* At most so many ranges are kept track of; each transfer adds one or a few. */
#define DP_MAX_EXTENTS 96

/* What a region must hold: a pattern, and what was written over it, in this order. */
struct dp_ledger {
	uint64_t seed; /* of the pattern below */
	struct dp_extent extents[DP_MAX_EXTENTS];
	size_t count;
};

/* How memory differs from its ledger. */
struct dp_damage {
	uint64_t checked, wrong;      /* bytes */
	uint64_t first;               /* offset of the first wrong byte */
	unsigned int found, expected; /* that byte */
};

/* Fills memory with the bytes @from on of a seed's pattern. */
void dp_pattern_fill(void *memory, uint64_t length, uint64_t seed, uint64_t from);

/* The eight bytes of the pattern at an offset that is a multiple of 8, as a number. */
uint64_t dp_pattern_word(uint64_t seed, uint64_t offset);

/* Notes that a range was overwritten. Return: false if the ledger is full. */
bool dp_ledger_add(struct dp_ledger *ledger, enum dp_content content, uint64_t offset,
		   uint64_t length, uint64_t seed, uint64_t from);

/**
 * dp_ledger_check - compare memory with what it must hold
 * @ledger: of the region
 * @memory: a part of it
 * @offset: where in the region that part begins, bytes
 * @length: of the part
 * @damage: is added to; zero at first
 */
void dp_ledger_check(const struct dp_ledger *ledger, const void *memory, uint64_t offset,
		     uint64_t length, struct dp_damage *damage);

/* ---- operations -------------------------------------------------------------------------- */

enum dp_shape {
	DP_SHAPE_SEND, /* the other end must have posted a receive */
	DP_SHAPE_WRITE,
	DP_SHAPE_READ,
	DP_SHAPE_ATOMIC, /* eight bytes, aligned */
	DP_SHAPE_FLUSH,  /* a write, and then a flush of what was written */
};

/* IB_UVERBS_ODP_SUPPORT_…, from Linux 6.17 on; no names for them in rdma-core 44. */
#define DP_ODP_FLUSH        (1 << 6)
#define DP_ODP_ATOMIC_WRITE (1 << 7)

struct dp_operation {
	const char *name;  /* the fixed name */
	const char *what;  /* one line for people */
	unsigned int rank; /* order in lists and tables */
	enum dp_shape shape;
	int opcode;     /* enum ibv_wr_opcode */
	bool immediate; /* has immediate data, and takes a receive */
	bool carried;   /* the request carries the data: nothing is registered at this end */
	bool kept;      /* what was written is left, for another boot of the machine: guests only */
	unsigned int target; /* access that the memory at the other end needs */
	unsigned int source; /* access that the memory at this end needs */
	unsigned int odp;    /* IBV_ODP_SUPPORT_… of RC that it needs on demand */
	/* Which mappings it is for, NULL for all. */
	bool (*applies)(const struct dp_mapping *mapping);
	uint64_t capability; /* DP_CAP_… that the adapter must have, or 0 */
};

#define DP_OPERATION(ident, ...) DP_REGISTER(struct dp_operation, dp_operations, ident, __VA_ARGS__)

/**
 * dp_operations - all operations, in order of rank
 * @count: receives how many
 *
 * Return: a static array.
 */
const struct dp_operation *const *dp_operations(size_t *count);

/**
 * dp_operation_lacks - why an operation cannot be posted
 * @operation: which
 * @attr: of the adapter
 *
 * Return: a sentence, NULL if it can.
 */
const char *dp_operation_lacks(const struct dp_operation *operation,
			       const struct ibv_device_attr_ex *attr);

/* An operation by its fixed name; NULL if there is none. */
const struct dp_operation *dp_operation_find(const char *name);

/* ---- the plan ---------------------------------------------------------------------------- */

struct dp_event;
struct json_object;

struct dp_case {
	const struct dp_mapping *mapping;
	const struct dp_operation *operation;
	const struct dp_event *event; /* that happens while traffic is in flight, or NULL */
	char id[96];                  /* traffic/MAPPING/OPERATION or traffic/MAPPING/EVENT */
};

struct dp_cases {
	struct dp_case *list;
	size_t count;
};

/**
 * dp_cases_make - all cases whose id matches one of the globs
 * @only: shell patterns; one without '/' is taken for a mapping
 * @nonly: how many; none selects everything
 * @cases: receives them, mapping by mapping; release with dp_cases_clear()
 * @err: names the first glob that matches nothing (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_cases_make(const char *const *only, size_t nonly, struct dp_cases *cases,
		  struct dp_error *err);

/* Leaves out what would take devices, or the machine, away: that is for guests. */
void dp_cases_for_host(struct dp_cases *cases);

void dp_cases_clear(struct dp_cases *cases);

/* ---- the two ends ------------------------------------------------------------------------ */

/* A way to the other end. */
struct dp_route {
	const char *topology;       /* "loopback", "namespaces", "veth", "remote" */
	struct sockaddr_storage at; /* where it listens */
	int fd;                     /* to dp_traffic_serve() */
	bool shared;                /* the other end is told each observation, too */
};

struct dp_traffic_options {
	struct dp_env env; /* size: of each region, bytes */
	uint64_t seed;
	uint64_t limit_ms; /* for each wait */
	bool reference;    /* ib_write_bw of perftest is asked the same, too */
};

/**
 * dp_traffic_serve - obey the orders of the other end until it goes
 * @fd: a stream socket to it
 * @port: listens
 * @options: for the mappings of this end
 * @watch: called with each observation that the other end shares, may be NULL
 * @arg: for @watch
 * @err: context on failure
 *
 * The other end is not trusted: it can only name kinds of mapping and ranges within them.
 *
 * Return: 0 once it has said goodbye, or a negative errno.
 */
int dp_traffic_serve(int fd, struct dp_port *port, const struct dp_traffic_options *options,
		     int (*watch)(void *arg, const char *line, size_t len), void *arg,
		     struct dp_error *err);

/**
 * dp_traffic_run - carry out cases
 * @cases: the plan
 * @routes: each case is carried out over each of them
 * @nroutes: how many
 * @port: of this end
 * @options: for the mappings of this end
 * @fd: stream that receives the observations as they are made
 * @err: context on failure
 *
 * Return: 0 once each case has been carried out; a negative errno if the other end is lost.
 */
int dp_traffic_run(const struct dp_cases *cases, const struct dp_route *routes, size_t nroutes,
		   struct dp_port *port, const struct dp_traffic_options *options, int fd,
		   struct dp_error *err);

/**
 * dp_traffic_local - carry out cases with both ends on this machine
 * @cases: the plan
 * @at: an address of an adapter of this machine, with a port that the other end listens at
 * @wire: also over a wire: veth0 has DP_WIRE_NEAR, and another adapter is made at its other end
 * @options: for the mappings
 * @fd: stream that receives the observations as they are made
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_traffic_local(const struct dp_cases *cases, const struct sockaddr_storage *at, bool wire,
		     const struct dp_traffic_options *options, int fd, struct dp_error *err);

/**
 * dp_traffic_reread - after another boot, read back what was kept
 * @items: for each id: "id", "mapping", "size" and the "ledger" that the step "kept" had
 * @options: for the mappings
 * @fd: stream that receives the observations
 *
 * Return: 0.
 */
int dp_traffic_reread(struct json_object *items, const struct dp_traffic_options *options, int fd);

#endif
