// SPDX-License-Identifier: GPL-2.0-or-later
/* A module's file: it gets no longer, and all that changes is the name of a section. */
#include "fuzz.h"

#include "daxpin/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree uint8_t *copy = malloc(size ? size : 1);
	size_t len = dp_module_strip(data, size), changed = 0;
	unsigned int hidden;

	if (!copy)
		return 0;
	HOLDS(len <= size);
	/* Of exactly that size, so that a sanitizer sees the first byte too much. */
	copy = realloc(copy, len ? len : 1);
	if (len)
		memcpy(copy, data, len);
	hidden = dp_module_mute(copy, len, true);
	for (size_t i = 0; i < len; i++)
		changed += copy[i] != data[i];
	/* sh_name is a word of four bytes. */
	HOLDS(hidden ? changed <= 4ULL * hidden : !changed);
	return 0;
}
