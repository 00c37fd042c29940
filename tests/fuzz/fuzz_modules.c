// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = strndup((const char *)data, size);
	static const char *const names[] = { "?nd_pmem", "?ext4" };
	dp_cleanup(dp_modules_clear) struct dp_modules modules = { 0 };
	dp_autofree size_t *order = NULL;
	size_t norder = 0;

	if (dp_modules_parse(text, &modules, NULL))
		return 0;
	order = calloc(modules.count + 1, sizeof(*order));
	dp_modules_order(&modules, names, 2, order, &norder, NULL);
	return 0;
}
