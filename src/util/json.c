// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/json.h"
#include "daxpin/text.h"

static struct json_object *member(struct json_object *obj, const char *key, json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(obj, key, &value) || !json_object_is_type(value, type))
		return NULL;
	return value;
}

struct json_object *dp_json_parse(const char *text)
{
	struct json_object *obj = json_tokener_parse(text);

	if (json_object_is_type(obj, json_type_object))
		return obj;
	json_object_put(obj);
	return NULL;
}

const char *dp_json_text(struct json_object *obj, const char *key)
{
	struct json_object *value = member(obj, key, json_type_string);

	return value ? json_object_get_string(value) : NULL;
}

int dp_json_copy_text(struct json_object *obj, const char *key, char *to, size_t size)
{
	const char *text = dp_json_text(obj, key);

	to[0] = '\0';
	if (!text)
		return -EBADMSG;
	if (strlen(text) >= size)
		return -EMSGSIZE;
	dp_printable(strcpy(to, text));
	return 0;
}

int dp_json_int(struct json_object *obj, const char *key, int64_t *value)
{
	struct json_object *have = member(obj, key, json_type_int);

	if (!have)
		return -EBADMSG;
	*value = json_object_get_int64(have);
	return 0;
}

int dp_json_bool(struct json_object *obj, const char *key, bool *value)
{
	struct json_object *have = member(obj, key, json_type_boolean);

	if (!have)
		return -EBADMSG;
	*value = json_object_get_boolean(have);
	return 0;
}

int dp_json_double(struct json_object *obj, const char *key, double *value)
{
	struct json_object *have = member(obj, key, json_type_double);

	have = have ? have : member(obj, key, json_type_int);
	if (!have)
		return -EBADMSG;
	*value = json_object_get_double(have);
	return 0;
}

int64_t dp_json_int_or(struct json_object *obj, const char *key, int64_t otherwise)
{
	dp_json_int(obj, key, &otherwise);
	return otherwise;
}

bool dp_json_bool_or(struct json_object *obj, const char *key, bool otherwise)
{
	dp_json_bool(obj, key, &otherwise);
	return otherwise;
}

struct json_object *dp_json_object(struct json_object *obj, const char *key)
{
	return member(obj, key, json_type_object);
}

struct json_object *dp_json_array(struct json_object *obj, const char *key)
{
	return member(obj, key, json_type_array);
}

size_t dp_json_count(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

const char *dp_json_text_at(struct json_object *array, size_t index)
{
	struct json_object *value =
		index < dp_json_count(array) ? json_object_array_get_idx(array, index) : NULL;

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

void dp_json_add_text(struct json_object *obj, const char *key, const char *text)
{
	json_object_object_add(obj, key, text && text[0] ? json_object_new_string(text) : NULL);
}

void dp_json_add_int(struct json_object *obj, const char *key, int64_t value)
{
	json_object_object_add(obj, key, json_object_new_int64(value));
}

void dp_json_add_bool(struct json_object *obj, const char *key, bool value)
{
	json_object_object_add(obj, key, json_object_new_boolean(value));
}

void dp_json_add_double(struct json_object *obj, const char *key, double value)
{
	json_object_object_add(obj, key, json_object_new_double(value));
}

void dp_json_append_text(struct json_object *array, const char *text)
{
	json_object_array_add(array, json_object_new_string(text));
}

void dp_json_add_texts(struct json_object *obj, const char *key, const char *const *texts,
		       size_t count)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		dp_json_append_text(array, texts[i]);
	json_object_object_add(obj, key, array);
}

/* The bytes after the first that a character of UTF-8 has; 0 for ASCII and for what is none. */
static size_t following(unsigned char c)
{
	return c >= 0xf0 && c < 0xf8   ? 3
	       : c >= 0xe0 && c < 0xf0 ? 2
	       : c >= 0xc2 && c < 0xe0 ? 1
				       : 0;
}

/* Writes one character as escapes. Return: its length in bytes, 0 if it is not UTF-8. */
static size_t escape(FILE *out, const unsigned char *at)
{
	size_t n = following(*at);
	unsigned int code = *at & (0x3fU >> n);

	for (size_t i = 1; i <= n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (!n)
		return 0;
	if (code < 0x10000)
		fprintf(out, "\\u%04x", code);
	else
		fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
			0xdc00 + ((code - 0x10000) & 0x3ff));
	return n + 1;
}

char *dp_json_line(struct json_object *obj)
{
	const char *text = json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN);
	char *line = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&line, &len);

	if (!out)
		return NULL;
	for (const unsigned char *at = (const unsigned char *)text; *at;) {
		size_t n = escape(out, at);

		if (!n)
			fputc(*at, out);
		at += n ? n : 1;
	}
	if (!fclose(out))
		return line;
	free(line);
	return NULL;
}
