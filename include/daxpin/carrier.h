/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carriers: what brings DAX memory to the machine. Each is one file in src/machine/carriers that
 * ends in its descriptor, which registers itself (daxpin/registry.h). A carrier is data: the
 * machine that it takes, and the steps by which the guest prepares it before it is saved
 * (docs/layout-file.md). Mappings keep their names, whatever carries them.
 */
#ifndef DAXPIN_CARRIER_H
#define DAXPIN_CARRIER_H

#include "daxpin/layout.h"
#include "daxpin/registry.h"

struct dp_carrier {
	const char *name;        /* for --carrier */
	const char *what;        /* one line for people */
	unsigned int rank;       /* order in lists */
	struct dp_layout layout; /* none of its own: daxpin's own machine */
	bool unsaved;            /* QEMU cannot save such a machine: each guest is booted */
	/*
	 * The first version of QEMU that has it, or NULL if all do; and the last series of Linux
	 * that older versions serve all the same, or NULL.
	 */
	const char *since, *served;
};

#define DP_CARRIER(ident, ...) DP_REGISTER(struct dp_carrier, dp_carriers, ident, __VA_ARGS__)

/* Constant words of a layout. */
#define DP_WORDS(...)                                                                              \
	{                                                                                          \
		(char *[]){ __VA_ARGS__ }, sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *)      \
	}

/* The carrier of daxpin's own machine: NVDIMMs, which the firmware tells of in a table (NFIT). */
#define DP_CARRIER_NFIT "nfit"

/**
 * dp_carriers - all carriers, in order of rank
 * @count: receives how many
 *
 * Return: a static array.
 */
const struct dp_carrier *const *dp_carriers(size_t *count);

/* The one of this name; NULL if there is none. */
const struct dp_carrier *dp_carrier_find(const char *name);

/* Their names, "nfit, e820, …". @size: of @text, bytes */
void dp_carrier_names(char *text, size_t size);

/**
 * dp_carrier_lacks - whether QEMU cannot do what a carrier takes
 * @carrier: the carrier; NULL lacks nothing
 * @release: of the kernel
 * @text: receives what QEMU cannot do, and which version can
 * @size: of @text, bytes
 *
 * Return: true if it cannot.
 */
bool dp_carrier_lacks(const struct dp_carrier *carrier, const char *release, char *text,
		      size_t size);

/* Whether it has a machine of its own. */
static inline const struct dp_layout *dp_carrier_layout(const struct dp_carrier *carrier)
{
	return carrier && carrier->layout.memories[DP_RAM] ? &carrier->layout : NULL;
}

/*
 * A machine with what the usual one would only be slower for: see src/machine/wide.c. Mappings that
 * need it say so.
 */
extern const struct dp_layout dp_wide_layout;

/**
 * dp_balloon_machine - the machine with a balloon: see src/machine/balloon_machine.c
 * @layout: receives it, without the balloon where this computer's QEMU has none; nothing is to be
 *          released
 */
void dp_balloon_machine(struct dp_layout *layout);

#endif
