/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of a guest that runs, read through QEMU. */
#ifndef DAXPIN_MACHINE_OUTSIDE_H
#define DAXPIN_MACHINE_OUTSIDE_H

struct dp_boot;
struct dp_sink;
struct dp_watch;

/**
 * dp_outside_look - have the NVDIMM of a guest looked at, as it is now
 * @watch: of the guest
 * @boot: what was booted or restored
 * @sink: whose member "look" looks
 * @line: the guest's request
 *
 * What the guest says meanwhile is taken as ever.
 */
void dp_outside_look(struct dp_watch *watch, const struct dp_boot *boot, const struct dp_sink *sink,
		     const char *line);

#endif
