/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CXL region behind a device-dax, for events that take it away. */
#ifndef DAXPIN_TEARDOWN_CXL_H
#define DAXPIN_TEARDOWN_CXL_H

#include <stddef.h>

struct dp_error;
struct dp_target;

#define DP_CXL_DEVICES "/sys/bus/cxl/devices"

/**
 * dp_cxl_region_of - the region that has the memory of a device-dax
 * @target: has the device
 * @name: receives "region0"
 * @size: of @name, bytes
 *
 * Return: 0 or -ENODEV.
 */
int dp_cxl_region_of(const struct dp_target *target, char *name, size_t size);

/* For an event's prepare. Return: 0, or DP_SKIP if there is no such region. */
int dp_cxl_look(const struct dp_target *target, struct dp_error *err);

#endif
