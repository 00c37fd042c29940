/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The balloon of a machine that has one: it grows and shrinks when the guest asks for it. */
#ifndef DAXPIN_MACHINE_BALLOON_H
#define DAXPIN_MACHINE_BALLOON_H

#include <stdbool.h>
#include <stdint.h>

#include "qmp.h"

struct dp_layout;

/* What a guest keeps in any case, MiB. */
#define DP_BALLOON_LEAST 64

struct dp_balloon {
	struct dp_qmp *qmp;
	void (*take)(void *arg, struct json_object *data); /* QEMU's answer */
	uint64_t ram;    /* of the machine, MiB; 0 for one without a balloon */
	uint64_t wanted; /* MiB that are to be in it */
	bool busy;       /* QEMU has not answered the last command */
	bool again;      /* and something else is wanted by now */
};

/**
 * dp_balloon_begin - note whether there is one
 * @balloon: receives it; nothing is to be released
 * @qmp: the monitor, which has begun
 * @layout: of the machine; NULL for daxpin's own, which has none
 * @take: of QEMU's answers; calls dp_balloon_answered()
 */
void dp_balloon_begin(struct dp_balloon *balloon, struct dp_qmp *qmp,
		      const struct dp_layout *layout,
		      void (*take)(void *arg, struct json_object *data));

/*
 * Carries out "balloon MIB": so much of the guest's memory is to be in it. Anything else, and what
 * would leave the guest less than DP_BALLOON_LEAST, is left alone. However often the guest asks,
 * one command is under way at most.
 */
void dp_balloon_request(struct dp_balloon *balloon, const char *what);

/* QEMU has taken the last command. */
void dp_balloon_answered(struct dp_balloon *balloon);

#endif
