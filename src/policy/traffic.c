// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic, judged from its steps: each transfer completes, each byte is where it must be by every
 * route and no other has changed, and what must be refused is, with the status that the InfiniBand
 * Architecture Specification (volume 1, 9.9 and 11.6.2) has for it.
 */
#include <infiniband/verbs.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tally.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

#define OWED (DP_STEP_BIT(DP_STEP_LEGS) | DP_STEP_BIT(DP_STEP_TAINT))

/* ---- refusals ---------------------------------------------------------------------------- */

/* What each attempt must end in: at the end that posts it, two if the specification allows two. */
static const struct {
	const char *what, *role, *operation; /* NULL: any */
	int status, other;
} due[] = {
	/* A receive whose key is no good is the responder's fault, and it says so. */
	{ "stale-key", "target", "send", IBV_WC_REM_OP_ERR, IBV_WC_REM_OP_ERR },
	{ "wrong-key", "target", "send", IBV_WC_REM_OP_ERR, IBV_WC_REM_OP_ERR },
	{ "wrong-variant", "target", "send", IBV_WC_REM_OP_ERR, IBV_WC_REM_OP_ERR },
	{ "wrong-index", "target", "send", IBV_WC_REM_OP_ERR, IBV_WC_REM_OP_ERR },
	{ "reused-index", "target", "send", IBV_WC_REM_OP_ERR, IBV_WC_REM_OP_ERR },
	{ "foreign-key", "target", "send", IBV_WC_REM_OP_ERR, IBV_WC_REM_OP_ERR },
	{ "no-pages", "target", "send", IBV_WC_REM_OP_ERR, IBV_WC_REM_OP_ERR },
	/* rxe takes one that is too short for broken: copy_data() has -EINVAL for both. */
	{ "too-long", NULL, NULL, IBV_WC_REM_INV_REQ_ERR, IBV_WC_REM_OP_ERR },
	{ "misaligned", NULL, NULL, IBV_WC_REM_INV_REQ_ERR, IBV_WC_REM_ACCESS_ERR },
	{ NULL, "target", NULL, IBV_WC_REM_ACCESS_ERR, IBV_WC_REM_ACCESS_ERR },
	{ NULL, "source", NULL, IBV_WC_LOC_PROT_ERR, IBV_WC_LOC_PROT_ERR },
};

static bool applies(size_t i, struct json_object *step, const char *operation)
{
	return (!due[i].what || dp_says(step, DP_FIELD_WHAT, due[i].what)) &&
	       (!due[i].role || dp_says(step, DP_FIELD_ROLE, due[i].role)) &&
	       (!due[i].operation || !strcmp(operation, due[i].operation));
}

/* What was posted has a completion and leaves a state; what was not has neither. */
static bool lacks_completion(struct tally *t, struct json_object *step, int64_t *status)
{
	bool unposted = dp_step_text(step, DP_FIELD_UNPOSTED);
	enum dp_field lacks = DP_FIELD_STATUS;

	if (!dp_step_int(step, DP_FIELD_STATUS, status) && unposted == (*status < 0)) {
		if (unposted || dp_step_text(step, DP_FIELD_QP_STATE))
			return false;
		lacks = DP_FIELD_QP_STATE;
	}
	dp_trouble(t, "not observed: \"%s\" of step \"refusal\" (%.32s)", dp_field_name(lacks),
		   dp_text_of(step, DP_FIELD_WHAT));
	return true;
}

static void judge_refusal(struct tally *t, struct json_object *step)
{
	const char *what = dp_text_of(step, DP_FIELD_WHAT);
	int64_t status;
	char leg[80];
	size_t i = 0;

	while (i + 1 < DP_ARRAY_SIZE(due) && !applies(i, step, t->v->operation->name))
		i++;
	dp_leg_of(step, leg, sizeof(leg));
	if (lacks_completion(t, step, &status))
		return;
	t->refusals++;
	if (status < 0)
		return;
	if (status == IBV_WC_SUCCESS)
		dp_fault(t, what, "%s is not refused (%s)", what, leg);
	else if (status != due[i].status && dp_says(step, DP_FIELD_ROLE, "source"))
		dp_add_once(t->odd, sizeof(t->odd), dp_text_of(step, DP_FIELD_TEXT));
	else if (status != due[i].status && status != due[i].other)
		dp_fault(t, what, "%s ends in \"%s\", \"%s\" is due (%s)", what,
			 dp_text_of(step, DP_FIELD_TEXT),
			 ibv_wc_status_str((enum ibv_wc_status)due[i].status), leg);
	else if (!dp_says(step, DP_FIELD_QP_STATE, "ERR"))
		dp_fault(t, what, "after %s the queue pair is in state %s (%s)", what,
			 dp_text_of(step, DP_FIELD_QP_STATE), leg);
}

/* ---- the other steps ---------------------------------------------------------------------- */

static void judge_failure(struct tally *t, struct json_object *step)
{
	char leg[80];

	dp_fault(t, "transfer", "%s of %" PRId64 " bytes at offset %" PRId64 ": %s (%s)",
		 dp_text_of(step, DP_FIELD_WHAT), dp_number(step, DP_FIELD_LENGTH),
		 dp_number(step, DP_FIELD_OFFSET), dp_text_of(step, DP_FIELD_TEXT),
		 dp_leg_of(step, leg, sizeof(leg)));
}

/* What had been flushed is not there after another boot. */
static void judge_loss(struct tally *t, struct json_object *step)
{
	dp_fault(t, "lost", "after another boot: %s", dp_text_of(step, DP_FIELD_TEXT));
}

static void take_transfers(struct tally *t, struct json_object *step)
{
	t->transfers += dp_number(step, DP_FIELD_TRANSFERS);
	t->bytes += dp_number(step, DP_FIELD_BYTES);
}

static void take_registration(struct tally *t, struct json_object *step)
{
	char text[64];

	snprintf(text, sizeof(text), "%.20s as %.16s%s", dp_text_of(step, DP_FIELD_ERRNO),
		 dp_text_of(step, DP_FIELD_ROLE),
		 dp_is_set(step, DP_FIELD_ON_DEMAND) ? " on demand" : "");
	dp_add_once(t->refused, sizeof(t->refused), text);
}

static void take_trouble(struct tally *t, struct json_object *step)
{
	dp_trouble(t, "%s: %.180s", dp_text_of(step, DP_FIELD_WHAT),
		   dp_text_of(step, DP_FIELD_TEXT));
}

static void take_prefetch(struct tally *t, struct json_object *step)
{
	const char *refused = dp_step_text(step, DP_FIELD_ERRNO);

	snprintf(t->prefetch, sizeof(t->prefetch), "%.30s", refused ? refused : "done");
}

static void take_bandwidth(struct tally *t, struct json_object *step)
{
	double s = (double)dp_number(step, DP_FIELD_US) / 1e6;
	double bytes = (double)dp_number(step, DP_FIELD_BYTES);
	double operations = (double)dp_number(step, DP_FIELD_OPERATIONS);
	struct json_object *obj = json_object_new_object();

	if (!t->bandwidth)
		t->bandwidth = json_object_new_array();
	json_object_array_add(t->bandwidth, obj);
	dp_json_add_text(obj, "topology", dp_text_of(step, DP_FIELD_TOPOLOGY));
	dp_json_add_bool(obj, "on_demand", dp_is_set(step, DP_FIELD_ON_DEMAND));
	dp_json_add_int(obj, "size", dp_number(step, DP_FIELD_SIZE));
	dp_json_add_int(obj, "bytes_per_second", s > 0 ? (int64_t)(bytes / s) : 0);
	dp_json_add_double(obj, "operations_per_second", s > 0 ? operations / s : 0);
}

/* Two that ask a kernel the same at the same time and hear different things: no verdict. */
static void take_reference(struct tally *t, struct json_object *step)
{
	bool could = dp_is_set(step, DP_FIELD_REGISTERED);

	json_object_put(t->reference);
	t->reference = json_object_new_object();
	dp_json_add_text(t->reference, "tool", dp_text_of(step, DP_FIELD_TOOL));
	dp_json_add_bool(t->reference, "registered", could);
	if (could) {
		dp_json_add_int(t->reference, "size", dp_number(step, DP_FIELD_SIZE));
		dp_json_add_int(t->reference, "bytes_per_second",
				dp_number(step, DP_FIELD_BYTES_PER_SECOND));
	}
	if (could != dp_is_set(step, DP_FIELD_REGISTERS))
		dp_trouble(t, "%.32s %s register it, daxpin %s", dp_text_of(step, DP_FIELD_TOOL),
			   could ? "could" : "could not", could ? "could not" : "could");
}

static const struct {
	enum dp_step step;
	void (*judge)(struct tally *t, struct json_object *step);
} judges[] = {
	{ DP_STEP_TRANSFERS, take_transfers },  { DP_STEP_FAILED, judge_failure },
	{ DP_STEP_REFUSAL, judge_refusal },     { DP_STEP_VERIFY, dp_judge_look },
	{ DP_STEP_REFUSED, take_registration }, { DP_STEP_TROUBLE, take_trouble },
	{ DP_STEP_BANDWIDTH, take_bandwidth },  { DP_STEP_LOST, judge_loss },
	{ DP_STEP_PREFETCH, take_prefetch },    { DP_STEP_REFERENCE, take_reference },
	{ DP_STEP_OUTSIDE, dp_judge_look },
};

/* A step that lacks something says nothing: dp_find_missing() tells what it lacks. */
static void judge_all(struct tally *t)
{
	size_t count = dp_json_count(t->v->steps);
	const char *why;

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj = json_object_array_get_idx(t->v->steps, i);
		enum dp_step step = dp_step_of(obj, "step");

		if (step == DP_STEPS || dp_step_lacks(obj, true, &why) != DP_FIELDS)
			continue;
		for (size_t k = 0; k < DP_ARRAY_SIZE(judges); k++)
			if (step == judges[k].step)
				judges[k].judge(t, obj);
	}
}

/* ---- the verdict ------------------------------------------------------------------------- */

static void add_facts(struct tally *t)
{
	struct json_object *facts = json_object_new_object();

	t->v->result->facts = facts;
	dp_json_add_int(facts, "transfers", t->transfers);
	dp_json_add_int(facts, "bytes", t->bytes);
	dp_json_add_int(facts, "bytes_checked", t->checked);
	dp_json_add_int(facts, "refusals", t->refusals);
	if (t->extents)
		dp_json_add_int(facts, "extents", t->extents);
	dp_json_add_text(facts, "faults", t->faults);
	dp_json_add_text(facts, "routes", t->routes);
	dp_json_add_text(facts, "verified", dp_independence(t->routes));
	dp_json_add_text(facts, "registration_refused", t->refused);
	dp_json_add_text(facts, "local_key_errors", t->odd);
	dp_json_add_text(facts, "prefetch", t->prefetch);
	json_object_object_add(facts, "bandwidth",
			       t->bandwidth ? t->bandwidth : json_object_new_array());
	if (t->reference)
		json_object_object_add(facts, "reference", t->reference);
}

/* With everything there that is owed. */
static void conclude(struct tally *t)
{
	struct dp_result *r = t->v->result;
	const char *also = t->refused[0] ? "; not registered: " : "";
	bool reachable = t->v->mapping->populate != DP_POPULATE_NONE;

	if (reachable && t->looks && t->transfers) {
		r->status = DP_PASS;
		snprintf(r->why, sizeof(r->why),
			 "%" PRId64 " transfers arrived, %" PRId64
			 " attempts were refused; read back by %s%s%s",
			 t->transfers, t->refusals, t->routes, also, t->refused);
	} else if (!reachable && t->refusals && !t->transfers) {
		r->status = DP_PASS;
		snprintf(r->why, sizeof(r->why),
			 "it registers, and each access to it is refused: it has no pages%s%s",
			 also, t->refused);
	} else if (t->refused[0] && !t->refusals && !t->transfers) {
		r->status = DP_SKIP_STATUS;
		snprintf(r->why, sizeof(r->why), "the kernel does not register it: %s", t->refused);
	} else {
		snprintf(r->why, sizeof(r->why), "not observed: step \"%s\"",
			 dp_step_name(reachable ? DP_STEP_VERIFY : DP_STEP_REFUSAL));
	}
}

void dp_judge_traffic(struct verdict *v)
{
	struct tally t = { .v = v };
	struct dp_result *r = v->result;

	dp_judge_splats(v);
	judge_all(&t);
	add_facts(&t);
	if (t.failed || r->violates)
		r->status = DP_FAIL;
	else if (t.troubled)
		snprintf(r->why, sizeof(r->why), "%s", t.trouble);
	else if (!dp_find_missing(v, OWED, OWED, r->why, sizeof(r->why)) &&
		 !dp_find_untimely(v, OWED, NULL, r->why, sizeof(r->why)) &&
		 !dp_find_gap(v, r->why, sizeof(r->why)))
		conclude(&t);
	r->unfinished = t.troubled;
}
