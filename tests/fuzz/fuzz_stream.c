// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/collect.h"
#include "daxpin/observe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_cleanup(dp_lines_clear) struct dp_lines lines = { 0 };
	dp_cleanup(dp_collect_clear) struct dp_collect collect;
	dp_cleanup(dp_plan_clear) struct dp_plan plan;
	struct dp_policy policy = { 0 };

	if (dp_plan_make(NULL, 0, &plan, NULL) || dp_collect_plan(&collect, &plan))
		abort();
	dp_lines_feed(&lines, (const char *)data, size, dp_collect_line, &collect);
	dp_collect_finish(&collect, &policy);
	return 0;
}
