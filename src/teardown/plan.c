// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/globs.h"
#include "daxpin/list.h"
#include "daxpin/question.h"
#include "daxpin/teardown.h"

/* What an event and a mapping give: one scenario for each release, or one race. */
static int add_all(const struct dp_event *event, const struct dp_mapping *mapping, bool race,
		   struct dp_globs *globs, struct dp_scenarios *scenarios)
{
	for (int r = 0; r < (race ? 1 : DP_RELEASES); r++) {
		struct dp_scenario s = { mapping, event, (enum dp_release)r, "" }, *added;

		if (race)
			snprintf(s.id, sizeof(s.id), "race/%s/%s", mapping->name, event->name);
		else
			snprintf(s.id, sizeof(s.id), "teardown/%s/%s/%s", mapping->name,
				 event->name, dp_release_name(s.release));
		if ((!race && !(event->releases & DP_BIT(r))) || !dp_globs_select(globs, s.id))
			continue;
		added = dp_list_add(scenarios->list, scenarios->count);
		if (!added)
			return -ENOMEM;
		*added = s;
	}
	return 0;
}

int dp_scenarios_make(const char *const *only, size_t nonly, bool race,
		      struct dp_scenarios *scenarios, struct dp_error *err)
{
	dp_cleanup(dp_globs_clear) struct dp_globs globs;
	size_t nevents, nmappings;
	const struct dp_event *const *events = dp_events(&nevents);
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	int rc = dp_globs_init(&globs, only, nonly);

	*scenarios = (struct dp_scenarios){ 0 };
	for (size_t e = 0; e < nevents && !rc; e++)
		for (size_t m = 0; m < nmappings && !rc; m++)
			if (events[e]->applies(mappings[m]) && (!race || events[e]->races))
				rc = add_all(events[e], mappings[m], race, &globs, scenarios);
	if (!rc)
		rc = dp_question_globs_used(race ? DP_QUESTION_RACE : DP_QUESTION_TEARDOWN, &globs,
					    err);
	if (rc)
		dp_scenarios_clear(scenarios);
	return rc;
}

void dp_scenarios_clear(struct dp_scenarios *scenarios)
{
	free(scenarios->list);
	*scenarios = (struct dp_scenarios){ 0 };
}
