/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a region that must outlive the machine is found again. */
#ifndef DAXPIN_TRAFFIC_KEPT_H
#define DAXPIN_TRAFFIC_KEPT_H

#include <stddef.h>

struct dp_mapping;

/* The devices of device-dax. */
#define DP_DAX_DEVICES "/sys/bus/dax/devices"

/**
 * dp_kept_path - the name that a file is given
 * @dir: the folder on its file system
 * @mapping: its kind
 * @path: receives it
 * @size: of @path, bytes
 *
 * Return: 0 or -ENAMETOOLONG.
 */
int dp_kept_path(const char *dir, const struct dp_mapping *mapping, char *path, size_t size);

#endif
