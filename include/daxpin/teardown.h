/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "what happens when the device goes away under the pin?": a scenario is a mapping, an
 * event that takes something away, and what releases the pin once the event has begun.
 *
 * Each event is one file in src/teardown/events that ends in its descriptor; they are found through
 * a linker section, there is no list of them.
 */
#ifndef DAXPIN_TEARDOWN_H
#define DAXPIN_TEARDOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/registry.h"
#include "daxpin/steps.h"

struct dp_pinner;
struct dp_worker_pool;

/* What ends the pin once the event has begun. */
enum dp_release {
	DP_DEREG,       /* the owner deregisters the region */
	DP_CLOSE,       /* the owner closes the adapter without */
	DP_KILL,        /* the owner is killed */
	DP_LINK_DELETE, /* the RDMA link is deleted */
	DP_NONE,        /* nothing: does the event wait, and can it be given up? */
	DP_RELEASES,
};

/* "dereg", "close", "kill", "link-delete", "none" */
const char *dp_release_name(enum dp_release release);

#define DP_BIT(release) (1U << (release))

/* What is torn down: the names by which the kernel knows the device behind a mapping. */
struct dp_target {
	const struct dp_mapping *mapping;
	char device[64]; /* "dax0.1", "pfn0.2" or "namespace0.1", a PCI address; "" for RAM */
	char driver[32]; /* that the device is bound to */
	char ns[64];     /* "namespace0.1", or "" */
	char region[64]; /* "region0", or "" */
	char disk[64];   /* "pmem0", or "" */
	char dir[256];   /* where the disk is mounted, or "" */
	int file;        /* descriptor of the mapped file in the process that carries out the event,
			    -1 if there is none */
	uint64_t len;    /* bytes mapped */
	char rdma[64];   /* the adapter */
	char netdev[32]; /* the interface below a software adapter, or "" */
	int channel;     /* stream to whoever runs this machine, for requests */
};

/* What a CPU access to the mapping must give once the event has completed. */
enum dp_effect {
	DP_KEEPS,  /* what was there: the memory is not taken away */
	DP_GONE,   /* SIGBUS (C3) */
	DP_ZEROED, /* zeros: the blocks were given back, the file is still there */
};

struct dp_event {
	const char *name;  /* the fixed name */
	const char *what;  /* one line for people */
	unsigned int rank; /* order in lists and tables */
	bool (*applies)(const struct dp_mapping *mapping);
	unsigned int releases; /* DP_BIT of each */
	enum dp_effect effect;
	bool takes_rdma; /* takes the adapter away, not the memory */
	bool ends_owner; /* ends the process that owns the region; run is NULL */
	bool kills;      /* by a signal, and others in the middle of registering before */
	bool file;       /* is done to the mapped file: target->file is open */
	bool unmapped;   /* wants the owner to unmap the file if nothing was registered */
	bool guest_only; /* never on somebody's machine */
	bool carried;    /* of a carrier that daxpin's own machine does not have */
	bool final;      /* what it takes away is not brought back: undo is NULL */
	bool lone;       /* takes the driver of the mapped device away, and of no other */
	bool uncounts;  /* takes the node of the pages away, and a part of their counters with it */
	bool rehearsed; /* may be refused for other reasons: it is tried without a region before */
	/* An event that is still busy after so long, ms, is taken to wait; 0 for the usual. */
	uint64_t limit_ms;

	/* All of these return 0 or a negative errno with its context. */
	/* Before anything is registered; may be NULL. */
	int (*prepare)(const struct dp_target *target, struct dp_error *err);
	/* Takes it away, in a process of its own. */
	int (*run)(const struct dp_target *target, struct dp_error *err);
	/* Brings it back, in a process of its own; NULL if nothing is to be done. */
	int (*undo)(const struct dp_target *target, struct dp_error *err);
	bool races; /* can be taken away and brought back many times against registrations */
};

#define DP_EVENT(ident, ...) DP_REGISTER(struct dp_event, dp_events, ident, __VA_ARGS__)

/**
 * dp_events - all events, in order of rank
 * @count: receives how many
 *
 * Return: a static array.
 */
const struct dp_event *const *dp_events(size_t *count);

struct dp_scenario {
	const struct dp_mapping *mapping;
	const struct dp_event *event;
	enum dp_release release; /* of a teardown */
	char id[96];             /* teardown/MAPPING/EVENT/RELEASE or race/MAPPING/EVENT */
};

struct dp_scenarios {
	struct dp_scenario *list;
	size_t count;
};

/**
 * dp_scenarios_make - all scenarios whose id matches one of the globs
 * @only: shell patterns; one without '/' is taken for a mapping
 * @nonly: how many; none selects everything
 * @race: of races rather than of teardowns
 * @scenarios: receives them, event by event; release with dp_scenarios_clear()
 * @err: names the first glob that matches nothing (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_scenarios_make(const char *const *only, size_t nonly, bool race,
		      struct dp_scenarios *scenarios, struct dp_error *err);

void dp_scenarios_clear(struct dp_scenarios *scenarios);

/**
 * dp_target_find - the devices behind a mapping that has been made
 * @mapping: its kind
 * @area: the mapping
 * @target: receives the names; file is left at -1
 */
void dp_target_find(const struct dp_mapping *mapping, const struct dp_area *area,
		    struct dp_target *target);

/**
 * dp_target_of_device - the devices behind a device-dax or a disk
 * @name: "dax0.1" or "pmem0"
 * @disk: it is a disk
 * @target: receives the names
 */
void dp_target_of_device(const char *name, bool disk, struct dp_target *target);

/**
 * dp_target_restore - have a device bound again as it was, whatever was done to it
 * @target: as it was found before
 * @err: context on failure
 *
 * To be called by somebody who can be given up: a broken kernel may never return.
 *
 * Return: 0, also if nothing was to be done, or a negative errno.
 */
int dp_target_restore(const struct dp_target *target, struct dp_error *err);

/**
 * dp_event_carry_out - do one thing to a target, in a process that is watched
 * @fd: receives a struct dp_reply with how it went
 * @act: an event's run or undo; NULL does nothing
 * @target: what to do it to
 */
void dp_event_carry_out(int fd, int (*act)(const struct dp_target *, struct dp_error *),
			const struct dp_target *target);

/**
 * dp_owner_access - the access flags with which a mapping is registered
 * @mapping: its kind
 * @odp: the adapter pages on demand; fs-dax, which cannot be pinned for long, is then registered so
 */
unsigned int dp_owner_access(const struct dp_mapping *mapping, bool odp);

/* How to carry out scenarios. */
struct dp_teardown_options {
	struct dp_env env;
	const char *rdma;               /* adapter, NULL for the first */
	const struct dp_pinner *pinner; /* who pins, NULL for the adapter; of teardowns only */
	struct dp_worker_pool *pool;    /* who stands by with the first adapter; NULL for nobody */
	unsigned long taint;            /* of the kernel, before anything was done */
	uint64_t iterations;            /* of a race; 0: as many as fit seconds_ms */
	uint64_t duration_ms;           /* of a race, if iterations is 0 */
	uint64_t seed;                  /* of a race */
	int channel;                    /* for requests to whoever runs this machine, or -1 */
	bool witness;                   /* look at what the kernel does inside */
	bool biased;                    /* of a race: tasks are held at stations (bias.h) */
	int held;                       /* where whoever holds them answers */
};

/**
 * dp_scenario_owes - the steps that a teardown must show, or leave out with a reason
 * @event: what happens
 * @release: what ends the pin
 */
dp_steps dp_scenario_owes(const struct dp_event *event, enum dp_release release);

/**
 * dp_teardown_run - carry out one teardown scenario
 * @scenario: what to do
 * @options: how
 * @fd: stream that receives the observations, each before the next step is taken
 * @err: context on failure
 *
 * Everything that the kernel under test could hold for ever is done by other processes, which are
 * watched: a task that waits is a fact. See src/teardown/scenario.c for the steps.
 *
 * Return: 0 once the scenario has ended, however; a negative errno if it could not begin.
 */
int dp_teardown_run(const struct dp_scenario *scenario, const struct dp_teardown_options *options,
		    int fd, struct dp_error *err);

#endif
