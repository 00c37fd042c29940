/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A layout: a guest that stands for the machine of somebody else. It is a file: what the machine
 * is made of, and what the agent prepares before daxpin runs there as on a host. See
 * docs/layout-file.md.
 */
#ifndef DAXPIN_LAYOUT_H
#define DAXPIN_LAYOUT_H

#include "daxpin/command.h"
#include "daxpin/machine.h"

struct dp_layout {
	char cmdline[256];              /* further words for the kernel's command line, or "" */
	uint64_t memories[DP_MEMORIES]; /* bytes of RAM and of each NVDIMM; 0: there is none */
	struct dp_words qemu;           /* further arguments of QEMU */
	struct dp_words steps;          /* for dp_command.as_host.steps */
	struct dp_words programs;       /* of this computer, that the machine has in /sbin, too */
};

/**
 * dp_layout_parse - read the text of a layout
 * @text: NUL-terminated, in the syntax of libconfig
 * @name: what to call it in messages
 * @layout: receives it; release with dp_layout_clear()
 * @err: names the line and the setting that is wrong (bad input)
 *
 * Whether a step makes sense is for the agent to say, which carries it out.
 *
 * Return: 0, -EINVAL or -ENOMEM; @layout is empty then.
 */
int dp_layout_parse(const char *text, const char *name, struct dp_layout *layout,
		    struct dp_error *err);

/* Reads a file. Return: as for dp_layout_parse(), or the error of reading (bad input). */
int dp_layout_load(const char *path, struct dp_layout *layout, struct dp_error *err);

void dp_layout_clear(struct dp_layout *layout);

/**
 * dp_layout_has_balloon - whether a machine has a balloon (virtio-balloon)
 * @layout: of the machine, NULL for daxpin's own, which has none
 *
 * What is in a balloon QEMU gives back by punching holes into the file that is the guest's memory,
 * also where that is mapped privately (ram_block_discard_range()). So such a machine is booted,
 * never saved and never restored: dp_machine_start() refuses to.
 */
bool dp_layout_has_balloon(const struct dp_layout *layout);

#endif
