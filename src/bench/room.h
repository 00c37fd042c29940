/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_BENCH_ROOM_H
#define DAXPIN_BENCH_ROOM_H

struct dp_area;
struct dp_env;
struct dp_error;
struct dp_mapping;

/**
 * dp_bench_room - make a mapping that is not touched yet, if there is room for it
 * @mapping: its kind
 * @env: its size
 * @area: receives it; release with dp_area_close()
 * @err: the reason for DP_SKIP, or context on failure
 *
 * Return: 0, DP_SKIP if the device, the file system or the memory is too small, or a negative
 * errno.
 */
int dp_bench_room(const struct dp_mapping *mapping, const struct dp_env *env, struct dp_area *area,
		  struct dp_error *err);

/* The same, and the processor has touched its pages, if it faults them in (dp_bench_touches()). */
int dp_bench_room_touched(const struct dp_mapping *mapping, const struct dp_env *env,
			  struct dp_area *area, struct dp_error *err);

#endif
