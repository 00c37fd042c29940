// SPDX-License-Identifier: GPL-2.0-or-later
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/observe.h"
#include "daxpin/splat.h"

struct json_object *dp_step(const struct verdict *v, const char *name)
{
	size_t count = v->steps ? json_object_array_length(v->steps) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);
		const char *kind = dp_json_text(obj, "kind"), *have = dp_json_text(obj, "step");

		if (kind && have && !strcmp(kind, "step") && !strcmp(have, name))
			return obj;
	}
	return NULL;
}

bool dp_flag(struct json_object *obj, const char *key)
{
	return json_object_get_boolean(json_object_object_get(obj, key));
}

bool dp_says(struct json_object *obj, const char *key, const char *text)
{
	const char *have = obj ? dp_json_text(obj, key) : NULL;

	return have && !strcmp(have, text);
}

int64_t dp_number(struct json_object *obj, const char *key, int64_t otherwise)
{
	int64_t value;

	return obj && !dp_json_int(obj, key, &value) ? value : otherwise;
}

const char *dp_text_of(struct json_object *obj, const char *key)
{
	const char *text = obj ? dp_json_text(obj, key) : NULL;

	return text ? text : "";
}

void dp_broken(struct verdict *v, const char *clause, const char *fmt, ...)
{
	struct dp_result *r = v->result;
	size_t used = strlen(r->violates), told = strlen(r->why);
	va_list ap;

	if (!strstr(r->violates, clause))
		snprintf(r->violates + used, sizeof(r->violates) - used, "%s%s", used ? " " : "",
			 clause);
	told += (size_t)snprintf(r->why + told, sizeof(r->why) - told, "%s%s: ", told ? "; " : "",
				 clause);
	if (told >= sizeof(r->why))
		return;
	va_start(ap, fmt);
	vsnprintf(r->why + told, sizeof(r->why) - told, fmt, ap);
	va_end(ap);
}

void dp_judge_splats(struct verdict *v)
{
	size_t count = v->steps ? json_object_array_length(v->steps) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);

		if (!dp_says(obj, "kind", "kernel") || dp_says(obj, "step", DP_CLEANUP))
			continue;
		if (!v->result->kernel)
			v->result->kernel = json_object_get(obj);
		v->splatted = true;
	}
	if (v->splatted)
		dp_broken(v, "C1", "%s in %s during step %s",
			  dp_text_of(v->result->kernel, "splat"),
			  dp_text_of(v->result->kernel, "function"),
			  dp_text_of(v->result->kernel, "step"));
}

bool dp_completed(struct json_object *obj)
{
	return dp_says(obj, "state", "completed");
}
