// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/pin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = strndup((const char *)data, size);
	dp_cleanup(dp_iomem_clear) struct dp_iomem iomem = { 0 };

	if (!dp_iomem_parse(text, &iomem, NULL))
		dp_iomem_find(&iomem, 0x140000000);
	return 0;
}
