/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canary: a process that uses memory or a disk that was taken away and brought back. It fills
 * all of it with a pattern, and compares later whether somebody else has written there.
 */
#ifndef DAXPIN_TRAFFIC_CANARY_H
#define DAXPIN_TRAFFIC_CANARY_H

#include "daxpin/actor.h"
#include "daxpin/mapping.h"

struct dp_canary {
	const struct dp_mapping *mapping; /* is mapped anew */
	struct dp_env env;
	const char *dir;       /* where the file system of the mapping is mounted, or "" */
	const char *disk;      /* a disk that is used instead of the mapping, or NULL */
	struct dp_actor actor; /* the process; release with dp_actor_clear() */
};

/**
 * dp_canary_start - start the process, which maps and fills what was taken away
 * @canary: what it uses
 * @reply: receives how many bytes it has filled, as number; on failure rc, and why as text
 *
 * Return: false on failure.
 */
bool dp_canary_start(struct dp_canary *canary, struct dp_reply *reply);

/**
 * dp_canary_compare - have the process compare what it has filled
 * @canary: was started
 * @reply: receives how many bytes are wrong, as number, and the offset of the first one, as text;
 *         on failure rc, and why as text
 *
 * Return: false on failure.
 */
bool dp_canary_compare(struct dp_canary *canary, struct dp_reply *reply);

#endif
