// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/collect.h"
#include "daxpin/control.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/question.h"
#include "daxpin/session.h"
#include "daxpin/splat.h"
#include "daxpin/text.h"

/* A traffic case has some hundred steps; a flood is not kept. */
#define STEPS_LIMIT 1024
/* A registration of 2 MiB leaves some 4,000 events. */
#define TRACE_LIMIT 65536

int dp_collect_init(struct dp_collect *collect, size_t count)
{
	memset(collect, 0, sizeof(*collect));
	dp_run_place(&collect->run);
	collect->records = calloc(count + 1, sizeof(*collect->records));
	return collect->records ? 0 : -ENOMEM;
}

void dp_collect_add(struct dp_collect *collect, const char *id)
{
	struct dp_record *record = &collect->records[collect->count++];

	snprintf(record->id, sizeof(record->id), "%s", id);
}

int dp_collect_plan(struct dp_collect *collect, const struct dp_plan *plan)
{
	int rc = dp_collect_init(collect, plan->count);

	for (size_t i = 0; i < plan->count && !rc; i++)
		dp_collect_add(collect, plan->list[i].id);
	return rc;
}

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
	dp_printable(to);
}

static struct dp_record *find(struct dp_collect *c, const char *id)
{
	for (size_t i = 0; id && i < c->count; i++)
		if (!strcmp(c->records[i].id, id))
			return &c->records[i];
	return NULL;
}

static enum dp_moment moment_of(enum dp_status status)
{
	return status == DP_FAIL ? DP_ID_FAILED : status == DP_ERROR ? DP_ID_ERROR : DP_ID_GOOD;
}

/* Once: what has been judged stays as it is. */
static void judge_record(struct dp_collect *c, struct dp_record *record,
			 const struct dp_policy *policy)
{
	const char *ending = c->run.ending[0] ? c->run.ending : "the run ended before it was asked";
	struct dp_observed o = { .id = record->id,
				 .cell = record->seen ? &record->cell : NULL,
				 .steps = record->steps,
				 .trace = record->trace,
				 .doing = record->doing };
	char absent[640];

	if (record->judged)
		return;
	record->judged = true;
	snprintf(absent, sizeof(absent), "%s%s",
		 record->began || record == c->current ? "it was being asked when: " : "", ending);
	o.absent = absent;
	dp_judge(policy, &c->run.subject, &o, &record->result);
	record->result.round = c->round;
	dp_progress_id(c->progress, record->id, moment_of(record->result.status));
	if (c->tell)
		c->tell(c->tell_arg, &c->run, &record->result);
}

static void keep(struct dp_collect *c, const struct dp_cell *cell)
{
	struct dp_record *record = find(c, cell->id);

	/* What is skipped, or broke, says why. */
	if (!record || record->judged || (cell->outcome != DP_ANSWERED && !cell->text[0])) {
		c->rejected++;
		return;
	}
	c->answered += !record->seen;
	record->seen = true;
	record->cell = *cell;
	c->current = NULL;
	dp_progress_id(c->progress, record->id, DP_ID_ANSWERED);
	/* Of a scenario its kernel may say more yet. */
	if (c->tell && dp_question_is_cell(record->id))
		judge_record(c, record, c->policy);
}

static void take_cell(struct dp_collect *c, struct json_object *obj)
{
	struct dp_error err = { 0 };
	struct dp_cell cell;

	/* An answer that lacks something is none, and says what it lacks. */
	if (dp_cell_from_json(obj, &cell, &err)) {
		cell.outcome = DP_BROKEN;
		snprintf(cell.text, sizeof(cell.text), "%.500s", err.what);
		c->rejected++;
	}
	keep(c, &cell);
}

static bool says(struct json_object *obj, const char *key, const char *text)
{
	const char *have = dp_json_text(obj, key);

	return !strcmp(have ? have : "", text);
}

/* How a scenario ended: "end", "skip" or "died", and why. */
static void take_ending(struct dp_collect *c, struct json_object *obj)
{
	struct dp_cell cell = { .outcome = says(obj, "kind", "end")    ? DP_ANSWERED
					   : says(obj, "kind", "skip") ? DP_SKIPPED
								       : DP_BROKEN };

	copy(cell.id, sizeof(cell.id), dp_json_text(obj, "id"));
	copy(cell.text, sizeof(cell.text), dp_json_text(obj, "text"));
	keep(c, &cell);
}

/* The events of a registration, in portions; they come before its answer. */
static void take_trace(struct dp_collect *c, struct json_object *obj)
{
	struct dp_record *record = find(c, dp_json_text(obj, "id"));
	struct json_object *lines = dp_json_array(obj, "lines");

	if (!record || record->judged || !lines) {
		c->rejected++;
		return;
	}
	if (!record->trace)
		record->trace = json_object_new_array();
	for (size_t i = 0; i < dp_json_count(lines); i++) {
		const char *line = dp_json_text_at(lines, i);

		if (line && dp_json_count(record->trace) < TRACE_LIMIT)
			dp_json_append_text(record->trace, line);
	}
}

/* The sums of a race replace those that came before. */
static bool replaced(struct json_object *steps, struct json_object *obj)
{
	const char *step = dp_json_text(obj, "step");
	size_t count = dp_json_count(steps);

	if (!step || strcmp(step, "race"))
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *have = dp_json_text(json_object_array_get_idx(steps, i), "step");

		if (have && !strcmp(have, "race") &&
		    says(json_object_array_get_idx(steps, i), "kind", "step"))
			return !json_object_array_put_idx(steps, i, json_object_get(obj));
	}
	return false;
}

static void add_step(struct dp_record *record, struct json_object *obj)
{
	if (!record->steps)
		record->steps = json_object_new_array();
	if (replaced(record->steps, obj))
		return;
	if (dp_json_count(record->steps) < STEPS_LIMIT)
		json_object_array_add(record->steps, json_object_get(obj));
}

static void take_step(struct dp_collect *c, struct json_object *obj)
{
	if (!c->current || !dp_json_text(obj, "step")) {
		c->rejected++;
		return;
	}
	dp_json_add_int(obj, "at_ms", (int64_t)(dp_now_ms() - c->current->began));
	if (strcmp(dp_json_text(obj, "step"), "race"))
		c->current->doing[0] = '\0';
	add_step(c->current, obj);
}

/* A step that is owed and was not taken, and why; or what it was inside the kernel. */
static void take_left_out(struct dp_collect *c, struct json_object *obj)
{
	if (c->current && dp_json_text(obj, "step"))
		add_step(c->current, obj);
	else
		c->rejected++;
}

static void take_doing(struct dp_collect *c, struct json_object *obj)
{
	if (c->current)
		copy(c->current->doing, sizeof(c->current->doing), dp_json_text(obj, "step"));
}

/* The step a splat belongs to if the log has no marks: the one that was begun last. */
static const char *last_step(const struct dp_record *record)
{
	size_t count = dp_json_count(record->steps);

	if (record->doing[0])
		return record->doing;
	return count ? dp_json_text(json_object_array_get_idx(record->steps, count - 1), "step")
		     : NULL;
}

/* What a kernel says again and again is kept once, with how often. */
static bool counted(const struct dp_record *record, struct json_object *splat)
{
	size_t count = dp_json_count(record->steps);
	const char *kind = dp_json_text(splat, "splat"), *function;
	struct json_object *last;

	if (!count || !kind)
		return false;
	function = dp_json_text(splat, "function");
	last = json_object_array_get_idx(record->steps, count - 1);
	if (!says(last, "kind", "kernel") || !says(last, "splat", kind) ||
	    !says(last, "function", function ? function : ""))
		return false;
	dp_json_add_int(last, "times", dp_json_int_or(last, "times", 1) + 1);
	return true;
}

/* A kernel may take longer to say it than a scenario to end. */
static void take_kernel(struct dp_collect *c, struct json_object *obj)
{
	if (!c->latest || counted(c->latest, obj))
		return;
	if (!dp_json_text(obj, "step"))
		dp_json_add_text(obj, "step", last_step(c->latest));
	dp_json_add_int(obj, "at_ms", (int64_t)(dp_now_ms() - c->latest->began));
	add_step(c->latest, obj);
}

void dp_collect_splat(void *arg, const struct dp_splat *splat)
{
	dp_autojson struct json_object *obj = dp_splat_to_json(splat);
	const char *text = json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN);

	dp_recorder_hear(&((struct dp_collect *)arg)->heard, text, strlen(text));
	take_kernel(arg, obj);
}

static void take_rdma(struct dp_collect *c, struct json_object *obj)
{
	copy(c->run.rdma_device, sizeof(c->run.rdma_device), dp_json_text(obj, "device"));
	copy(c->run.subject.provider, sizeof(c->run.subject.provider),
	     dp_json_text(obj, "provider"));
	copy(c->run.firmware, sizeof(c->run.firmware), dp_json_text(obj, "firmware"));
	c->run.subject.odp = false;
	c->run.subject.odp_seen = !dp_json_bool(obj, "odp", &c->run.subject.odp);
}

static void take_hello(struct dp_collect *c, struct json_object *obj)
{
	copy(c->run.subject.kernel, sizeof(c->run.subject.kernel), dp_json_text(obj, "kernel"));
}

static void take_begin(struct dp_collect *c, struct json_object *obj)
{
	c->current = find(c, dp_json_text(obj, "id"));
	if (!c->current)
		return;
	c->current->began = dp_now_ms();
	c->latest = c->current;
	dp_progress_id(c->progress, c->current->id, DP_ID_BEGUN);
}

static const struct {
	const char *kind;
	void (*take)(struct dp_collect *c, struct json_object *obj);
} kinds[] = {
	{ "hello", take_hello },     { "rdma", take_rdma },         { "begin", take_begin },
	{ "cell", take_cell },       { "died", take_ending },       { "step", take_step },
	{ "doing", take_doing },     { "left-out", take_left_out }, { "kernel", take_kernel },
	{ "skip", take_ending },     { "end", take_ending },        { "trace", take_trace },
	{ "course", take_left_out },
};

int dp_collect_line(void *arg, const char *line, size_t len)
{
	struct dp_collect *c = arg;
	struct json_object *obj;
	const char *kind;

	dp_recorder_hear(&c->heard, line, len);
	if (dp_observation_parse(line, len, &obj, NULL)) {
		c->rejected++;
		return 0;
	}
	kind = dp_json_text(obj, "kind");
	for (size_t i = 0; i < DP_ARRAY_SIZE(kinds); i++)
		if (!strcmp(kind, kinds[i].kind))
			kinds[i].take(c, obj);
	json_object_put(obj);
	return 0;
}

static void take_phase(void *arg, const char *name, uint64_t ms)
{
	struct dp_collect *c = arg;

	dp_run_add_phase(&c->run, name, ms);
}

/* A step that is taken here is an observation of the same stream. */
static void hear_step(struct dp_collect *collect, struct json_object *step)
{
	const char *text = json_object_to_json_string_ext(step, JSON_C_TO_STRING_PLAIN);

	if (step)
		dp_collect_line(collect, text, strlen(text));
	json_object_put(step);
}

static void take_look(void *arg, const char *line, size_t len, const struct dp_medium *medium)
{
	hear_step(arg, dp_answer_look(line, len, medium));
}

static void take_order(void *arg, const char *line, size_t len, const struct dp_vcpus *vcpus,
		       char *answer, size_t size)
{
	hear_step(arg, dp_answer_order(line, len, vcpus, answer, size));
}

static void take_execution(void *arg, const char *line, size_t len,
			   const struct dp_execution *execution, char *answer, size_t size)
{
	hear_step(arg, dp_answer_execution(line, len, execution, answer, size));
}

struct dp_sink dp_collect_sink(struct dp_collect *collect)
{
	return (struct dp_sink){
		.arg = collect,
		.line = dp_collect_line,
		.splat = dp_collect_splat,
		.look = take_look,
		.order = take_order,
		.executed = take_execution,
		.phase = take_phase,
	};
}

void dp_collect_end(struct dp_collect *collect, struct dp_session_end *end)
{
	struct dp_run_record *run = &collect->run;
	char **console = end->console;
	size_t nconsole = end->nconsole;

	if (end->kernel[0])
		copy(run->subject.kernel, sizeof(run->subject.kernel), end->kernel);
	if (end->qemu[0])
		copy(run->qemu, sizeof(run->qemu), end->qemu);
	snprintf(run->ending, sizeof(run->ending), "%s", end->ending);
	snprintf(run->splat, sizeof(run->splat), "%s", end->splat);
	if (end->note[0])
		snprintf(run->note, sizeof(run->note), "%s", end->note);
	run->boots = end->boots;
	/* What the run had goes with the end. */
	end->console = run->console;
	end->nconsole = run->nconsole;
	run->console = console;
	run->nconsole = nconsole;
}

void dp_collect_listen(struct dp_collect *collect, const struct dp_policy *policy, dp_tell_fn tell,
		       void *arg)
{
	collect->policy = policy;
	collect->tell = tell;
	collect->tell_arg = arg;
}

void dp_collect_announce(const struct dp_collect *collect, unsigned int times)
{
	times = times ? times : 1;
	for (size_t i = 0; i < collect->count; i++)
		for (unsigned int k = 0; k < times; k++)
			dp_progress_id(collect->progress, collect->records[i].id, DP_ID_WANTED);
}

void dp_collect_settle(struct dp_collect *collect)
{
	dp_recorder_write(collect);
	for (size_t i = 0; i < collect->count && collect->tell; i++)
		if (collect->records[i].began)
			judge_record(collect, &collect->records[i], collect->policy);
}

int dp_collect_finish(struct dp_collect *collect, const struct dp_policy *policy)
{
	struct dp_run_record *run = &collect->run;

	dp_recorder_write(collect);
	run->results = calloc(collect->count + 1, sizeof(*run->results));
	if (!run->results)
		return -ENOMEM;
	run->count = collect->count;
	run->rejected = collect->rejected;
	for (size_t i = 0; i < run->count; i++) {
		struct dp_record *record = &collect->records[i];

		judge_record(collect, record, policy);
		run->results[i] = record->result;
		record->result = (struct dp_result){ 0 };
	}
	return 0;
}

void dp_collect_clear(struct dp_collect *collect)
{
	dp_run_clear(&collect->run);
	for (size_t i = 0; i < collect->count; i++) {
		json_object_put(collect->records[i].steps);
		json_object_put(collect->records[i].trace);
		dp_result_clear(&collect->records[i].result);
	}
	free(collect->records);
	memset(collect, 0, sizeof(*collect));
}
