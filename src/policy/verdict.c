// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/observe.h"
#include "daxpin/splat.h"

enum dp_step dp_step_of(struct json_object *obj, const char *kind)
{
	const char *have = dp_json_text(obj, "kind");

	return have && !strcmp(have, kind) ? dp_step_find(dp_json_text(obj, "step")) : DP_STEPS;
}

struct json_object *dp_seen(const struct verdict *v, enum dp_step step)
{
	size_t count = dp_json_count(v->steps);

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);

		if (dp_step_of(obj, "step") == step)
			return obj;
	}
	return NULL;
}

bool dp_says(struct json_object *obj, enum dp_field field, const char *text)
{
	const char *have = dp_step_text(obj, field);

	return have && !strcmp(have, text);
}

bool dp_completed(struct json_object *obj)
{
	return dp_says(obj, DP_FIELD_STATE, "completed");
}

bool dp_stuck(struct json_object *obj)
{
	return dp_says(obj, DP_FIELD_STATE, "waits") || dp_says(obj, DP_FIELD_STATE, "runs");
}

bool dp_failed(struct json_object *obj)
{
	return dp_says(obj, DP_FIELD_STATE, "failed");
}

bool dp_died(struct json_object *obj)
{
	return dp_says(obj, DP_FIELD_STATE, "died");
}

bool dp_registered(struct json_object *obj)
{
	return dp_completed(obj) && dp_step_has(obj, DP_FIELD_ERRNO) &&
	       !dp_step_text(obj, DP_FIELD_ERRNO);
}

const char *dp_text_of(struct json_object *obj, enum dp_field field)
{
	const char *text = dp_step_text(obj, field);

	return text ? text : "";
}

bool dp_is_set(struct json_object *obj, enum dp_field field)
{
	bool value;

	return !dp_step_flag(obj, field, &value) && value;
}

bool dp_is_clear(struct json_object *obj, enum dp_field field)
{
	bool value;

	return !dp_step_flag(obj, field, &value) && !value;
}

bool dp_is_above_zero(struct json_object *obj, enum dp_field field, int64_t *value)
{
	return !dp_step_int(obj, field, value) && *value > 0;
}

void dp_fact(struct verdict *v, const char *name, struct json_object *obj, enum dp_field field)
{
	struct json_object *value;

	if (!v->result->facts)
		v->result->facts = json_object_new_object();
	if (json_object_object_get_ex(obj, dp_field_name(field), &value))
		json_object_object_add(v->result->facts, name, json_object_get(value));
}

void dp_broken(struct verdict *v, enum dp_clause clause, const char *fmt, ...)
{
	struct dp_result *r = v->result;
	size_t told = strlen(r->why);
	va_list ap;

	r->violates |= DP_CLAUSE_BIT(clause);
	told += (size_t)snprintf(r->why + told, sizeof(r->why) - told, "%s%s: ", told ? "; " : "",
				 dp_clause_name(clause));
	if (told >= sizeof(r->why))
		return;
	va_start(ap, fmt);
	vsnprintf(r->why + told, sizeof(r->why) - told, fmt, ap);
	va_end(ap);
}

/* ---- C1 ----------------------------------------------------------------------------------- */

/* netdev_wait_allrefs() tells that it waits; the kernel is as it was, and what waits is seen. */
static bool is_notice(struct json_object *splat)
{
	const char *kind = dp_json_text(splat, "splat");

	return kind && !strcmp(kind, "netdev-held");
}

static struct json_object *first_splat(const struct verdict *v, bool notice)
{
	size_t count = dp_json_count(v->steps);

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);
		const char *kind = dp_json_text(obj, "kind"), *step = dp_json_text(obj, "step");

		if (kind && !strcmp(kind, "kernel") && (!step || strcmp(step, DP_CLEANUP)) &&
		    is_notice(obj) == notice)
			return obj;
	}
	return NULL;
}

static const char *text_or(struct json_object *obj, const char *key, const char *otherwise)
{
	const char *text = dp_json_text(obj, key);

	return text ? text : otherwise;
}

/* A splat whose text was not seen still leaves its mark on the kernel. */
static void judge_taint(struct verdict *v)
{
	struct json_object *taint = dp_seen(v, DP_STEP_TAINT);
	int64_t before, after;

	if (dp_step_int(taint, DP_FIELD_BEFORE, &before) ||
	    dp_step_int(taint, DP_FIELD_AFTER, &after) || !(after & ~before))
		return;
	v->splatted = true;
	dp_broken(v, DP_C1,
		  "the kernel printed a splat that was not seen: its taint went from "
		  "%#llx to %#llx",
		  (unsigned long long)before, (unsigned long long)after);
}

void dp_judge_splats(struct verdict *v)
{
	struct json_object *splat = first_splat(v, false);

	v->splatted = splat != NULL;
	if (!splat) {
		judge_taint(v);
		splat = first_splat(v, true);
	}
	if (!splat)
		return;
	v->result->kernel = json_object_get(splat);
	dp_broken(v, DP_C1, "%s in %s during step %s", text_or(splat, "splat", "splat"),
		  text_or(splat, "function", "an unknown function"),
		  text_or(splat, "step", "(unknown)"));
}
