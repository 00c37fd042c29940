// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Documents of daxpin 0.1.0: some members had other names, and some that were null were left out.
 * When such a document is read, it gets the members of today, so that a baseline of then is still
 * one. What it has not observed it still lacks.
 */
#include <json-c/json.h>
#include <string.h>

#include "older.h"

#include "daxpin/observe.h"

static void rename_member(struct json_object *obj, const char *old, const char *name)
{
	struct json_object *value;

	if (!json_object_is_type(obj, json_type_object) ||
	    !json_object_object_get_ex(obj, old, &value))
		return;
	json_object_object_add(obj, name, json_object_get(value));
	json_object_object_del(obj, old);
}

static void rename_step(struct json_object *step)
{
	const char *name;

	rename_member(step, "complaint", "splat");
	name = json_object_is_type(step, json_type_object) ? dp_json_text(step, "step") : NULL;
	if (name && !strcmp(name, "pace"))
		dp_json_add_text(step, "step", "bandwidth");
}

static void each(struct json_object *obj, const char *key, void (*visit)(struct json_object *))
{
	struct json_object *list;

	if (!json_object_is_type(obj, json_type_object) ||
	    !json_object_object_get_ex(obj, key, &list) ||
	    !json_object_is_type(list, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		visit(json_object_array_get_idx(list, i));
}

static void add_null(struct json_object *obj, const char *key)
{
	if (!json_object_object_get_ex(obj, key, NULL))
		json_object_object_add(obj, key, NULL);
}

static void complete_proof(struct json_object *result)
{
	struct json_object *proof;

	if (!json_object_is_type(result, json_type_object) ||
	    !json_object_object_get_ex(result, "proof", &proof) ||
	    !json_object_is_type(proof, json_type_object))
		return;
	add_null(proof, "zone_before");
	add_null(proof, "zone_after");
	add_null(proof, "missing");
}

static void rename_result(struct json_object *result)
{
	struct json_object *facts;

	complete_proof(result);
	each(result, "steps", rename_step);
	if (!json_object_is_type(result, json_type_object) ||
	    !json_object_object_get_ex(result, "facts", &facts))
		return;
	rename_member(facts, "pace", "bandwidth");
	rename_member(facts, "own_key_errors", "local_key_errors");
}

static void rename_run(struct json_object *run)
{
	rename_member(run, "kernel_complaint", "kernel_splat");
	each(run, "results", rename_result);
}

void dp_update_older(struct json_object *root)
{
	each(root, "runs", rename_run);
}
