// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What must outlive the machine: two boots with the same NVDIMMs. A guest ends by SIGKILL to its
 * QEMU: what its kernel or its processor still held is gone, and what is in the files behind the
 * NVDIMMs is all that there is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/medium.h"

/* The step in which the first boot has said what it has kept for an id; NULL if it has not. */
static struct json_object *find_kept(const struct dp_record *record)
{
	for (size_t i = 0; i < dp_json_count(record->steps); i++) {
		struct json_object *step = json_object_array_get_idx(record->steps, i);
		const char *name = dp_json_text(step, "step");

		if (name && !strcmp(name, "kept"))
			return step;
	}
	return NULL;
}

/* What a guest has said is looked at where the command is written. */
static void take_kept(const struct dp_record *record, struct json_object *step,
		      struct dp_kept *kept)
{
	*kept = (struct dp_kept){
		.id = strdup(record->id),
		.mapping = dp_text_copy(dp_json_text(step, "mapping")),
		.start = dp_text_copy(dp_json_text(step, "start")),
		.size = (uint64_t)dp_json_int_or(step, "size", 0),
		.ledger = json_object_get(dp_json_object(step, "ledger")),
	};
}

/* @line: receives the command; NULL if nothing was kept. */
static int reread_command(const struct campaign *c, struct dp_collect *collect, char **line,
			  struct dp_error *err)
{
	struct dp_error what = { 0 };
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = DP_COMMAND_REREAD, .reread = { .size = c->ask->size }
	};
	struct dp_kept_list *items = &command.reread.items;

	items->list = calloc(collect->count, sizeof(*items->list));
	if (!items->list)
		return -ENOMEM;
	for (size_t i = 0; i < collect->count; i++) {
		struct json_object *step = find_kept(&collect->records[i]);

		if (!step)
			continue;
		take_kept(&collect->records[i], step, &items->list[items->count++]);
		/* It has ended when it has been read back. */
		collect->records[i].seen = false;
	}
	if (items->count && dp_command_to_json(&command, line, &what))
		return dp_report(err, -EBADMSG,
				 "what the guest has kept cannot be read back: %.500s", what.what);
	return 0;
}

static void say(struct dp_collect *collect, struct json_object *obj)
{
	const char *line = json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN);

	dp_collect_line(collect, line, strlen(line));
	json_object_put(obj);
}

static void say_kind(struct dp_collect *collect, const char *kind, const char *id)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "id", id);
	say(collect, obj);
}

/* What is in the file behind the NVDIMM, before a kernel sees it again. */
static void look_outside(struct dp_boot *boot, struct dp_collect *collect)
{
	dp_cleanup(dp_medium_close) struct dp_medium medium = { 0 };

	dp_medium_open(boot, &medium);
	for (size_t i = 0; i < collect->count; i++) {
		struct json_object *step = find_kept(&collect->records[i]);

		if (!step)
			continue;
		say_kind(collect, "begin", collect->records[i].id);
		say(collect, dp_traffic_look(step, "reboot", &medium));
		say_kind(collect, "end", collect->records[i].id);
	}
}

static void close_memories(struct dp_boot *boot)
{
	for (int i = 0; i < DP_MEMORIES; i++)
		dp_closep(&boot->memory[i]);
}

static int boot_once(const struct campaign *c, const struct dp_boot *boot, const char *command,
		     struct dp_task *task, struct dp_error *err)
{
	dp_cleanup(dp_session_end_clear) struct dp_session_end end = { 0 };
	int rc = dp_session_run(boot, command, &c->guests->limits, &task->sink, c->progress, &end,
				err);

	dp_collect_end(dp_task_collect(task), &end);
	return rc;
}

static int boot_twice(const struct campaign *c, struct dp_task *task, struct dp_error *err)
{
	dp_cleanup(close_memories) struct dp_boot boot = c->guest->boot;
	struct dp_collect *collect = dp_task_collect(task);
	dp_autofree char *again = NULL;
	int rc = 0;

	for (int i = DP_RAM + 1; i < DP_MEMORIES && !rc; i++) {
		boot.memory[i] = dp_memory_make(boot.layout, i, err);
		rc = boot.memory[i] < 0 ? boot.memory[i] : 0;
	}
	if (!rc)
		rc = boot_once(c, &boot, task->command, task, err);
	if (rc || collect->run.ending[0])
		return rc;
	look_outside(&boot, collect);
	rc = reread_command(c, collect, &again, err);
	if (rc || !again)
		return rc;
	boot.keep = true;
	rc = boot_once(c, &boot, again, task, err);
	/* The second is no second attempt at the first. */
	collect->run.boots = 1;
	return rc;
}

static int ask_round(const struct campaign *c, const struct dp_case *kept, size_t count,
		     size_t round, struct dp_run_record *run, struct dp_error *err)
{
	struct dp_task *task = calloc(1, sizeof(*task));
	int rc = task ? dp_task_of_cases(c, kept, count, round, task, err) : -ENOMEM;

	if (!rc)
		rc = boot_twice(c, task, err);
	if (!rc)
		rc = dp_collect_finish(dp_task_collect(task), NULL);
	if (!rc)
		rc = dp_run_merge(run, &dp_task_collect(task)->run, false);
	dp_tasks_free(task, 1);
	return rc;
}

int dp_ask_twice(const struct campaign *c, struct dp_run_record *run, struct dp_error *err)
{
	const struct dp_cases *cases = &c->selection->cases;
	dp_autofree struct dp_case *kept = calloc(cases->count, sizeof(*kept));
	size_t count = 0;
	int rc = kept ? 0 : -ENOMEM;

	for (size_t i = 0; i < cases->count && !rc; i++)
		if (dp_is_kept(&cases->list[i]))
			kept[count++] = cases->list[i];
	for (size_t i = 0; i < dp_rounds(c) && count && !rc; i++)
		rc = ask_round(c, kept, count, i, run, err);
	return rc;
}
