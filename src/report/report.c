// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/report.h"

extern const struct dp_format *__start_dp_formats[], *__stop_dp_formats[];

const struct dp_format *dp_format_find(const char *name)
{
	for (const struct dp_format **f = __start_dp_formats; f < __stop_dp_formats; f++)
		if (!strcmp((*f)->name, name))
			return *f;
	return NULL;
}

void dp_format_names(char *text, size_t size)
{
	size_t used = 0;

	for (const struct dp_format **f = __start_dp_formats; f < __stop_dp_formats; f++)
		used += (size_t)snprintf(text + used, used < size ? size - used : 0, "%s%s",
					 used ? ", " : "", (*f)->name);
}
