// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "daxpin/carrier.h"

DP_REGISTRY(struct dp_carrier, dp_carriers)

const struct dp_carrier *dp_carrier_find(const char *name)
{
	return DP_REGISTRY_FIND(dp_carriers, name);
}

void dp_carrier_names(char *text, size_t size)
{
	size_t count, used = 0;
	const struct dp_carrier *const *all = dp_carriers(&count);

	text[0] = '\0';
	for (size_t i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 all[i]->name);
}
