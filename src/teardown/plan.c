// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/teardown.h"
#include "daxpin/text.h"

static int check_globs(const char *const *only, size_t nonly, bool race,
		       const struct dp_scenarios *scenarios, struct dp_error *err)
{
	for (size_t i = 0; i < nonly; i++) {
		bool used = false;

		for (size_t s = 0; s < scenarios->count && !used; s++)
			used = dp_glob_selects(only[i], scenarios->list[s].id,
					       scenarios->list[s].mapping->name);
		if (used)
			continue;
		dp_bad_input(err, "\"%s\" matches no %s", only[i], race ? "race" : "teardown");
		return dp_hint(err,
			       "ids are %s, or give a MAPPING alone; daxpin list --ids shows "
			       "them all",
			       race ? "race/MAPPING/EVENT" : "teardown/MAPPING/EVENT/RELEASE");
	}
	return 0;
}

static int add(struct dp_scenarios *scenarios, const struct dp_scenario *scenario)
{
	void *grown = reallocarray(scenarios->list, scenarios->count + 1, sizeof(*scenarios->list));

	if (!grown)
		return -ENOMEM;
	scenarios->list = grown;
	scenarios->list[scenarios->count++] = *scenario;
	return 0;
}

/* What an event and a mapping give: one scenario for each release, or one race. */
static int add_all(const struct dp_event *event, const struct dp_mapping *mapping, bool race,
		   const char *const *only, size_t nonly, struct dp_scenarios *scenarios)
{
	for (int r = 0; r < (race ? 1 : DP_RELEASES); r++) {
		struct dp_scenario s = { mapping, event, (enum dp_release)r, "" };
		int rc;

		if (race)
			snprintf(s.id, sizeof(s.id), "race/%s/%s", mapping->name, event->name);
		else
			snprintf(s.id, sizeof(s.id), "teardown/%s/%s/%s", mapping->name,
				 event->name, dp_release_name(s.release));
		if ((!race && !(event->releases & DP_BIT(r))) ||
		    !dp_globs_select(only, nonly, s.id, s.mapping->name))
			continue;
		rc = add(scenarios, &s);
		if (rc)
			return rc;
	}
	return 0;
}

int dp_scenarios_make(const char *const *only, size_t nonly, bool race,
		      struct dp_scenarios *scenarios, struct dp_error *err)
{
	size_t nevents, nmappings;
	const struct dp_event *const *events = dp_events(&nevents);
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	int rc = 0;

	*scenarios = (struct dp_scenarios){ 0 };
	for (size_t e = 0; e < nevents && !rc; e++)
		for (size_t m = 0; m < nmappings && !rc; m++)
			if (events[e]->applies(mappings[m]) && (!race || events[e]->races))
				rc = add_all(events[e], mappings[m], race, only, nonly, scenarios);
	if (!rc)
		rc = check_globs(only, nonly, race, scenarios, err);
	if (rc)
		dp_scenarios_clear(scenarios);
	return rc;
}

void dp_scenarios_clear(struct dp_scenarios *scenarios)
{
	free(scenarios->list);
	*scenarios = (struct dp_scenarios){ 0 };
}
