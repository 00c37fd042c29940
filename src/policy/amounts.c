// SPDX-License-Identifier: GPL-2.0-or-later
/* The amounts in the list "evidence" of a policy: "0", "1 per page", "1 per 512 pages". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/policy.h"

static const char *const names[DP_AMOUNTS] = {
	[DP_AMOUNT_CALLS] = "calls",
	[DP_AMOUNT_TAKEN] = "taken",
	[DP_AMOUNT_LOOKUPS] = "lookups",
	[DP_AMOUNT_REFERENCES] = "references",
};

const char *dp_amount_name(enum dp_amount_of of)
{
	return names[of];
}

int dp_amount_parse(const char *text, struct dp_amount *amount)
{
	unsigned int count, per = 0;
	int used = 0;

	if (text[0] < '0' || text[0] > '9' || sscanf(text, "%6u%n", &count, &used) != 1)
		return -EINVAL;
	text += used;
	if (!strcmp(text, " per page")) {
		per = 1;
	} else if (*text) {
		used = 0;
		if (sscanf(text, " per %6u pages%n", &per, &used) != 1 || !used || text[used] ||
		    !per)
			return -EINVAL;
	}
	*amount = (struct dp_amount){ .asked = true, .count = count, .per = per };
	return 0;
}
