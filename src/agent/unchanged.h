/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks and device-dax that a command of the host must leave as they are: the step "unchanged". */
#ifndef DAXPIN_AGENT_UNCHANGED_H
#define DAXPIN_AGENT_UNCHANGED_H

#include <stdint.h>

struct dp_error;
struct dp_words;

/**
 * dp_unchanged_note - remember what is on them
 * @devices: their nodes
 * @hashes: receives one for each of them
 * @err: names what cannot be read
 *
 * Return: 0 or a negative errno.
 */
int dp_unchanged_note(const struct dp_words *devices, uint64_t *hashes, struct dp_error *err);

/**
 * dp_unchanged_check - compare
 * @devices, @hashes: as before
 * @err: names what was changed
 *
 * Return: 0, -EIO if something was changed, or the error of reading.
 */
int dp_unchanged_check(const struct dp_words *devices, const uint64_t *hashes,
		       struct dp_error *err);

#endif
