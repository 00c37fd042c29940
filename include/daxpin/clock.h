/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The monotonic clock. */
#ifndef DAXPIN_CLOCK_H
#define DAXPIN_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds of CLOCK_MONOTONIC. */
static inline uint64_t dp_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Milliseconds of CLOCK_MONOTONIC. */
static inline uint64_t dp_now_ms(void)
{
	return dp_now_us() / 1000;
}

#endif
