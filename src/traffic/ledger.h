/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a region must hold: a pattern, and the ranges that were written over it, in their order.
 * The driving end keeps a ledger for each region; the end that has the region is sent the ledger,
 * and compares.
 */
#ifndef DAXPIN_TRAFFIC_LEDGER_H
#define DAXPIN_TRAFFIC_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* What a range of a region holds. */
enum dp_content {
	DP_PATTERN, /* byte i of the range is byte FROM + i of the seed's pattern */
	DP_WORD,    /* the seed itself, 8 bytes in the byte order of the machine */
	DP_ZEROS,
	DP_CONTENTS,
};

struct dp_extent {
	enum dp_content content;
	uint64_t offset, length; /* in the region, bytes */
	uint64_t seed, from;
};

/* Ranges that a ledger has room for; a transfer adds between one and four. */
#define DP_MAX_EXTENTS 96

struct dp_ledger {
	uint64_t seed; /* of the pattern that the region was filled with */
	struct dp_extent extents[DP_MAX_EXTENTS];
	size_t count;
};

/* How memory differs from its ledger. */
struct dp_damage {
	uint64_t checked, wrong;      /* bytes */
	uint64_t first;               /* offset in the region of the first wrong byte */
	unsigned int found, expected; /* that byte */
};

/**
 * dp_ledger_add - note that a range was overwritten
 * @ledger: of the region
 * @content: what the range holds now
 * @offset: where it begins, bytes from the region's start
 * @length: bytes
 * @seed: of the pattern, or the word
 * @from: offset in the pattern of the first byte
 *
 * Return: false if the ledger is full.
 */
bool dp_ledger_add(struct dp_ledger *ledger, enum dp_content content, uint64_t offset,
		   uint64_t length, uint64_t seed, uint64_t from);

/**
 * dp_ledger_check - compare memory with what it must hold
 * @ledger: of the region
 * @memory: a part of the region
 * @offset: where in the region that part begins, bytes
 * @length: of the part, bytes
 * @damage: the result is added to it; zero at first
 */
void dp_ledger_check(const struct dp_ledger *ledger, const void *memory, uint64_t offset,
		     uint64_t length, struct dp_damage *damage);

/**
 * dp_damage_to_json - what a route has found, as an element of "routes"
 * @damage: how memory differs from its ledger
 * @route: by which it was read
 * @extents: blocks that were read, 0 where that means nothing
 * @text: why the route has failed, or NULL
 *
 * Return: a new object.
 */
struct json_object *dp_damage_to_json(const struct dp_damage *damage, const char *route,
				      unsigned int extents, const char *text);

/* A ledger as a new JSON object. Seeds are unsigned 64-bit numbers, and written as text. */
struct json_object *dp_ledger_to_json(const struct dp_ledger *ledger);

/**
 * dp_ledger_from_json - read a ledger, believing nothing
 * @obj: what dp_ledger_to_json() made, or anything else
 * @ledger: receives it
 *
 * Return: 0 or -EBADMSG.
 */
int dp_ledger_from_json(struct json_object *obj, struct dp_ledger *ledger);

#endif
