// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/text.h"

#define BEGINNING "{\"kind\":\""

static const char *const names[] = {
	[DP_CONTROL_HELLO] = "hello",     [DP_CONTROL_MODULES] = "modules",
	[DP_CONTROL_READY] = "ready",     [DP_CONTROL_TAKEN] = "taken",
	[DP_CONTROL_REQUEST] = "request", [DP_CONTROL_ALIVE] = "alive",
	[DP_CONTROL_FAILED] = "failed",   [DP_CONTROL_DONE] = "done",
};

static bool find_kind(const char *line, size_t len, enum dp_control_kind *kind)
{
	const size_t before = strlen(BEGINNING);

	if (len < before || memcmp(line, BEGINNING, before))
		return false;
	for (size_t i = 0; i < DP_ARRAY_SIZE(names); i++) {
		size_t n = strlen(names[i]);

		if (len <= before + n || memcmp(line + before, names[i], n) ||
		    line[before + n] != '"')
			continue;
		*kind = (enum dp_control_kind)i;
		return true;
	}
	return false;
}

static void copy(char *to, size_t size, struct json_object *obj, const char *key)
{
	const char *text = dp_json_text(obj, key);

	snprintf(to, size, "%s", text ? text : "");
	dp_printable(to);
}

static void read_failure(struct json_object *obj, struct dp_error *failure)
{
	failure->code = -EIO;
	copy(failure->what, sizeof(failure->what), obj, "what");
	copy(failure->hint, sizeof(failure->hint), obj, "hint");
	failure->input = dp_json_bool_or(obj, "input", false);
}

bool dp_control_parse(const char *line, size_t len, struct dp_control *control)
{
	dp_autojson struct json_object *obj = NULL;

	memset(control, 0, sizeof(*control));
	if (!find_kind(line, len, &control->kind) || dp_observation_parse(line, len, &obj, NULL))
		return false;
	if (control->kind == DP_CONTROL_HELLO) {
		copy(control->text, sizeof(control->text), obj, "kernel");
	} else if (control->kind == DP_CONTROL_REQUEST) {
		copy(control->text, sizeof(control->text), obj, "what");
		control->number = dp_json_int_or(obj, "number", 0);
	} else if (control->kind == DP_CONTROL_FAILED) {
		read_failure(obj, &control->failure);
	}
	return true;
}

int dp_control_hear(int fd, uint64_t end_ms, char *line, size_t size)
{
	size_t used = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = dp_now_ms();
		char c;

		if (now >= end_ms || poll(&p, 1, (int)(end_ms - now)) == 0)
			return -ETIMEDOUT;
		if (read(fd, &c, 1) != 1)
			return errno == EINTR ? 0 : -EIO;
		if (c == '\n')
			break;
		if (used + 1 < size)
			line[used++] = c;
	}
	line[used] = '\0';
	return 0;
}
