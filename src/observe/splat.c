// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"
#include "daxpin/text.h"

#define MARK "daxpin step: "

/*
 * The first lines of splats, as the kernel writes them in arch/x86/mm/fault.c,
 * arch/x86/kernel/dumpstack.c and traps.c, kernel/panic.c, kernel/locking/lockdep.c,
 * kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, mm/kasan/report.c. The first
 * entry that matches a line decides.
 */
static const struct {
	const char *text, *kind;
} headers[] = {
	{ "Kernel panic - not syncing", "panic" },
	{ "BUG: KASAN:", "KASAN" },
	{ "BUG: unable to handle", "oops" },
	{ "BUG: kernel NULL pointer", "oops" },
	{ "kernel BUG at ", "BUG" },
	{ "soft lockup - CPU", "soft-lockup" },
	{ "hard LOCKUP", "hard-lockup" },
	{ "INFO: task ", "hung-task" },
	{ "detected stalls", "rcu-stall" },
	{ "self-detected stall", "rcu-stall" },
	{ "WARNING: possible ", "lockdep" },
	{ "WARNING: inconsistent lock state", "lockdep" },
	{ "WARNING: bad unlock balance", "lockdep" },
	{ "WARNING: suspicious RCU usage", "lockdep" },
	{ "WARNING: held lock freed", "lockdep" },
	{ "WARNING: lock held when returning", "lockdep" },
	{ "WARNING: ", "WARN" },
	{ "BUG: ", "BUG" },
	{ "general protection fault", "oops" },
	{ "Oops", "oops" },
	{ "invalid opcode: ", "oops" },
	{ "stack segment: ", "oops" },
	{ "divide error: ", "oops" },
};

/* "[   12.345678] text", "[   12.345678][  T123] text" or "text". */
static const char *skip_stamp(const char *line)
{
	while (*line == '[') {
		const char *end = strchr(line, ']');

		if (!end)
			return line;
		line = end + 1;
		line += *line == ' ';
	}
	return line;
}

static const char *header_kind(const char *line)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(headers); i++)
		if (strstr(line, headers[i].text))
			return headers[i].kind;
	return NULL;
}

/* "name+0x12/0x34 …" */
static bool is_symbol(const char *text)
{
	size_t len = strcspn(text, "+ ");

	return len && text[len] == '+' && !strncmp(text + len, "+0x", 3) &&
	       (isalpha((unsigned char)*text) || *text == '_');
}

/* Functions that print a trace, and so are its first entries. */
static bool reports(const char *symbol)
{
	static const char *const who[] = { "dump_stack", "show_stack", "bad_page", "__warn" };

	for (size_t i = 0; i < DP_ARRAY_SIZE(who); i++)
		if (!strncmp(symbol, who[i], strlen(who[i])))
			return true;
	return false;
}

static void copy_symbol(struct dp_splat *c, const char *text)
{
	snprintf(c->function, sizeof(c->function), "%.*s", (int)strcspn(text, "+"), text);
}

/*
 * The function of a splat is the first of: "… at FILE:LINE NAME+0x", "… in NAME+0x",
 * "RIP: 0010:NAME+0x", an entry of a trace.
 */
static void find_function(struct dp_splat *c, const char *line)
{
	static const char *const before[] = { "RIP: 0010:", " in ", " at " };

	if (c->function[0])
		return;
	for (size_t i = 0; i < DP_ARRAY_SIZE(before); i++) {
		const char *at = strstr(line, before[i]);

		if (!at)
			continue;
		at += strlen(before[i]);
		if (i == 2 && !is_symbol(at) && strchr(at, ' '))
			at = strchr(at, ' ') + 1;
		if (is_symbol(at)) {
			copy_symbol(c, at);
			return;
		}
	}
	if (c->nlines > 1 && line[0] == ' ' && is_symbol(line + 1) && !reports(line + 1))
		copy_symbol(c, line + 1);
}

static void release(struct dp_splat *c)
{
	for (size_t i = 0; i < c->nlines; i++)
		free(c->lines[i]);
	memset(c, 0, sizeof(*c));
}

static void finish(struct dp_recogniser *r)
{
	if (r->now.kind && r->take)
		r->take(r->arg, &r->now);
	release(&r->now);
}

static void add_line(struct dp_recogniser *r, const char *line)
{
	struct dp_splat *c = &r->now;
	char *copy = strdup(line);

	if (!copy)
		return;
	dp_printable(copy);
	find_function(c, skip_stamp(copy));
	c->lines[c->nlines++] = copy;
	if (c->nlines == DP_SPLAT_LINES)
		finish(r);
}

/* Whether a first line is part of the splat before it: a page fault also prints "Oops: ". */
static bool continues(const struct dp_splat *now, const char *kind)
{
	return now->kind && !strcmp(kind, "oops") &&
	       (!strcmp(now->kind, "oops") || !strcmp(now->kind, "BUG"));
}

void dp_recognise(struct dp_recogniser *r, const char *line)
{
	const char *text = skip_stamp(line), *kind;

	if (!strncmp(text, MARK, strlen(MARK))) {
		finish(r);
		snprintf(r->step, sizeof(r->step), "%s", text + strlen(MARK));
		dp_printable(r->step);
		return;
	}
	kind = header_kind(text);
	if (kind && !continues(&r->now, kind)) {
		finish(r);
		r->now.kind = kind;
		r->panicked |= !strcmp(kind, "panic");
		snprintf(r->now.step, sizeof(r->now.step), "%s", r->step);
	}
	if (!r->now.kind)
		return;
	add_line(r, line);
	if (strstr(text, "---[ end "))
		finish(r);
}

void dp_recognise_end(struct dp_recogniser *r)
{
	finish(r);
}

void dp_mark_step(const char *step)
{
	char line[80];

	/*
	 * Level 3 is KERN_ERR, which a quiet console still shows. The mark is one write, and not
	 * dprintf(): that asks for the position first, which devkmsg_llseek() refuses.
	 */
	snprintf(line, sizeof(line), "<3>" MARK "%.31s\n", step);
	dp_write_attr(line, "/dev/kmsg");
}

/*
 * The taint flags that splats set (include/linux/panic.h): TAINT_BAD_PAGE, TAINT_DIE, TAINT_WARN
 * and TAINT_SOFTLOCKUP.
 */
#define TAINTS (1UL << 5 | 1UL << 7 | 1UL << 9 | 1UL << 14)

int dp_kernel_taint(unsigned long *taint)
{
	char text[32];
	int rc = dp_read_attr(text, sizeof(text), "/proc/sys/kernel/tainted");

	*taint = rc ? DP_TAINT_UNKNOWN : strtoul(text, NULL, 10) & TAINTS;
	return rc;
}

bool dp_kernel_has_splat(unsigned long before)
{
	unsigned long now;

	return !dp_kernel_taint(&now) && (now & ~before);
}

struct json_object *dp_splat_to_json(const struct dp_splat *splat)
{
	struct json_object *obj = json_object_new_object(), *lines = json_object_new_array();

	dp_json_add_text(obj, "kind", "kernel");
	dp_json_add_text(obj, "splat", splat->kind);
	dp_json_add_text(obj, "function", splat->function);
	dp_json_add_text(obj, "step", splat->step);
	for (size_t i = 0; i < splat->nlines; i++)
		dp_json_append_text(lines, splat->lines[i]);
	json_object_object_add(obj, "lines", lines);
	return obj;
}
