/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that a teardown passes. */
#ifndef DAXPIN_WITNESS_COURSE_PROBES_H
#define DAXPIN_WITNESS_COURSE_PROBES_H

#include <stdbool.h>
#include <stddef.h>

/* In whose hands a function is of interest. */
enum dp_passer {
	DP_BY_ANYBODY, /* it belongs to teardowns and pins only */
	DP_BY_CAST,    /* others call it all the time */
};

struct dp_course_probe {
	const char *function;
	enum dp_passer by;
	/*
	 * What is probed at its return. Not where kernels oops under a teardown: a return probe
	 * stands in the way of the call trace.
	 */
	enum dp_return {
		DP_NO_RETURN,
		DP_RETURN,
		DP_ERRNO, /* it gives 0 or a negative errno as an int */
	} at_return;
};

const struct dp_course_probe *dp_course_probes(size_t *count);

/* The probe of an event, "memunmap_pages" or "memunmap_pages_ret"; NULL if there is none. */
const struct dp_course_probe *dp_course_probe_of(const char *event, bool *returns);

#endif
