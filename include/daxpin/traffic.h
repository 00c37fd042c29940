/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "do the bytes arrive, and stay?": data is moved by RDMA into and out of a mapping,
 * and read back by other routes (docs/traffic.md).
 *
 * Two ends take part. The driving end (dp_traffic_run()) posts the operations; the remote end
 * (dp_traffic_serve()) has the memory that they are done to. Both obey the same commands, so that
 * either can have the mapping under test, while the other has plain memory.
 *
 * Each operation is one file in src/traffic/operations that ends in its descriptor. The descriptors
 * are found through a linker section; there is no list of them.
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

/* Version of the protocol that the ends talk. Ends of different versions refuse each other. */
#define DP_TRAFFIC_VERSION 4
/* The TCP and RDMA port, if none is given. */
#define DP_TRAFFIC_PORT 18514

/* ---- operations -------------------------------------------------------------------------- */

enum dp_shape {
	DP_SHAPE_SEND, /* the remote end must have posted a receive */
	DP_SHAPE_WRITE,
	DP_SHAPE_READ,
	DP_SHAPE_ATOMIC, /* eight bytes, aligned */
	DP_SHAPE_FLUSH,  /* a write, followed by a flush of what was written */
};

/* IB_UVERBS_ODP_SUPPORT_…, from Linux 6.17 on; rdma-core 44 has no names for them. */
#define DP_ODP_FLUSH        (1 << 6)
#define DP_ODP_ATOMIC_WRITE (1 << 7)

struct dp_operation {
	const char *name;  /* the fixed name */
	const char *what;  /* one line for people */
	unsigned int rank; /* order in lists and tables */
	enum dp_shape shape;
	int opcode;      /* enum ibv_wr_opcode */
	bool immediate;  /* has immediate data, and consumes a receive */
	bool carried;    /* the request carries the data: no source region takes part */
	bool kept;       /* what was written is kept for another boot of the machine: guests only */
	bool referenced; /* ib_write_bw of perftest does the same */
	unsigned int target; /* IBV_ACCESS_… that the remote region needs */
	unsigned int source; /* IBV_ACCESS_… that the local region needs */
	unsigned int odp;    /* IBV_ODP_SUPPORT_… of RC that it needs on demand */
	/* Whether it is for a mapping, NULL for all. */
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
 * dp_operation_lacks - why an adapter cannot do an operation
 * @operation: the operation
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
	const struct dp_operation *operation; /* NULL with an event */
	const struct dp_event *event;         /* happens while traffic is in flight, or NULL */
	char id[96]; /* traffic/MAPPING/OPERATION or traffic/MAPPING/EVENT */
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

/* Removes the cases that would take devices or the machine away: these are for guests. */
void dp_cases_for_host(struct dp_cases *cases);

void dp_cases_clear(struct dp_cases *cases);

/* ---- the two ends ------------------------------------------------------------------------ */

/* A way to the remote end. */
struct dp_route {
	const char *topology;       /* "loopback", "namespaces", "veth", "remote" */
	struct sockaddr_storage at; /* where the remote end listens for RDMA connections */
	int fd;                     /* stream socket to dp_traffic_serve() */
	bool shared;                /* the remote end gets each observation, too */
};

struct dp_traffic_options {
	struct dp_env env; /* size: of each region, bytes */
	uint64_t seed;     /* of the patterns */
	uint64_t limit_ms; /* for each wait */
	bool reference;    /* ask ib_write_bw of perftest, too */
	/* Where it is told that who has this machine in hand has looked; NULL if nobody does. */
	const int *outside;
	/* Both ends are here, and env.device may be read as a raw block device in between. */
	bool raw;
};

/**
 * dp_traffic_serve - be the remote end: obey commands until the driving end is done
 * @fd: stream socket to the driving end
 * @port: listens
 * @options: for the mappings of this end
 * @watch: called with each observation that the driving end shares, may be NULL; its return is
 *         that of the command
 * @arg: for @watch
 * @err: context on failure
 *
 * The driving end is not trusted. It can name kinds of mapping and ranges within them, and with
 * --reference have ib_write_bw serve such a range, and nothing else.
 *
 * Return: 0 once the driving end has said goodbye, or a negative errno.
 */
int dp_traffic_serve(int fd, struct dp_port *port, const struct dp_traffic_options *options,
		     int (*watch)(void *arg, const char *line, size_t len), void *arg,
		     struct dp_error *err);

/**
 * dp_traffic_run - be the driving end: carry out cases
 * @cases: the plan
 * @routes: to remote ends; each operation is carried out over all of them, each event over the
 * first
 * @nroutes: how many, at least one
 * @port: of this end
 * @options: for the mappings of this end
 * @fd: stream that receives the observations as they are made
 * @err: context on failure
 *
 * Return: 0 once all cases were carried out; a negative errno if a remote end refuses or is lost;
 * -EIO if the kernel has splatted.
 */
int dp_traffic_run(const struct dp_cases *cases, const struct dp_route *routes, size_t nroutes,
		   struct dp_port *port, const struct dp_traffic_options *options, int fd,
		   struct dp_error *err);

/**
 * dp_traffic_local - carry out cases with both ends on this machine
 * @cases: the plan
 * @at: an address of an adapter of this machine, with the port that the remote end listens at
 * @wire: also over a wire: veth0 has DP_WIRE_NEAR, and an adapter is made on its peer, veth0p
 * @options: for the mappings
 * @fd: stream that receives the observations as they are made
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_traffic_local(const struct dp_cases *cases, const struct sockaddr_storage *at, bool wire,
		     const struct dp_traffic_options *options, int fd, struct dp_error *err);

/* ---- outside the machine ----------------------------------------------------------------- */

struct dp_medium;

/* Whether the bytes are on an NVDIMM, where they can be read without the kernel under test. */
bool dp_is_seen_outside(const struct dp_mapping *mapping);

/**
 * dp_traffic_look - look at a region from outside the machine that has it
 * @asked: the request of a guest (src/traffic/ask_outside.c), or its step "kept"; not trusted
 * @topology: of the step, NULL for that of @asked
 * @medium: the NVDIMM that the region is on
 *
 * Return: the step "outside", a new object. It also tells why nothing was seen.
 */
struct json_object *dp_traffic_look(struct json_object *asked, const char *topology,
				    const struct dp_medium *medium);

/* What one boot has left for another one, as its step "kept" says. */
struct dp_kept {
	char *id;      /* of the case */
	char *mapping; /* fixed name */
	char *start;   /* physical address of its device, in hex; NULL for a file */
	uint64_t size; /* bytes */
	struct json_object *ledger;
};

/**
 * dp_traffic_reread - read back what was kept before the machine was booted again
 * @items: what was kept
 * @count: how many
 * @options: for the mappings
 * @fd: stream that receives the observations
 *
 * What cannot be found or read is an observation, too.
 *
 * Return: 0.
 */
int dp_traffic_reread(const struct dp_kept *items, size_t count,
		      const struct dp_traffic_options *options, int fd);

#endif
