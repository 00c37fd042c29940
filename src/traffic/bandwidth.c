// SPDX-License-Identifier: GPL-2.0-or-later
/* The bandwidth of writes into the mapping, or of reads from it. */
#include <errno.h>

#include "layout.h"
#include "leg.h"
#include "talk.h"

#include "daxpin/cleanup.h"

/* Size of a message, bytes, and how long messages are posted, ms. */
#define MESSAGE    65536ULL
#define MEASURE_MS 200
/* Longer, if it is compared with the bandwidth of the reference. */
#define COMPARE_MS 1000

static bool is_measured(const struct dp_leg *leg, bool compared)
{
	enum dp_shape shape = leg->operation->shape;

	return (leg->drive->last || compared) && !leg->operation->immediate &&
	       leg->tested == DP_REMOTE && (shape == DP_SHAPE_WRITE || shape == DP_SHAPE_READ);
}

static int stream(struct dp_leg *leg, uint64_t size, uint64_t ms, struct json_object **reply)
{
	const struct dp_region *r = &leg->regions[DP_REMOTE];
	struct json_object *command = dp_talk_command("stream");

	dp_json_add_text(command, "operation", leg->operation->name);
	dp_json_add_text(command, "key", "whole");
	dp_json_add_int(command, "size", (int64_t)size);
	dp_json_add_int(command, "remote", (int64_t)r->address);
	dp_json_add_int(command, "rkey", r->rkey);
	dp_json_add_int(command, "ms", (int64_t)ms);
	return dp_drive_ask(leg->drive, DP_LOCAL, command, reply);
}

/* Each byte comes from its own offset in the other region, so that all rounds leave the same. */
static bool note(struct dp_leg *leg, uint64_t size, uint64_t moved)
{
	uint64_t length = leg->regions[DP_REMOTE].length;
	uint64_t room = (length < DP_WINDOW ? length : DP_WINDOW) / size * size;

	return dp_leg_note(leg, 0, 0, moved < room ? moved : room);
}

int dp_leg_measure(struct dp_leg *leg)
{
	uint64_t length = leg->regions[DP_REMOTE].length, compared = dp_leg_reference_size(leg);
	uint64_t size = compared ? compared : MESSAGE;
	dp_autojson struct json_object *reply = NULL;
	struct json_object *obj;
	int rc;

	if (!is_measured(leg, compared))
		return 0;
	size = length < size ? length : size;
	rc = stream(leg, size, compared ? COMPARE_MS : MEASURE_MS, &reply);
	if (rc || dp_json_int_or(reply, "status", -1) != IBV_WC_SUCCESS)
		return dp_leg_emit_failed(leg, "stream", 0, size, reply);
	leg->measured = dp_talk_number(reply, "operations");
	obj = json_object_new_object();
	dp_step_set_int(obj, DP_FIELD_SIZE, (int64_t)size);
	dp_step_set_int(obj, DP_FIELD_OPERATIONS, (int64_t)leg->measured);
	dp_step_set_int(obj, DP_FIELD_BYTES, (int64_t)(leg->measured * size));
	dp_step_set_int(obj, DP_FIELD_US, (int64_t)dp_talk_number(reply, "us"));
	dp_leg_emit(leg, DP_STEP_BANDWIDTH, obj);
	return note(leg, size, leg->measured * size) ? 0 : -E2BIG;
}
