// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/list.h"

/* ---- types ------------------------------------------------------------------------------- */

static bool is_within(const struct dp_member *m, uint64_t value)
{
	return value >= m->least && value <= m->most;
}

static int read_number(struct json_object *value, void *at)
{
	if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
		return -EBADMSG;
	*(uint64_t *)at = json_object_get_uint64(value);
	return 0;
}

static struct json_object *write_number(const void *at)
{
	return json_object_new_uint64(*(const uint64_t *)at);
}

static bool number_fits(const struct dp_member *m, const void *at)
{
	return is_within(m, *(const uint64_t *)at);
}

const struct dp_type dp_type_number = { "a number", read_number, write_number, number_fits, NULL };

static int read_flag(struct json_object *value, void *at)
{
	if (!json_object_is_type(value, json_type_boolean))
		return -EBADMSG;
	*(bool *)at = json_object_get_boolean(value);
	return 0;
}

static struct json_object *write_flag(const void *at)
{
	return json_object_new_boolean(*(const bool *)at);
}

static bool flag_fits(const struct dp_member *m, const void *at)
{
	(void)m;
	(void)at;
	return true;
}

const struct dp_type dp_type_flag = { "true or false", read_flag, write_flag, flag_fits, NULL };

/* A copy of a string; NULL with errno set. One with a NUL inside is no string of C. */
static char *copy_text(struct json_object *value)
{
	errno = EBADMSG;
	if (!json_object_is_type(value, json_type_string) ||
	    strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value))
		return NULL;
	errno = ENOMEM;
	return strdup(json_object_get_string(value));
}

static int read_text(struct json_object *value, void *at)
{
	char **copy = at;

	*copy = copy_text(value);
	return *copy ? 0 : -errno;
}

static struct json_object *write_text(const void *at)
{
	const char *have = *(char *const *)at;

	return have ? json_object_new_string(have) : NULL;
}

static bool text_fits(const struct dp_member *m, const void *at)
{
	const char *have = *(char *const *)at;

	return have ? is_within(m, strlen(have)) : !m->required;
}

static void clear_text(void *at)
{
	dp_freep(at);
}

const struct dp_type dp_type_text = { "a string", read_text, write_text, text_fits, clear_text };

int dp_words_add(struct dp_words *words, const char *word)
{
	char *copy = strdup(word), **added = copy ? dp_list_add(words->list, words->count) : NULL;

	if (!added) {
		free(copy);
		return -ENOMEM;
	}
	*added = copy;
	return 0;
}

int dp_words_split(struct dp_words *words, const char *text)
{
	dp_autofree char *copy = strdup(text);
	char *rest = copy;
	int rc = copy ? 0 : -ENOMEM;

	for (char *word = strsep(&rest, " "); word && !rc; word = strsep(&rest, " "))
		rc = *word ? dp_words_add(words, word) : 0;
	return rc;
}

static int read_words(struct json_object *value, void *at)
{
	int rc = json_object_is_type(value, json_type_array) ? 0 : -EBADMSG;

	for (size_t i = 0; !rc && i < dp_json_count(value); i++) {
		dp_autofree char *word = copy_text(json_object_array_get_idx(value, i));

		rc = word ? dp_words_add(at, word) : -errno;
	}
	return rc;
}

static struct json_object *write_words(const void *at)
{
	struct json_object *array = json_object_new_array();
	const struct dp_words *have = at;

	for (size_t i = 0; i < have->count; i++)
		dp_json_append_text(array, have->list[i]);
	return array;
}

static bool words_fit(const struct dp_member *m, const void *at)
{
	return is_within(m, ((const struct dp_words *)at)->count);
}

void dp_words_clear(struct dp_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->list[i]);
	free(words->list);
	*words = (struct dp_words){ 0 };
}

static void clear_words(void *at)
{
	dp_words_clear(at);
}

const struct dp_type dp_type_words = { "a list of strings", read_words, write_words, words_fit,
				       clear_words };

/* What its reader looks into. */
static int read_object(struct json_object *value, void *at)
{
	if (!json_object_is_type(value, json_type_object))
		return -EBADMSG;
	*(struct json_object **)at = json_object_get(value);
	return 0;
}

static struct json_object *write_object(const void *at)
{
	return json_object_get(*(struct json_object *const *)at);
}

static bool object_fits(const struct dp_member *m, const void *at)
{
	return !m->required || *(struct json_object *const *)at;
}

static void clear_object(void *at)
{
	json_object_put(*(struct json_object **)at);
}

const struct dp_type dp_type_object = { "an object", read_object, write_object, object_fits,
					clear_object };

/* ---- structs ----------------------------------------------------------------------------- */

static const struct dp_member *find_member(const struct dp_members *members, const char *key)
{
	for (size_t i = 0; i < members->count; i++)
		if (!strcmp(members->list[i].key, key))
			return &members->list[i];
	return NULL;
}

static int read_member(const struct dp_member *m, struct json_object *value, void *base,
		       struct dp_error *err)
{
	void *at = (char *)base + m->at;
	int rc;

	if (!value && m->required)
		return dp_report(err, -EBADMSG, "\"%s\" is missing", m->key);
	if (!value && m->absent)
		*(uint64_t *)at = m->absent;
	if (!value)
		return 0;
	rc = m->type->read(value, at);
	return rc == -EBADMSG ? dp_report(err, rc, "\"%s\" is not %s", m->key, m->type->name) : rc;
}

int dp_members_read(const struct dp_members *members, struct json_object *obj, const char *apart,
		    void *base, struct dp_error *err)
{
	int rc = json_object_is_type(obj, json_type_object) ? 0 : -EBADMSG;

	for (size_t i = 0; i < members->count && !rc; i++)
		rc = read_member(&members->list[i],
				 json_object_object_get(obj, members->list[i].key), base, err);
	if (rc)
		return rc;
	json_object_object_foreach (obj, key, value) {
		(void)value;
		if (!find_member(members, key) && (!apart || strcmp(key, apart)))
			return dp_report(err, -EBADMSG, "\"%.40s\" is unknown", key);
	}
	return 0;
}

int dp_members_check(const struct dp_members *members, const void *base, struct dp_error *err)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct dp_member *m = &members->list[i];

		if (!m->type->fits(m, (const char *)base + m->at))
			return dp_bad_input(err, "\"%s\" is out of its limits", m->key);
	}
	return 0;
}

void dp_members_write(const struct dp_members *members, const void *base, struct json_object *obj)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct dp_member *m = &members->list[i];
		struct json_object *value = m->type->write((const char *)base + m->at);

		if (value)
			json_object_object_add(obj, m->key, value);
	}
}

void dp_members_clear(const struct dp_members *members, void *base)
{
	for (size_t i = 0; i < members->count; i++)
		if (members->list[i].type->clear)
			members->list[i].type->clear((char *)base + members->list[i].at);
}
