// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "talk.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"

struct json_object *dp_talk_command(const char *name)
{
	struct json_object *command = json_object_new_object();

	dp_json_add_text(command, "command", name);
	return command;
}

uint64_t dp_talk_number(struct json_object *obj, const char *key)
{
	int64_t value = dp_json_int_or(obj, key, 0);

	return value < 0 ? 0 : (uint64_t)value;
}

void dp_talk_add_word(struct json_object *obj, const char *key, uint64_t word)
{
	char text[24];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)word);
	dp_json_add_text(obj, key, text);
}

int dp_talk_word(struct json_object *obj, const char *key, uint64_t *word)
{
	const char *text = dp_json_text(obj, key);
	char *end;

	if (!text || strlen(text) != 16)
		return -EBADMSG;
	*word = strtoull(text, &end, 16);
	return *end ? -EBADMSG : 0;
}

void dp_talk_add_sge(struct json_object *command, const char *key, uint64_t offset, uint64_t length)
{
	struct json_object *list = dp_json_array(command, "sges");
	struct json_object *sge = json_object_new_array();

	if (!list) {
		list = json_object_new_array();
		json_object_object_add(command, "sges", list);
	}
	dp_json_append_text(sge, key);
	json_object_array_add(sge, json_object_new_int64((int64_t)offset));
	json_object_array_add(sge, json_object_new_int64((int64_t)length));
	json_object_array_add(list, sge);
}

/* ---- lines ------------------------------------------------------------------------------- */

int dp_talk_say(int fd, struct json_object *obj)
{
	size_t len;
	const char *text = json_object_to_json_string_length(obj, JSON_C_TO_STRING_PLAIN, &len);
	dp_autofree char *line = malloc(len + 1);
	int rc = line ? 0 : -ENOMEM;

	if (line) {
		memcpy(line, text, len);
		line[len] = '\n';
	}
	for (size_t at = 0; !rc && at <= len;) {
		ssize_t n = send(fd, line + at, len + 1 - at, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			rc = -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	json_object_put(obj);
	return rc;
}

static int await(int fd, uint64_t end, unsigned long taint)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		uint64_t now = dp_now_ms();
		uint64_t left = now < end ? end - now : 0;
		int rc = poll(&p, 1, (int)(left < DP_SLICE_MS ? left : DP_SLICE_MS));

		if (rc > 0)
			return 0;
		if (rc < 0 && errno != EINTR)
			return -errno;
		if (dp_kernel_has_splat(taint))
			return -EIO;
		if (!left)
			return -ETIMEDOUT;
	}
}

/* Only one line is under way at a time, so what was received ends with it. */
int dp_talk_hear(int fd, uint64_t limit_ms, unsigned long taint, struct json_object **obj)
{
	uint64_t end = dp_now_ms() + limit_ms;
	dp_autofree char *line = malloc(DP_LINE_LIMIT);
	size_t used = 0;

	if (!line)
		return -ENOMEM;
	while (used < DP_LINE_LIMIT) {
		int rc = await(fd, end, taint);
		ssize_t n = rc ? 0 : recv(fd, line + used, DP_LINE_LIMIT - used, 0);

		if (rc)
			return rc;
		if (n <= 0)
			return n < 0 && errno != ECONNRESET ? -errno : -ECONNRESET;
		used += (size_t)n;
		if (line[used - 1] != '\n')
			continue;
		line[used - 1] = '\0';
		*obj = dp_json_parse(line);
		return *obj ? 0 : -EBADMSG;
	}
	return -EBADMSG;
}
