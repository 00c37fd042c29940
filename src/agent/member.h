/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Structs as JSON objects, both ways: a member is a row in a table, with its key, its type, where
 * it is in the struct, and its limits.
 */
#ifndef DAXPIN_AGENT_MEMBER_H
#define DAXPIN_AGENT_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_error;
struct dp_member;
struct json_object;

/* What members of one type have in common. @at: the member in C. */
struct dp_type {
	const char *name;
	/* Return: 0, -EBADMSG if the value is of another type, or -ENOMEM. */
	int (*read)(struct json_object *value, void *at);
	/* Return: NULL if it is absent, or there is no memory. */
	struct json_object *(*write)(const void *at);
	/* Return: whether it is there, if it must be, and within its limits. */
	bool (*fits)(const struct dp_member *m, const void *at);
	void (*clear)(void *at); /* NULL if it holds nothing */
};

extern const struct dp_type dp_type_number; /* uint64_t: a whole number */
extern const struct dp_type dp_type_flag;   /* bool */
extern const struct dp_type dp_type_text;   /* char *, NULL if absent: a string */
extern const struct dp_type dp_type_words;  /* struct dp_words: an array of strings */
extern const struct dp_type dp_type_object; /* struct json_object *: an object of any members */

struct dp_member {
	const char *key;
	const struct dp_type *type;
	size_t at;            /* offset in the struct */
	bool required;        /* it has no default */
	uint64_t least, most; /* of a number; bytes of a string; elements of an array */
	uint64_t absent;      /* the default of a number; of all others it is zero or NULL */
};

/* All members of a struct. */
struct dp_members {
	const struct dp_member *list;
	size_t count;
};

/**
 * dp_members_read - read the members of a struct
 * @members: which
 * @obj: the JSON; nothing but an object is believed to be one
 * @apart: a key that is no member, or NULL
 * @base: the struct, zero; whatever comes, to be released with dp_members_clear()
 * @err: names the member that is missing, unknown or of another type
 *
 * Limits are another matter, see dp_members_check().
 *
 * Return: 0, -EBADMSG or -ENOMEM.
 */
int dp_members_read(const struct dp_members *members, struct json_object *obj, const char *apart,
		    void *base, struct dp_error *err);

/* Whether all members are within their limits. Return: 0 or -EINVAL (bad input). */
int dp_members_check(const struct dp_members *members, const void *base, struct dp_error *err);

/* Adds all members of a struct to an object. */
void dp_members_write(const struct dp_members *members, const void *base, struct json_object *obj);

/* Releases what the members of a struct hold. */
void dp_members_clear(const struct dp_members *members, void *base);

#endif
