/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a long operation gets on: who carries it out tells, and knows nothing of who is told.
 */
#ifndef DAXPIN_PROGRESS_H
#define DAXPIN_PROGRESS_H

#include <stddef.h>

/* What happens to an id. */
enum dp_moment {
	DP_ID_WANTED, /* it will be asked; once for each time */
	DP_ID_BEGUN,
	DP_ID_ANSWERED,
	/* Its verdict, which is the end of it even if there was no answer. */
	DP_ID_GOOD,
	DP_ID_FAILED,
	DP_ID_ERROR,
};

/* Who is told. All functions may be called by several threads at once. */
struct dp_progress {
	const char *kernel; /* that is asked, as the user named it; NULL: this machine */
	size_t number;      /* of that kernel; two may have one name */
	/* What is done while nothing is asked; @percent of it, or -1. NULL: it has ended. */
	void (*phase)(const struct dp_progress *progress, const char *what, int percent);
	void (*id)(const struct dp_progress *progress, const char *id, enum dp_moment moment);
	/* Some time has passed. */
	void (*tick)(const struct dp_progress *progress);
	void *arg; /* for all of them */
};

/* Each of these tells nobody if @progress is NULL. */

static inline void dp_progress_phase(const struct dp_progress *progress, const char *what,
				     int percent)
{
	if (progress)
		progress->phase(progress, what, percent);
}

static inline void dp_progress_phase_end(const struct dp_progress *progress)
{
	if (progress)
		progress->phase(progress, NULL, -1);
}

static inline void dp_progress_id(const struct dp_progress *progress, const char *id,
				  enum dp_moment moment)
{
	if (progress)
		progress->id(progress, id, moment);
}

static inline void dp_progress_tick(const struct dp_progress *progress)
{
	if (progress)
		progress->tick(progress);
}

#endif
