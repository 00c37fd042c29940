// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"

/* Observations have two levels of nesting. A line with more than this is rejected. */
#define DEPTH_LIMIT 8

int dp_emit(int fd, struct json_object *obj)
{
	dp_autofree char *line = NULL;
	const char *text;
	int n, rc;

	if (!obj)
		return -ENOMEM;
	text = json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN |
							   JSON_C_TO_STRING_NOSLASHESCAPE);
	n = text ? asprintf(&line, "%s\n", text) : -1;
	rc = n < 0 ? -ENOMEM : dp_write_all(fd, line, n);
	json_object_put(obj);
	return rc;
}

int dp_emit_text(int fd, const char *kind, const char *key, const char *text)
{
	struct json_object *obj = json_object_new_object();

	if (!obj)
		return -ENOMEM;
	dp_json_add_text(obj, "kind", kind);
	if (key)
		dp_json_add_text(obj, key, text);
	return dp_emit(fd, obj);
}

int dp_emit_id(int fd, const char *kind, const char *id, const char *text)
{
	struct json_object *obj = json_object_new_object();

	if (!obj)
		return -ENOMEM;
	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "id", id);
	if (text)
		dp_json_add_text(obj, "text", text);
	return dp_emit(fd, obj);
}

static void put_tokener(struct json_tokener **tok)
{
	if (*tok)
		json_tokener_free(*tok);
}

int dp_emit_failure(int fd, const struct dp_error *err)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "failed");
	dp_json_add_text(obj, "what", err->what);
	dp_json_add_text(obj, "hint", err->hint);
	dp_json_add_bool(obj, "input", err->input);
	return dp_emit(fd, obj);
}

int dp_observation_parse(const char *line, size_t len, struct json_object **obj,
			 struct dp_error *err)
{
	dp_cleanup(put_tokener) struct json_tokener *tok = json_tokener_new_ex(DEPTH_LIMIT);
	struct json_object *parsed;

	if (!tok)
		return -ENOMEM;
	if (len > DP_LINE_LIMIT)
		return dp_fail(err, -EBADMSG, "observation of %zu bytes is too long", len);
	parsed = json_tokener_parse_ex(tok, line, (int)len);
	if (json_tokener_get_error(tok) == json_tokener_success &&
	    json_object_is_type(parsed, json_type_object) && dp_json_text(parsed, "kind")) {
		*obj = parsed;
		return 0;
	}
	json_object_put(parsed);
	return dp_fail(err, -EBADMSG, "not an observation: %.80s", len ? line : "(empty line)");
}

static int take_line(struct dp_lines *lines, int (*take)(void *, const char *, size_t), void *arg)
{
	size_t len = lines->used;
	bool overlong = lines->overlong;

	lines->used = 0;
	lines->overlong = false;
	if (overlong) {
		lines->buf[DP_LINE_LIMIT] = '\0';
		return take(arg, lines->buf, DP_LINE_LIMIT + 1);
	}
	if (len && lines->buf[len - 1] == '\r')
		len--;
	lines->buf[len] = '\0';
	return len ? take(arg, lines->buf, len) : 0;
}

int dp_lines_feed(struct dp_lines *lines, const char *data, size_t len,
		  int (*take)(void *arg, const char *line, size_t len), void *arg)
{
	if (!lines->buf)
		lines->buf = malloc(DP_LINE_LIMIT + 1);
	if (!lines->buf)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			int rc = take_line(lines, take, arg);

			if (rc)
				return rc;
			continue;
		}
		if (lines->used == DP_LINE_LIMIT)
			lines->overlong = true;
		else
			lines->buf[lines->used++] = data[i];
	}
	return 0;
}

void dp_lines_clear(struct dp_lines *lines)
{
	free(lines->buf);
	memset(lines, 0, sizeof(*lines));
}
