// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "ledger.h"

#include "pattern.h"
#include "talk.h"

#include "daxpin/json.h"
#include "daxpin/steps.h"

/* Bytes that are compared at a time. */
#define CHUNK 4096

bool dp_ledger_add(struct dp_ledger *ledger, enum dp_content content, uint64_t offset,
		   uint64_t length, uint64_t seed, uint64_t from)
{
	if (ledger->count == DP_MAX_EXTENTS)
		return false;
	ledger->extents[ledger->count++] =
		(struct dp_extent){ content, offset, length, seed, from };
	return true;
}

/* Writes into a chunk the part of an extent that lies in it. */
static void overlay(const struct dp_extent *e, unsigned char *chunk, uint64_t offset,
		    uint64_t length)
{
	uint64_t begin = e->offset > offset ? e->offset : offset;
	uint64_t end =
		e->offset + e->length < offset + length ? e->offset + e->length : offset + length;

	if (begin >= end)
		return;
	if (e->content == DP_PATTERN)
		dp_pattern_fill(chunk + (begin - offset), end - begin, e->seed,
				e->from + (begin - e->offset));
	else if (e->content == DP_ZEROS)
		memset(chunk + (begin - offset), 0, end - begin);
	else if (end - e->offset <= sizeof(e->seed))
		memcpy(chunk + (begin - offset), (const char *)&e->seed + (begin - e->offset),
		       end - begin);
}

static bool covers(const struct dp_extent *e, uint64_t offset, uint64_t length)
{
	return e->content != DP_WORD && e->offset <= offset &&
	       e->offset + e->length >= offset + length;
}

/* The last extent that covers a chunk hides all that was there before. Return: its place, or -1. */
static ptrdiff_t find_cover(const struct dp_ledger *ledger, uint64_t offset, uint64_t length)
{
	ptrdiff_t i = (ptrdiff_t)ledger->count - 1;

	while (i >= 0 && !covers(&ledger->extents[i], offset, length))
		i--;
	return i;
}

static void check_chunk(const struct dp_ledger *ledger, const unsigned char *memory,
			uint64_t offset, uint64_t length, struct dp_damage *damage)
{
	ptrdiff_t cover = find_cover(ledger, offset, length);
	unsigned char expected[CHUNK];

	if (cover < 0)
		dp_pattern_fill(expected, length, ledger->seed, offset);
	for (size_t i = cover < 0 ? 0 : (size_t)cover; i < ledger->count; i++)
		overlay(&ledger->extents[i], expected, offset, length);
	damage->checked += length;
	if (!memcmp(memory, expected, length))
		return;
	for (uint64_t i = 0; i < length; i++) {
		if (memory[i] == expected[i])
			continue;
		if (!damage->wrong++) {
			damage->first = offset + i;
			damage->found = memory[i];
			damage->expected = expected[i];
		}
	}
}

void dp_ledger_check(const struct dp_ledger *ledger, const void *memory, uint64_t offset,
		     uint64_t length, struct dp_damage *damage)
{
	const unsigned char *at = memory;

	for (uint64_t done = 0; done < length; done += CHUNK)
		check_chunk(ledger, at + done, offset + done,
			    length - done < CHUNK ? length - done : CHUNK, damage);
}

/* ---- as JSON ----------------------------------------------------------------------------- */

struct json_object *dp_damage_to_json(const struct dp_damage *damage, const char *route,
				      unsigned int extents, const char *text)
{
	struct json_object *obj = json_object_new_object();

	dp_step_set_text(obj, DP_FIELD_ROUTE, route);
	dp_step_set_int(obj, DP_FIELD_CHECKED, (int64_t)damage->checked);
	dp_step_set_int(obj, DP_FIELD_WRONG, (int64_t)damage->wrong);
	if (extents)
		dp_step_set_int(obj, DP_FIELD_EXTENTS, extents);
	if (damage->wrong) {
		dp_step_set_int(obj, DP_FIELD_FIRST_WRONG, (int64_t)damage->first);
		dp_step_set_int(obj, DP_FIELD_FOUND, damage->found);
		dp_step_set_int(obj, DP_FIELD_EXPECTED, damage->expected);
	}
	if (text)
		dp_step_set_text(obj, DP_FIELD_TEXT, text);
	return obj;
}

struct json_object *dp_ledger_to_json(const struct dp_ledger *ledger)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	dp_talk_add_word(obj, "seed", ledger->seed);
	for (size_t i = 0; i < ledger->count; i++) {
		const struct dp_extent *e = &ledger->extents[i];
		struct json_object *extent = json_object_new_object();

		dp_json_add_int(extent, "content", e->content);
		dp_json_add_int(extent, "offset", (int64_t)e->offset);
		dp_json_add_int(extent, "length", (int64_t)e->length);
		dp_talk_add_word(extent, "seed", e->seed);
		dp_json_add_int(extent, "from", (int64_t)e->from);
		json_object_array_add(list, extent);
	}
	json_object_object_add(obj, "extents", list);
	return obj;
}

int dp_ledger_from_json(struct json_object *obj, struct dp_ledger *ledger)
{
	struct json_object *list = dp_json_array(obj, "extents");

	memset(ledger, 0, sizeof(*ledger));
	if (!list || dp_talk_word(obj, "seed", &ledger->seed))
		return -EBADMSG;
	for (size_t i = 0; i < dp_json_count(list); i++) {
		struct json_object *e = json_object_array_get_idx(list, i);
		uint64_t content, seed;

		if (dp_talk_word(e, "seed", &seed))
			return -EBADMSG;
		content = dp_talk_number(e, "content");
		if (content >= DP_CONTENTS ||
		    !dp_ledger_add(ledger, (enum dp_content)content, dp_talk_number(e, "offset"),
				   dp_talk_number(e, "length"), seed, dp_talk_number(e, "from")))
			return -EBADMSG;
	}
	return 0;
}
