// SPDX-License-Identifier: GPL-2.0-or-later
/* What was observed of a check, in the stream and in a document: the latter has it in groups. */
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/run.h"

static const struct {
	const char *group, *member; /* in the document; no group: of the result itself */
	const char *name;           /* in the stream */
} members[] = {
	{ NULL, "errno", "errno" },
	{ "pins", "acquired", "acquired" },
	{ "pins", "released", "released" },
	{ "pins", "missing", "pins_text" },
	{ "vmpin_kib", "held", "vmpin_held_kib" },
	{ "vmpin_kib", "kept", "vmpin_kept_kib" },
	{ "us", "register", "register_us" },
	{ "us", "deregister", "deregister_us" },
	{ NULL, "pages", "pages" },
	{ NULL, "limit", "limit" },
	{ NULL, "attempts", "attempts" },
	{ "proof", "owner", "owner" },
	{ "proof", "outside", "outside" },
	{ "proof", "displaced", "displaced" },
	{ "proof", "persistent", "persistent" },
	{ "proof", "unlike", "unlike" },
	{ "proof", "leaf", "leaf" },
	{ "proof", "leaf_by", "leaf_by" },
	{ "proof", "resource", "resource" },
	{ "proof", "zone_before", "zone_before" },
	{ "proof", "zone_after", "zone_after" },
	{ "proof", "moved", "moved" },
	{ "proof", "missing", "proof_text" },
	{ NULL, "evidence", "evidence" },
};

/* A member that is an object, made if it is not there. */
static struct json_object *group_of(struct json_object *result, const char *name)
{
	struct json_object *group;

	if (!name)
		return result;
	if (!json_object_object_get_ex(result, name, &group)) {
		group = json_object_new_object();
		json_object_object_add(result, name, group);
	}
	return group;
}

void dp_answer_write(const struct dp_cell *cell, struct json_object *result)
{
	dp_autojson struct json_object *line = dp_cell_to_json(cell);
	struct json_object *value;

	dp_json_add_text(result, "verdict", cell->err ? "rejected" : "allowed");
	for (size_t i = 0; i < DP_ARRAY_SIZE(members); i++)
		if (json_object_object_get_ex(line, members[i].name, &value))
			json_object_object_add(group_of(result, members[i].group),
					       members[i].member, json_object_get(value));
}

bool dp_answer_read(struct json_object *result, const char *id, struct dp_cell *cell)
{
	dp_autojson struct json_object *line = json_object_new_object();
	const char *verdict = dp_json_text(result, "verdict");
	const char *name = dp_json_text(result, "errno");
	struct dp_error err = { 0 };
	struct json_object *value;

	dp_json_add_text(line, "id", id);
	dp_json_add_text(line, "outcome", "answered");
	for (size_t i = 0; i < DP_ARRAY_SIZE(members); i++) {
		const char *group = members[i].group;
		struct json_object *obj = group ? dp_json_object(result, group) : result;

		if (json_object_object_get_ex(obj, members[i].member, &value))
			json_object_object_add(line, members[i].name, json_object_get(value));
	}
	if (dp_cell_from_json(line, cell, &err)) {
		cell->outcome = DP_BROKEN;
		snprintf(cell->text, sizeof(cell->text), "%.500s", err.what);
	}
	if (!json_object_object_get_ex(result, "errno", NULL))
		return verdict && (!strcmp(verdict, "rejected") || !strcmp(verdict, "allowed"));
	return verdict && !strcmp(verdict, name ? "rejected" : "allowed");
}
