// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, data, size);
	dp_module_mute(copy, dp_module_strip(copy, size), true);
	return 0;
}
