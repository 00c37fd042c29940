// SPDX-License-Identifier: GPL-2.0-or-later
/* The header of a kernel image: what it points at lies inside the file. */
#include "fuzz.h"

#include "daxpin/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dp_bzimage image;
	struct dp_error err = { 0 };

	if (dp_bzimage_parse(data, size, &image, &err)) {
		HOLDS(err.input && err.what[0]);
		return 0;
	}
	HOLDS(image.length > 0);
	HOLDS(image.offset <= size && image.length <= size - image.offset);
	HOLDS(image.compression && image.compression[0]);
	return 0;
}
