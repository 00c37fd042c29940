// SPDX-License-Identifier: GPL-2.0-or-later
/* What was read back, by each route: all of it must be as it was written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tally.h"

#include "daxpin/cleanup.h"

/* What a route owes: how much it looked at, and how much of that is wrong. */
static bool lacks_route(struct tally *t, struct json_object *route)
{
	static const enum dp_field owed[] = { DP_FIELD_ROUTE, DP_FIELD_CHECKED, DP_FIELD_WRONG };
	int64_t value;

	for (size_t i = 0; i < DP_ARRAY_SIZE(owed); i++) {
		if (i ? !dp_step_int(route, owed[i], &value) : !!dp_step_text(route, owed[i]))
			continue;
		dp_trouble(t, "not observed: \"%s\" of a route of step \"verify\"",
			   dp_field_name(owed[i]));
		return true;
	}
	return false;
}

static void judge_route(struct tally *t, struct json_object *step, struct json_object *route)
{
	const char *name = dp_text_of(route, DP_FIELD_ROUTE);
	int64_t wrong = dp_number(route, DP_FIELD_WRONG),
		extents = dp_number(route, DP_FIELD_EXTENTS);
	int64_t checked = dp_number(route, DP_FIELD_CHECKED);
	bool mapping = dp_says(step, DP_FIELD_MEMORY, "mapping");
	char leg[80];

	if (dp_text_of(route, DP_FIELD_TEXT)[0]) {
		dp_trouble(t, "reading back by %s: %.150s", name, dp_text_of(route, DP_FIELD_TEXT));
		return;
	}
	if (lacks_route(t, route))
		return;
	t->looks++;
	if (t->extents < extents)
		t->extents = extents;
	t->checked += checked;
	/* A file that is a hole has nothing on its device. */
	if (mapping && checked)
		dp_add_once(t->routes, sizeof(t->routes), name);
	if (!wrong)
		return;
	dp_fault(t, "wrong bytes",
		 "%" PRId64 " bytes of the %s are wrong by %s, the first at offset %" PRId64
		 ": 0x%02x instead of 0x%02x (%s)",
		 wrong, mapping ? "mapping" : "plain memory", name,
		 dp_number(route, DP_FIELD_FIRST_WRONG),
		 (unsigned int)dp_number(route, DP_FIELD_FOUND),
		 (unsigned int)dp_number(route, DP_FIELD_EXPECTED),
		 dp_leg_of(step, leg, sizeof(leg)));
}

/* Each route is there once, and one at least has read something. */
static bool is_read(struct json_object *routes, struct json_object *step)
{
	char seen[128] = "";
	int64_t checked = 0;

	for (size_t i = 0; i < dp_json_count(routes); i++) {
		struct json_object *route = json_object_array_get_idx(routes, i);
		const char *name = dp_text_of(route, DP_FIELD_ROUTE);

		if (strstr(seen, name))
			return false;
		dp_add_once(seen, sizeof(seen), name);
		checked += dp_number(route, DP_FIELD_CHECKED);
	}
	return checked && (int64_t)dp_json_count(routes) == dp_number(step, DP_FIELD_LOOKS);
}

void dp_judge_look(struct tally *t, struct json_object *step)
{
	struct json_object *routes = dp_json_array(step, dp_field_name(DP_FIELD_ROUTES));

	for (size_t i = 0; i < dp_json_count(routes); i++)
		judge_route(t, step, json_object_array_get_idx(routes, i));
	if (!is_read(routes, step))
		dp_trouble(t, "not observed: a route of step \"%.16s\"",
			   dp_json_text(step, "step"));
}

/*
 * How much the most independent route shares with the mapping: a driver that maps another page
 * would do so for a second mapping, too.
 */
const char *dp_independence(const char *routes)
{
	static const struct {
		const char *route, *verified;
	} known[] = {
		{ "medium", "medium" },      { "raw-device", "raw-device" },
		{ "file", "file-system" },   { "second-mapping", "same-driver" },
		{ "process", "page-table" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(routes, known[i].route))
			return known[i].verified;
	return NULL;
}
