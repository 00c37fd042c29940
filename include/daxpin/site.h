/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a site expects of each node of a class (docs/node.md), and whether a node has it.
 */
#ifndef DAXPIN_SITE_H
#define DAXPIN_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_error;
struct json_object;

/* The lists of a site file. Each speaks of a list of the inventory. */
enum dp_site_list {
	DP_SITE_NAMESPACES,
	DP_SITE_DAX,
	DP_SITE_ADAPTERS,
	DP_SITE_MOUNTS,
	DP_SITE_LISTS,
};

/* The keys of a row, besides "count". */
#define DP_SITE_KEYS 2
/* No limit at all. */
#define DP_UNLIMITED UINT64_MAX

/* So many things that are like this. */
struct dp_site_row {
	char *values[DP_SITE_KEYS]; /* sizes as dp_format_size() writes them; NULL: any */
	unsigned int count;
};

struct dp_site_rows {
	bool named; /* it is there: what is in no row of it may not be there */
	struct dp_site_row *list;
	size_t count;
};

struct dp_site {
	struct dp_site_rows lists[DP_SITE_LISTS];
	char **answered; /* mappings that must have been answered, by their names */
	size_t nanswered;
	char **dirs; /* folders for temporary files */
	size_t ndirs;
	char *policy;     /* a policy file, NULL for the default */
	char *memlock_of; /* the program whose RLIMIT_MEMLOCK it is, NULL for daxpin's own */
	bool memlock_asked;
	uint64_t memlock; /* bytes, at least */
};

/**
 * dp_site_parse - parse a site file
 * @text: the file, NUL-terminated
 * @name: its name in messages
 * @site: receives it; release with dp_site_clear()
 * @err: "NAME:LINE: …" and the key that is wrong (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM; then nothing is held.
 */
int dp_site_parse(const char *text, const char *name, struct dp_site *site, struct dp_error *err);

/**
 * dp_site_load - read a site file
 * @path: the file
 * @site, @err: as for dp_site_parse(). A policy without a leading '/' is one beside the file
 *
 * Return: as dp_site_parse(), or the negative errno of reading the file (bad input).
 */
int dp_site_load(const char *path, struct dp_site *site, struct dp_error *err);

void dp_site_clear(struct dp_site *site);

/* The name of a list in the site file ("adapters"), and in the inventory ("rdma"). */
const char *dp_site_list_name(enum dp_site_list list);
const char *dp_site_list_source(enum dp_site_list list);

/* The name of a key of a list, in the site file; NULL past the last. */
const char *dp_site_key(enum dp_site_list list, size_t key);

/**
 * dp_site_value - what a device of the inventory has for a key
 * @list: of the site file
 * @key: number of the key
 * @entry: the device
 * @text: receives the value as a row has it
 * @size: its size, bytes
 *
 * Return: whether it is known.
 */
bool dp_site_value(enum dp_site_list list, size_t key, struct json_object *entry, char *text,
		   size_t size);

/**
 * dp_site_judge - hold a node against its site file
 * @site: what is expected
 * @inventory: what the node has: the lists of "daxpin list", and "memlock", an array of
 *             {"of","pid","soft"}, where "soft" is in bytes, or -1 for no limit, and "of" is null
 *             for this process. May hold anything
 * @tell: called with each thing that is not as expected (@broken), or of which that cannot be
 *        told: one clause for people, without a full stop
 * @arg: for @tell
 */
void dp_site_judge(const struct dp_site *site, struct json_object *inventory,
		   void (*tell)(void *arg, bool broken, const char *text), void *arg);

#endif
