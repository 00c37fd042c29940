// SPDX-License-Identifier: GPL-2.0-or-later
#include "daxpin/report.h"

DP_REGISTRY(struct dp_format, dp_formats)

const struct dp_format *dp_format_find(const char *name)
{
	return DP_REGISTRY_FIND(dp_formats, name);
}

void dp_format_names(char *text, size_t size)
{
	size_t count, used = 0;
	const struct dp_format *const *formats = dp_formats(&count);

	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, used < size ? size - used : 0, "%s%s",
					 used ? ", " : "", formats[i]->name);
}
