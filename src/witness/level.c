// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "daxpin/witness.h"

static const char *const names[DP_WITNESS_LEVELS] = { "none", "evidence", "trace", "graph" };

const char *dp_witness_level_name(enum dp_witness_level level)
{
	return names[level];
}

enum dp_witness_level dp_witness_level_find(const char *name)
{
	for (int i = 0; i < DP_WITNESS_LEVELS; i++)
		if (!strcmp(names[i], name))
			return (enum dp_witness_level)i;
	return DP_WITNESS_NONE;
}
