// SPDX-License-Identifier: GPL-2.0-or-later
/* Layouts: what is read has memories that QEMU can have; what is not read leaves nothing. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "daxpin/cleanup.h"
#include "daxpin/layout.h"

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the string it is reading when the input ends inside of it. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = calloc(1, size + 1);
	struct dp_layout layout;

	memcpy(text, data, size);
	if (dp_layout_parse(text, "a layout", &layout, NULL)) {
		HOLDS(!layout.steps.list && !layout.qemu.list);
		return 0;
	}
	HOLDS(layout.memories[DP_RAM] > 0);
	for (int i = 0; i < DP_MEMORIES; i++)
		HOLDS(layout.memories[i] % (2 << 20) == 0);
	for (size_t i = 0; i < layout.steps.count; i++)
		HOLDS(layout.steps.list[i][0]);
	dp_layout_clear(&layout);
	return 0;
}
