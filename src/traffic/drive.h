/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driving end. It has both ends obey commands, and emits what it observes. The local end posts
 * the operations; they are done to the memory of the remote end.
 */
#ifndef DAXPIN_TRAFFIC_DRIVE_H
#define DAXPIN_TRAFFIC_DRIVE_H

#include "end.h"

enum dp_side {
	DP_LOCAL,
	DP_REMOTE,
	DP_SIDES,
};

struct dp_drive {
	struct dp_end local;
	const struct dp_traffic_options *options;
	const struct dp_route *route; /* to the remote end */
	const struct dp_case *tcase;  /* that is carried out */
	int fd;                       /* stream that receives the observations */
	int lost;                     /* why the remote end is no more, 0 while it is */
	bool first, last;             /* whether this route is the first or the last of the case */
	unsigned int legs;            /* of this case, that have begun */
	unsigned int looks;           /* that were asked for outside */
	/*
	 * An attempt of this case that must be refused was not answered at all. Each such attempt
	 * takes seconds, so that no more are made.
	 */
	bool unanswered;
};

/**
 * dp_drive_ask - have an end obey a command
 * @drive: the driving end
 * @side: which end obeys
 * @command: is released
 * @reply: receives the reply, NULL if the remote end is lost; to be released with
 *         json_object_put(). May be NULL
 *
 * Nothing is asked of either end once the kernel has splatted: what follows is no evidence, and may
 * never return.
 *
 * Return: the reply's "rc"; why the remote end is lost, if it is; -EIO after a splat.
 */
int dp_drive_ask(struct dp_drive *drive, enum dp_side side, struct json_object *command,
		 struct json_object **reply);

/**
 * dp_drive_connect - connect the two ends anew
 * @drive: the driving end
 * @brief: as for dp_connect()
 * @reply: receives the reply of the end that failed, as for dp_drive_ask()
 *
 * Return: 0 or a negative errno.
 */
int dp_drive_connect(struct dp_drive *drive, bool brief, struct json_object **reply);

/* Asks whether the remote end still answers. Return: true if it is gone, and the kernel is well. */
bool dp_drive_peer_gone(struct dp_drive *drive);

/* Emits an observation; over a shared route the remote end gets it, too. @obj is released. */
void dp_drive_emit(struct dp_drive *drive, struct json_object *obj);

/* Emits that the case begins, ends or is skipped; @text is the reason, or NULL. */
void dp_drive_emit_case(struct dp_drive *drive, const char *kind, const char *text);

#endif
