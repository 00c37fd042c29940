// SPDX-License-Identifier: GPL-2.0-or-later
/* The pattern has no period and depends on each bit of seed and offset (finaliser of SplitMix64).
 */
#include <string.h>

#include "pattern.h"

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
