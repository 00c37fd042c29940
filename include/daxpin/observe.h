/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Observations: what was seen, written down before the next thing is done.
 *
 * An observation is one JSON object on one line. Its member "kind" says what it is:
 *
 *   hello   kernel, machine, page_size      the kernel that is asked
 *   rdma    device, provider, odp           the adapter that registrations go through
 *   begin   id                              this cell is about to be asked
 *   cell    id, …                           what was seen of it (struct dp_cell)
 *   doing   step                            this step of a scenario begins
 *   step    step, ms, …                     what was seen in this step (steps.h)
 *   left-out  step, text                    this step is owed and was not taken, and why
 *   skip    id, text                        this scenario cannot be asked here
 *   end     id                              this scenario has ended
 *   died    id, text                        the process that asked was killed or is stuck
 *   trace   id, lines                       raw events of a registration, a portion of them
 *   output  text, exit_code                 of a program that ran in the guest
 *
 * Control lines are in the same stream (control.h). A run on the host writes the lines to a pipe, a
 * guest to a virtio port or, without one, to a serial port. Readers treat them as hostile: length
 * and depth are limited, and no member is believed to have the right type.
 */
#ifndef DAXPIN_OBSERVE_H
#define DAXPIN_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/json.h"

struct dp_error;

/* Longest line accepted, bytes. */
#define DP_LINE_LIMIT 65536

enum dp_outcome {
	DP_ANSWERED, /* the kernel was asked and answered */
	DP_SKIPPED,  /* this kernel or machine cannot be asked; text says why */
	DP_BROKEN,   /* daxpin failed to ask; text says how */
};

/*
 * How proof_text begins if it explains the page size, and with it the frames of leaves that are too
 * large for pagemap, but nothing else.
 */
#define DP_PROOF_LEAF "page size: "

/* What a kernel did inside during a registration (witness.h). */
struct dp_evidence {
	bool seen;             /* it was looked at: what follows is valid */
	int64_t fast, dropped; /* pages that gup-fast took, and those that it gave back at once */
	int64_t slow;          /* pages that the slow path took */
	int64_t calls;         /* of gup-fast; 0 in results that were stored without them, too */
	int64_t lookups;       /* calls of get_dev_pagemap() */
	int64_t references;    /* of them, those that took a reference on the pgmap */
	int64_t migrations;    /* calls that move pages before they are pinned */
	/* Of an on-demand MR: calls of hmm_range_fault(), or -1 if it has no probe. */
	int64_t hmm_calls;
	int64_t hmm_pages;  /* that these were about */
	int64_t hmm_faults; /* those of the calls that fault pages in; the others look what is there
			     */
	char type[12]; /* of the pgmap of the pages, "none" without one, "" if no page was seen */
	char refused_by[48]; /* the innermost function that returned the answer, or "" */
	char unprobed[64];   /* who may refuse, and is not seen doing it; "|" between them */
	char missing[128];   /* why a part is not there, or "" */
};

/* "fast", "slow", "fast+slow" (pinned twice, if nothing is wrong), "none" */
const char *dp_evidence_path(const struct dp_evidence *evidence);

/* An evidence as a story, a sentence for each call. */
#define DP_STORY_LINES 10
struct dp_story {
	char lines[DP_STORY_LINES][160];
	size_t count;
};

/**
 * dp_evidence_tell - tell an evidence as a story
 * @evidence: what was seen; without anything, and without a reason, there is no line
 * @err: the answer to the registration: 0, or a positive errno
 * @story: receives it; texts of the evidence are in it as they are
 */
void dp_evidence_tell(const struct dp_evidence *evidence, int err, struct dp_story *story);

/* Reads an evidence, which may hold anything. What it lacks it has not seen. */
void dp_evidence_read(struct json_object *obj, struct dp_evidence *evidence);

/* What was seen of one registration: check/MAPPING/ACCESS. */
struct dp_cell {
	char id[96];
	enum dp_outcome outcome;
	char text[512]; /* the reason for DP_SKIPPED or DP_BROKEN */

	int err;                     /* 0: allowed; positive errno: rejected with it */
	uint64_t acquired, released; /* pages: nr_foll_pin_acquired, nr_foll_pin_released */
	uint64_t pages;              /* pages of the region */
	int64_t vmpin_held_kib;      /* VmPin gained while registered */
	int64_t vmpin_kept_kib;      /* VmPin left after deregistration */
	bool pins_seen;              /* acquired and released are valid */
	char pins_text[96];          /* why they are not, or "" */
	uint64_t register_us, deregister_us;
	char limit[256];       /* a limit that has refused it, whatever the memory is, or "" */
	unsigned int attempts; /* registrations made until nobody else pinned meanwhile */

	/* The proof that the mapping is what its name says. */
	char owner[192]; /* /proc/iomem path of the first frame, "" if it is not known */
	/* Pages; -1 if it is not known, for which proof_text has the reason. */
	int64_t outside;    /* whose frame is not in the memory that the mapping is of */
	int64_t displaced;  /* whose frame is not the one that the device has at their place */
	int64_t persistent; /* whose frame is persistent memory, after the registration */
	int64_t unlike; /* that lack the trait of their kind (mapping.h); -1 also for a kind without
			 */
	uint64_t leaf;  /* bytes that one page-table leaf maps, 0 if it is not known */
	char leaf_by[24];  /* how leaf was found: "perf-page-size", … */
	char resource[64]; /* the device behind the mapping, as sysfs names it, or "" */
	char zone_before[16], zone_after[16]; /* of the first frame, "" if not asked */
	uint64_t moved;       /* pages whose frame changed through the registration */
	char proof_text[160]; /* why a part of the proof is missing, or "" */
	struct dp_evidence evidence;
};

/**
 * dp_cell_to_json - write a cell as an observation
 * @cell: the cell
 *
 * Return: a new object, NULL without memory.
 */
struct json_object *dp_cell_to_json(const struct dp_cell *cell);

/**
 * dp_cell_from_json - read a cell from an observation, which may hold anything
 * @obj: an observation of kind "cell"
 * @cell: receives it
 * @err: names the key that is missing or of the wrong type
 *
 * Return: 0 or -EBADMSG.
 */
int dp_cell_from_json(struct json_object *obj, struct dp_cell *cell, struct dp_error *err);

/**
 * dp_emit - write one observation to a stream with a single write
 * @fd: the stream
 * @obj: the observation; taken over and released
 *
 * Return: 0 or a negative errno.
 */
int dp_emit(int fd, struct json_object *obj);

/**
 * dp_emit_text - write an observation that has one string besides its kind
 * @fd: the stream
 * @kind: the kind
 * @key: name of the string, NULL for none
 * @text: the string
 *
 * Return: 0 or a negative errno.
 */
int dp_emit_text(int fd, const char *kind, const char *key, const char *text);

/* Writes how an id ends: "end", "skip" or "died", with the reason; NULL for none. */
int dp_emit_id(int fd, const char *kind, const char *id, const char *text);

/* Writes the control line "failed" with the error. Return: 0 or a negative errno. */
int dp_emit_failure(int fd, const struct dp_error *err);

/**
 * dp_observation_parse - parse one line
 * @line: the text, need not be NUL-terminated
 * @len: its length in bytes
 * @obj: receives the object, to be released with json_object_put()
 * @err: context on failure
 *
 * Return: 0, or -EBADMSG if it is not one JSON object with a "kind".
 */
int dp_observation_parse(const char *line, size_t len, struct json_object **obj,
			 struct dp_error *err);

/* Splits a stream of bytes into lines of at most DP_LINE_LIMIT bytes. */
struct dp_lines {
	char *buf;
	size_t used;
	bool overlong; /* the line that is being read is too long */
};

/**
 * dp_lines_feed - add bytes, and call a function for each complete line
 * @lines: the splitter, zero at first
 * @data: the bytes
 * @len: how many
 * @take: called with each line, NUL-terminated, without newline and carriage return; one that is
 *        too long is cut, and its length given as DP_LINE_LIMIT + 1, which no observation has. A
 *        non-zero return ends the call and is passed on
 * @arg: for @take
 *
 * Return: 0, -ENOMEM, or what @take returned.
 */
int dp_lines_feed(struct dp_lines *lines, const char *data, size_t len,
		  int (*take)(void *arg, const char *line, size_t len), void *arg);

/* Releases the collector's memory. */
void dp_lines_clear(struct dp_lines *lines);

#endif
