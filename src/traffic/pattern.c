// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A byte that arrives in the wrong place, or twice, or from an earlier run, must not look right:
 * the pattern has no period, and depends on seed and offset in each bit (the finaliser of
 * SplitMix64).
 */
#include <string.h>

#include "daxpin/traffic.h"

/* Bytes that are compared at a time. */
#define CHUNK 4096

uint64_t dp_pattern_word(uint64_t seed, uint64_t offset)
{
	uint64_t z = seed + (offset / 8 + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void dp_pattern_fill(void *memory, uint64_t length, uint64_t seed, uint64_t from)
{
	unsigned char *at = memory;

	while (length) {
		uint64_t word = dp_pattern_word(seed, from & ~7ULL);
		uint64_t skip = from & 7, n = 8 - skip < length ? 8 - skip : length;

		memcpy(at, (unsigned char *)&word + skip, n);
		at += n;
		from += n;
		length -= n;
	}
}

bool dp_ledger_add(struct dp_ledger *ledger, enum dp_content content, uint64_t offset,
		   uint64_t length, uint64_t seed, uint64_t from)
{
	if (ledger->count == DP_MAX_EXTENTS)
		return false;
	ledger->extents[ledger->count++] =
		(struct dp_extent){ content, offset, length, seed, from };
	return true;
}

/* Lays the part of an extent that lies in a chunk over it. */
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

static void check_chunk(const struct dp_ledger *ledger, const unsigned char *memory,
			uint64_t offset, uint64_t length, struct dp_damage *damage)
{
	unsigned char expected[CHUNK];

	dp_pattern_fill(expected, length, ledger->seed, offset);
	for (size_t i = 0; i < ledger->count; i++)
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
