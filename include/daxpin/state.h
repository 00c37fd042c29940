/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The question "do adapter and process go on looking at the same page?": state/MAPPING/STATE. A
 * state is what the pages are before they are registered, or what happens to them afterwards. Each
 * is a file in src/state/states that ends in its descriptor, which registers itself
 * (daxpin/registry.h). See docs/state.md.
 */
#ifndef DAXPIN_STATE_H
#define DAXPIN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/actor.h"
#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/text.h"

/* How the region is registered; each state is asked for all of them, one after the other. */
enum dp_state_pin {
	DP_STATE_WRITE,     /* pinned, the adapter may write */
	DP_STATE_READ,      /* pinned, the adapter may only read */
	DP_STATE_ON_DEMAND, /* not pinned, the adapter may write */
	DP_STATE_PINS,
};

/* What a page can be found to hold. */
enum dp_state_bytes {
	DP_BYTES_INITIAL, /* what the process wrote before the registration */
	DP_BYTES_CHANGED, /* what it wrote while the state was made, after the registration */
	DP_BYTES_OTHER,   /* what another process wrote */
	DP_BYTES_NEW,     /* what new memory was given */
	DP_BYTES_ADAPTER, /* what the adapter wrote */
	DP_BYTES_OWNER,   /* what the process wrote after that */
	DP_BYTES_AGAIN,   /* what the adapter wrote after that */
	DP_BYTES_ZERO,
	DP_BYTES_UNKNOWN, /* anything else */
	DP_BYTES_ABSENT,  /* there is no page */
	DP_STATE_BYTES,
};

/* When is looked. */
enum dp_state_phase {
	DP_PHASE_MADE,          /* the region is registered, and the state is made */
	DP_PHASE_ADAPTER_WROTE, /* not of a region that the adapter only reads */
	DP_PHASE_OWNER_WROTE,
	DP_PHASE_ADAPTER_AGAIN, /* likewise */
	DP_STATE_PHASES,
};

/* Who looks. */
enum dp_state_by {
	DP_BY_OWNER,   /* the process that registered */
	DP_BY_ADAPTER, /* by an RDMA read */
	DP_BY_OTHER,   /* the other process of a state that has one */
	DP_BY_MEDIUM,  /* the file, by a mapping of its own */
	DP_STATE_BYS,
};

/* What became of the pages of the region, if each call of the state has succeeded. */
enum dp_state_keeps {
	DP_STATE_KEPT,     /* they are the process's own, before as after */
	DP_STATE_GIVEN_UP, /* the process asked for others: the adapter keeps the old ones */
	DP_STATE_PERHAPS,  /* either, for each page */
	DP_STATE_TAKEN,    /* there is nothing left at their address: the adapter is refused */
	DP_STATE_KEEPS,
};

/* Why a kernel is known not to keep the promise; for people, it excuses nothing. */
struct dp_state_rule {
	struct dp_series from, to; /* kernel series, both included */
	unsigned int families;     /* bits 1U << enum dp_family; 0 for all */
	unsigned int pins;         /* bits 1U << enum dp_state_pin; 0 for all */
	const char *why;           /* what the kernel does, with its function */
};

#define DP_STATE_RULES 4

struct dp_stage;

struct dp_state {
	const char *name;
	const char *what; /* one line for people */
	unsigned int rank;
	const char *promise; /* what keeps it, since when: kernel function, commit */
	/* For which mappings it makes sense. */
	bool (*applies)(const struct dp_mapping *mapping);
	/* NULL: DP_STATE_KEPT. */
	enum dp_state_keeps (*keeps)(const struct dp_mapping *mapping, bool on_demand);
	bool heir;     /* who registers is a child of who made the pages, and that one has gone */
	bool other;    /* there is another process, which looks as well */
	bool absent;   /* and which does not have the memory */
	bool file;     /* what is given up, the file gives up, too */
	bool replaces; /* other memory is in its place then: it is the file's no more */
	unsigned int changes; /* how many calls of the state are observed, of each region */
	bool refused;         /* while the region is pinned, the call must be refused */
	bool swap;            /* it wants swap space */
	bool reads;           /* only regions that the adapter reads can be registered */
	bool intact;          /* what the process wrote before is there when the state is made */
	bool balloon;         /* it wants the machine with a balloon */
	/*
	 * What must be shown to have happened to memory that nobody pins, by dp_stage_reached(),
	 * and not to have happened to pinned pages: "merged". NULL where the calls say all.
	 */
	const char *reached;
	bool placed; /* it must have happened to the pages of the region, before they are pinned */
	/* Why it cannot be asked here (DP_SKIP). NULL: it can. */
	int (*needs)(const struct dp_stage *stage, struct dp_error *err);
	/* Makes the pages what they are before the registration. NULL: the process writes them. */
	int (*before)(struct dp_stage *stage, struct dp_error *err);
	/* Does what happens to them after it. NULL: nothing. */
	int (*after)(struct dp_stage *stage, struct dp_error *err);
	/*
	 * Takes back what was done to the machine, when all have looked, whatever has become of the
	 * process with the region: another one calls it. NULL: nothing.
	 */
	void (*undo)(const struct dp_stage *stage);
	struct dp_state_rule known[DP_STATE_RULES];
};

#define DP_STATE(ident, ...) DP_REGISTER(struct dp_state, dp_states, ident, __VA_ARGS__)

/* All states, in order of rank; @count receives how many. Return: a static array. */
const struct dp_state *const *dp_states(size_t *count);

/* A state by its whole name; NULL if there is none. */
const struct dp_state *dp_state_find(const char *name);

/* Whether a mapping is asked about a state. */
bool dp_state_applies(const struct dp_state *state, const struct dp_mapping *mapping);

/* What becomes of the pages. */
enum dp_state_keeps dp_state_keeps(const struct dp_state *state, const struct dp_mapping *mapping,
				   enum dp_state_pin pin);

/**
 * dp_state_known - why a kernel is known not to keep the promise
 * @state, @mapping, @pin: what was asked
 * @kernel: its series
 *
 * Return: the reason with the kernel's function, NULL if there is none.
 */
const char *dp_state_known(const struct dp_state *state, const struct dp_mapping *mapping,
			   enum dp_state_pin pin, struct dp_series kernel);

/* "write", "read", "on-demand"; "initial", …; "made", …; "owner", … */
const char *dp_state_pin_name(enum dp_state_pin pin);
const char *dp_state_bytes_name(enum dp_state_bytes bytes);
const char *dp_state_phase_name(enum dp_state_phase phase);
const char *dp_state_by_name(enum dp_state_by by);

/* Tests of a mapping, for the member "applies". */
bool dp_state_is_cow(const struct dp_mapping *mapping);    /* private: a fork shares its pages */
bool dp_state_is_anon(const struct dp_mapping *mapping);   /* pages of the page allocator */
bool dp_state_is_shmem(const struct dp_mapping *mapping);  /* a file whose pages can be taken */
bool dp_state_is_shared(const struct dp_mapping *mapping); /* the file's own pages are mapped */
bool dp_state_is_any(const struct dp_mapping *mapping);    /* all that states are asked of */

/* ---- the plan ----------------------------------------------------------------------------- */

struct dp_state_item {
	const struct dp_mapping *mapping;
	const struct dp_state *state;
	char id[96];
};

struct dp_state_items {
	struct dp_state_item *list;
	size_t count;
};

/**
 * dp_state_items_make - the states whose id matches one of the globs
 * @only: shell patterns; one without '/' is taken for a mapping
 * @nonly: how many; none selects all
 * @items: receives them, by mapping; release with dp_state_items_clear()
 * @err: names the first glob that matches nothing (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_state_items_make(const char *const *only, size_t nonly, struct dp_state_items *items,
			struct dp_error *err);

/* Whether one of them wants swap space; a balloon. */
bool dp_state_items_swap(const struct dp_state_items *items);
bool dp_state_items_balloon(const struct dp_state_items *items);

void dp_state_items_clear(struct dp_state_items *items);

struct dp_state_options {
	struct dp_env env;
	const char *rdma; /* adapter, NULL for the first */
};

/**
 * dp_state_run - ask, each id in a process of its own
 * @items: what is asked
 * @options: how
 * @fd: the stream of observations
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_state_run(const struct dp_state_items *items, const struct dp_state_options *options, int fd,
		 struct dp_error *err);

/* ---- for the states ----------------------------------------------------------------------- */

/* How many pages hold what. */
struct dp_state_sight {
	uint64_t pages[DP_STATE_BYTES];
};

/* Where a state is made: one process, with one region. */
struct dp_stage {
	const struct dp_state *state;
	const struct dp_mapping *mapping;
	const struct dp_env *env;
	enum dp_state_pin pin;
	struct dp_area area;          /* where the region is registered */
	char *view;                   /* where the process has its memory now */
	struct dp_actor other;        /* another process, or none */
	struct dp_state_sight *board; /* shared memory: what the other one sees */
	const char *device;           /* of the adapter */
	void *extra;                  /* address space to be unmapped in the end, or NULL */
	size_t extra_len;             /* its length, bytes */
	int fd;                       /* the stream */
};

/* Writes all of the pages. @len: bytes, a multiple of the page size */
void dp_stage_fill(void *at, size_t len, enum dp_state_bytes bytes);

/* Looks at all of the pages; where nothing is mapped they are absent. */
void dp_stage_look(const void *at, size_t len, struct dp_state_sight *sight);

/* Reads a byte of each page. */
void dp_stage_read(const void *at, size_t len);

/**
 * dp_stage_changed - observe a call that the state makes
 * @stage: whose
 * @what: the call, "madvise(MADV_DONTNEED)"
 * @rc: 0, or the negative errno with which it was refused
 */
void dp_stage_changed(const struct dp_stage *stage, const char *what, int rc);

/**
 * dp_stage_madvise - madvise() of the mapping that the region is in, observed
 * @stage: whose
 * @advice: the number
 * @what: how it is called
 *
 * Return: 0 or a negative errno, which is an answer.
 */
int dp_stage_madvise(const struct dp_stage *stage, int advice, const char *what);

/* Anonymous memory that is not registered. */
struct dp_beside {
	char *at;
	size_t len;
	void *reserved;
	size_t reserved_len;
};

/**
 * dp_beside_open - memory of small pages, filled with DP_BYTES_OTHER
 * @len: bytes, a multiple of the page size
 * @align: of its address, bytes
 * @control: receives it; release with dp_beside_close()
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_beside_open(size_t len, size_t align, struct dp_beside *control, struct dp_error *err);

void dp_beside_close(struct dp_beside *beside);

/**
 * dp_frames_note - the frames of a range, to be compared with later
 * @at: its first byte
 * @len: bytes
 * @frames: receives a number for each page, 0 for one that is not there; to be freed
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_frames_note(const void *at, size_t len, uint64_t **frames, struct dp_error *err);

/* Counts the pages that were there and have another frame now. Return: 0 or a negative errno. */
int dp_frames_moved(const void *at, size_t len, const uint64_t *before, size_t *moved,
		    struct dp_error *err);

/**
 * dp_frames_with - count the frames that have a flag now, whoever has them
 * @frames: numbers, as dp_frames_note() has noted them
 * @pages: how many
 * @flag: of /proc/kpageflags, KPF_…
 * @count: receives how many
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_frames_with(const uint64_t *frames, size_t pages, unsigned int flag, size_t *count,
		   struct dp_error *err);

/* Counts the pages whose frames have it. @len: bytes. Return: 0 or a negative errno. */
int dp_frames_flagged(const void *at, size_t len, unsigned int flag, size_t *count,
		      struct dp_error *err);

/**
 * dp_stage_reached - observe to which pages it has happened
 * @stage: whose
 * @control: pages that nobody has pinned; of a state that is "placed", those of the region
 * @done: to how many of these
 * @region: to how many pages of the region since it was registered
 *
 * Return: the observation, to be emitted.
 */
struct json_object *dp_stage_reached(const struct dp_stage *stage, size_t control, size_t done,
				     size_t region);

/* What the other process can be told to do. */
#define DP_OTHER_READ     'r' /* a byte of each page */
#define DP_OTHER_WRITE    'w' /* all pages: DP_BYTES_OTHER */
#define DP_OTHER_LOOK     'l' /* what it sees goes to the board */
#define DP_OTHER_REGISTER 'p' /* its memory, with an adapter of its own, and keep it so */
#define DP_OTHER_END      'e' /* itself */

/**
 * dp_stage_fork - start the other process: a child that has a copy of the memory
 * @stage: receives it
 * @err: context on failure
 *
 * The call is observed.
 *
 * Return: 0 or a negative errno.
 */
int dp_stage_fork(struct dp_stage *stage, struct dp_error *err);

/**
 * dp_stage_tell - have the other process do something, and wait for it
 * @stage: whose
 * @command: DP_OTHER_…
 * @err: context on failure
 *
 * Return: 0, or a negative errno.
 */
int dp_stage_tell(struct dp_stage *stage, char command, struct dp_error *err);

#endif
