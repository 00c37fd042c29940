/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that are probed. */
#ifndef DAXPIN_WITNESS_PROBES_H
#define DAXPIN_WITNESS_PROBES_H

#include "daxpin/witness.h"

/* Of the instance, and of the probes. */
#define DP_WITNESS "daxpin"

struct dp_probe {
	const char *function;
	enum dp_role role;
	bool entry, returns; /* which are probed */
	int argument;        /* that has the number of pages, from 1; 0: it is one page */
	bool narrow;         /* it returns an int, and the upper half of the register is anything */
};

struct tracefs_instance;

const struct dp_probe *dp_probes(size_t *count);

/* The probe of an event, "try_grab_folio" or "try_grab_folio_ret"; NULL if there is none. */
const struct dp_probe *dp_probe_of(const char *event, bool *returns);

/* Events that found no room in an instance, on any CPU. */
long long dp_events_lost(struct tracefs_instance *instance);

/* Whether an event is that of a function: its entry, or its return, which is NAME_ret. */
bool dp_is_event_of(const char *event, const char *function, bool *returns);

/**
 * dp_witness_set_up - begin to look, with a set of probes
 * @set: sets the probes
 * @make: makes the instance
 * @err: what this kernel or this user may not do
 *
 * Return: as for dp_witness_arm().
 */
int dp_witness_set_up(int (*set)(struct dp_error *err), int (*make)(struct dp_error *err),
		      struct dp_error *err);

#endif
