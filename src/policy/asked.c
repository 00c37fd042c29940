// SPDX-License-Identifier: GPL-2.0-or-later
/* What the id of a cell of the matrix asks, and by which rules it is judged. */
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/check.h"
#include "daxpin/pinner.h"
#include "daxpin/question.h"

static bool is_access(const char *name)
{
	size_t count;
	const struct dp_access *all = dp_accesses(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i].name, name))
			return true;
	return false;
}

/* By which rules a verbs device is judged that pins for reading, or for writing. */
static const char *const verbs_access[DP_PINNER_ACCESSES] = {
	[DP_PINNER_READ] = "local-read",
	[DP_PINNER_WRITE] = "remote-write",
};

/* Of "pinner/MAPPING/PINNER/ACCESS". */
static const struct dp_mapping *split_pinner(const char *id, char *access,
					     struct dp_subject *subject)
{
	const struct dp_mapping *mapping;
	const struct dp_pinner *pinner;
	enum dp_pinner_access what;

	if (!dp_pinner_parse(id, &mapping, &pinner, &what))
		return NULL;
	if (pinner->provider)
		snprintf(subject->provider, sizeof(subject->provider), "%s", pinner->provider);
	else
		subject->pinner = pinner->name;
	snprintf(access, DP_ACCESS_NAME, "%s",
		 pinner->provider ? verbs_access[what] : dp_pinner_access(what)->name);
	return mapping;
}

const struct dp_mapping *dp_cell_asks(const char *id, char access[DP_ACCESS_NAME],
				      struct dp_subject *subject)
{
	char mapping[64], rest;

	if (dp_question_is(id, DP_QUESTION_PINNER))
		return split_pinner(id, access, subject);
	if (sscanf(id, "check/%63[^/]/%31[^/]%c", mapping, access, &rest) != 2 ||
	    !is_access(access))
		return NULL;
	return dp_mapping_find(mapping);
}
