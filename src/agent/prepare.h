/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes a guest the machine of somebody else: the steps of a layout, one a text of words, such
 * as "mount xfs /dev/pmem0 /mnt/xfs dax=never". See docs/layout-file.md.
 */
#ifndef DAXPIN_AGENT_PREPARE_H
#define DAXPIN_AGENT_PREPARE_H

#include <stddef.h>

struct dp_error;
struct dp_words;

/**
 * dp_prepare_machine - carry out the steps that change the machine
 * @steps: all steps, in their order
 * @err: names the step that failed, or that is none
 *
 * Return: 0 or a negative errno.
 */
int dp_prepare_machine(const struct dp_words *steps, struct dp_error *err);

/* Carries out those that change the calling process: its user, its limits, its environment. */
int dp_prepare_process(const struct dp_words *steps, struct dp_error *err);

/**
 * dp_steps_words - what the steps of a name say, which are carried out around the program
 * @steps: all steps
 * @name: such as "under"
 * @words: receives the words after the name of each of them
 *
 * Return: 0 or -ENOMEM.
 */
int dp_steps_words(const struct dp_words *steps, const char *name, struct dp_words *words);

/**
 * dp_dm_create - make a device of the device mapper
 * @name: its name
 * @kind: "linear": one disk after the other; "striped": in turn, 2 MiB of each
 * @disks: their nodes
 * @count: how many
 * @err: context on failure
 *
 * Its node is /dev/dm-N, the number of those that were made before it.
 *
 * Return: 0 or a negative errno.
 */
int dp_dm_create(const char *name, const char *kind, const char *const *disks, size_t count,
		 struct dp_error *err);

#endif
