// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks the reference, ib_write_bw of perftest, about the same memory and adapter: whether it can
 * register it, and with which bandwidth it writes there. It is asked only if that is wanted, and
 * last: it overwrites the region.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "leg.h"
#include "talk.h"

#include "daxpin/cleanup.h"

/* Messages of the reference, bytes. It maps two of them, and a leaf of the page table must not be
 * larger than that. */
#define SMALLEST 65536ULL
#define LARGEST  (1ULL << 20)
/* perftest does no fewer iterations. */
#define MIN_COUNT 5

/* It maps a file or a device shared, by its name, or allocates plain memory itself. */
static bool takes(const struct dp_mapping *mapping, const struct dp_region *r)
{
	if (r->file < 0)
		return mapping->control;
	return !mapping->private && mapping->populate != DP_POPULATE_NONE;
}

uint64_t dp_leg_reference_size(const struct dp_leg *leg)
{
	const struct dp_region *r = &leg->regions[DP_REMOTE];
	const struct dp_mapping *mapping = leg->drive->tcase->mapping;
	uint64_t size = mapping->leaf / 2 < SMALLEST ? SMALLEST : mapping->leaf / 2;

	if (!leg->drive->options->reference || !leg->operation->referenced || !leg->drive->first ||
	    leg->tested != DP_REMOTE || leg->on_demand || !takes(mapping, r))
		return 0;
	return size <= LARGEST && 2 * size <= r->length ? size : 0;
}

static struct json_object *command_for(const struct dp_leg *leg, const char *name)
{
	const struct sockaddr_in *at = (const struct sockaddr_in *)&leg->drive->route->at;
	uint64_t count = leg->measured < MIN_COUNT ? MIN_COUNT : leg->measured;
	struct json_object *command = dp_talk_command(name);
	char to[INET_ADDRSTRLEN] = "";

	if (at->sin_family == AF_INET)
		inet_ntop(AF_INET, &at->sin_addr, to, sizeof(to));
	dp_json_add_text(command, "to", to);
	/* perftest talks over TCP. daxpin's own port may be in use; it takes the next one. */
	dp_json_add_int(command, "port", ntohs(at->sin_port) + 1);
	dp_json_add_int(command, "size", (int64_t)dp_leg_reference_size(leg));
	dp_json_add_int(command, "count", (int64_t)count);
	return command;
}

void dp_leg_refer(struct dp_leg *leg, bool registers)
{
	dp_autojson struct json_object *begun = NULL, *asked = NULL, *ended = NULL;
	struct json_object *obj;
	int rc, rc2;

	rc = dp_drive_ask(leg->drive, DP_REMOTE, command_for(leg, "serve-reference"), &begun);
	if (rc == DP_SKIP)
		return;
	if (rc) {
		dp_leg_emit_trouble(leg, "reference", begun);
		return;
	}
	rc = dp_drive_ask(leg->drive, DP_LOCAL, command_for(leg, "ask-reference"), &asked);
	rc2 = dp_drive_ask(leg->drive, DP_REMOTE, dp_talk_command("end-reference"), &ended);
	/* A server that could not register its memory leaves its client without an answer. */
	if (rc2 || (rc && dp_json_bool_or(ended, "registered", false))) {
		dp_leg_emit_trouble(leg, "reference", rc2 ? ended : asked);
		return;
	}
	obj = json_object_new_object();
	dp_step_set_text(obj, DP_FIELD_TOOL, "ib_write_bw");
	dp_step_set_flag(obj, DP_FIELD_REGISTERS, registers);
	dp_step_set(obj, DP_FIELD_REGISTERED,
		    json_object_get(json_object_object_get(ended, "registered")));
	dp_step_set_int(obj, DP_FIELD_SIZE, (int64_t)dp_leg_reference_size(leg));
	if (!rc)
		dp_step_set_int(obj, DP_FIELD_BYTES_PER_SECOND,
				(int64_t)dp_talk_number(asked, "bytes_per_second"));
	dp_leg_emit(leg, DP_STEP_REFERENCE, obj);
}
