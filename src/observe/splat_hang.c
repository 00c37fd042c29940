// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hangs, each of which is one splat however often and by whom it is told. A watchdog tells of a
 * hang as long as it lasts, in turn with other hangs, and several watchdogs see the same one: a
 * task that spins with interrupts off is a soft lockup, a hard lockup, and an RCU stall.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "splat_parts.h"

#include "daxpin/cleanup.h"

/* The digits after the last ':' before @end, "NAME:PID", where NAME may have any characters. */
static long task_before(const char *text, const char *end)
{
	while (end > text && end[-1] != ':')
		end--;
	return end > text ? strtol(end, NULL, 10) : 0;
}

/*
 * The task that hangs, 0 if the text names none: "INFO: task NAME:PID blocked", "stuck for 26s!
 * [NAME:PID]", "CPU: 0 PID: 12 Comm: NAME" (dump_stack_print_info()), "pid:12" (sched_show_task()).
 */
static long task_of(const char *text)
{
	const char *at = strstr(text, "PID: ");

	if (at && strstr(at, " Comm: "))
		return strtol(at + strlen("PID: "), NULL, 10);
	at = strstr(text, " pid:");
	if (at && strstr(text, "task:"))
		return strtol(at + strlen(" pid:"), NULL, 10);
	if (strstr(text, "INFO: task ")) {
		const char *end = strstr(text, " blocked");

		if (!end)
			end = strstr(text, " can't die");
		return end ? task_before(text, end) : 0;
	}
	if (strstr(text, "stuck for ") && text[strlen(text) - 1] == ']')
		return task_before(text, text + strlen(text));
	return 0;
}

/*
 * What is held up, if that is no task: the device that is waited for, the pool of a workqueue, the
 * CPU with interrupts off, and the grace period of an RCU stall, "(… t=5252 jiffies, g=1234, …" or
 * "… jiffies s: 12 root: …".
 */
static void read_object(struct dp_hang *hang, const char *text)
{
	static const struct {
		const char *kind, *before;
	} objects[] = {
		{ "netdev-held", "waiting for " },
		{ "BUG", "BUG: workqueue lockup - pool cpus=" },
		{ "hard-lockup", "LOCKUP on cpu " },
		{ "rcu-stall", " g=" },
		{ "rcu-stall", " jiffies s: " },
	};

	for (size_t i = 0; i < DP_ARRAY_SIZE(objects); i++) {
		const char *at = strstr(text, objects[i].before);

		if (hang->object[0] || strcmp(hang->kind, objects[i].kind) || !at)
			continue;
		at += strlen(objects[i].before);
		snprintf(hang->object, sizeof(hang->object), "%s%.*s", objects[i].before,
			 (int)strcspn(at, ", "), at);
	}
}

static struct dp_hang read_hang(const struct dp_splat *splat)
{
	struct dp_hang hang = { .kind = splat->kind };

	snprintf(hang.function, sizeof(hang.function), "%s", splat->function);
	for (size_t i = 0; i < splat->nlines; i++) {
		const char *text = dp_log_text(splat->lines[i]);

		if (!hang.task && dp_is_hang(splat->kind))
			hang.task = task_of(text);
		read_object(&hang, text);
	}
	return hang;
}

/* A first line alone, as of a report that was suppressed or cut off, is of the hang before it. */
static bool is_bare(const struct dp_hang *hang)
{
	return !hang->task && !hang->function[0] && !hang->object[0];
}

static bool are_same(const struct dp_hang *old, const struct dp_hang *new)
{
	if (old->object[0] && !strcmp(old->kind, new->kind) && !strcmp(old->object, new->object))
		return true;
	if (old->task && new->task)
		return old->task == new->task;
	if (old->function[0] && new->function[0])
		return !strcmp(old->function, new->function);
	return is_bare(new) && !strcmp(old->kind, new->kind);
}

/* What a later report tells in addition. */
static void learn(struct dp_hang *old, const struct dp_hang *new)
{
	if (!old->task)
		old->task = new->task;
	if (!old->function[0])
		memcpy(old->function, new->function, sizeof(old->function));
}

bool dp_told_again(struct dp_recogniser *r, const struct dp_splat *splat)
{
	struct dp_hang hang = read_hang(splat);
	size_t known = r->nhangs < DP_HANGS ? r->nhangs : DP_HANGS;

	if (!dp_is_hang(hang.kind) && !hang.object[0])
		return false;
	for (size_t i = 0; i < known; i++)
		if (are_same(&r->hangs[i], &hang)) {
			learn(&r->hangs[i], &hang);
			return true;
		}
	r->hangs[r->nhangs++ % DP_HANGS] = hang;
	return false;
}
