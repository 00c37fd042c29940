/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stations of a biased race: what was drawn for each, and what came of the holds. */
#ifndef DAXPIN_ORDER_WINDOWS_H
#define DAXPIN_ORDER_WINDOWS_H

#include "request.h"

#define DP_MAX_WINDOWS 16

struct dp_window {
	const struct dp_station *station;
	size_t number; /* of the station, in dp_stations() */
	bool there;    /* this kernel has a function for it */
	/* in this round */
	unsigned int ms;   /* that was drawn */
	unsigned int left; /* how often one that comes there is still stopped */
	/* in all */
	int64_t rounds, reached, held, held_ms, hit;
	int64_t passed[DP_POINTS]; /* by the other side: holds in which it was seen there */
};

struct dp_windows {
	struct dp_window list[DP_MAX_WINDOWS];
	size_t count;
};

/* Those that the guest asks for. Somebody is held at them only in a round that was drawn. */
void dp_windows_begin(struct dp_windows *windows, const struct dp_request *request);

/* Draws a round. @round: from 0 */
void dp_windows_draw(struct dp_windows *windows, uint64_t seed, uint64_t round);

/* Nobody is held at any of them, until the next draw. */
void dp_windows_close(struct dp_windows *windows);

/* Whether somebody is to be stopped at a point, for a station at it. */
bool dp_windows_want(const struct dp_windows *windows, enum dp_point point);

/**
 * dp_windows_at - the station that somebody has come to
 * @windows: all of them
 * @point: that it came to
 * @returned: its function has returned
 * @value: what it returned
 *
 * Return: NULL if that is none, or nobody is held there in this round.
 */
struct dp_window *dp_windows_at(struct dp_windows *windows, enum dp_point point, bool returned,
				int value);

/* What the step "holds" tells of them: a list, released with that. */
struct json_object *dp_windows_to_json(const struct dp_windows *windows);

#endif
