// SPDX-License-Identifier: GPL-2.0-or-later
/* The events of a teardown, read back and written to the stream. */
#include <errno.h>
#include <event-parse.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs/tracefs.h>
#include <unistd.h>

#include "course_probes.h"
#include "events.h"
#include "probes.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/course.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"

/* So many events are on one line, and at most so many lines are of one step. */
#define LINE_EVENTS 250
#define STEP_LINES  8
/* Of prev_state: asleep, whether signals wake it or not. */
#define ASLEEP 3

struct dp_course {
	struct tracefs_instance *instance;
	struct tep_handle *tep;
	uint64_t began_us;
	bool returns;
	/* While it is emitted. */
	const struct dp_cast *cast;
	const char *step;
	int fd, lines;
	long long unwritten;
	struct json_object *events;
};

void dp_course_close(struct dp_course *c)
{
	if (!c)
		return;
	if (c->tep)
		tep_free(c->tep);
	if (c->instance)
		tracefs_instance_free(c->instance);
	free(c);
}

struct dp_course *dp_course_open(struct dp_error *err)
{
	static const char *const others[] = { "sched/sched_switch", "sched/sched_waking" };
	struct dp_course *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->instance = tracefs_instance_create(DP_WITNESS);
	c->tep = dp_events_load(others, DP_ARRAY_SIZE(others));
	if (c->instance && c->tep) {
		c->returns = tep_find_event_by_name(c->tep, DP_WITNESS, "memunmap_pages_ret");
		return c;
	}
	dp_fail(err, errno ? -errno : -EIO, "cannot read the events of the witness");
	dp_course_close(c);
	return NULL;
}

void dp_course_begin(struct dp_course *c)
{
	tracefs_instance_file_clear(c->instance, "trace");
	c->began_us = dp_now_us();
	tracefs_trace_on(c->instance);
}

void dp_course_end(struct dp_course *c)
{
	tracefs_trace_off(c->instance);
}

/* ---- one line ----------------------------------------------------------------------------- */

static struct json_object *new_line(const char *step)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "course");
	dp_json_add_text(obj, "step", step);
	return obj;
}

/* Those that this kernel has not, or has inlined. */
static void add_not_probed(const struct dp_course *c, struct json_object *obj)
{
	struct json_object *list = json_object_new_array();
	size_t count;
	const struct dp_course_probe *probes = dp_course_probes(&count);

	for (size_t i = 0; i < count; i++)
		if (!tep_find_event_by_name(c->tep, DP_WITNESS, probes[i].function))
			dp_json_append_text(list, probes[i].function);
	json_object_object_add(obj, "not_probed", list);
}

static void flush(struct dp_course *c)
{
	struct json_object *obj = new_line(c->step);

	dp_json_add_bool(obj, "returns", c->returns);
	dp_json_add_int(obj, "lost", c->unwritten);
	add_not_probed(c, obj);
	json_object_object_add(obj, "events", c->events);
	c->events = NULL;
	c->lines++;
	dp_emit(c->fd, obj);
}

/* The same once more, as of a function that is called for each page. */
static bool repeated(struct dp_course *c, struct json_object *event)
{
	size_t count = dp_json_count(c->events);
	struct json_object *last = count ? json_object_array_get_idx(c->events, count - 1) : NULL;
	int64_t pid, before;

	if (!last || strcmp(dp_json_text(event, "what"), "pass") != 0 ||
	    strcmp(dp_json_text(last, "what"), "pass") != 0 ||
	    strcmp(dp_json_text(last, "function"), dp_json_text(event, "function")) != 0 ||
	    dp_json_int(event, "pid", &pid) || dp_json_int(last, "pid", &before) || pid != before)
		return false;
	dp_json_add_int(last, "times", dp_json_int_or(last, "times", 1) + 1);
	json_object_put(event);
	return true;
}

static void add(struct dp_course *c, struct json_object *event)
{
	if (repeated(c, event))
		return;
	if (c->lines >= STEP_LINES) {
		c->unwritten++;
		json_object_put(event);
		return;
	}
	if (!c->events)
		c->events = json_object_new_array();
	json_object_array_add(c->events, event);
	if (dp_json_count(c->events) >= LINE_EVENTS)
		flush(c);
}

/* ---- one event ---------------------------------------------------------------------------- */

static const char *task_of(const struct dp_course *c, pid_t pid)
{
	if (pid && pid == c->cast->teardown)
		return "teardown";
	if (pid && pid == c->cast->owner)
		return "owner";
	return pid && pid == c->cast->release ? "release" : NULL;
}

static int64_t field(struct tep_event *event, struct tep_record *record, const char *name)
{
	unsigned long long value = 0;

	tep_get_field_val(NULL, event, name, record, &value, 0);
	return (int64_t)value;
}

static bool in_interrupt(const struct dp_course *c, struct tep_record *record)
{
	return tep_data_flags(c->tep, record) & (TRACE_FLAG_HARDIRQ | TRACE_FLAG_SOFTIRQ);
}

/* Who emits an event: a task, or an interrupt in its place, which has a number of its own. */
static pid_t emitter(const struct dp_course *c, struct tep_record *record)
{
	return in_interrupt(c, record) ? -1 - record->cpu : tep_data_pid(c->tep, record);
}

static const char *name_task(const struct dp_course *c, pid_t pid)
{
	const char *task = task_of(c, pid);

	return task ? task : pid < 0 ? "interrupt" : "other";
}

static struct json_object *new_event(const struct dp_course *c, const struct tep_record *record,
				     pid_t pid, const char *what)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_int(obj, "us", (int64_t)(record->ts / 1000 - c->began_us));
	dp_json_add_int(obj, "pid", pid);
	dp_json_add_text(obj, "task", name_task(c, pid));
	dp_json_add_text(obj, "what", what);
	return obj;
}

static void take_switch(struct dp_course *c, struct tep_event *event, struct tep_record *record)
{
	pid_t prev = (pid_t)field(event, record, "prev_pid");
	pid_t next = (pid_t)field(event, record, "next_pid");

	if (task_of(c, prev) && field(event, record, "prev_state") & ASLEEP)
		add(c, new_event(c, record, prev, "sleep"));
	if (task_of(c, next))
		add(c, new_event(c, record, next, "run"));
}

static void take_waking(struct dp_course *c, struct tep_event *event, struct tep_record *record)
{
	pid_t pid = (pid_t)field(event, record, "pid"), by = emitter(c, record);
	struct json_object *obj;
	char name[32] = "";

	if (!task_of(c, pid))
		return;
	obj = new_event(c, record, pid, "wake");
	dp_json_add_int(obj, "by", by);
	dp_json_add_text(obj, "by_task", name_task(c, by));
	if (by > 0 && !task_of(c, by) && !dp_read_attr(name, sizeof(name), "/proc/%d/comm", by))
		dp_json_add_text(obj, "by_name", name);
	add(c, obj);
}

static void take_probe(struct dp_course *c, struct tep_event *event, struct tep_record *record)
{
	pid_t pid = emitter(c, record);
	bool returns = false;
	const struct dp_course_probe *probe = dp_course_probe_of(event->name, &returns);
	struct json_object *obj;

	if (!probe || (probe->by == DP_BY_CAST && !task_of(c, pid)))
		return;
	obj = new_event(c, record, pid,
			returns                          ? "leave"
			: c->returns && probe->at_return ? "enter"
							 : "pass");
	dp_json_add_text(obj, "function", probe->function);
	if (returns && probe->at_return == DP_ERRNO)
		dp_json_add_int(obj, "value", (int32_t)field(event, record, "value"));
	add(c, obj);
}

static int take(struct tep_event *event, struct tep_record *record, int cpu, void *arg)
{
	(void)cpu;
	if (!strcmp(event->name, "sched_switch"))
		take_switch(arg, event, record);
	else if (!strcmp(event->name, "sched_waking"))
		take_waking(arg, event, record);
	else
		take_probe(arg, event, record);
	return 0;
}

void dp_course_emit(struct dp_course *c, const struct dp_cast *cast, const char *step, int fd)
{
	c->cast = cast;
	c->step = step;
	c->fd = fd;
	c->lines = 0;
	c->unwritten = dp_events_lost(c->instance);
	tracefs_iterate_raw_events(c->tep, c->instance, NULL, 0, take, c);
	if (c->unwritten || c->events) {
		if (!c->events)
			c->events = json_object_new_array();
		flush(c);
	}
}

void dp_course_emit_missing(const char *why, const char *step, int fd)
{
	struct json_object *obj = new_line(step);

	dp_json_add_text(obj, "missing", why);
	dp_emit(fd, obj);
}
