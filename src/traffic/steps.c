// SPDX-License-Identifier: GPL-2.0-or-later
/* What a leg emits: each step names the leg by its topology, its role, and whether it is on demand.
 */
#include <errno.h>
#include <string.h>

#include "leg.h"

static void emit(struct dp_leg *leg, struct json_object *obj)
{
	dp_step_set_text(obj, DP_FIELD_TOPOLOGY, leg->drive->route->topology);
	dp_step_set_text(obj, DP_FIELD_ROLE, leg->tested == DP_REMOTE ? "target" : "source");
	dp_step_set_flag(obj, DP_FIELD_ON_DEMAND, leg->on_demand);
	dp_drive_emit(leg->drive, obj);
}

void dp_leg_emit(struct dp_leg *leg, enum dp_step step, struct json_object *obj)
{
	dp_step_label(obj, step);
	leg->steps[step]++;
	emit(leg, obj);
}

void dp_leg_emit_begin(struct dp_leg *leg)
{
	struct json_object *obj = dp_step_new(DP_STEP_LEG);

	memset(leg->steps, 0, sizeof(leg->steps));
	leg->left_out = 0;
	leg->number = ++leg->drive->legs;
	dp_step_set_int(obj, DP_FIELD_LEG, leg->number);
	emit(leg, obj);
}

void dp_leg_emit_end(struct dp_leg *leg)
{
	struct json_object *obj = dp_step_new(DP_STEP_LEG_END);
	struct json_object *counts = json_object_new_object();

	for (int i = 0; i < DP_STEPS; i++)
		if (leg->steps[i])
			dp_json_add_int(counts, dp_step_name((enum dp_step)i), leg->steps[i]);
	if (leg->left_out)
		dp_json_add_int(counts, "left-out", leg->left_out);
	dp_step_set_int(obj, DP_FIELD_LEG, leg->number);
	dp_step_set(obj, DP_FIELD_COUNTS, counts);
	emit(leg, obj);
}

/* The reason that a reply gives, or why there is no reply. */
static const char *reason(const struct dp_leg *leg, struct json_object *reply)
{
	const char *text = dp_json_text(reply, "text");

	if (text)
		return text;
	if (leg->drive->lost == -EIO)
		return "the kernel has printed a splat";
	return leg->drive->lost ? "the remote end is lost" : "no reason was given";
}

void dp_leg_emit_trouble(struct dp_leg *leg, const char *what, struct json_object *reply)
{
	struct json_object *obj = json_object_new_object();

	dp_step_set_text(obj, DP_FIELD_WHAT, what);
	dp_step_set_text(obj, DP_FIELD_TEXT, reason(leg, reply));
	dp_leg_emit(leg, DP_STEP_TROUBLE, obj);
}

void dp_leg_leave_out(struct dp_leg *leg, enum dp_step step, const char *what, const char *why)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "left-out");
	dp_json_add_text(obj, "step", dp_step_name(step));
	dp_step_set_text(obj, DP_FIELD_WHAT, what);
	dp_step_set_text(obj, DP_FIELD_TEXT, why);
	leg->left_out++;
	emit(leg, obj);
}

int dp_leg_emit_failed(struct dp_leg *leg, const char *what, uint64_t offset, uint64_t length,
		       struct json_object *reply)
{
	const char *text = dp_json_text(reply, "text");
	const char *status = dp_json_text(reply, "status_text");
	struct json_object *obj;

	/* Requests to an end that is gone fail, and that says nothing about the kernel. */
	if (dp_drive_peer_gone(leg->drive)) {
		dp_leg_emit_trouble(leg, what, NULL);
		return -ECONNRESET;
	}
	obj = json_object_new_object();
	dp_step_set_text(obj, DP_FIELD_WHAT, what);
	dp_step_set_int(obj, DP_FIELD_OFFSET, (int64_t)offset);
	dp_step_set_int(obj, DP_FIELD_LENGTH, (int64_t)length);
	dp_step_set_text(obj, DP_FIELD_TEXT, text ? text : status ? status : reason(leg, NULL));
	dp_step_set_text(obj, DP_FIELD_QP_STATE, dp_json_text(reply, "state"));
	dp_leg_emit(leg, DP_STEP_FAILED, obj);
	return -EIO;
}
