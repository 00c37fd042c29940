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
	int64_t count;   /* legs that have begun */
	bool open, over; /* a leg has begun; there are no more */
	int64_t left_out;
	int64_t seen[DP_STEPS]; /* steps of the leg that is open */
	bool mapping, plain;    /* memories that were read back in it */
	bool absent;            /* its mapping is not there, which was said */
	int64_t transfers;
	int64_t kept, reread; /* legs whose memory was kept, or looked at after another boot */
	/* Looks from outside: in this leg, or at what was kept; and the bytes that the mapping's
	 * own routes have read, the fewest of them, and those that were seen from outside. */
	int64_t outside, kept_outside;
	int64_t read, seen_outside;
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

	if (l->open || l->over)
		return gap(l, l->open ? DP_STEP_LEG_END : DP_STEP_LEG);
	*l = (struct legs){ .text = l->text,
			    .size = l->size,
			    .count = l->count + 1,
			    .open = true,
			    .kept = l->kept };
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

/* A leg that has emitted steps of a name that is not known, or no number of them. */
static bool is_unknown(struct legs *l, struct json_object *counts)
{
	json_object_object_foreach (counts, name, value) {
		enum dp_step step = dp_step_find(name);

		if (json_object_is_type(value, json_type_int) &&
		    (!strcmp(name, "left-out") || (step != DP_STEPS && !frames(step))))
			continue;
		snprintf(l->text, l->size, "the \"counts\" of leg %" PRId64 " cannot be: %.64s",
			 l->count, name);
		return true;
	}
	return false;
}

/* Steps that were emitted and are not there, or are there and were not emitted. */
static bool differs(struct legs *l, struct json_object *counts)
{
	if (is_unknown(l, counts))
		return true;
	/* What a leg has not emitted it does not count. */
	for (int i = 0; i < DP_STEPS; i++)
		if (dp_json_int_or(counts, dp_step_name((enum dp_step)i), 0) != l->seen[i])
			return gap(l, (enum dp_step)i);
	if (dp_json_int_or(counts, "left-out", 0) == l->left_out)
		return false;
	snprintf(l->text, l->size, "not observed: what was left out of leg %" PRId64 ", and why",
		 l->count);
	return true;
}

/* What each leg of an operation shows, if it can register. */
static bool lacks_move(struct legs *l, const struct verdict *v)
{
	bool reachable = v->mapping->populate != DP_POPULATE_NONE;
	bool refused = l->seen[DP_STEP_REFUSED] || l->absent;

	if (refused || l->seen[DP_STEP_TROUBLE] || l->seen[DP_STEP_FAILED])
		return false;
	if (l->seen[DP_STEP_TRANSFERS] != 1 || (reachable && !l->transfers))
		return gap(l, DP_STEP_TRANSFERS);
	if (!l->seen[DP_STEP_KEPT] && !l->seen[DP_STEP_REFUSAL] && !l->left_out)
		return gap(l, DP_STEP_REFUSAL);
	/* What was kept for another boot is read back then. */
	if (!reachable || l->seen[DP_STEP_KEPT] || (l->mapping && l->plain))
		return false;
	snprintf(l->text, l->size, "not observed: the %s of leg %" PRId64 " was not read back",
		 l->mapping ? "plain memory" : "mapping", l->count);
	return true;
}

/*
 * Memory that who has the machine in hand can read himself was looked at by him: at as much of it
 * as the guest says it has read back.
 */
static bool lacks_outside(struct legs *l, const struct verdict *v)
{
	bool owed = !v->host && !v->subject->carried && v->operation &&
		    dp_is_seen_outside(v->mapping) && l->mapping;

	if (l->outside > 1 || (owed && !l->outside))
		return gap(l, DP_STEP_OUTSIDE);
	if (!owed || l->seen_outside >= l->read)
		return false;
	snprintf(l->text, l->size,
		 "not observed: of the %" PRId64 " bytes of leg %" PRId64
		 " that were read back, %" PRId64 " were seen from outside",
		 l->read, l->count, l->seen_outside);
	return true;
}

static bool end_leg(struct legs *l, const struct verdict *v, struct json_object *step)
{
	struct json_object *counts = dp_json_object(step, dp_field_name(DP_FIELD_COUNTS));

	if (!l->open || !counts)
		return gap(l, l->open ? DP_STEP_LEG_END : DP_STEP_LEG);
	l->open = false;
	l->kept += l->seen[DP_STEP_KEPT];
	return differs(l, counts) || (v->operation && lacks_move(l, v)) || lacks_outside(l, v);
}

/* Steps that are taken when all legs have ended: what was kept is looked at after another boot. */
static bool is_later(enum dp_step step, struct json_object *obj)
{
	return step == DP_STEP_TROUBLE || ((step == DP_STEP_VERIFY || step == DP_STEP_LOST) &&
					   dp_says(obj, DP_FIELD_TOPOLOGY, "reboot"));
}

/* What the routes of a look have read: the fewest bytes of one. */
static int64_t read_by(struct json_object *obj)
{
	struct json_object *routes = dp_json_array(obj, dp_field_name(DP_FIELD_ROUTES));
	int64_t fewest = INT64_MAX, checked = 0;

	for (size_t i = 0; i < dp_json_count(routes); i++)
		if (!dp_step_int(json_object_array_get_idx(routes, i), DP_FIELD_CHECKED,
				 &checked) &&
		    checked < fewest)
			fewest = checked;
	return fewest;
}

/* It is not the leg that takes this step, so that the leg does not count it. */
static bool add_outside(struct legs *l, struct json_object *obj)
{
	if (dp_says(obj, DP_FIELD_TOPOLOGY, "reboot")) {
		l->kept_outside++;
		return !l->over && gap(l, DP_STEP_LEGS);
	}
	l->outside++;
	l->seen_outside = read_by(obj);
	return !l->open && gap(l, DP_STEP_LEG);
}

static bool add_step(struct legs *l, enum dp_step step, struct json_object *obj)
{
	int64_t transfers;

	if (step == DP_STEP_OUTSIDE)
		return add_outside(l, obj);
	if (!l->open && is_later(step, obj)) {
		l->reread++;
		return false;
	}
	if (!l->open)
		return gap(l, DP_STEP_LEG);
	l->seen[step]++;
	if (step == DP_STEP_TRANSFERS && !dp_step_int(obj, DP_FIELD_TRANSFERS, &transfers))
		l->transfers += transfers;
	if (step == DP_STEP_VERIFY && dp_says(obj, DP_FIELD_MEMORY, "mapping")) {
		l->mapping = true;
		l->read = read_by(obj);
	} else if (step == DP_STEP_VERIFY) {
		l->plain = true;
	}
	return false;
}

static bool end_legs(struct legs *l, struct json_object *step)
{
	int64_t count;

	if (l->open)
		return gap(l, DP_STEP_LEG_END);
	l->over = true;
	if (!dp_step_int(step, DP_FIELD_LEGS, &count) && count == l->count)
		return false;
	l->count++;
	return gap(l, DP_STEP_LEG);
}

/* A step that a leg has left out, with a reason. */
static void add_left_out(struct legs *l, struct json_object *obj)
{
	enum dp_step step = dp_step_of(obj, "left-out");

	if (step == DP_STEPS || !dp_json_text(obj, "text"))
		return;
	l->left_out++;
	l->absent |= step == DP_STEP_TRANSFERS;
}

/* What is kept is kept on an NVDIMM, which is looked at when the machine has lost its power. */
static bool lacks_reread(struct legs *l)
{
	if (l->kept > l->reread)
		snprintf(l->text, l->size, "not observed: step \"%s\" after another boot",
			 dp_step_name(DP_STEP_VERIFY));
	else if (l->kept != l->kept_outside)
		snprintf(l->text, l->size, "not observed: step \"%s\" after the power loss",
			 dp_step_name(DP_STEP_OUTSIDE));
	else
		return false;
	return true;
}

bool dp_find_gap(const struct verdict *v, char *text, size_t size)
{
	struct legs l = { .text = text, .size = size };
	size_t count = dp_json_count(v->steps);
	bool found = false;

	for (size_t i = 0; i < count && !found; i++) {
		struct json_object *obj = json_object_array_get_idx(v->steps, i);
		enum dp_step step = dp_step_of(obj, "step");

		add_left_out(&l, obj);
		if (step == DP_STEP_LEG)
			found = begin_leg(&l, obj);
		else if (step == DP_STEP_LEG_END)
			found = end_leg(&l, v, obj);
		else if (step == DP_STEP_LEGS)
			found = end_legs(&l, obj);
		else if (step != DP_STEPS && !frames(step))
			found = add_step(&l, step, obj);
	}
	return found || lacks_reread(&l);
}
