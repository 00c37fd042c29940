/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of nodes in the notation of schedulers: "n[001-412,420]" is 413 names, and
 * "rack[1-2]n[01-18],login1" is 37. Slurm, pdsh and ClusterShell read and write it.
 */
#ifndef DAXPIN_HOSTLIST_H
#define DAXPIN_HOSTLIST_H

#include <stdbool.h>
#include <stddef.h>

struct dp_error;

/* Longest name of a node, bytes; that of a host is no longer (HOST_NAME_MAX). */
#define DP_HOST_NAME 64
/* So many names a list may have. As many as Slurm allows by default; the largest machines have some
 * 10,000. */
#define DP_HOSTS_LIMIT 65536

/* Names, each in memory of its own. */
struct dp_hosts {
	char **list;
	size_t count;
	size_t room; /* of the list */
};

/* Whether a text may be the name of a node: letters, digits, '.', '_', '-', and not too long. */
bool dp_host_valid(const char *name);

/**
 * dp_hosts_add - add a copy of a name
 * @hosts: begins as zeros; release with dp_hosts_clear()
 * @name: the name
 *
 * Return: 0, -ENOMEM, or -E2BIG past DP_HOSTS_LIMIT.
 */
int dp_hosts_add(struct dp_hosts *hosts, const char *name);

/**
 * dp_hosts_expand - read names
 * @text: lists, separated by commas or white space. Numbers in brackets keep the width that they
 *        are written with: "n[08-11]" is n08, n09, n10, n11
 * @hosts: receives the names in their order, after those that it has; release with
 *         dp_hosts_clear() in any case
 * @err: what is wrong with the list (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_hosts_expand(const char *text, struct dp_hosts *hosts, struct dp_error *err);

/**
 * dp_hosts_fold - write names as short as the notation allows
 * @hosts: the names; put in order, and those that are twice are released
 *
 * dp_hosts_expand() gives these names again, in the same order.
 *
 * Return: the text, to be released with free(); "" of none, NULL without memory.
 */
char *dp_hosts_fold(struct dp_hosts *hosts);

/* Puts names into the order that people count in, and releases those that are there twice. */
void dp_hosts_sort(struct dp_hosts *hosts);

/* Whether a name is there. @hosts: in order, see dp_hosts_sort() */
bool dp_hosts_have(const struct dp_hosts *hosts, const char *name);

void dp_hosts_clear(struct dp_hosts *hosts);

/* Less than, equal to or greater than 0, by the same order: n2 before n10, and n1 before n01. */
int dp_host_compare(const char *a, const char *b);

#endif
