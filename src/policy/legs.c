// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether the legs of a traffic case are complete. A leg begins with "leg" and ends with "leg-end",
 * which says how many steps of each name it has emitted; "legs" says how many legs there were. So a
 * step that was lost on the way leaves a gap.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/observe.h"

/* What is seen of the legs, one after the other. */
struct legs {
	char *text; /* receives the first gap */
	size_t size;
	int64_t count; /* legs that have begun */
	bool open;
	int64_t left_out;
	int64_t seen[DP_STEPS]; /* steps of the leg that is open */
	bool mapping, plain;    /* memories that were read back in it */
	int64_t transfers;
};

static bool gap(struct legs *l, enum dp_step step)
{
	snprintf(l->text, l->size, "not observed: step \"%s\" of leg %" PRId64, dp_step_name(step),
		 l->count);
	return true;
}

static bool begin_leg(struct legs *l, struct json_object *step)
{
	int64_t number;

	if (l->open)
		return gap(l, DP_STEP_LEG_END);
	*l = (struct legs){ .text = l->text, .size = l->size, .count = l->count + 1, .open = true };
	return !dp_step_int(step, DP_FIELD_LEG, &number) && number == l->count
		       ? false
		       : gap(l, DP_STEP_LEG);
}

/* Steps that are about legs and cases, and belong to none. */
static bool frames(enum dp_step step)
{
	return step == DP_STEP_LEG || step == DP_STEP_LEG_END || step == DP_STEP_LEGS ||
	       step == DP_STEP_TAINT;
}

/* Steps that were emitted and are not there, or are there and were not emitted. */
static bool differs(struct legs *l, struct json_object *counts)
{
	for (int i = 0; i < DP_STEPS; i++) {
		int64_t emitted = 0;

		if (frames((enum dp_step)i))
			continue;
		dp_json_int(counts, dp_step_name((enum dp_step)i), &emitted);
		if (emitted != l->seen[i])
			return gap(l, (enum dp_step)i);
	}
	if (dp_json_int_or(counts, "left-out", 0) == l->left_out)
		return false;
	snprintf(l->text, l->size, "not observed: what was left out of leg %" PRId64 ", and why",
		 l->count);
	return true;
}

static bool end_leg(struct legs *l, struct json_object *step)
{
	struct json_object *counts = dp_json_object(step, dp_field_name(DP_FIELD_COUNTS));

	if (!l->open)
		return gap(l, DP_STEP_LEG);
	l->open = false;
	if (differs(l, counts))
		return true;
	/* What was kept for another boot is read back then. */
	if (!l->transfers || l->seen[DP_STEP_KEPT] || (l->mapping && l->plain))
		return false;
	snprintf(l->text, l->size, "not observed: the %s of leg %" PRId64 " was not read back",
		 l->mapping ? "plain memory" : "mapping", l->count);
	return true;
}

static bool add_step(struct legs *l, enum dp_step step, struct json_object *obj)
{
	int64_t transfers;

	if (!l->open && (dp_says(obj, DP_FIELD_TOPOLOGY, "reboot") || step == DP_STEP_TROUBLE))
		return false;
	if (!l->open)
		return gap(l, DP_STEP_LEG);
	l->seen[step]++;
	if (step == DP_STEP_TRANSFERS && !dp_step_int(obj, DP_FIELD_TRANSFERS, &transfers))
		l->transfers += transfers;
	if (step == DP_STEP_VERIFY && dp_says(obj, DP_FIELD_MEMORY, "mapping"))
		l->mapping = true;
	else if (step == DP_STEP_VERIFY)
		l->plain = true;
	return false;
}

static bool end_legs(struct legs *l, struct json_object *step)
{
	int64_t count;

	if (l->open)
		return gap(l, DP_STEP_LEG_END);
	if (!dp_step_int(step, DP_FIELD_LEGS, &count) && count == l->count)
		return false;
	l->count++;
	return gap(l, DP_STEP_LEG);
}

bool dp_find_gap(const struct verdict *v, char *text, size_t size)
{
	struct legs l = { .text = text, .size = size };
	size_t count = dp_json_count(v->steps);
	bool found = false;

	for (size_t i = 0; i < count && !found; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);
		enum dp_step step = dp_step_of(obj, "step");

		if (dp_step_of(obj, "left-out") != DP_STEPS && dp_json_text(obj, "text"))
			l.left_out++;
		if (step == DP_STEP_LEG)
			found = begin_leg(&l, obj);
		else if (step == DP_STEP_LEG_END)
			found = end_leg(&l, obj);
		else if (step == DP_STEP_LEGS)
			found = end_legs(&l, obj);
		else if (step != DP_STEPS && !frames(step))
			found = add_step(&l, step, obj);
	}
	return found;
}
