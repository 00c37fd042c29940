// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic, judged from its steps: each transfer completes, each byte is where it must be by every
 * route and no other has changed, and what must be refused is, with the status that the InfiniBand
 * Architecture Specification (volume 1, 9.9 and 11.6.2) has for it.
 */
#include <infiniband/verbs.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

/* What has been seen so far, over all steps. */
struct tally {
	struct verdict *v;
	int64_t transfers, bytes, checked, refusals, looks, extents;
	bool failed, troubled;
	char faults[128];  /* kinds of them */
	char refused[256]; /* registrations: "EOPNOTSUPP as target" */
	char routes[128];
	char trouble[256];
	/*
	 * For a bad key of one's own the provider and the kernel are one's own, too: that it is
	 * refused is judged, how is only noted. rxe says "local QP operation error"
	 * (rxe_requester(): copy_data() has -EINVAL), later ones "flushed".
	 */
	char odd[128];
	char prefetch[32]; /* how the adapter took the advice, or "" */
	struct json_object *bandwidth, *reference;
};

static void add_once(char *list, size_t size, const char *text)
{
	size_t used = strlen(list);

	if (!strstr(list, text))
		snprintf(list + used, size - used, "%s%s", used ? ", " : "", text);
}

/* A fault of a kind: each story is told once. */
__attribute__((format(printf, 3, 4))) static void fault(struct tally *t, const char *kind,
							const char *fmt, ...)
{
	struct dp_result *r = t->v->result;
	size_t used = strlen(r->why);
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->failed = true;
	add_once(t->faults, sizeof(t->faults), kind);
	if (!strstr(r->why, text))
		snprintf(r->why + used, sizeof(r->why) - used, "%s%s", used ? "; " : "", text);
}

/* "over veth, as target, on demand" */
static const char *leg_of(struct json_object *step, char *text, size_t size)
{
	snprintf(text, size, "over %.16s, as %.16s%s", dp_text_of(step, "topology"),
		 dp_text_of(step, "role"), dp_flag(step, "on_demand") ? ", on demand" : "");
	return text;
}

/* ---- refusals ---------------------------------------------------------------------------- */

/* What each attempt must end in: at the end that posts it, two if the specification allows two. */
static const struct {
	const char *what, *role, *operation; /* NULL: any */
	int status, other;
} due[] = {
	/* A receive whose key is no good is the responder's fault, and it says so. */
	{ "stale-key", "target", "send", IBV_WC_REM_OP_ERR, IBV_WC_REM_OP_ERR },
	{ "wrong-key", "target", "send", IBV_WC_REM_OP_ERR, IBV_WC_REM_OP_ERR },
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
	return (!due[i].what || dp_says(step, "what", due[i].what)) &&
	       (!due[i].role || dp_says(step, "role", due[i].role)) &&
	       (!due[i].operation || !strcmp(operation, due[i].operation));
}

static void judge_refusal(struct tally *t, struct json_object *step)
{
	const char *what = dp_text_of(step, "what");
	int64_t status = dp_number(step, "status", -1);
	char leg[80];
	size_t i = 0;

	t->refusals++;
	while (i + 1 < DP_ARRAY_SIZE(due) && !applies(i, step, strrchr(t->v->result->id, '/') + 1))
		i++;
	leg_of(step, leg, sizeof(leg));
	if (dp_text_of(step, "unposted")[0])
		return;
	if (status == IBV_WC_SUCCESS)
		fault(t, what, "%s is not refused (%s)", what, leg);
	else if (status != due[i].status && dp_says(step, "role", "source"))
		add_once(t->odd, sizeof(t->odd), dp_text_of(step, "text"));
	else if (status != due[i].status && status != due[i].other)
		fault(t, what, "%s ends in \"%s\", \"%s\" is due (%s)", what,
		      dp_text_of(step, "text"),
		      ibv_wc_status_str((enum ibv_wc_status)due[i].status), leg);
	else if (!dp_says(step, "state", "ERR"))
		fault(t, what, "after %s the queue pair is in state %s (%s)", what,
		      dp_text_of(step, "state"), leg);
}

/* ---- the other steps --------------------------------------------------------------------- */

static void judge_route(struct tally *t, struct json_object *step, struct json_object *route)
{
	const char *name = dp_text_of(route, "route");
	int64_t wrong = dp_number(route, "wrong", 0);
	char leg[80];

	if (dp_text_of(route, "text")[0]) {
		t->troubled = true;
		snprintf(t->trouble, sizeof(t->trouble), "reading back by %s: %.150s", name,
			 dp_text_of(route, "text"));
		return;
	}
	t->looks++;
	if (t->extents < dp_number(route, "extents", 0))
		t->extents = dp_number(route, "extents", 0);
	t->checked += dp_number(route, "checked", 0);
	if (dp_says(step, "memory", "mapping"))
		add_once(t->routes, sizeof(t->routes), name);
	if (!wrong)
		return;
	fault(t, "wrong bytes",
	      "%" PRId64 " bytes of the %s are wrong by %s, the first at offset %" PRId64
	      ": 0x%02x instead of 0x%02x (%s)",
	      wrong, dp_says(step, "memory", "mapping") ? "mapping" : "plain memory", name,
	      dp_number(route, "first", 0), (unsigned int)dp_number(route, "found", 0),
	      (unsigned int)dp_number(route, "expected", 0), leg_of(step, leg, sizeof(leg)));
}

static void judge_look(struct tally *t, struct json_object *step)
{
	struct json_object *routes = json_object_object_get(step, "routes");

	for (size_t i = 0;
	     json_object_is_type(routes, json_type_array) && i < json_object_array_length(routes);
	     i++)
		if (json_object_is_type(json_object_array_get_idx(routes, i), json_type_object))
			judge_route(t, step, json_object_array_get_idx(routes, i));
}

static void judge_failure(struct tally *t, struct json_object *step)
{
	char leg[80];

	fault(t, "transfer", "%s of %" PRId64 " bytes at offset %" PRId64 ": %s (%s)",
	      dp_text_of(step, "what"), dp_number(step, "length", 0), dp_number(step, "offset", 0),
	      dp_text_of(step, "text"), leg_of(step, leg, sizeof(leg)));
}

/* What had been flushed is not there after another boot. */
static void judge_loss(struct tally *t, struct json_object *step)
{
	fault(t, "lost", "after another boot: %s", dp_text_of(step, "text"));
}

static void take_transfers(struct tally *t, struct json_object *step)
{
	t->transfers += dp_number(step, "transfers", 0);
	t->bytes += dp_number(step, "bytes", 0);
}

static void take_registration(struct tally *t, struct json_object *step)
{
	char text[64];

	snprintf(text, sizeof(text), "%.20s as %.16s%s", dp_text_of(step, "errno"),
		 dp_text_of(step, "role"), dp_flag(step, "on_demand") ? " on demand" : "");
	add_once(t->refused, sizeof(t->refused), text);
}

static void take_trouble(struct tally *t, struct json_object *step)
{
	t->troubled = true;
	snprintf(t->trouble, sizeof(t->trouble), "%s: %.180s", dp_text_of(step, "what"),
		 dp_text_of(step, "text"));
}

static void take_prefetch(struct tally *t, struct json_object *step)
{
	const char *refused = dp_text_of(step, "errno");

	snprintf(t->prefetch, sizeof(t->prefetch), "%.30s", refused[0] ? refused : "done");
}

static void take_bandwidth(struct tally *t, struct json_object *step)
{
	double s = (double)dp_number(step, "us", 0) / 1e6;
	struct json_object *obj = json_object_new_object();

	if (!t->bandwidth)
		t->bandwidth = json_object_new_array();
	json_object_array_add(t->bandwidth, obj);
	dp_json_add_text(obj, "topology", dp_text_of(step, "topology"));
	json_object_object_add(obj, "on_demand",
			       json_object_get(json_object_object_get(step, "on_demand")));
	dp_json_add_int(obj, "size", dp_number(step, "size", 0));
	dp_json_add_int(obj, "bytes_per_second",
			s > 0 ? (int64_t)((double)dp_number(step, "bytes", 0) / s) : 0);
	json_object_object_add(
		obj, "operations_per_second",
		json_object_new_double(s > 0 ? (double)dp_number(step, "operations", 0) / s : 0));
}

/* Two that ask a kernel the same at the same time and hear different things: no verdict. */
static void take_reference(struct tally *t, struct json_object *step)
{
	bool could = dp_flag(step, "registered");

	json_object_put(t->reference);
	t->reference = json_object_new_object();
	dp_json_add_text(t->reference, "tool", dp_text_of(step, "tool"));
	json_object_object_add(t->reference, "registered", json_object_new_boolean(could));
	if (could) {
		dp_json_add_int(t->reference, "size", dp_number(step, "size", 0));
		dp_json_add_int(t->reference, "bytes_per_second",
				dp_number(step, "bytes_per_second", 0));
	}
	if (could == dp_flag(step, "registers"))
		return;
	t->troubled = true;
	snprintf(t->trouble, sizeof(t->trouble), "%.32s %s register it, daxpin %s",
		 dp_text_of(step, "tool"), could ? "could" : "could not",
		 could ? "could not" : "could");
}

static const struct {
	const char *step;
	void (*judge)(struct tally *t, struct json_object *step);
} steps[] = {
	{ "transfers", take_transfers },  { "failed", judge_failure },
	{ "refusal", judge_refusal },     { "verify", judge_look },
	{ "refused", take_registration }, { "trouble", take_trouble },
	{ "bandwidth", take_bandwidth },  { "lost", judge_loss },
	{ "prefetch", take_prefetch },    { "reference", take_reference },
};

static void judge_all(struct tally *t)
{
	size_t count = t->v->steps ? json_object_array_length(t->v->steps) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *step = json_object_array_get_idx(t->v->steps, i);

		for (size_t k = 0; k < DP_ARRAY_SIZE(steps); k++)
			if (dp_says(step, "kind", "step") && dp_says(step, "step", steps[k].step))
				steps[k].judge(t, step);
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
	dp_json_add_text(facts, "registration_refused", t->refused);
	dp_json_add_text(facts, "local_key_errors", t->odd);
	dp_json_add_text(facts, "prefetch", t->prefetch);
	json_object_object_add(facts, "bandwidth",
			       t->bandwidth ? t->bandwidth : json_object_new_array());
	if (t->reference)
		json_object_object_add(facts, "reference", t->reference);
}

static void conclude(struct tally *t, const struct dp_cell *cell, const char *doing,
		     const char *absent)
{
	struct dp_result *r = t->v->result;
	bool ended = cell && cell->outcome == DP_ANSWERED;

	r->unfinished = !ended || t->troubled;
	if (t->failed || r->violates[0])
		r->status = DP_FAIL;
	else if (!ended)
		snprintf(r->why, sizeof(r->why), "%.400s%s%s",
			 cell && cell->text[0] ? cell->text : absent, doing[0] ? ", at step " : "",
			 doing);
	else if (t->troubled)
		snprintf(r->why, sizeof(r->why), "%s", t->trouble);
	else if (t->looks && t->transfers) {
		r->status = DP_PASS;
		snprintf(r->why, sizeof(r->why),
			 "%" PRId64 " transfers arrived, %" PRId64
			 " attempts were refused; read back "
			 "by %s%s%s",
			 t->transfers, t->refusals, t->routes,
			 t->refused[0] ? "; not registered: " : "", t->refused);
	} else if (t->refusals) {
		r->status = DP_PASS;
		snprintf(r->why, sizeof(r->why),
			 "it registers, and each access to it is refused: it has no pages%s%s",
			 t->refused[0] ? "; not registered: " : "", t->refused);
	} else if (t->refused[0]) {
		r->status = DP_SKIP_STATUS;
		snprintf(r->why, sizeof(r->why), "the kernel does not register it: %s", t->refused);
	} else
		snprintf(r->why, sizeof(r->why), "it ended, and nothing was observed");
}

void dp_judge_traffic(struct verdict *v, const struct dp_cell *cell, const char *doing,
		      const char *absent)
{
	struct tally tally = { .v = v };

	dp_judge_splats(v);
	judge_all(&tally);
	add_facts(&tally);
	conclude(&tally, cell, doing, absent);
}
