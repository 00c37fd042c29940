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

#include "verdict.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"

#define OWED (DP_STEP_BIT(DP_STEP_LEGS) | DP_STEP_BIT(DP_STEP_TAINT))

/* What has been seen so far, over all steps. */
struct tally {
	struct verdict *v;
	int64_t transfers, bytes, checked, refusals, looks, extents;
	bool failed;
	bool troubled;     /* something did not go on: no verdict */
	char faults[128];  /* kinds of them */
	char refused[256]; /* registrations: "EOPNOTSUPP as target" */
	char routes[128];
	char trouble[256];
	/*
	 * How a bad local key was refused, where that is not as specified: only noted, as the
	 * process harms nobody but itself. rxe says "local QP operation error" (rxe_requester():
	 * copy_data() has -EINVAL), later ones "flushed".
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

/* A fault of a kind: each explanation is given once. */
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

/* Why there is no verdict; the first reason is told. */
__attribute__((format(printf, 2, 3))) static void trouble(struct tally *t, const char *fmt, ...)
{
	va_list ap;

	if (t->troubled)
		return;
	t->troubled = true;
	va_start(ap, fmt);
	vsnprintf(t->trouble, sizeof(t->trouble), fmt, ap);
	va_end(ap);
}

/* "over veth, as target, on demand" */
static const char *leg_of(struct json_object *step, char *text, size_t size)
{
	snprintf(text, size, "over %.16s, as %.16s%s", dp_text_of(step, DP_FIELD_TOPOLOGY),
		 dp_text_of(step, DP_FIELD_ROLE),
		 dp_is_set(step, DP_FIELD_ON_DEMAND) ? ", on demand" : "");
	return text;
}

/* A number that dp_find_missing() has found to be there; 0 where it is not. */
static int64_t number(struct json_object *obj, enum dp_field field)
{
	int64_t value = 0;

	dp_step_int(obj, field, &value);
	return value;
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
	trouble(t, "not observed: \"%s\" of step \"refusal\" (%.32s)", dp_field_name(lacks),
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
	leg_of(step, leg, sizeof(leg));
	if (lacks_completion(t, step, &status))
		return;
	t->refusals++;
	if (status < 0)
		return;
	if (status == IBV_WC_SUCCESS)
		fault(t, what, "%s is not refused (%s)", what, leg);
	else if (status != due[i].status && dp_says(step, DP_FIELD_ROLE, "source"))
		add_once(t->odd, sizeof(t->odd), dp_text_of(step, DP_FIELD_TEXT));
	else if (status != due[i].status && status != due[i].other)
		fault(t, what, "%s ends in \"%s\", \"%s\" is due (%s)", what,
		      dp_text_of(step, DP_FIELD_TEXT),
		      ibv_wc_status_str((enum ibv_wc_status)due[i].status), leg);
	else if (!dp_says(step, DP_FIELD_QP_STATE, "ERR"))
		fault(t, what, "after %s the queue pair is in state %s (%s)", what,
		      dp_text_of(step, DP_FIELD_QP_STATE), leg);
}

/* ---- reading back ------------------------------------------------------------------------- */

/* What a route owes: how much it looked at, and how much of that is wrong. */
static bool lacks_route(struct tally *t, struct json_object *route)
{
	static const enum dp_field owed[] = { DP_FIELD_ROUTE, DP_FIELD_CHECKED, DP_FIELD_WRONG };
	int64_t value;

	for (size_t i = 0; i < DP_ARRAY_SIZE(owed); i++) {
		if (i ? !dp_step_int(route, owed[i], &value) : !!dp_step_text(route, owed[i]))
			continue;
		trouble(t, "not observed: \"%s\" of a route of step \"verify\"",
			dp_field_name(owed[i]));
		return true;
	}
	return false;
}

static void judge_route(struct tally *t, struct json_object *step, struct json_object *route)
{
	const char *name = dp_text_of(route, DP_FIELD_ROUTE);
	int64_t wrong = number(route, DP_FIELD_WRONG), extents = number(route, DP_FIELD_EXTENTS);
	int64_t checked = number(route, DP_FIELD_CHECKED);
	bool mapping = dp_says(step, DP_FIELD_MEMORY, "mapping");
	char leg[80];

	if (dp_text_of(route, DP_FIELD_TEXT)[0]) {
		trouble(t, "reading back by %s: %.150s", name, dp_text_of(route, DP_FIELD_TEXT));
		return;
	}
	if (lacks_route(t, route))
		return;
	t->looks++;
	if (t->extents < extents)
		t->extents = extents;
	t->checked += checked;
	/* A file that is a hole has nothing on its device. */
	if (mapping && checked)
		add_once(t->routes, sizeof(t->routes), name);
	if (!wrong)
		return;
	fault(t, "wrong bytes",
	      "%" PRId64 " bytes of the %s are wrong by %s, the first at offset %" PRId64
	      ": 0x%02x instead of 0x%02x (%s)",
	      wrong, mapping ? "mapping" : "plain memory", name,
	      number(route, DP_FIELD_FIRST_WRONG), (unsigned int)number(route, DP_FIELD_FOUND),
	      (unsigned int)number(route, DP_FIELD_EXPECTED), leg_of(step, leg, sizeof(leg)));
}

/* Each route is there once, and one at least has read something. */
static bool is_read(struct json_object *routes, struct json_object *step)
{
	char seen[128] = "";
	int64_t checked = 0;

	for (size_t i = 0; i < dp_json_count(routes); i++) {
		struct json_object *route = json_object_array_get_idx(routes, i);
		const char *name = dp_text_of(route, DP_FIELD_ROUTE);

		if (strstr(seen, name))
			return false;
		add_once(seen, sizeof(seen), name);
		checked += number(route, DP_FIELD_CHECKED);
	}
	return checked && (int64_t)dp_json_count(routes) == number(step, DP_FIELD_LOOKS);
}

static void judge_look(struct tally *t, struct json_object *step)
{
	struct json_object *routes = dp_json_array(step, dp_field_name(DP_FIELD_ROUTES));

	for (size_t i = 0; i < dp_json_count(routes); i++)
		judge_route(t, step, json_object_array_get_idx(routes, i));
	if (!is_read(routes, step))
		trouble(t, "not observed: a route of step \"verify\"");
}

/* ---- the other steps ---------------------------------------------------------------------- */

static void judge_failure(struct tally *t, struct json_object *step)
{
	char leg[80];

	fault(t, "transfer", "%s of %" PRId64 " bytes at offset %" PRId64 ": %s (%s)",
	      dp_text_of(step, DP_FIELD_WHAT), number(step, DP_FIELD_LENGTH),
	      number(step, DP_FIELD_OFFSET), dp_text_of(step, DP_FIELD_TEXT),
	      leg_of(step, leg, sizeof(leg)));
}

/* What had been flushed is not there after another boot. */
static void judge_loss(struct tally *t, struct json_object *step)
{
	fault(t, "lost", "after another boot: %s", dp_text_of(step, DP_FIELD_TEXT));
}

static void take_transfers(struct tally *t, struct json_object *step)
{
	t->transfers += number(step, DP_FIELD_TRANSFERS);
	t->bytes += number(step, DP_FIELD_BYTES);
}

static void take_registration(struct tally *t, struct json_object *step)
{
	char text[64];

	snprintf(text, sizeof(text), "%.20s as %.16s%s", dp_text_of(step, DP_FIELD_ERRNO),
		 dp_text_of(step, DP_FIELD_ROLE),
		 dp_is_set(step, DP_FIELD_ON_DEMAND) ? " on demand" : "");
	add_once(t->refused, sizeof(t->refused), text);
}

static void take_trouble(struct tally *t, struct json_object *step)
{
	trouble(t, "%s: %.180s", dp_text_of(step, DP_FIELD_WHAT), dp_text_of(step, DP_FIELD_TEXT));
}

static void take_prefetch(struct tally *t, struct json_object *step)
{
	const char *refused = dp_step_text(step, DP_FIELD_ERRNO);

	snprintf(t->prefetch, sizeof(t->prefetch), "%.30s", refused ? refused : "done");
}

static void take_bandwidth(struct tally *t, struct json_object *step)
{
	double s = (double)number(step, DP_FIELD_US) / 1e6;
	double bytes = (double)number(step, DP_FIELD_BYTES);
	double operations = (double)number(step, DP_FIELD_OPERATIONS);
	struct json_object *obj = json_object_new_object();

	if (!t->bandwidth)
		t->bandwidth = json_object_new_array();
	json_object_array_add(t->bandwidth, obj);
	dp_json_add_text(obj, "topology", dp_text_of(step, DP_FIELD_TOPOLOGY));
	dp_json_add_bool(obj, "on_demand", dp_is_set(step, DP_FIELD_ON_DEMAND));
	dp_json_add_int(obj, "size", number(step, DP_FIELD_SIZE));
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
		dp_json_add_int(t->reference, "size", number(step, DP_FIELD_SIZE));
		dp_json_add_int(t->reference, "bytes_per_second",
				number(step, DP_FIELD_BYTES_PER_SECOND));
	}
	if (could != dp_is_set(step, DP_FIELD_REGISTERS))
		trouble(t, "%.32s %s register it, daxpin %s", dp_text_of(step, DP_FIELD_TOOL),
			could ? "could" : "could not", could ? "could not" : "could");
}

static const struct {
	enum dp_step step;
	void (*judge)(struct tally *t, struct json_object *step);
} judges[] = {
	{ DP_STEP_TRANSFERS, take_transfers },  { DP_STEP_FAILED, judge_failure },
	{ DP_STEP_REFUSAL, judge_refusal },     { DP_STEP_VERIFY, judge_look },
	{ DP_STEP_REFUSED, take_registration }, { DP_STEP_TROUBLE, take_trouble },
	{ DP_STEP_BANDWIDTH, take_bandwidth },  { DP_STEP_LOST, judge_loss },
	{ DP_STEP_PREFETCH, take_prefetch },    { DP_STEP_REFERENCE, take_reference },
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

/*
 * How much the most independent route shares with the mapping: a driver that maps another page
 * would do so for a second mapping, too.
 */
static const char *independence(const char *routes)
{
	static const struct {
		const char *route, *verified;
	} known[] = {
		{ "raw-device", "raw-device" },
		{ "file", "file-system" },
		{ "second-mapping", "same-driver" },
		{ "process", "page-table" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(routes, known[i].route))
			return known[i].verified;
	return NULL;
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
	dp_json_add_text(facts, "verified", independence(t->routes));
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
