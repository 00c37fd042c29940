/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes that are moved. Each byte is a function of its offset and a seed, so that a byte that
 * arrives in the wrong place, twice, or from an earlier run does not look right.
 */
#ifndef DAXPIN_TRAFFIC_PATTERN_H
#define DAXPIN_TRAFFIC_PATTERN_H

#include <stdint.h>

/**
 * dp_pattern_fill - fill memory with a part of a pattern
 * @memory: receives it
 * @length: bytes to write
 * @seed: of the pattern
 * @from: offset in the pattern of the first byte
 */
void dp_pattern_fill(void *memory, uint64_t length, uint64_t seed, uint64_t from);

/* The eight bytes of a pattern at an offset that is a multiple of 8, as a number. */
uint64_t dp_pattern_word(uint64_t seed, uint64_t offset);

#endif
