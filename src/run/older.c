// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Documents of daxpin 0.1.0: some members had other names, and some that were null were left out.
 * When such a document is read, it gets the members of today, so that a baseline of then is still
 * one. What it has not observed it still lacks.
 */
#include <string.h>

#include "older.h"

#include "daxpin/json.h"

static void rename_member(struct json_object *obj, const char *old, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(obj, old, &value))
		return;
	json_object_object_add(obj, name, json_object_get(value));
	json_object_object_del(obj, old);
}

static void rename_step(struct json_object *step)
{
	const char *name = dp_json_text(step, "step");

	rename_member(step, "complaint", "splat");
	if (name && !strcmp(name, "pace"))
		dp_json_add_text(step, "step", "bandwidth");
}

static void each(struct json_object *obj, const char *key, void (*visit)(struct json_object *))
{
	struct json_object *list = dp_json_array(obj, key);

	for (size_t i = 0; i < dp_json_count(list); i++)
		visit(json_object_array_get_idx(list, i));
}

static void add_null(struct json_object *obj, const char *key)
{
	if (!json_object_object_get_ex(obj, key, NULL))
		json_object_object_add(obj, key, NULL);
}

/* Of the frames it was told whether all had one owner; the order was not looked at. */
static void complete_frames(struct json_object *result, struct json_object *proof)
{
	int64_t pages = dp_json_int_or(result, "pages", 0);
	const char *owner = dp_json_text(proof, "owner");
	struct json_object *uniform;

	if (!json_object_object_get_ex(proof, "uniform", &uniform))
		return;
	dp_json_add_int(proof, "outside", json_object_get_boolean(uniform) ? 0 : pages);
	dp_json_add_text(proof, "displaced", NULL);
	dp_json_add_int(proof, "persistent",
			owner && !strncmp(owner, "Persistent Memory/", 18) ? pages : 0);
	dp_json_add_text(proof, "missing", "the order of the frames was not looked at");
	json_object_object_del(proof, "uniform");
}

static void complete_proof(struct json_object *result)
{
	struct json_object *proof = dp_json_object(result, "proof");

	if (!proof)
		return;
	add_null(proof, "zone_before");
	add_null(proof, "zone_after");
	add_null(proof, "missing");
	complete_frames(result, proof);
}

static void rename_result(struct json_object *result)
{
	struct json_object *facts = dp_json_object(result, "facts");

	complete_proof(result);
	each(result, "steps", rename_step);
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
