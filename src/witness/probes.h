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

#endif
