// SPDX-License-Identifier: GPL-2.0-or-later
/* What a leg has at both ends: the regions with their registrations, and the connection. */
#include <errno.h>
#include <stdio.h>

#include "layout.h"
#include "leg.h"
#include "pattern.h"
#include "talk.h"

#include "daxpin/cleanup.h"

/* Seeds differ between ids, legs and regions, and are the same in each run with the same --seed. */
static uint64_t seed_of(const struct dp_leg *leg, enum dp_side side)
{
	uint64_t seed = leg->drive->options->seed;

	for (const char *c = leg->drive->tcase->id; *c; c++)
		seed = dp_pattern_word(seed ^ (unsigned char)*c, 0);
	for (const char *c = leg->drive->route->topology; *c; c++)
		seed = dp_pattern_word(seed ^ (unsigned char)*c, 8);
	return dp_pattern_word(seed, 8 * (4U * leg->on_demand + 2U * leg->tested + side));
}

static void describe(struct dp_region *r, struct json_object *reply)
{
	const char *resource = dp_json_text(reply, "resource"), *zone = dp_json_text(reply, "zone");

	r->length = dp_talk_number(reply, "length");
	r->half = dp_layout_half(r->length);
	r->pid = (pid_t)dp_talk_number(reply, "pid");
	r->file = (int)dp_json_int_or(reply, "fd", -1);
	snprintf(r->resource, sizeof(r->resource), "%s", resource ? resource : "");
	snprintf(r->zone, sizeof(r->zone), "%s", zone ? zone : "");
}

static int open_region(struct dp_leg *leg, enum dp_side side, struct dp_error *why)
{
	bool tested = side == leg->tested;
	struct dp_region *r = &leg->regions[side];
	struct json_object *command = dp_talk_command("open");
	dp_autojson struct json_object *reply = NULL;
	int rc;

	r->ledger.seed = seed_of(leg, side);
	r->ledger.count = 0;
	dp_json_add_text(command, "mapping", tested ? leg->drive->tcase->mapping->name : "anon");
	dp_json_add_int(
		command, "size",
		(int64_t)dp_region_size(leg->drive->tcase->mapping, leg->drive->options->env.size));
	dp_talk_add_word(command, "seed", r->ledger.seed);
	rc = dp_drive_ask(leg->drive, side, command, &reply);
	describe(r, reply);
	if (!rc)
		return 0;
	if (rc == DP_SKIP && dp_json_text(reply, "text"))
		return dp_skip(why, "%s", dp_json_text(reply, "text"));
	dp_leg_emit_trouble(leg, "open", reply);
	return rc;
}

static int register_part(struct dp_leg *leg, enum dp_side side, const char *key, uint64_t offset,
			 uint64_t length, unsigned int access, struct json_object **reply)
{
	struct json_object *command = dp_talk_command("register");

	dp_json_add_text(command, "key", key);
	dp_json_add_int(command, "offset", (int64_t)offset);
	dp_json_add_int(command, "length", (int64_t)length);
	dp_json_add_int(command, "access", access);
	return dp_drive_ask(leg->drive, side, command, reply);
}

static int emit_refused(struct dp_leg *leg, const char *errno_name, unsigned int access)
{
	struct json_object *obj = json_object_new_object();

	dp_step_set_text(obj, DP_FIELD_ERRNO, errno_name);
	dp_step_set_int(obj, DP_FIELD_ACCESS, access);
	dp_leg_emit(leg, DP_STEP_REFUSED, obj);
	return -EOPNOTSUPP;
}

/* Registers the whole and its halves, all at the same time. */
static int register_region(struct dp_leg *leg, enum dp_side side)
{
	const struct dp_operation *op = leg->operation;
	struct dp_region *r = &leg->regions[side];
	uint64_t half = r->half;
	unsigned int access = side == DP_REMOTE ? op->target : op->source;
	const struct {
		const char *key;
		uint64_t offset, length;
		uint32_t *rkey;
	} parts[] = { { "whole", 0, r->length, &r->rkey },
		      { "head", 0, half, &r->head_rkey },
		      { "tail", half, r->length - half, &r->tail_rkey } };

	if (leg->on_demand && side == leg->tested)
		access |= IBV_ACCESS_ON_DEMAND;
	for (size_t i = 0; i < DP_ARRAY_SIZE(parts); i++) {
		dp_autojson struct json_object *reply = NULL;
		int rc = register_part(leg, side, parts[i].key, parts[i].offset, parts[i].length,
				       access, &reply);
		const char *refused = rc ? NULL : dp_json_text(reply, "errno");

		if (rc) {
			dp_leg_emit_trouble(leg, "register", reply);
			return rc;
		}
		if (refused)
			return emit_refused(leg, refused, access);
		*parts[i].rkey = (uint32_t)dp_talk_number(reply, "rkey");
		if (!i)
			r->address = dp_talk_number(reply, "address");
	}
	return 0;
}

int dp_leg_open(struct dp_leg *leg, struct dp_error *why)
{
	int rc = 0;

	for (int side = DP_REMOTE; side >= DP_LOCAL && !rc; side--)
		rc = open_region(leg, (enum dp_side)side, why);
	for (int side = DP_REMOTE; side >= DP_LOCAL && !rc; side--)
		rc = register_region(leg, (enum dp_side)side);
	return rc;
}

void dp_leg_close(struct dp_leg *leg)
{
	dp_drive_ask(leg->drive, DP_LOCAL, dp_talk_command("close"), NULL);
	dp_drive_ask(leg->drive, DP_REMOTE, dp_talk_command("close"), NULL);
}

int dp_leg_connect(struct dp_leg *leg, bool brief)
{
	dp_autojson struct json_object *reply = NULL;
	int rc = dp_drive_connect(leg->drive, brief, &reply);

	if (rc)
		dp_leg_emit_trouble(leg, "connect", reply);
	return rc;
}

static int read_back(struct dp_leg *leg, enum dp_side side)
{
	struct json_object *command = dp_talk_command("verify"), *obj;
	dp_autojson struct json_object *reply = NULL;
	int rc;

	json_object_object_add(command, "ledger", dp_ledger_to_json(&leg->regions[side].ledger));
	rc = dp_drive_ask(leg->drive, side, command, &reply);
	if (rc) {
		dp_leg_emit_trouble(leg, "verify", reply);
		return rc;
	}
	obj = json_object_new_object();
	dp_step_set_text(obj, DP_FIELD_MEMORY, side == leg->tested ? "mapping" : "plain");
	dp_step_copy(obj, DP_FIELD_ROUTES, reply);
	dp_step_copy(obj, DP_FIELD_LOOKS, reply);
	dp_leg_emit(leg, DP_STEP_VERIFY, obj);
	return 0;
}

int dp_leg_read_back(struct dp_leg *leg)
{
	int rc = 0;

	for (int side = DP_LOCAL; side < DP_SIDES && !rc; side++)
		rc = read_back(leg, (enum dp_side)side);
	return rc ? rc : dp_leg_ask_outside(leg);
}

bool dp_leg_pages_on_demand(const struct dp_drive *d, const struct dp_operation *operation)
{
	const struct ibv_odp_caps *caps = &d->local.port->attr.odp_caps;

	return caps->general_caps & IBV_ODP_SUPPORT &&
	       (caps->per_transport_caps.rc_odp_caps & operation->odp) == operation->odp;
}
