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
#include "buffers.h"
#include "events.h"
#include "probes.h"
#include "tell.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"

/*
 * Bytes of events for each page, at most: those that come for each page are a grab, its return, a
 * lookup and its return, of 48, 40, 32 and 40 bytes.
 */
#define BYTES_OF_PAGE 256

/* An event, and where its fields are. */
struct known {
	struct tep_event *event;
	const struct dp_probe *probe;
	bool returns;
	const struct tep_format_field *pid, *value, *pages, *flags, *pgmap, *type;
	const struct tep_format_field *start, *end, *asked; /* of DP_ROLE_HMM */
};

/* More than dp_probes() has, of entry and return. */
#define MOST_EVENTS 64

struct dp_reading {
	struct tracefs_instance *instance;
	struct tep_handle *tep;
	struct dp_buffers *buffers;
	struct dp_kernel_types types;
	struct known known[MOST_EVENTS];
	uint8_t by_id[1 << 16]; /* place in known, from 1; 0 for another event */
	pid_t tid;              /* whose events they are */
	int unread;             /* why they cannot be read */
	struct dp_tally tally;  /* of the registration that is read */
	dp_hear_fn hear;        /* is told each event, or NULL */
	void *arg;
	uint64_t since;    /* when its first event was, ns; 0 before that */
	bool hmm;          /* hmm_range_fault() has its probe */
	char blind[96];    /* what can be told of no registration here, or "" */
	char unprobed[64]; /* functions that may refuse, and whose return has no probe */
};

void dp_reading_close(struct dp_reading *r)
{
	if (!r)
		return;
	dp_buffers_close(r->buffers);
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
		r->hmm |= enters && p->role == DP_ROLE_HMM && r->types.hmm_start >= 0;
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

static int know_events(struct dp_reading *r, struct dp_error *err)
{
	int count = tep_get_events_count(r->tep);

	if (!count || count > MOST_EVENTS)
		return dp_report(err, -ENOENT, "there are %d events of the witness", count);
	for (int i = 0; i < count; i++) {
		struct tep_event *event = tep_get_event(r->tep, i);

		r->by_id[event->id & 0xffff] = (uint8_t)(i + 1);
		r->known[i] = (struct known){
			.event = event,
			.pid = tep_find_common_field(event, "common_pid"),
			.value = tep_find_field(event, "value"),
			.pages = tep_find_field(event, "pages"),
			.flags = tep_find_field(event, "flags"),
			.pgmap = tep_find_field(event, "pgmap"),
			.type = tep_find_field(event, "type"),
			.start = tep_find_field(event, "start"),
			.end = tep_find_field(event, "end"),
			.asked = tep_find_field(event, "asked"),
		};
		r->known[i].probe = dp_probe_of(event->name, &r->known[i].returns);
	}
	return 0;
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
	if (!r->instance || !r->tep)
		dp_fail(err, errno ? -errno : -EIO, "cannot read the events of the witness");
	else if (!know_events(r, err))
		r->buffers = dp_buffers_open(r->instance, err);
	if (r->buffers) {
		find_gaps(r);
		return r;
	}
	dp_reading_close(r);
	return NULL;
}

void dp_reading_hear(struct dp_reading *r, dp_hear_fn hear, void *arg)
{
	r->hear = hear;
	r->arg = arg;
}

void dp_reading_begin(struct dp_reading *r, uint64_t pages)
{
	r->tid = gettid();
	r->unread = dp_buffers_begin(r->buffers, pages * BYTES_OF_PAGE);
}

/* A field that is not there is one that was not fetched. */
static int64_t get(const struct tep_format_field *field, const void *data)
{
	const char *at = data;
	uint32_t half;
	int64_t whole;

	if (!field)
		return 0;
	if (field->size == sizeof(whole)) {
		memcpy(&whole, at + field->offset, sizeof(whole));
		return whole;
	}
	memcpy(&half, at + field->offset, sizeof(half));
	return field->flags & TEP_FIELD_IS_SIGNED ? (int32_t)half : (int64_t)half;
}

static void tell(struct dp_reading *r, struct tep_event *event, void *data, size_t size,
		 uint64_t ts)
{
	struct tep_record record = { .ts = ts, .data = data, .size = (int)size };
	char line[256];

	if (!r->since)
		r->since = ts;
	dp_tell_event(event, &record, r->since, line, sizeof(line));
	r->hear(r->arg, line);
}

static void take(void *arg, void *data, size_t size, uint64_t ts)
{
	struct dp_reading *r = arg;
	struct dp_happening h;
	const struct known *k;
	uint16_t id;
	bool gives;

	/* Every record begins with the number of its event. */
	memcpy(&id, data, sizeof(id));
	if (!r->by_id[id])
		return;
	k = &r->known[r->by_id[id] - 1];
	/* set_event_pid would have the kernel patch its scheduler for each registration. */
	if (!k->probe || get(k->pid, data) != r->tid)
		return;
	h = (struct dp_happening){
		.function = k->probe->function,
		.role = k->probe->role,
		.returns = k->returns,
		.value = get(k->value, data),
		.pages = k->probe->argument ? get(k->pages, data) : 1,
		.flags = (uint64_t)get(k->flags, data),
		.pgmap = (uint64_t)get(k->pgmap, data),
		.type = (uint32_t)get(k->type, data),
	};
	if (k->probe->role == DP_ROLE_HMM) {
		h.pages = (get(k->end, data) - get(k->start, data)) / (int64_t)getpagesize();
		h.flags = (uint64_t)get(k->asked, data);
	}
	if (k->probe->narrow)
		h.value = (int32_t)h.value;
	/* A folio or NULL, or an errno. */
	gives = r->types.grab_gives_folio || strcmp(k->probe->function, "try_grab_folio") != 0;
	h.failed = gives ? !h.value : (int32_t)h.value != 0;
	if (k->probe->role == DP_ROLE_GRAB && !gives)
		h.value = (int32_t)h.value;
	dp_tally_add(&r->tally, &h);
	if (r->hear)
		tell(r, k->event, data, size, ts);
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
	int rc = r->unread;

	r->tally = (struct dp_tally){ .types = &r->types.memory, .err = err };
	r->since = 0;
	if (!rc)
		rc = dp_buffers_end(r->buffers, take, r);
	dp_tally_conclude(&r->tally, evidence);
	if (!r->hmm)
		evidence->hmm_calls = -1;
	memcpy(evidence->unprobed, r->unprobed, sizeof(evidence->unprobed));
	if (!rc && !r->blind[0])
		return;
	*evidence = (struct dp_evidence){ 0 };
	if (!rc)
		snprintf(evidence->missing, sizeof(evidence->missing), "%s", r->blind);
	else if (rc == -ENOBUFS)
		snprintf(evidence->missing, sizeof(evidence->missing),
			 "events were lost: the buffer of %ld KiB is too small for this region",
			 dp_buffers_kib(r->buffers));
	else
		snprintf(evidence->missing, sizeof(evidence->missing),
			 "the events cannot be recorded or read (%s)", dp_errno_name(-rc));
}
