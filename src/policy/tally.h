/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a traffic case, added up. */
#ifndef DAXPIN_POLICY_TALLY_H
#define DAXPIN_POLICY_TALLY_H

#include "verdict.h"

/* What has been seen so far, over all steps. */
struct tally {
	struct verdict *v;
	int64_t transfers, bytes, checked, refusals, looks, extents;
	bool failed;
	bool troubled;     /* something did not go on: no verdict */
	char faults[256];  /* kinds of them */
	char refused[256]; /* registrations: "EOPNOTSUPP as target" */
	char routes[128];
	char trouble[256];
	/*
	 * How a bad local key was refused, where that is not as specified: only noted, as the
	 * process harms nobody but itself. rxe says "local QP operation error" (rxe_requester():
	 * copy_data() has -EINVAL), later ones "flushed".
	 */
	char odd[128];
	char prefetch[32]; /* how the adapter took the advice, or "" */
	struct json_object *bandwidth, *reference;
};

/* Adds a text to a list, once. */
void dp_add_once(char *list, size_t size, const char *text);

/* A fault of a kind: each explanation is given once. */
__attribute__((format(printf, 3, 4))) void dp_fault(struct tally *t, const char *kind,
						    const char *fmt, ...);

/* Why there is no verdict; the first reason is told. */
__attribute__((format(printf, 2, 3))) void dp_trouble(struct tally *t, const char *fmt, ...);

/* "over veth, as target, on demand" */
const char *dp_leg_of(struct json_object *step, char *text, size_t size);

/* A number that dp_find_missing() has found to be there; 0 where it is not. */
int64_t dp_number(struct json_object *obj, enum dp_field field);

/* ---- read_back.c ------------------------------------------------------------------------- */

/* One region was read back, in the guest or from outside. */
void dp_judge_look(struct tally *t, struct json_object *step);

/* How much the most independent of these routes shares with the mapping; NULL without one. */
const char *dp_independence(const char *routes);

#endif
