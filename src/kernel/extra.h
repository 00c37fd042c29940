/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modules that can be built though distributions do not ship them (extras.c, extra.c). */
#ifndef DAXPIN_KERNEL_EXTRA_H
#define DAXPIN_KERNEL_EXTRA_H

#include <stddef.h>

#define MAX_FILES 4
#define MAX_EDITS 4

struct extra {
	const char *name, *since;     /* the first kernel that has it */
	const char *files[MAX_FILES]; /* of the source */
	const char *text;             /* what is compiled: it includes them */
	const char *parameters;       /* that it is loaded with, or NULL */
	/* What is put in the place of a text of the first file, wherever that stands; it must. */
	struct edit {
		const char *from, *to;
	} edits[MAX_EDITS];
};

extern const struct extra dp_extras[];
extern const size_t dp_extras_count;

/* The one of this name, or NULL. */
const struct extra *dp_extra_of(const char *name);

#endif
