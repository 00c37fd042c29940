/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest is told to do: one command is one JSON object on one line. Both sides, the campaign
 * that writes it and the agent that reads it, use what is declared here. Which members a command
 * has, their limits and their defaults are one table in src/agent/command.c.
 */
#ifndef DAXPIN_COMMAND_H
#define DAXPIN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/witness.h"

struct dp_error;
struct dp_kept;

/* Longest line of a command with what frames it, bytes. */
#define DP_COMMAND_LIMIT 32768
/* Most words in a list. */
#define DP_COMMAND_WORDS 256

enum dp_command_kind {
	DP_COMMAND_CHECK,
	DP_COMMAND_PINNER,
	DP_COMMAND_LIMITS,
	DP_COMMAND_TEARDOWN,
	DP_COMMAND_RACE,
	DP_COMMAND_ORDER,
	DP_COMMAND_TRAFFIC,
	DP_COMMAND_STATE,
	DP_COMMAND_BENCH,
	DP_COMMAND_REREAD,  /* what an earlier boot has kept */
	DP_COMMAND_AS_HOST, /* daxpin itself, as if the guest were the host */
	DP_COMMANDS,
};

/* The guest misbehaves on purpose, to test those who watch it. */
enum dp_fault {
	DP_FAULT_NONE,
	DP_FAULT_PANIC,      /* the kernel panics */
	DP_FAULT_HANG,       /* a registration never returns */
	DP_FAULT_SILENCE,    /* init never answers */
	DP_FAULT_FLOOD,      /* the console is flooded */
	DP_FAULT_LONG_LINE,  /* an observation of a megabyte */
	DP_FAULT_FALSE_IDS,  /* answers that were not asked for, and an empty one */
	DP_FAULT_EARLY_DONE, /* init is done before it has begun */
	DP_FAULTS,
};

/* A list of strings that it owns. */
struct dp_words {
	char **list;
	size_t count;
};

struct dp_kept_list {
	struct dp_kept *list;
	size_t count;
};

/* Strings are the command's own; see dp_command_clear(). Sizes are bytes. */
struct dp_command {
	enum dp_command_kind kind;
	union {
		struct {
			struct dp_words only;    /* globs; none selects everything */
			struct dp_words pinners; /* of pinners only: globs of their names */
			uint64_t part, parts;    /* as for dp_plan_take_part() */
			uint64_t size;           /* of each region */
			uint64_t cell_limit_ms;
			char *rdma; /* adapter, NULL for the first */
			enum dp_fault fault;
			enum dp_witness_level witness;
			bool carried; /* also what only other carriers have */
		} check;              /* or of pinners, who have no fault and choose no adapter */
		struct {
			struct dp_words only;
			char *rdma;
		} limit;
		struct {
			char *id; /* of the one scenario */
			uint64_t size;
			char *rdma;
			char *pinner; /* of a teardown only: who pins, NULL for the adapter */
			uint64_t iterations;  /* of a race only; 0: as many as fit duration_ms */
			uint64_t duration_ms; /* of a race only */
			uint64_t seed;        /* of a race only */
			bool witness;         /* look at what the kernel does inside */
			bool biased;          /* of a race only: hold tasks at stations */
		} scenario;                   /* a teardown, a race or an order */
		struct {
			struct dp_words only;
			uint64_t size;
			uint64_t seed;
			uint64_t limit_ms; /* of each wait */
			bool reference;    /* ib_write_bw is asked the same */
		} traffic;
		struct {
			struct dp_words only;
			uint64_t size;
			char *rdma;
		} state;
		struct {
			struct dp_words only;
			char *rdma;
		} bench;
		struct {
			struct dp_kept_list items;
			uint64_t size;
		} reread;
		struct {
			struct dp_words arguments; /* of daxpin */
			struct dp_words far;  /* of another one behind the other adapter; or none */
			uint64_t far_dies_ms; /* kill that one after so long; 0: never */
			bool empty;           /* first wipe the guest's file systems off */
			struct dp_words steps; /* what to prepare, see src/agent/steps.c */
		} as_host;
	};
};

/**
 * dp_command_to_json - write a command as one line
 * @command: what to do
 * @line: receives the line without its end, to be freed
 * @err: names the member that is out of its limits (bad input)
 *
 * Return: 0, -EINVAL, -E2BIG if the line is longer than DP_COMMAND_LIMIT allows, or -ENOMEM.
 */
int dp_command_to_json(const struct dp_command *command, char **line, struct dp_error *err);

/**
 * dp_command_from_json - read a command
 * @line: the text, one JSON object
 * @len: its length in bytes
 * @command: receives what to do; release with dp_command_clear()
 * @err: names the member that is missing, unknown, of another type or out of its limits
 *
 * A member that is absent or null has its default, if it has one.
 *
 * Return: 0, -EBADMSG, -EINVAL for a value out of its limits, or -ENOMEM; @command is empty then.
 */
int dp_command_from_json(const char *line, size_t len, struct dp_command *command,
			 struct dp_error *err);

/* Releases what a command holds, and empties it. */
void dp_command_clear(struct dp_command *command);

/* Adds a copy of a word. Return: 0 or -ENOMEM. */
int dp_words_add(struct dp_words *words, const char *word);

/* Adds the words of a text, between which there are blanks. Return: 0 or -ENOMEM. */
int dp_words_split(struct dp_words *words, const char *text);

/* Releases the words, and empties the list. */
void dp_words_clear(struct dp_words *words);

/* A fault by its name, such as "panic"; DP_FAULT_NONE if there is none. */
enum dp_fault dp_fault_find(const char *name);

#endif
