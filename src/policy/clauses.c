// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "daxpin/policy.h"

static const char *const names[DP_CLAUSES] = {
	"C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"
};

const char *dp_clause_name(enum dp_clause clause)
{
	return names[clause];
}

dp_clauses dp_clause_find(const char *name)
{
	for (int i = 0; i < DP_CLAUSES; i++)
		if (!strcmp(names[i], name))
			return DP_CLAUSE_BIT(i);
	return 0;
}

const char *dp_clauses_text(dp_clauses set, char text[DP_CLAUSES_TEXT])
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < DP_CLAUSES; i++)
		if (set & DP_CLAUSE_BIT(i))
			used += (size_t)snprintf(text + used, DP_CLAUSES_TEXT - used, "%s%s",
						 used ? " " : "", names[i]);
	return text;
}
