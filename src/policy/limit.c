// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether RLIMIT_MEMLOCK was held. What was done must be what the question says; then the sum of
 * what is charged, the limit and the capability say what was right.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/limit.h"
#include "daxpin/observe.h"

#define OWED (DP_STEP_BIT(DP_STEP_ATTEMPT) | DP_STEP_BIT(DP_STEP_TAINT))
#define ONCE DP_STEP_BIT(DP_STEP_TAINT)

static bool is_number(struct json_object *obj, enum dp_field field, uint64_t right)
{
	int64_t value;

	return !dp_step_int(obj, field, &value) && value >= 0 && (uint64_t)value == right;
}

/* The attempt is the one that the question has in this place. */
static bool is_asked(const struct dp_limit *limit, size_t i, struct json_object *obj)
{
	const struct dp_limit_attempt *a = &limit->attempts[i];
	bool capable;

	return is_number(obj, DP_FIELD_ATTEMPT, i + 1) &&
	       dp_says(obj, DP_FIELD_WHAT, dp_limit_what_name(a->what)) &&
	       dp_says(obj, DP_FIELD_WHO, dp_limit_who_name(a->who)) &&
	       is_number(obj, DP_FIELD_PAGES, a->pages) &&
	       is_number(obj, DP_FIELD_MEMLOCK, DP_LIMIT_PAGES) &&
	       !dp_step_flag(obj, DP_FIELD_CAPABLE, &capable) && capable == a->capable;
}

/* Every attempt was made, in order, and nothing else. */
static bool is_incomplete(const struct verdict *v, char *text, size_t size)
{
	size_t count = dp_json_count(v->steps), made = 0, wanted = dp_limit_length(v->limit);

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);

		if (dp_step_of(obj, "left-out") != DP_STEPS) {
			snprintf(text, size, "a step of it was left out");
			return true;
		}
		if (dp_step_of(obj, "step") != DP_STEP_ATTEMPT)
			continue;
		if (dp_seen(v, DP_STEP_TAINT) && made < wanted && !is_asked(v->limit, made, obj)) {
			snprintf(text, size, "attempt %zu is not what the question asks", made + 1);
			return true;
		}
		made++;
	}
	if (made != wanted)
		snprintf(text, size, "not observed: %zu attempts; there are %zu", wanted, made);
	return made != wanted;
}

/* The taint is looked at when all is over. */
static bool is_out_of_order(const struct verdict *v, char *text, size_t size)
{
	size_t count = dp_json_count(v->steps);
	bool over = false;

	for (size_t i = 0; i < count; i++) {
		enum dp_step step = dp_step_of(json_object_array_get_idx(v->steps, i), "step");

		if (over && step == DP_STEP_ATTEMPT) {
			snprintf(text, size, "step \"attempt\" was observed after \"taint\"");
			return true;
		}
		over |= step == DP_STEP_TAINT;
	}
	return false;
}

static enum dp_status judge_attempt(const struct verdict *v, size_t i, struct json_object *obj)
{
	const struct dp_limit_attempt *a = &v->limit->attempts[i];
	const char *code = dp_step_text(obj, DP_FIELD_ERRNO);
	struct dp_result *r = v->result;
	uint64_t charged;
	bool allowed = dp_limit_expect(v->limit, i, &charged);
	char what[160];

	snprintf(what, sizeof(what),
		 "attempt %zu (%s by %s, %" PRIu64 " pages; charged %" PRIu64 ", limit %d%s)",
		 i + 1, dp_limit_what_name(a->what), dp_limit_who_name(a->who), a->pages, charged,
		 DP_LIMIT_PAGES, a->capable ? ", CAP_IPC_LOCK" : "");
	r->status = DP_FAIL;
	if (!is_number(obj, DP_FIELD_CHARGED, charged)) {
		int64_t seen = 0;

		dp_step_int(obj, DP_FIELD_CHARGED, &seen);
		snprintf(r->why, sizeof(r->why), "%s: %" PRId64 " pages were charged before it",
			 what, seen);
	} else if (!allowed && !code) {
		snprintf(r->why, sizeof(r->why), "%s was allowed, expected ENOMEM", what);
	} else if (!allowed && strcmp(code, "ENOMEM")) {
		snprintf(r->why, sizeof(r->why), "%s was refused with %.20s, expected ENOMEM", what,
			 code);
	} else if (allowed && code && !strcmp(code, "ENOMEM")) {
		snprintf(r->why, sizeof(r->why),
			 "%s was refused with ENOMEM, expected to be allowed", what);
	} else if (allowed && code) {
		r->status = DP_ERROR;
		snprintf(r->why, sizeof(r->why), "%s failed with %.20s, which no limit gives", what,
			 code);
	} else {
		r->status = DP_PASS;
	}
	return r->status;
}

static void judge_attempts(const struct verdict *v)
{
	size_t count = dp_json_count(v->steps), made = 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);

		if (dp_step_of(obj, "step") == DP_STEP_ATTEMPT &&
		    judge_attempt(v, made++, obj) != DP_PASS)
			return;
	}
	snprintf(v->result->why, sizeof(v->result->why), "%s: %zu attempts as ib_umem_get() should",
		 v->limit->what, made);
}

void dp_judge_limit(struct verdict *v)
{
	struct dp_result *r = v->result;

	dp_judge_splats(v);
	if (r->violates)
		r->status = DP_FAIL;
	else if (!dp_find_missing(v, OWED, ONCE, r->why, sizeof(r->why)) &&
		 !is_incomplete(v, r->why, sizeof(r->why)) &&
		 !is_out_of_order(v, r->why, sizeof(r->why)))
		judge_attempts(v);
	r->unfinished = r->status == DP_ERROR;
}
