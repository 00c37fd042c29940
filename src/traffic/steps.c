// SPDX-License-Identifier: GPL-2.0-or-later
/* What a leg emits: each step names the leg by its topology, its role, and whether it is on demand.
 */
#include <errno.h>

#include "leg.h"

void dp_leg_emit(struct dp_leg *leg, const char *step, struct json_object *obj)
{
	struct dp_drive *d = leg->drive;

	dp_json_add_text(obj, "kind", "step");
	dp_json_add_text(obj, "step", step);
	dp_json_add_text(obj, "topology", d->route->topology);
	dp_json_add_text(obj, "role", leg->tested == DP_REMOTE ? "target" : "source");
	dp_json_add_bool(obj, "on_demand", leg->on_demand);
	dp_drive_emit(d, obj);
}

void dp_leg_emit_begin(struct dp_leg *leg)
{
	dp_leg_emit(leg, "leg", json_object_new_object());
}

void dp_leg_emit_end(struct dp_leg *leg)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_int(obj, "transfers", (int64_t)leg->transfers);
	dp_json_add_int(obj, "refusals", leg->refusals);
	dp_json_add_int(obj, "looks", leg->looks);
	dp_leg_emit(leg, "leg-end", obj);
}

/* The reason that a reply gives, or why there is no reply. */
static const char *reason(const struct dp_leg *leg, struct json_object *reply)
{
	const char *text = dp_json_text(reply, "text");

	if (text)
		return text;
	if (leg->drive->lost == -EIO)
		return "the kernel has splatted";
	return leg->drive->lost ? "the remote end is lost" : "no reason was given";
}

void dp_leg_emit_trouble(struct dp_leg *leg, const char *what, struct json_object *reply)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "what", what);
	dp_json_add_text(obj, "text", reason(leg, reply));
	dp_leg_emit(leg, "trouble", obj);
}

void dp_leg_emit_left_out(struct dp_leg *leg, const char *what, const char *why)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "what", what);
	dp_json_add_text(obj, "text", why);
	dp_leg_emit(leg, "left-out", obj);
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
	dp_json_add_text(obj, "what", what);
	dp_json_add_int(obj, "offset", (int64_t)offset);
	dp_json_add_int(obj, "length", (int64_t)length);
	dp_json_add_text(obj, "text", text ? text : status ? status : reason(leg, NULL));
	dp_json_add_text(obj, "state", dp_json_text(reply, "state"));
	dp_leg_emit(leg, "failed", obj);
	return -EIO;
}
