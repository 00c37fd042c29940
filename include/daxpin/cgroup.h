/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control group that this process is in, in the unified hierarchy at /sys/fs/cgroup. */
#ifndef DAXPIN_CGROUP_H
#define DAXPIN_CGROUP_H

#include <stddef.h>
#include <stdint.h>

/**
 * dp_cgroup_own - the path of the group
 * @group: receives it, "/job"; "/" for the root
 * @size: size of @group, bytes
 *
 * Return: 0 or a negative errno.
 */
int dp_cgroup_own(char *group, size_t size);

/**
 * dp_cgroup_read - one of its files
 * @group: the group
 * @file: "rdma.max"
 *
 * Return: the text, to be released with free(); NULL if it cannot be read.
 */
char *dp_cgroup_read(const char *group, const char *file);

/**
 * dp_oom_kills - how many processes were killed for want of memory in a group
 * @events: the text of its memory.events, which counts those of the groups below, too
 *
 * Return: their number; 0 if the text does not say.
 */
uint64_t dp_oom_kills(const char *events);

#endif
