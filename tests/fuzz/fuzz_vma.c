// SPDX-License-Identifier: GPL-2.0-or-later
/* smaps: what is read are mappings of at least a byte, and texts that end. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "daxpin/cleanup.h"
#include "daxpin/vma.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = calloc(1, size + 1);
	dp_autofree struct dp_vma *list = NULL;
	size_t count;

	memcpy(text, data, size);
	if (dp_vmas_parse(text, &list, &count, NULL)) {
		HOLDS(!list && !count);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		HOLDS(list[i].end > list[i].start);
		HOLDS(strlen(list[i].perms) == 4);
		HOLDS(memchr(list[i].path, 0, sizeof(list[i].path)));
		HOLDS(memchr(list[i].flags, 0, sizeof(list[i].flags)));
		HOLDS(dp_vma_find(list, count, list[i].start));
	}
	return 0;
}
