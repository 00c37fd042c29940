// SPDX-License-Identifier: GPL-2.0-or-later
/* Teardowns and races: each scenario has a guest of its own. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "ask.h"

#include "daxpin/observe.h"

static char *scenario_command(const struct campaign *c, bool race, const char *id)
{
	struct json_object *obj = dp_command_begin(c, race ? "race" : "teardown");
	struct json_object *only = json_object_new_array();

	json_object_array_add(only, json_object_new_string(id));
	json_object_object_add(obj, "only", only);
	if (race) {
		dp_json_add_int(obj, "iterations", (int64_t)c->ask->iterations);
		dp_json_add_int(obj, "duration_ms", (int64_t)c->ask->duration_ms);
		dp_json_add_int(obj, "seed", (int64_t)c->ask->seed);
	}
	return dp_command_line(obj);
}

static int ask(const struct campaign *c, const struct dp_scenarios *scenarios, bool race,
	       struct dp_run_record *run, struct dp_error *err)
{
	struct dp_task *tasks = calloc(scenarios->count, sizeof(*tasks));
	int rc = tasks ? 0 : -ENOMEM;

	for (size_t i = 0; i < scenarios->count && !rc; i++) {
		const char *id = scenarios->list[i].id;

		rc = dp_task_begin(c, scenario_command(c, race, id), 1, &tasks[i]);
		if (!rc)
			dp_collect_add(tasks[i].collect, id);
	}
	if (!rc)
		rc = dp_tasks_run(c, tasks, scenarios->count, false, run, err);
	dp_tasks_free(tasks, scenarios->count);
	return rc;
}

int dp_ask_teardowns(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	return ask(c, &c->selection->teardowns, false, run, err);
}

int dp_ask_races(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	return ask(c, &c->selection->races, true, run, err);
}
