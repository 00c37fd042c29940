/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel's BTF says of the structures that probes read. */
#ifndef DAXPIN_WITNESS_BTF_H
#define DAXPIN_WITNESS_BTF_H

#include <stdbool.h>

#include "daxpin/witness.h"

struct dp_kernel_types {
	int pgmap; /* offset of the pgmap in struct page or folio, bytes */
	int type;  /* offset of the type in struct dev_pagemap, bytes */
	/* In struct hmm_range; -1 without. */
	int hmm_start, hmm_end, hmm_asked;
	bool lookup_is_given;  /* get_dev_pagemap() takes a pgmap as its second argument */
	bool grab_gives_folio; /* try_grab_folio() returns a folio or NULL; otherwise 0 or an errno
				*/
	struct dp_memory_types memory;
};

/**
 * dp_kernel_types_read - read them
 * @types: receives them
 * @err: what is not there
 *
 * Return: 0 or a negative errno.
 */
int dp_kernel_types_read(struct dp_kernel_types *types, struct dp_error *err);

#endif
