// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/collect.h"
#include "daxpin/observe.h"
#include "daxpin/text.h"

int dp_collect_init(struct dp_collect *collect, const struct dp_plan *plan)
{
	memset(collect, 0, sizeof(*collect));
	collect->plan = plan;
	collect->since = dp_now_ms();
	collect->cells = calloc(plan->count + 1, sizeof(*collect->cells));
	collect->seen = calloc(plan->count + 1, sizeof(*collect->seen));
	if (collect->cells && collect->seen)
		return 0;
	dp_collect_clear(collect);
	return -ENOMEM;
}

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
	dp_printable(to);
}

static void keep(struct dp_collect *c, const struct dp_cell *cell)
{
	for (size_t i = 0; i < c->plan->count; i++) {
		if (strcmp(c->plan->list[i].id, cell->id))
			continue;
		c->answered += !c->seen[i];
		c->seen[i] = true;
		c->cells[i] = *cell;
		c->current[0] = '\0';
		return;
	}
	c->rejected++;
}

static void take_cell(struct dp_collect *c, struct json_object *obj)
{
	struct dp_cell cell;

	if (dp_cell_from_json(obj, &cell, NULL))
		c->rejected++;
	else
		keep(c, &cell);
}

static void take_death(struct dp_collect *c, struct json_object *obj)
{
	struct dp_cell cell = { .outcome = DP_BROKEN };

	copy(cell.id, sizeof(cell.id), dp_json_text(obj, "id"));
	copy(cell.text, sizeof(cell.text), dp_json_text(obj, "text"));
	keep(c, &cell);
}

/* What lies between two milestones of the stream is a phase, by the clock of whoever listens. */
static void end_phase(struct dp_collect *c, const char *name)
{
	uint64_t now = dp_now_ms();

	dp_run_add_phase(&c->run, name, now - c->since);
	c->since = now;
}

static void take_modules(struct dp_collect *c, struct json_object *obj)
{
	(void)obj;
	end_phase(c, "modules");
}

static void take_failure(struct dp_collect *c, struct json_object *obj)
{
	c->failed.code = -EIO;
	copy(c->failed.what, sizeof(c->failed.what), dp_json_text(obj, "what"));
	copy(c->failed.hint, sizeof(c->failed.hint), dp_json_text(obj, "hint"));
	c->failed.input = json_object_get_boolean(json_object_object_get(obj, "input"));
}

static void take_rdma(struct dp_collect *c, struct json_object *obj)
{
	copy(c->run.rdma_device, sizeof(c->run.rdma_device), dp_json_text(obj, "device"));
	copy(c->run.subject.provider, sizeof(c->run.subject.provider),
	     dp_json_text(obj, "provider"));
	c->run.subject.odp = json_object_get_boolean(json_object_object_get(obj, "odp"));
}

static void take_hello(struct dp_collect *c, struct json_object *obj)
{
	copy(c->run.subject.kernel, sizeof(c->run.subject.kernel), dp_json_text(obj, "kernel"));
	end_phase(c, "boot");
}

static void take_begin(struct dp_collect *c, struct json_object *obj)
{
	copy(c->current, sizeof(c->current), dp_json_text(obj, "id"));
}

static void take_ready(struct dp_collect *c, struct json_object *obj)
{
	(void)obj;
	c->ready = true;
	end_phase(c, "devices");
}

/* Of a program in the guest: what it printed goes on to where it was meant to go. */
static void take_output(struct dp_collect *c, struct json_object *obj)
{
	const char *text = dp_json_text(obj, "text");
	dp_autofree char *shown = strdup(text ? text : "");
	int64_t code;

	if (shown) {
		dp_printable(shown);
		fputs(shown, stdout);
	}
	if (!dp_json_int(obj, "exit_code", &code))
		c->exit_code = (int)(code & 0xff);
}

static void take_done(struct dp_collect *c, struct json_object *obj)
{
	(void)obj;
	c->done = true;
	end_phase(c, "run");
}

static const struct {
	const char *kind;
	void (*take)(struct dp_collect *c, struct json_object *obj);
} kinds[] = {
	{ "hello", take_hello },   { "rdma", take_rdma },      { "modules", take_modules },
	{ "begin", take_begin },   { "cell", take_cell },      { "died", take_death },
	{ "ready", take_ready },   { "failed", take_failure }, { "done", take_done },
	{ "output", take_output },
};

int dp_collect_line(void *arg, const char *line, size_t len)
{
	struct dp_collect *c = arg;
	struct json_object *obj;
	const char *kind;

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

int dp_collect_finish(struct dp_collect *collect, const struct dp_policy *policy)
{
	struct dp_run_record *run = &collect->run;
	const char *ending = run->ending[0] ? run->ending : "the run ended before it was asked";
	char current[640];

	run->results = calloc(collect->plan->count, sizeof(*run->results));
	if (!run->results)
		return -ENOMEM;
	run->count = collect->plan->count;
	snprintf(current, sizeof(current), "it was being asked when: %s", ending);
	for (size_t i = 0; i < run->count; i++) {
		const char *id = collect->plan->list[i].id;
		const char *absent = strcmp(id, collect->current) ? ending : current;

		dp_judge(policy, &run->subject, id, collect->seen[i] ? &collect->cells[i] : NULL,
			 absent, &run->results[i]);
	}
	return 0;
}

void dp_collect_clear(struct dp_collect *collect)
{
	dp_run_clear(&collect->run);
	free(collect->cells);
	free(collect->seen);
	memset(collect, 0, sizeof(*collect));
}
