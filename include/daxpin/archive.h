/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scope-bound release for libarchive. */
#ifndef DAXPIN_ARCHIVE_H
#define DAXPIN_ARCHIVE_H

#include <archive.h>

#include "daxpin/cleanup.h"

static inline void dp_reader_freep(struct archive **a)
{
	if (*a)
		archive_read_free(*a);
}

/* archive_read_free() when the variable goes out of scope */
#define dp_autoreader dp_cleanup(dp_reader_freep)

#endif
