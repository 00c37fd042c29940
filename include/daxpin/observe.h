/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The observation: what was seen, written down before the next thing is done.
 *
 * One observation is one JSON object on one line, with its sort under "kind":
 *
 *   hello   kernel, machine, page_size      the kernel that is asked
 *   rdma    device, provider, odp           the adapter that registrations go through
 *   begin   id                              this cell is about to be asked
 *   cell    id, …                           what was seen (struct dp_cell)
 *   doing   step                            this step of a scenario begins
 *   step    step, ms, …                     what was seen in it (steps.h)
 *   left-out  step, text                    this step is owed and was not taken, and why
 *   skip    id, text                        this scenario cannot be asked here
 *   end     id                              this scenario has ended
 *   died    id, text                        the process that asked did not come back
 *   output  text, exit_code                 of a program that ran in the guest
 *
 * Control lines travel in the same stream (control.h). The same lines come from a run on the host,
 * through a pipe, and from a guest, through a virtio port or a serial port. Whoever reads them
 * treats them as hostile: a length limit, a depth limit, and no field is believed to have the right
 * type.
 */
#ifndef DAXPIN_OBSERVE_H
#define DAXPIN_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/json.h"

struct dp_error;

/* Longest line accepted, bytes. The longest that daxpin writes has about 2 KiB. */
#define DP_LINE_LIMIT 65536

enum dp_outcome {
	DP_ANSWERED, /* the kernel was asked and answered */
	DP_SKIPPED,  /* this kernel or machine cannot be asked; text says why */
	DP_BROKEN,   /* asking failed; text says how */
};

/* What was seen of one registration: check/MAPPING/ACCESS. */
struct dp_cell {
	char id[96];
	enum dp_outcome outcome;
	char text[512]; /* the reason of DP_SKIPPED or DP_BROKEN */

	int err;                     /* 0: allowed; positive errno: rejected with it */
	uint64_t acquired, released; /* pages, nr_foll_pin_acquired and _released */
	uint64_t pages;              /* pages in the region */
	int64_t vmpin_held_kib;      /* VmPin gained while registered */
	int64_t vmpin_kept_kib;      /* VmPin left after deregistration */
	bool pins_seen;              /* the counters could be read, by nobody else at that time */
	char pins_text[96];          /* why they could not, or "" */
	uint64_t register_us, deregister_us;
	unsigned int attempts; /* registrations made until the counters were quiet */

	/* The proof that the mapping is what its name says. */
	char owner[192];   /* /proc/iomem path of the frames, "" if it could not be told */
	bool uniform;      /* all frames have this owner */
	uint64_t leaf;     /* bytes that one page-table leaf maps, 0 if it could not be told */
	char leaf_by[24];  /* the evidence: "perf-page-size", … */
	char resource[64]; /* the device that was opened, as /proc/iomem names it, or "" */
	char zone_before[16], zone_after[16]; /* of the first frame, "" if not asked */
	uint64_t moved;       /* pages whose frame changed through the registration */
	char proof_text[160]; /* why a part of the proof is missing, or "" */
};

/**
 * dp_cell_to_json - the cell as an observation
 * @cell: the cell
 *
 * Return: a new object, NULL without memory.
 */
struct json_object *dp_cell_to_json(const struct dp_cell *cell);

/**
 * dp_cell_from_json - read a cell, believing nothing
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
 * dp_emit_text - write an observation that has one text besides its kind
 * @fd: the stream
 * @kind: its kind
 * @key: name of the text, NULL for none
 * @text: the text
 *
 * Return: 0 or a negative errno.
 */
int dp_emit_text(int fd, const char *kind, const char *key, const char *text);

/* Writes that the executor cannot go on, and why. Return: 0 or a negative errno. */
int dp_emit_failure(int fd, const struct dp_error *err);

/**
 * dp_observation_parse - read one line
 * @line: the text, need not be NUL-terminated
 * @len: its length in bytes
 * @obj: receives the object, to be released with json_object_put()
 * @err: context on failure
 *
 * Return: 0, or -EBADMSG if it is not one JSON object with a "kind".
 */
int dp_observation_parse(const char *line, size_t len, struct json_object **obj,
			 struct dp_error *err);

/* Collects bytes into lines of at most DP_LINE_LIMIT. */
struct dp_lines {
	char *buf;
	size_t used;
	bool overlong; /* the line being read has lost its beginning */
};

/**
 * dp_lines_feed - add bytes, and hand over each line that is complete
 * @lines: the collector, zero at first
 * @data: bytes as they came
 * @len: how many
 * @take: called with each line without its newline (a carriage return before it is dropped); an
 *        overlong line is left out. A non-zero return ends the feeding and is passed on
 * @arg: for @take
 *
 * Return: 0, -ENOMEM, or what @take returned.
 */
int dp_lines_feed(struct dp_lines *lines, const char *data, size_t len,
		  int (*take)(void *arg, const char *line, size_t len), void *arg);

/* Releases the collector's memory. */
void dp_lines_clear(struct dp_lines *lines);

#endif
