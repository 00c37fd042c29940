// SPDX-License-Identifier: GPL-2.0-or-later
/* How a step is taken (steps.h). */
#include <termios.h>

#include "daxpin/actor.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"
#include "daxpin/steps.h"

void dp_step_label(struct json_object *obj, enum dp_step step)
{
	dp_json_add_text(obj, "kind", "step");
	dp_json_add_text(obj, "step", dp_step_name(step));
}

struct json_object *dp_step_new(enum dp_step step)
{
	struct json_object *obj = json_object_new_object();

	dp_step_label(obj, step);
	return obj;
}

void dp_step_set_text(struct json_object *obj, enum dp_field field, const char *text)
{
	dp_json_add_text(obj, dp_field_name(field), text);
}

void dp_step_set_int(struct json_object *obj, enum dp_field field, int64_t value)
{
	dp_json_add_int(obj, dp_field_name(field), value);
}

void dp_step_set_flag(struct json_object *obj, enum dp_field field, bool value)
{
	dp_json_add_bool(obj, dp_field_name(field), value);
}

void dp_step_set(struct json_object *obj, enum dp_field field, struct json_object *value)
{
	json_object_object_add(obj, dp_field_name(field), value);
}

void dp_step_copy(struct json_object *obj, enum dp_field field, struct json_object *from)
{
	struct json_object *value;

	if (json_object_is_type(from, json_type_object) &&
	    json_object_object_get_ex(from, dp_field_name(field), &value))
		json_object_object_add(obj, dp_field_name(field), json_object_get(value));
}

void dp_step_leave_out(struct json_object *obj, enum dp_field field, const char *why)
{
	struct json_object *reasons = json_object_object_get(obj, "left_out");

	if (!reasons) {
		reasons = json_object_new_object();
		json_object_object_add(obj, "left_out", reasons);
	}
	dp_json_add_text(obj, dp_field_name(field), NULL);
	dp_json_add_text(reasons, dp_field_name(field), why);
}

int dp_emit_left_out(int fd, enum dp_step step, const char *why)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "left-out");
	dp_json_add_text(obj, "step", dp_step_name(step));
	dp_json_add_text(obj, "text", why);
	return dp_emit(fd, obj);
}

#define UNREADABLE "/proc/sys/kernel/tainted cannot be read"

struct json_object *dp_step_taint_between(unsigned long before, unsigned long after)
{
	struct json_object *obj = dp_step_new(DP_STEP_TAINT);

	if (before == DP_TAINT_UNKNOWN)
		dp_step_leave_out(obj, DP_FIELD_BEFORE, UNREADABLE);
	else
		dp_step_set_int(obj, DP_FIELD_BEFORE, (int64_t)before);
	if (after == DP_TAINT_UNKNOWN)
		dp_step_leave_out(obj, DP_FIELD_AFTER, UNREADABLE);
	else
		dp_step_set_int(obj, DP_FIELD_AFTER, (int64_t)after);
	return obj;
}

struct json_object *dp_step_taint(unsigned long before)
{
	unsigned long now;

	dp_kernel_taint(&now);
	return dp_step_taint_between(before, now);
}

struct json_object *dp_step_begin(int fd, enum dp_step step)
{
	dp_mark_step(dp_step_name(step));
	dp_emit_text(fd, "doing", "step", dp_step_name(step));
	/* A serial port has a buffer that would die with the kernel; a pipe refuses and needs none.
	 */
	tcdrain(fd);
	return dp_step_new(step);
}

void dp_step_end(int fd, struct json_object *obj, uint64_t ms)
{
	dp_step_set_int(obj, DP_FIELD_MS, (int64_t)ms);
	dp_emit(fd, obj);
	tcdrain(fd);
}

void dp_step_add_where(struct json_object *obj, pid_t task)
{
	char text[640];

	dp_actor_look(task, text, sizeof(text));
	dp_step_set_text(obj, DP_FIELD_WHERE, text);
}

void dp_step_add_errno(struct json_object *obj, int64_t code)
{
	dp_step_set_text(obj, DP_FIELD_ERRNO, code ? dp_errno_name((int)code) : NULL);
}

void dp_step_add_fate(struct json_object *obj, enum dp_fate fate, pid_t task,
		      const struct dp_reply *reply)
{
	bool failed = fate == DP_DONE && reply->rc;

	dp_step_set_text(obj, DP_FIELD_STATE, failed ? "failed" : dp_fate_name(fate));
	if (fate == DP_DONE)
		dp_step_add_errno(obj, reply->rc);
	if (failed)
		dp_step_set_text(obj, DP_FIELD_TEXT, reply->text);
	if (fate == DP_WAITS || fate == DP_RUNS)
		dp_step_add_where(obj, task);
}
