// SPDX-License-Identifier: GPL-2.0-or-later
/* The events of one registration, read back and decoded. */
#include <errno.h>
#include <event-parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs/tracefs.h>
#include <unistd.h>

#include "btf.h"
#include "events.h"
#include "probes.h"
#include "tell.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"

struct dp_reading {
	struct tracefs_instance *instance;
	struct tep_handle *tep;
	struct dp_kernel_types types;
	struct dp_tally tally; /* of the registration that is read */
	dp_hear_fn hear;       /* is told each event, or NULL */
	void *arg;
	uint64_t since;    /* when its first event was, ns; 0 before that */
	char blind[96];    /* what can be told of no registration here, or "" */
	char unprobed[64]; /* functions that may refuse, and whose return has no probe */
};

void dp_reading_close(struct dp_reading *r)
{
	if (!r)
		return;
	if (r->tep)
		tep_free(r->tep);
	if (r->instance)
		tracefs_instance_free(r->instance);
	free(r);
}

static bool is_set(const struct dp_reading *r, const struct dp_probe *p, bool returns)
{
	char event[64];

	snprintf(event, sizeof(event), "%s%s", p->function, returns ? "_ret" : "");
	return tep_find_event_by_name(r->tep, DP_WITNESS, event);
}

/*
 * What this kernel's probes cannot show: a check that the compiler has made part of its caller, and
 * all of it where none of the names is known for one of the two paths.
 */
static void find_gaps(struct dp_reading *r)
{
	size_t count, used = 0, fast = 0, slow = 0, grabs = 0;
	const struct dp_probe *probes = dp_probes(&count);

	for (size_t i = 0; i < count; i++) {
		const struct dp_probe *p = &probes[i];
		bool enters = p->entry && is_set(r, p, false);

		fast += enters && p->role == DP_ROLE_FAST;
		slow += enters && p->role == DP_ROLE_SLOW;
		grabs += enters && p->role == DP_ROLE_GRAB;
		if ((p->role == DP_ROLE_CHECK && !is_set(r, p, true)) ||
		    (p->role == DP_ROLE_GRAB && enters && !p->returns))
			used += (size_t)snprintf(r->unprobed + used, sizeof(r->unprobed) - used,
						 "%s%s", used ? "|" : "", p->function);
	}
	if (!fast || !slow || grabs < 2)
		snprintf(r->blind, sizeof(r->blind),
			 "this kernel has no %s by a name that is known",
			 !fast   ? "gup-fast"
			 : !slow ? "slow path"
				 : "function that takes references on pages");
}

struct dp_reading *dp_reading_open(struct dp_error *err)
{
	struct dp_reading *r = calloc(1, sizeof(*r));

	if (!r || dp_kernel_types_read(&r->types, err)) {
		free(r);
		return NULL;
	}
	r->instance = tracefs_instance_create(DP_WITNESS);
	r->tep = dp_events_load(NULL, 0);
	if (r->instance && r->tep) {
		find_gaps(r);
		return r;
	}
	dp_fail(err, errno ? -errno : -EIO, "cannot read the events of the witness");
	dp_reading_close(r);
	return NULL;
}

void dp_reading_hear(struct dp_reading *r, dp_hear_fn hear, void *arg)
{
	r->hear = hear;
	r->arg = arg;
}

void dp_reading_begin(struct dp_reading *r)
{
	tracefs_instance_file_clear(r->instance, "trace");
	tracefs_trace_on(r->instance);
}

static uint64_t field(struct tep_event *event, struct tep_record *record, const char *name)
{
	unsigned long long value = 0;

	/* A field that is not there is one that was not fetched. */
	tep_get_field_val(NULL, event, name, record, &value, 0);
	return value;
}

static void tell(struct dp_reading *r, struct tep_event *event, struct tep_record *record)
{
	char line[256];

	if (!r->since)
		r->since = record->ts;
	dp_tell_event(event, record, r->since, line, sizeof(line));
	r->hear(r->arg, line);
}

static int take(struct tep_event *event, struct tep_record *record, int cpu, void *arg)
{
	struct dp_reading *r = arg;
	bool returns = false;
	const struct dp_probe *probe = dp_probe_of(event->name, &returns);
	struct dp_happening h;
	bool gives;

	(void)cpu;
	/* set_event_pid would have the kernel patch its scheduler for each registration. */
	if (!probe || tep_data_pid(r->tep, record) != gettid())
		return 0;
	h = (struct dp_happening){
		.function = probe->function,
		.role = probe->role,
		.returns = returns,
		.value = (int64_t)field(event, record, "value"),
		.pages = probe->argument ? (int32_t)field(event, record, "pages") : 1,
		.flags = field(event, record, "flags"),
		.pgmap = field(event, record, "pgmap"),
		.type = (uint32_t)field(event, record, "type"),
	};
	if (probe->narrow)
		h.value = (int32_t)h.value;
	/* A folio or NULL, or an errno. */
	gives = r->types.grab_gives_folio || strcmp(probe->function, "try_grab_folio") != 0;
	h.failed = gives ? !h.value : (int32_t)h.value != 0;
	if (probe->role == DP_ROLE_GRAB && !gives)
		h.value = (int32_t)h.value;
	dp_tally_add(&r->tally, &h);
	if (r->hear)
		tell(r, event, record);
	return 0;
}

long long dp_events_lost(struct tracefs_instance *instance)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	long long lost = 0;

	for (long i = 0; i < cpus; i++) {
		dp_autofree char *text = NULL;
		char path[64];
		const char *at;

		snprintf(path, sizeof(path), "per_cpu/cpu%ld/stats", i);
		text = tracefs_instance_file_read(instance, path, NULL);
		at = text ? strstr(text, "overrun: ") : NULL;
		lost += at ? strtoll(at + 9, NULL, 10) : 0;
	}
	return lost;
}

void dp_reading_end(struct dp_reading *r, int err, struct dp_evidence *evidence)
{
	long long lost;

	tracefs_trace_off(r->instance);
	r->tally = (struct dp_tally){ .types = &r->types.memory, .err = err };
	r->since = 0;
	lost = dp_events_lost(r->instance);
	if (!lost)
		tracefs_iterate_raw_events(r->tep, r->instance, NULL, 0, take, r);
	dp_tally_conclude(&r->tally, evidence);
	memcpy(evidence->unprobed, r->unprobed, sizeof(evidence->unprobed));
	if (!lost && !r->blind[0])
		return;
	*evidence = (struct dp_evidence){ 0 };
	if (lost)
		snprintf(evidence->missing, sizeof(evidence->missing),
			 "%lld events were lost: the buffer is too small", lost);
	else
		snprintf(evidence->missing, sizeof(evidence->missing), "%s", r->blind);
}
