/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PID 1 of a guest: what the kernel gets on its command line, the modules that the image must
 * have, and the life of daxpin as /init.
 */
#ifndef DAXPIN_AGENT_H
#define DAXPIN_AGENT_H

#include <stdbool.h>
#include <stddef.h>

/* On the command line of a kernel whose NVDIMMs are not to be made anew. */
#define DP_KEEP_FLAG "daxpin.keep"

/* On that of one whose registrations are witnessed: probes are set before it is ready. */
#define DP_WITNESS_FLAG "daxpin.witness"

/* On that of a machine with a layout: its devices are made by the steps of a command. */
#define DP_LAYOUT_FLAG "daxpin.layout"
/* In the image: the steps of a layout that are carried out before the guest is ready. */
#define DP_STEPS_FILE "/steps"

/* On that of the wide machine, which is asked what daxpin's usual one cannot be. */
#define DP_WIDE_FLAG "daxpin.wide"

/* Physical memory of the wide machine that its kernel does not know of, two ranges of 256 MiB. */
#define DP_WIDE_RESERVED   "0x40000000"
#define DP_WIDE_RESERVED_2 "0x50000000"

/* On that of a machine whose instructions are counted: its time is their number. */
#define DP_COUNTS_FLAG "daxpin.counts"

/* A group of modules that the agent loads one after the other. */
struct dp_module_group {
	const char *name;
	const char *const *modules;
	size_t count;
	bool carrier; /* only there to carry files: need not be traceable */
	bool foreign; /* of a machine with a layout only */
	bool iommu;   /* of a machine with an IOMMU only */
	bool balloon; /* of the machine with a balloon only */
};

/**
 * dp_module_groups - all groups that a guest may need
 * @count: receives how many, at most DP_MODULE_GROUPS
 *
 * Return: a static array.
 */
const struct dp_module_group *dp_module_groups(size_t *count);

#define DP_MODULE_GROUPS 16

/* The life of daxpin as /init of a guest. Does not return. */
void dp_agent_main(void) __attribute__((noreturn));

#endif
