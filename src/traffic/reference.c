// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What somebody else's program makes of the same memory and adapter: whether it can register it,
 * and at which bandwidth it writes there. Only if that is wanted, and last: it overwrites the
 * region.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drive.h"

#include "daxpin/cleanup.h"

/* Messages of the reference; it maps two of them, and a leaf of the page table must hold that. */
#define SMALLEST 65536ULL
#define LARGEST  (1ULL << 20)
/* perftest does no fewer. */
#define MIN_COUNT 5

uint64_t reference_size(const struct leg *leg)
{
	const struct region *r = &leg->regions[REMOTE];
	uint64_t size = leg->drive->tcase->mapping->leaf / 2;

	size = size < SMALLEST ? SMALLEST : size;
	return size <= LARGEST && 2 * size <= r->length ? size : 0;
}

/* It takes a file or a device by name and maps it shared, or has plain memory of its own. */
bool has_reference(const struct leg *leg)
{
	const struct dp_mapping *mapping = leg->drive->tcase->mapping;
	bool file = leg->regions[REMOTE].file >= 0 && (mapping->populate == DP_POPULATE_WRITE ||
						       mapping->populate == DP_POPULATE_MMAP);

	return leg->drive->options->reference && leg->drive->first && leg->tested == REMOTE &&
	       !leg->on_demand && !strcmp(leg->operation->name, "write") &&
	       (file || !strcmp(mapping->name, "anon")) && reference_size(leg);
}

static struct json_object *reference_order(const struct leg *leg, const char *name)
{
	const struct sockaddr_in *at = (const struct sockaddr_in *)&leg->drive->route->at;
	uint64_t count = leg->measured < MIN_COUNT ? MIN_COUNT : leg->measured;
	struct json_object *command = command_of(name);
	char to[INET_ADDRSTRLEN] = "";

	if (at->sin_family == AF_INET)
		inet_ntop(AF_INET, &at->sin_addr, to, sizeof(to));
	dp_json_add_text(command, "to", to);
	/* perftest talks over TCP; daxpin's own port may be taken, the next one is not. */
	dp_json_add_int(command, "port", ntohs(at->sin_port) + 1);
	dp_json_add_int(command, "size", (int64_t)reference_size(leg));
	dp_json_add_int(command, "count", (int64_t)count);
	return command;
}

/* @registers: whether daxpin could. */
void run_reference(struct leg *leg, bool registers)
{
	dp_cleanup(put_object) struct json_object *begun = NULL, *asked = NULL, *ended = NULL;
	struct json_object *obj;
	int rc, rc2;

	rc = ask(leg->drive, REMOTE, reference_order(leg, "serve-reference"), &begun);
	if (rc == DP_SKIP)
		return;
	if (rc) {
		emit_trouble(leg, "reference", begun);
		return;
	}
	rc = ask(leg->drive, LOCAL, reference_order(leg, "ask-reference"), &asked);
	rc2 = ask(leg->drive, REMOTE, command_of("end-reference"), &ended);
	/* A server that could not register its memory leaves its client without an answer. */
	if (rc2 || (rc && json_object_get_boolean(json_object_object_get(ended, "registered")))) {
		emit_trouble(leg, "reference", rc2 ? ended : asked);
		return;
	}
	obj = json_object_new_object();
	dp_json_add_text(obj, "tool", "ib_write_bw");
	json_object_object_add(obj, "registers", json_object_new_boolean(registers));
	json_object_object_add(obj, "registered",
			       json_object_get(json_object_object_get(ended, "registered")));
	dp_json_add_int(obj, "size", (int64_t)reference_size(leg));
	if (!rc)
		dp_json_add_int(obj, "bytes_per_second",
				(int64_t)number_of(asked, "bytes_per_second"));
	emit_step(leg, "reference", obj);
}
