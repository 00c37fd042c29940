/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks and device-dax that a command of the host must leave as they are: the step "unchanged". */
#ifndef DAXPIN_AGENT_UNCHANGED_H
#define DAXPIN_AGENT_UNCHANGED_H

#include <stdint.h>

struct dp_error;
struct dp_words;

/**
 * dp_unchanged_note - remember what is on them
 * @steps: all steps; those that are "unchanged PATH" count
 * @hashes: receives one for each step
 * @err: names what cannot be read
 *
 * Return: 0 or a negative errno.
 */
int dp_unchanged_note(const struct dp_words *steps, uint64_t *hashes, struct dp_error *err);

/**
 * dp_unchanged_check - compare
 * @steps, @hashes: as before
 * @err: names what was changed
 *
 * Return: 0, -EIO if something was changed, or the error of reading.
 */
int dp_unchanged_check(const struct dp_words *steps, const uint64_t *hashes, struct dp_error *err);

#endif
