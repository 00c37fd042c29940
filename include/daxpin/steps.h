/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of scenarios, races and traffic, and the fields that each of them owes: one definition
 * for the code that takes them and for the code that judges them.
 *
 * A step is an observation {"kind":"step","step":NAME,…}. A step that is owed and not taken is
 * explained by {"kind":"left-out","step":NAME,"text":WHY}; a field that could not be read is null,
 * and explained by its member of "left_out", an object of field names and reasons. What is missing
 * and not explained is an error when it is judged: an absence is never read as zero, no, or fine.
 */
#ifndef DAXPIN_STEPS_H
#define DAXPIN_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daxpin/actor.h"

struct dp_error;
struct json_object;

/* All steps, in the order in which a scenario, a race or a traffic case takes them. */
enum dp_step {
	/* of a teardown, see src/teardown/scenario.c */
	DP_STEP_REHEARSAL,
	DP_STEP_KILL_WHILE_REGISTERING,
	DP_STEP_REGISTER,
	DP_STEP_UNMAP,
	DP_STEP_ORDER,  /* of an order, see src/order/run.c: taken by who holds the guest */
	DP_STEP_ANSWER, /* of an order: the registration's */
	DP_STEP_EVENT,
	DP_STEP_CPU_ACCESS,
	DP_STEP_REGISTER_AGAIN,
	DP_STEP_ASYNC_EVENTS,
	DP_STEP_GIVE_UP,
	DP_STEP_RELEASE,
	DP_STEP_RELEASE_AGAIN,
	DP_STEP_OWNER_END,
	DP_STEP_EVENT_END,
	DP_STEP_EVENT_AGAIN,
	DP_STEP_PINS,
	DP_STEP_COME_BACK,
	/* of a race, see src/race/run.c */
	DP_STEP_RACE,   /* the sums so far; later ones replace them */
	DP_STEP_HOLDS,  /* of one that is biased: taken by who holds the guest */
	DP_STEP_ROUNDS, /* how many rounds the last sums are of */
	/* of a limit, see src/limit/run.c */
	DP_STEP_ATTEMPT,
	/* of a state, see docs/state.md: several of each */
	DP_STEP_REGION,  /* a kind of region is registered, or not asked for */
	DP_STEP_CHANGE,  /* a call that the state makes */
	DP_STEP_SIGHT,   /* what somebody sees */
	DP_STEP_REACHED, /* to which pages it has happened, pinned or not */
	/* of a bench, see docs/bench.md; but for the first two, each once for each size of a region
	 */
	DP_STEP_CLOCK,
	DP_STEP_COUNTERS, /* by the clock: what the processor counts, or why it does not */
	DP_STEP_FIRST_TOUCH,
	DP_STEP_REGISTER_COLD,
	DP_STEP_REGISTER_WARM,
	DP_STEP_DEREGISTER,
	DP_STEP_GUP_GET,
	DP_STEP_GUP_PUT,
	DP_STEP_GUP_FAST,
	DP_STEP_INSIDE,
	DP_STEP_FUNCTIONS, /* taken by who has logged what the guest executes */
	DP_STEP_BARE,      /* by the clock: calls that nobody times one by one */
	DP_STEP_TOGETHER,  /* by the clock: of several threads at once */
	DP_STEP_TRAFFIC_WRITE,
	DP_STEP_TRAFFIC_READ,
	DP_STEP_TRAFFIC_SEND,
	DP_STEP_REGISTER_ALONE,
	DP_STEP_REGISTER_EIGHTH,
	DP_STEP_ODP_REGISTER,
	DP_STEP_ODP_ACCESS,
	DP_STEP_ODP_AGAIN,
	DP_STEP_ODP_PREFETCH,
	DP_STEP_ODP_DEREGISTER,
	/* of traffic, see docs/traffic.md */
	DP_STEP_LEG,
	DP_STEP_TRANSFERS,
	DP_STEP_FAILED,
	DP_STEP_REFUSAL,
	DP_STEP_VERIFY,
	DP_STEP_OUTSIDE, /* taken by who has the machine in hand, not by the kernel under test */
	DP_STEP_REFUSED,
	DP_STEP_TROUBLE,
	DP_STEP_BANDWIDTH,
	DP_STEP_KEPT,
	DP_STEP_LOST,
	DP_STEP_PREFETCH,
	DP_STEP_RESET,
	DP_STEP_REFERENCE,
	DP_STEP_LEG_END,
	DP_STEP_IN_FLIGHT,
	DP_STEP_UNDO,
	DP_STEP_CANARY,
	DP_STEP_LEGS,
	/* of all: the last */
	DP_STEP_TAINT,
	DP_STEPS,
};

/* A set of steps. */
__extension__ typedef unsigned __int128 dp_steps;
#define DP_STEP_BIT(step) ((dp_steps)1 << (step))

enum dp_field {
	DP_FIELD_STATE, /* "completed", "failed", "waits", "runs", "died"; some steps have others */
	DP_FIELD_ERRNO, /* by its name, null for success */
	DP_FIELD_TEXT,  /* why it failed */
	DP_FIELD_WHERE, /* kernel functions in which a task is, the innermost first */
	DP_FIELD_MS,    /* that the step took */
	DP_FIELD_PINS_HELD, /* pages pinned since the scenario began, and not released */
	DP_FIELD_PAGES,     /* of the region */
	DP_FIELD_BY_FOLIO,  /* one reference is kept for all pages of a folio; absent: for each */
	DP_FIELD_ON_DEMAND,
	DP_FIELD_ON_DEVICE, /* after the registration the pages are the device's own */
	DP_FIELD_DEVICE,
	DP_FIELD_ZONE_BEFORE,
	DP_FIELD_ZONE_AFTER,
	DP_FIELD_KILLED, /* owners */
	DP_FIELD_GONE,
	DP_FIELD_RESULT, /* "SIGBUS", "same", "zero", "other", "no answer" */
	DP_FIELD_EVENTS, /* asynchronous events of the adapter */
	DP_FIELD_HOW,    /* the pin is released */
	DP_FIELD_SIGNAL,
	DP_FIELD_EVENT_STATE,
	DP_FIELD_REGISTER, /* what registering gives: "allowed", an errno, "no mapping", … */
	DP_FIELD_THREADS,
	DP_FIELD_SEED,
	DP_FIELD_RACES,
	DP_FIELD_REFUSED, /* events */
	DP_FIELD_FIRST,   /* errno of the first registration, null if it was allowed */
	DP_FIELD_ALLOWED,
	DP_FIELD_ERRORS, /* an object: registrations by errno */
	DP_FIELD_ALLOWED_DURING,
	DP_FIELD_EARLY,
	DP_FIELD_EARLY_ERRNO,
	DP_FIELD_LATE,
	DP_FIELD_NOT_HELD,
	DP_FIELD_NOT_RELEASED,
	DP_FIELD_RELEASE_ERRNO,
	DP_FIELD_LEAKED,  /* pages */
	DP_FIELD_BIASED,  /* tasks are to be held at stations */
	DP_FIELD_WINDOWS, /* a list of objects: what came of the holds at each station */
	DP_FIELD_BEFORE,  /* taint flags of the kernel */
	DP_FIELD_AFTER,
	DP_FIELD_MOVABLE, /* the pages lie in ZONE_MOVABLE at first */
	/* of an order */
	DP_FIELD_STATION,
	DP_FIELD_MOVES,   /* a list of objects: who came how far, in their order */
	DP_FIELD_CONTROL, /* the same of a registration without the event */
	/* of a limit, in pages */
	DP_FIELD_ATTEMPT, /* its number, from 1 */
	DP_FIELD_WHO,     /* makes it */
	DP_FIELD_CHARGED, /* VmPin before it */
	DP_FIELD_MEMLOCK, /* RLIMIT_MEMLOCK */
	DP_FIELD_CAPABLE, /* has CAP_IPC_LOCK in effect */
	/* of a state */
	DP_FIELD_PIN,           /* the kind of region: "write", "read", "on-demand" */
	DP_FIELD_PHASE,         /* what has happened */
	DP_FIELD_BY,            /* who looks */
	DP_FIELD_CONTROL_PAGES, /* that nobody has pinned */
	DP_FIELD_CONTROL_DONE,  /* of these, to how many it has happened */
	DP_FIELD_REGION_DONE,   /* to how many of the region */
	DP_FIELD_TOLD_BEFORE,   /* of these pages, of how many it was told before it could have
				   happened */
	DP_FIELD_BALLOON,       /* pages that are in it */
	DP_FIELD_ROOM,          /* pages that are still free, above the watermarks */
	/* of a bench */
	DP_FIELD_PAGE,        /* its size, bytes */
	DP_FIELD_UNIT,        /* in which the clock counts: "instructions", "ns" */
	DP_FIELD_COST,        /* of reading it, in that unit */
	DP_FIELD_TICK,        /* what an interrupt of the timer takes; null if that is not known */
	DP_FIELD_SAMPLES,     /* a list of numbers: what was read, each time */
	DP_FIELD_TICKS,       /* a list of numbers: interrupts of the timer in them */
	DP_FIELD_COUNTED,     /* by the clock, what was logged */
	DP_FIELD_EXECUTED,    /* instructions, by the log */
	DP_FIELD_FUNCTIONS,   /* a list of objects: of the kernel */
	DP_FIELD_CLASSES,     /* an object: instructions by what they are for */
	DP_FIELD_CYCLES,      /* a list of numbers: by the processor's counter */
	DP_FIELD_RETIRED,     /* a list of numbers: instructions, by the processor's counter */
	DP_FIELD_CYCLES_COST, /* of reading the counters */
	DP_FIELD_RETIRED_COST,
	DP_FIELD_CALLS,  /* in each of the samples */
	DP_FIELD_TIMED,  /* a list of numbers: as many calls, each of them timed */
	DP_FIELD_ROUNDS, /* how often each phase was gone through */
	DP_FIELD_LOOP,   /* what the loop over the pages takes once they are there */
	/* of traffic */
	DP_FIELD_TOPOLOGY, /* "loopback", "veth", "namespaces", "network", "reboot" */
	DP_FIELD_ROLE,     /* of the mapping under test: "target", "source" */
	DP_FIELD_LEG,      /* number of the leg, from 1 */
	DP_FIELD_LEGS,     /* how many the case had */
	DP_FIELD_COUNTS,   /* an object: how many steps the leg has emitted, by name */
	DP_FIELD_TRANSFERS,
	DP_FIELD_BYTES,
	DP_FIELD_WHAT,
	DP_FIELD_OFFSET, /* of a transfer, in the region */
	DP_FIELD_LENGTH,
	DP_FIELD_UNPOSTED, /* why the provider's library took nothing, or null */
	DP_FIELD_STATUS,   /* enum ibv_wc_status of the last completion, -1 without one */
	DP_FIELD_STATUS_TEXT,
	DP_FIELD_QP_STATE, /* "RTS", "ERR", …, null if nobody is left to tell; named "state" */
	DP_FIELD_MEMORY,   /* that was read back: "mapping", "plain" */
	DP_FIELD_ROUTES,   /* a list of objects, one for each route by which it was read back */
	DP_FIELD_LOOKS,    /* how many routes there are */
	DP_FIELD_ROUTE,
	DP_FIELD_CHECKED, /* bytes */
	DP_FIELD_WRONG,   /* bytes */
	DP_FIELD_FIRST_WRONG,
	DP_FIELD_FOUND,
	DP_FIELD_EXPECTED,
	DP_FIELD_EXTENTS,
	DP_FIELD_ACCESS, /* flags of a registration */
	DP_FIELD_SIZE,
	DP_FIELD_OPERATIONS,
	DP_FIELD_US,
	DP_FIELD_MAPPING,
	DP_FIELD_START,
	DP_FIELD_LEDGER,
	DP_FIELD_BLOCKS, /* a list of objects: where a file is on its device; empty for a device */
	DP_FIELD_TOOL,
	DP_FIELD_REGISTERED,
	DP_FIELD_REGISTERS,
	DP_FIELD_BYTES_PER_SECOND,
	DP_FIELD_LOST, /* why the remote end is no more, 0 while it is */
	DP_FIELDS,
};

/* The name under "step". */
const char *dp_step_name(enum dp_step step);

/* The step of a name; DP_STEPS if there is none. */
enum dp_step dp_step_find(const char *name);

/* The name of a member. */
const char *dp_field_name(enum dp_field field);

/* ---- taking a step ------------------------------------------------------------------------ */

/* A new observation of a step; or an object becomes one. */
struct json_object *dp_step_new(enum dp_step step);
void dp_step_label(struct json_object *obj, enum dp_step step);

/* Set a field; an empty or missing text is null. */
void dp_step_set_text(struct json_object *obj, enum dp_field field, const char *text);
void dp_step_set_int(struct json_object *obj, enum dp_field field, int64_t value);
void dp_step_set_flag(struct json_object *obj, enum dp_field field, bool value);

/* Sets an object or a list, which is taken over. */
void dp_step_set(struct json_object *obj, enum dp_field field, struct json_object *value);

/* Copies a field from another object; what that lacks, this one lacks, too. */
void dp_step_copy(struct json_object *obj, enum dp_field field, struct json_object *from);

/* A field that could not be read, and why. */
void dp_step_leave_out(struct json_object *obj, enum dp_field field, const char *why);

/**
 * dp_emit_left_out - a step that is owed and not taken, and why
 * @fd: the stream
 * @step: which
 * @why: one sentence
 *
 * Return: 0 or a negative errno.
 */
int dp_emit_left_out(int fd, enum dp_step step, const char *why);

/**
 * dp_ask_apart - ask an id in a process of its own
 * @id: what is asked: its beginning and its end are written to the stream
 * @body: runs in the process, and writes what it observes; its reply has a negative errno or
 * DP_SKIP, with the reason, or 0 (dp_actor_start())
 * @arg: passed to @body
 * @limit_ms: how long it may take, milliseconds
 * @fd: the stream
 * @err: context on failure
 *
 * Return: 0, whatever became of the process, or a negative errno if it could not be started.
 */
int dp_ask_apart(const char *id, void (*body)(int fd, void *arg), void *arg, uint64_t limit_ms,
		 int fd, struct dp_error *err);

/**
 * dp_step_begin - say that a step begins, in the kernel's log and to the stream
 * @fd: the stream
 * @step: which
 *
 * Nothing of it is kept in a buffer that would die with the kernel.
 *
 * Return: its observation, to be given to dp_step_end().
 */
struct json_object *dp_step_begin(int fd, enum dp_step step);

/* Writes an observation to the stream, with how long the step took, ms. It is released. */
void dp_step_end(int fd, struct json_object *obj, uint64_t ms);

/* Adds the kernel functions in which a task is, the innermost first. */
void dp_step_add_where(struct json_object *obj, pid_t task);

/* Adds an errno by its name, null for 0. */
void dp_step_add_errno(struct json_object *obj, int64_t code);

/* Adds what became of somebody who was asked to do something. @task: the one that does it */
void dp_step_add_fate(struct json_object *obj, enum dp_fate fate, pid_t task,
		      const struct dp_reply *reply);

/* The last step of all: what dp_kernel_taint() gave at the beginning (@before), and gives now. */
struct json_object *dp_step_taint(unsigned long before);

/* The same where it was looked at before: DP_TAINT_UNKNOWN where it could not be read. */
struct json_object *dp_step_taint_between(unsigned long before, unsigned long after);

/* ---- reading a step ----------------------------------------------------------------------- */

/*
 * A field is missing, too, if it is of another type, a count below zero, or a word that this field
 * cannot be.
 */
bool dp_step_has(struct json_object *obj, enum dp_field field);

/* The text, or NULL if it is null or missing. */
const char *dp_step_text(struct json_object *obj, enum dp_field field);

/* Return: 0, or -EBADMSG if it is missing, and @value is left as it was. */
int dp_step_int(struct json_object *obj, enum dp_field field, int64_t *value);
int dp_step_flag(struct json_object *obj, enum dp_field field, bool *value);

/* A list of so many counts. Return: 0, or -EBADMSG if it is something else. */
int dp_step_counts(struct json_object *obj, enum dp_field field, int64_t *counts, size_t count);

/**
 * dp_step_lacks - the first field that a step owes and does not have
 * @obj: the observation, of a step that dp_step_find() knows
 * @traffic: it was taken by traffic: "event", "release" and "event-end" owe other fields there
 * @left_out: receives why it was left out, NULL if nothing explains that
 *
 * Which fields are owed can depend on others: "errno" where the state is "completed" or "failed",
 * "text" where it is "failed", "where" where it is "waits" or "runs".
 *
 * Return: the field, DP_FIELDS if there is none.
 */
enum dp_field dp_step_lacks(struct json_object *obj, bool traffic, const char **left_out);

#endif
