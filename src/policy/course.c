// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The events are those of several tasks, in the order of time. Of each task the calls are kept in
 * which it is, so that a sleep is one of the innermost of them. Where returns are not probed, a
 * call is not seen to end: a sleep is then told by the function that was entered last before it.
 * What is hostile or does not fit (a return without an entry, a time that goes back) is passed
 * over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "course.h"
#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/text.h"

#define MOST_CALLS 512
#define MOST_TASKS 24
#define DEPTH      16
/* What is shorter is no wait, us. */
#define WAIT_LEAST_US 10000
/* No scenario takes a day. */
#define LATEST_US (24 * 3600 * 1000000LL)
/* So long a waker may have passed a function before, us. */
#define FRESH_US 2000
#define NOBODY   (-1)

/* Who has ended a sleep: what it had passed since it was awake itself is calls first to last. */
struct waker {
	const char *task, *name; /* no task: nobody was seen */
	int first, last;
	int64_t at; /* us */
};

struct call {
	const char *function;
	int task, within; /* index of each; NOBODY: of no other call */
	int64_t at, took; /* us; took is below zero if its end was not seen */
	int64_t value, slept, times;
	bool answers, asleep; /* it has a value; it sleeps at the end */
	bool in_stack;        /* it is told by the stack that was looked at, too */
	struct waker by;      /* of its last sleep */
};

struct task {
	int64_t pid;
	const char *name;
	int stack[DEPTH], depth;
	int last;      /* call that was entered or passed last */
	int fresh;     /* the first of them since it slept; NOBODY: none */
	int64_t slept; /* since when; below zero while it is awake */
	struct waker by;
};

struct course {
	struct call calls[MOST_CALLS];
	struct task tasks[MOST_TASKS];
	int ncalls, ntasks;
	int64_t left_out; /* calls that found no room, and events that were lost */
	bool returns;
	/* Where the event waited when its stack was looked at, innermost first; and when. */
	const char *where;
	int64_t where_us;
};

static const char *word(const char *text)
{
	return text ? text : "";
}

static int find_task(struct course *c, int64_t pid, const char *name)
{
	for (int i = 0; i < c->ntasks; i++)
		if (c->tasks[i].pid == pid)
			return i;
	if (c->ntasks == MOST_TASKS)
		return NOBODY;
	c->tasks[c->ntasks] = (struct task){
		.pid = pid, .name = name, .last = NOBODY, .fresh = NOBODY, .slept = -1
	};
	return c->ntasks++;
}

/* The call in which a task sleeps. The owner sleeps between its commands, too: that is in none. */
static int call_of(const struct course *c, const struct task *t)
{
	if (t->depth)
		return t->stack[t->depth - 1];
	return c->returns || !strcmp(t->name, "owner") ? NOBODY : t->last;
}

/* ---- one event ---------------------------------------------------------------------------- */

/*
 * Whether what a task has passed last is what it is at. Of those whose sleep is not recorded only
 * time can tell.
 */
static bool is_fresh(const struct course *c, const struct task *t, int64_t at)
{
	bool recorded = strcmp(t->name, "other") != 0 && strcmp(t->name, "interrupt") != 0;

	return t->fresh != NOBODY && (recorded || at - c->calls[t->last].at <= FRESH_US);
}

static void enter(struct course *c, struct task *t, int64_t at, struct json_object *event,
		  bool returns)
{
	const char *function = dp_json_text(event, "function");
	int64_t times = dp_json_int_or(event, "times", 1);

	if (!function || c->ncalls == MOST_CALLS || (returns && t->depth == DEPTH)) {
		c->left_out++;
		return;
	}
	c->calls[c->ncalls] = (struct call){
		.function = function,
		.task = (int)(t - c->tasks),
		.within = t->depth ? t->stack[t->depth - 1] : NOBODY,
		.at = at,
		.took = -1,
		.times = times > 0 ? times : 1,
	};
	if (!is_fresh(c, t, at))
		t->fresh = c->ncalls;
	t->last = c->ncalls;
	if (returns)
		t->stack[t->depth++] = c->ncalls;
	c->ncalls++;
}

/* Calls above it have ended as well, and nobody has seen when. */
static void leave(struct course *c, struct task *t, int64_t at, struct json_object *event)
{
	const char *function = dp_json_text(event, "function");
	int depth = t->depth;
	struct call *call;

	while (depth && strcmp(c->calls[t->stack[depth - 1]].function, word(function)) != 0)
		depth--;
	if (!depth)
		return;
	call = &c->calls[t->stack[depth - 1]];
	t->depth = depth - 1;
	call->took = at - call->at;
	call->answers = !dp_json_int(event, "value", &call->value);
}

static void wake(struct course *c, struct task *t, int64_t at, struct json_object *event)
{
	const char *name = dp_json_text(event, "by_task");
	const struct task *by;
	int64_t pid;
	int found;

	if (t->slept < 0 || !name || dp_json_int(event, "by", &pid))
		return;
	t->by = (struct waker){ name, dp_json_text(event, "by_name"), NOBODY, NOBODY, at };
	found = find_task(c, pid, name);
	by = found == NOBODY ? NULL : &c->tasks[found];
	if (!by || !is_fresh(c, by, at))
		return;
	t->by.first = by->fresh;
	t->by.last = by->last;
}

static void run(struct course *c, struct task *t, int64_t at)
{
	int in = call_of(c, t);

	if (t->slept >= 0 && at >= t->slept && in != NOBODY) {
		struct call *call = &c->calls[in];

		call->slept += at - t->slept;
		call->by = t->by;
		call->in_stack |= c->where && t->slept <= c->where_us && c->where_us <= at &&
				  !strcmp(t->name, "teardown");
	}
	if (t->slept >= 0)
		t->fresh = NOBODY;
	t->slept = -1;
}

static void add_event(struct course *c, struct json_object *event)
{
	const char *what = word(dp_json_text(event, "what"));
	const char *name = dp_json_text(event, "task");
	int64_t at, pid;
	struct task *t;
	int found;

	if (!name || dp_json_int(event, "us", &at) || dp_json_int(event, "pid", &pid) || at < 0 ||
	    at > LATEST_US)
		return;
	found = find_task(c, pid, name);
	if (found == NOBODY) {
		c->left_out++;
		return;
	}
	t = &c->tasks[found];
	if (!strcmp(what, "enter") || !strcmp(what, "pass"))
		enter(c, t, at, event, what[0] == 'e');
	else if (!strcmp(what, "leave"))
		leave(c, t, at, event);
	else if (!strcmp(what, "sleep"))
		t->slept = at, t->by = (struct waker){ 0 };
	else if (!strcmp(what, "wake"))
		wake(c, t, at, event);
	else if (!strcmp(what, "run"))
		run(c, t, at);
}

/* ---- what it comes to --------------------------------------------------------------------- */

/* With three digits behind the point, which a double does not have by itself. */
static void add_ms(struct json_object *obj, const char *key, int64_t us)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", (double)us / 1000);
	json_object_object_add(obj, key,
			       us < 0 ? NULL : json_object_new_double_s((double)us / 1000, text));
}

/* Whether a task has entered a function of this name, which ends at a blank. */
static const char *entered(const struct course *c, int task, const char *name)
{
	size_t len = strcspn(name, " ");

	for (int i = 0; i < c->ncalls; i++)
		if (c->calls[i].task == task && !strncmp(c->calls[i].function, name, len) &&
		    !c->calls[i].function[len])
			return c->calls[i].function;
	return NULL;
}

/* Without returns: those of the stack that the task was seen to enter, the outermost first. */
static void add_stack(const struct course *c, const struct call *call, struct json_object *list)
{
	const char *names[DEPTH];
	int count = 0;

	for (const char *at = c->where; *at && count < DEPTH; at += strspn(at, " ")) {
		const char *name = entered(c, call->task, at);

		if (name && strcmp(name, call->function) != 0)
			names[count++] = name;
		at += strcspn(at, " ");
	}
	while (count)
		dp_json_append_text(list, names[--count]);
}

static struct json_object *within(const struct course *c, const struct call *call)
{
	struct json_object *list = json_object_new_array();
	int chain[DEPTH], length = 0;

	if (call->in_stack && !c->returns)
		add_stack(c, call, list);
	for (int i = call->within; i != NOBODY && length < DEPTH; i = c->calls[i].within)
		chain[length++] = i;
	while (length)
		dp_json_append_text(list, c->calls[chain[--length]].function);
	return list;
}

static struct json_object *list_calls(const struct course *c)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < c->ncalls; i++) {
		const struct call *call = &c->calls[i];
		struct json_object *obj = json_object_new_object();

		dp_json_add_text(obj, "function", call->function);
		dp_json_add_text(obj, "task", c->tasks[call->task].name);
		add_ms(obj, "at", call->at);
		add_ms(obj, "took", call->took);
		if (call->answers)
			dp_json_add_int(obj, "value", call->value);
		if (call->times > 1)
			dp_json_add_int(obj, "times", call->times);
		json_object_array_add(list, obj);
	}
	return list;
}

static bool has_text(struct json_object *list, const char *text)
{
	for (size_t i = 0; i < dp_json_count(list); i++)
		if (!strcmp(word(dp_json_text_at(list, i)), text))
			return true;
	return false;
}

/* Calls that had ended when it woke somebody are not what it was at. */
static struct json_object *ender(const struct course *c, const struct waker *by)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();
	int task = by->first == NOBODY ? NOBODY : c->calls[by->first].task;

	dp_json_add_text(obj, "task", by->task);
	if (by->name)
		dp_json_add_text(obj, "name", by->name);
	for (int i = by->first; task != NOBODY && i <= by->last; i++) {
		const struct call *call = &c->calls[i];

		if (call->task == task && (call->took < 0 || call->at + call->took > by->at) &&
		    !has_text(list, call->function))
			dp_json_append_text(list, call->function);
	}
	json_object_object_add(obj, "functions", list);
	return obj;
}

static struct json_object *wait_of(const struct course *c, const struct call *call)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "function", call->function);
	json_object_object_add(obj, "within", within(c, call));
	dp_json_add_text(obj, "task", c->tasks[call->task].name);
	add_ms(obj, "at", call->at);
	add_ms(obj, "waited", call->asleep ? -1 : call->slept);
	json_object_object_add(obj, "ended_by",
			       call->asleep || !call->by.task ? NULL : ender(c, &call->by));
	return obj;
}

static struct json_object *list_waits(struct course *c, bool going_on)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < c->ntasks && going_on; i++) {
		int in = call_of(c, &c->tasks[i]);

		if (c->tasks[i].slept < 0 || in == NOBODY)
			continue;
		c->calls[in].asleep = true;
		c->calls[in].in_stack |= c->where && c->tasks[i].slept <= c->where_us;
	}
	for (int i = 0; i < c->ncalls; i++)
		if (c->calls[i].asleep || c->calls[i].slept >= WAIT_LEAST_US)
			json_object_array_add(list, wait_of(c, &c->calls[i]));
	return list;
}

static void find_stack(struct course *c, struct json_object *steps)
{
	for (size_t i = 0; i < dp_json_count(steps) && !c->where; i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);

		if (dp_step_of(step, "step") != DP_STEP_EVENT)
			continue;
		c->where = dp_step_text(step, DP_FIELD_WHERE);
		c->where_us = dp_json_int_or(step, "ms", 0) * 1000;
	}
}

static const char *add_line(struct course *c, struct json_object *line)
{
	struct json_object *events = dp_json_array(line, "events");
	int64_t lost = dp_json_int_or(line, "lost", 0);

	c->returns = dp_json_bool_or(line, "returns", false);
	c->left_out += lost > 0 ? lost : 0;
	for (size_t i = 0; i < dp_json_count(events); i++)
		add_event(c, json_object_array_get_idx(events, i));
	return events ? NULL : dp_json_text(line, "missing");
}

static void explain(const struct course *c, const char *missing, struct json_object *obj)
{
	char text[256];

	if (missing)
		snprintf(text, sizeof(text), "%.200s", missing);
	else if (c->left_out)
		snprintf(text, sizeof(text), "%lld events or calls found no room",
			 (long long)c->left_out);
	else if (!c->returns)
		snprintf(text, sizeof(text),
			 "return probes would falsify /proc/PID/stack on this kernel: how long a "
			 "call took is not seen, and a wait is told by the function entered last");
	else
		return;
	dp_json_add_text(obj, "missing", text);
}

static struct json_object *conclude(struct course *c, const char *missing, bool seen, bool going_on,
				    struct json_object *not_probed)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_bool(obj, "seen", seen);
	if (seen) {
		dp_json_add_bool(obj, "returns", c->returns);
		json_object_object_add(obj, "course", list_calls(c));
		json_object_object_add(obj, "waits", list_waits(c, going_on));
		json_object_object_add(obj, "not_probed", json_object_get(not_probed));
	}
	explain(c, missing, obj);
	return obj;
}

struct json_object *dp_course_of(struct json_object *steps, bool going_on)
{
	dp_autofree struct course *c = calloc(1, sizeof(*c));
	struct json_object *not_probed = NULL;
	const char *missing = NULL;
	bool seen = false, any = false;

	if (c)
		find_stack(c, steps);
	for (size_t i = 0; c && i < dp_json_count(steps); i++) {
		struct json_object *line = json_object_array_get_idx(steps, i);
		const char *why;

		if (strcmp(word(dp_json_text(line, "kind")), "course") != 0)
			continue;
		any = true;
		why = add_line(c, line);
		missing = missing ? missing : why;
		seen |= dp_json_array(line, "events") != NULL;
		if (!not_probed)
			not_probed = dp_json_array(line, "not_probed");
	}
	return any ? conclude(c, missing, seen, going_on, not_probed) : NULL;
}
