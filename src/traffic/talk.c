// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "end.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/splat.h"

int say(int fd, struct json_object *obj)
{
	size_t len;
	const char *text = json_object_to_json_string_length(obj, JSON_C_TO_STRING_PLAIN, &len);
	dp_autofree char *line = malloc(len + 1);
	int rc = line ? 0 : -ENOMEM;

	for (size_t at = 0; !rc && at <= len;) {
		ssize_t n;

		memcpy(line, text, len);
		line[len] = '\n';
		n = send(fd, line + at, len + 1 - at, MSG_NOSIGNAL);
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
		int rc = poll(&p, 1, (int)(left < SLICE_MS ? left : SLICE_MS));

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

/* One line is under way at a time, so that what has come ends with it. */
int hear(int fd, uint64_t limit_ms, unsigned long taint, struct json_object **obj)
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
		*obj = json_tokener_parse(line);
		if (json_object_is_type(*obj, json_type_object))
			return 0;
		json_object_put(*obj);
		return -EBADMSG;
	}
	return -EBADMSG;
}
