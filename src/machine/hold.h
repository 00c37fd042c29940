/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processors of a guest that runs, held through QEMU's GDB stub. */
#ifndef DAXPIN_MACHINE_HOLD_H
#define DAXPIN_MACHINE_HOLD_H

#include <stddef.h>

#include "daxpin/vcpu.h"

struct dp_error;
struct dp_sink;
struct dp_watch;

struct dp_hold {
	struct dp_watch *watch;
	struct dp_vcpus vcpus;
	uint64_t until_ms; /* a time of dp_now_ms(), after which nobody is held any more */
	uint64_t last[8];  /* where each was stopped last, or 0 */
	uint64_t set[DP_VCPU_STOPS]; /* where breakpoints are */
	size_t nset;
};

/**
 * dp_hold_begin - stop the guest and take its processors in hand
 * @watch: of the guest
 * @until_ms: until when they can be held, a time of dp_now_ms()
 * @hold: to be released with dp_hold_end() if this succeeds; does not move meanwhile
 * @err: context on failure
 *
 * What the guest says meanwhile is taken as ever.
 *
 * Return: 0 or a negative errno.
 */
int dp_hold_begin(struct dp_watch *watch, uint64_t until_ms, struct dp_hold *hold,
		  struct dp_error *err);

/* Lets all of them go. */
void dp_hold_end(struct dp_hold *hold);

/**
 * dp_hold_play - have the processors of a guest held, as it asks
 * @watch: of the guest
 * @until_ms: until when
 * @sink: whose member "order" does it
 * @line: the guest's request
 * @answer: receives what became of it, for the guest
 * @size: its size, bytes
 */
void dp_hold_play(struct dp_watch *watch, uint64_t until_ms, const struct dp_sink *sink,
		  const char *line, char *answer, size_t size);

#endif
