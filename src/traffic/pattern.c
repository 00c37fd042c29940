// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pattern has no period and depends on each bit of seed and offset (finaliser of SplitMix64).
 *
 * Under emulation each instruction counts: a leg fills and compares some 20 MiB. So what is aligned
 * in the pattern is filled in a loop without branches.
 */
#include <string.h>

#include "pattern.h"

/* From one word to the next, before the finaliser. */
#define STEP 0x9e3779b97f4a7c15ULL

static uint64_t finalise(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint64_t dp_pattern_word(uint64_t seed, uint64_t offset)
{
	return finalise(seed + (offset / 8 + 1) * STEP);
}

void dp_pattern_fill(void *memory, uint64_t length, uint64_t seed, uint64_t from)
{
	unsigned char *at = memory, *end = at + length;
	uint64_t state = seed + (from / 8 + 1) * STEP, word = finalise(state);
	uint64_t skip = from & 7, head = 8 - skip < length ? 8 - skip : length;

	if (skip) {
		memcpy(at, (unsigned char *)&word + skip, head);
		at += head;
		state += STEP;
	}
	for (; end - at >= 8; at += 8, state += STEP) {
		word = finalise(state);
		memcpy(at, &word, sizeof(word));
	}
	word = finalise(state);
	memcpy(at, &word, (size_t)(end - at));
}
