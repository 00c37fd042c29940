// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "splat_parts.h"

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"
#include "daxpin/text.h"

#define MARK "daxpin step: "

static void release(struct dp_splat *c)
{
	for (size_t i = 0; i < c->nlines; i++)
		free(c->lines[i]);
	memset(c, 0, sizeof(*c));
}

/* A hang can only be told from those before it once all its lines are known. */
static void finish(struct dp_recogniser *r)
{
	if (r->now.kind && !dp_told_again(r, &r->now) && r->take)
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
	dp_read_function(c, dp_log_text(copy));
	c->lines[c->nlines++] = copy;
	if (c->nlines == DP_SPLAT_LINES)
		finish(r);
}

static void begin(struct dp_recogniser *r, const char *kind)
{
	finish(r);
	r->now.kind = kind;
	snprintf(r->now.step, sizeof(r->now.step), "%s", r->step);
}

/* The panic of a watchdog is part of the hang that it told of, which may be complete already. */
static bool is_of_hang(struct dp_recogniser *r, const char *kind, const char *text)
{
	if (strcmp(kind, "panic") || !dp_is_watchdog_panic(text))
		return false;
	if (r->now.kind && !dp_is_hang(r->now.kind))
		finish(r);
	return r->now.kind || r->nhangs;
}

static void read_header(struct dp_recogniser *r, const char *text)
{
	const char *kind = dp_splat_kind(text);

	if (!kind)
		return;
	r->panicked |= !strcmp(kind, "panic");
	if (dp_is_message(&r->now, kind))
		r->now.kind = "WARN";
	else if (!dp_splat_continues(&r->now, kind) && !is_of_hang(r, kind, text))
		begin(r, kind);
}

static void read_line(struct dp_recogniser *r, const char *line)
{
	const char *text = dp_log_text(line);

	if (!strncmp(text, MARK, strlen(MARK))) {
		finish(r);
		snprintf(r->step, sizeof(r->step), "%s", text + strlen(MARK));
		dp_printable(r->step);
		return;
	}
	if (dp_splat_border(text))
		finish(r);
	read_header(r, text);
	if (!r->now.kind)
		return;
	add_line(r, line);
	if (strstr(text, "---[ end "))
		finish(r);
}

void dp_recognise(struct dp_recogniser *r, const char *line)
{
	for (const char *next = dp_log_second(line); next; next = dp_log_second(line)) {
		dp_autofree char *first = strndup(line, next - line);

		if (first)
			read_line(r, first);
		line = next;
	}
	read_line(r, line);
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
