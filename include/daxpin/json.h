/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of JSON objects, on top of json-c. Input may come from anywhere: each function that reads
 * takes NULL, and values of any type, for its first argument, and tells a member that is missing or
 * of another type from one that is there.
 */
#ifndef DAXPIN_JSON_H
#define DAXPIN_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/cleanup.h"

static inline void dp_json_putp(struct json_object **obj)
{
	json_object_put(*obj);
}

/* json_object_put() when the variable goes out of scope. */
#define dp_autojson dp_cleanup(dp_json_putp)

/* ---- reading ----------------------------------------------------------------------------- */

/**
 * dp_json_parse - read an object
 * @text: the whole of it
 *
 * Return: a new object, NULL if the text is anything else.
 */
struct json_object *dp_json_parse(const char *text);

/* A string member; NULL if it is missing or of another type. It lives as long as @obj. */
const char *dp_json_text(struct json_object *obj, const char *key);

/**
 * dp_json_copy_text - copy a string member, made fit for a terminal
 * @obj: has the member
 * @key: its name
 * @to: receives the text; "" on failure
 * @size: size of @to, bytes
 *
 * Return: 0, -EBADMSG if it is missing or of another type, -EMSGSIZE if it does not fit.
 */
int dp_json_copy_text(struct json_object *obj, const char *key, char *to, size_t size);

/*
 * An integer, boolean or floating-point member; the last may be an integer, too. Return: 0, or
 * -EBADMSG if it is missing or of another type, and @value is left as it was.
 */
int dp_json_int(struct json_object *obj, const char *key, int64_t *value);
int dp_json_bool(struct json_object *obj, const char *key, bool *value);
int dp_json_double(struct json_object *obj, const char *key, double *value);

/* The same where it has a meaning that a member is not there: @otherwise then. */
int64_t dp_json_int_or(struct json_object *obj, const char *key, int64_t otherwise);
bool dp_json_bool_or(struct json_object *obj, const char *key, bool otherwise);

/* A member that is an object, or an array; NULL if it is missing or of another type. */
struct json_object *dp_json_object(struct json_object *obj, const char *key);
struct json_object *dp_json_array(struct json_object *obj, const char *key);

/* Number of elements; 0 for what is no array. */
size_t dp_json_count(struct json_object *array);

/* A string of an array; NULL if the element is something else. */
const char *dp_json_text_at(struct json_object *array, size_t index);

/* ---- writing ----------------------------------------------------------------------------- */

/* Adds a string member; null if the text is NULL or empty. */
void dp_json_add_text(struct json_object *obj, const char *key, const char *text);

void dp_json_add_int(struct json_object *obj, const char *key, int64_t value);
void dp_json_add_bool(struct json_object *obj, const char *key, bool value);
void dp_json_add_double(struct json_object *obj, const char *key, double value);

/* Adds an array of strings. */
void dp_json_add_texts(struct json_object *obj, const char *key, const char *const *texts,
		       size_t count);

/* Appends a string to an array. */
void dp_json_append_text(struct json_object *array, const char *text);

/**
 * dp_json_line - an object as text on one line, in ASCII
 * @obj: the object
 *
 * json-c 0.18 takes no other character where it is strict. Bytes that are not UTF-8 stay.
 *
 * Return: the text, to be released with free(); NULL without memory.
 */
char *dp_json_line(struct json_object *obj);

#endif
