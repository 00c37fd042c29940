// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * C9: what is pinned stays the process's own page. Adapter and process have written in turn, and
 * each has looked at what the other wrote. What the process itself has asked for is told: its old
 * pages stay the adapter's then, and what is in their place is not touched by it. A call that was
 * refused has told so, and has changed nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sights.h"

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"
#include "daxpin/state.h"

#define OWED (DP_STEP_BIT(DP_STEP_REGION) | DP_STEP_BIT(DP_STEP_TAINT))
#define ONCE DP_STEP_BIT(DP_STEP_TAINT)

#define BIT(bytes) (1U << DP_BYTES_##bytes)
/* What a region can hold before the adapter writes. */
#define EARLY (BIT(INITIAL) | BIT(CHANGED) | BIT(ZERO))
/* What the owner or the adapter writes once the state is made. */
#define LATE (BIT(ADAPTER) | BIT(OWNER) | BIT(AGAIN))
#define ANY  (BIT(ABSENT) | (BIT(ABSENT) - 1))

static void break_promise(struct sights *k, enum dp_state_phase phase, enum dp_state_by by,
			  enum dp_state_bytes bytes)
{
	static const char *const when[] = { "at first", "after the adapter wrote",
					    "after the process wrote",
					    "after the adapter wrote again" };
	static const char *const who[] = { "process", "adapter", "other process", "medium" };
	const char *known;
	struct dp_series series;

	/* The first one explains the others. */
	if (k->broken++)
		return;
	known = dp_parse_series(k->v->subject->kernel, &series, NULL)
			? NULL
			: dp_state_known(k->v->state, k->v->mapping, k->pin, series);
	if (known && strstr(k->v->result->why, known))
		known = NULL;
	dp_broken(k->v, DP_C9,
		  "%s region: %s, the %s sees \"%s\" in %" PRIu64 " of %" PRId64 " pages%s%s",
		  dp_state_pin_name(k->pin), when[phase], who[by], dp_state_bytes_name(bytes),
		  k->sights[phase][by].pages[bytes], k->pages, known ? " " : "",
		  known ? known : "");
}

/* Everything that is seen there is one of a set. */
static void expect(struct sights *k, enum dp_state_phase phase, enum dp_state_by by,
		   unsigned int allowed)
{
	for (int i = 0; i < DP_STATE_BYTES; i++)
		if (k->sights[phase][by].pages[i] && !(allowed & 1U << i))
			break_promise(k, phase, by, (enum dp_state_bytes)i);
}

/* Process and adapter see the same. */
static void expect_same(struct sights *k, enum dp_state_phase phase)
{
	const struct dp_state_sight *owner = &k->sights[phase][DP_BY_OWNER],
				    *adapter = &k->sights[phase][DP_BY_ADAPTER];

	for (int i = 0; i < DP_STATE_BYTES; i++)
		if (owner->pages[i] != adapter->pages[i])
			break_promise(k, phase,
				      owner->pages[i] > adapter->pages[i] ? DP_BY_OWNER
									  : DP_BY_ADAPTER,
				      (enum dp_state_bytes)i);
}

static void judge_kept(struct sights *k)
{
	bool shared = dp_state_is_shared(k->v->mapping);
	/* A device holds what it held before; on demand a region is what is mapped there now. */
	unsigned int first = k->v->mapping->ordered ? ANY & ~BIT(ABSENT)
			     : shared               ? EARLY | BIT(OTHER) | BIT(NEW)
						    : EARLY | BIT(NEW);

	if (k->v->state->intact)
		first = BIT(INITIAL);
	expect(k, DP_PHASE_MADE, DP_BY_OWNER, first);
	expect_same(k, DP_PHASE_MADE);
	expect(k, DP_PHASE_OWNER_WROTE, DP_BY_ADAPTER, BIT(OWNER));
	if (k->pin == DP_STATE_READ)
		return;
	expect(k, DP_PHASE_ADAPTER_WROTE, DP_BY_OWNER, BIT(ADAPTER));
	expect(k, DP_PHASE_ADAPTER_AGAIN, DP_BY_OWNER, BIT(AGAIN));
}

/* The adapter has the old pages, and nobody else has them. */
static void judge_given_up(struct sights *k)
{
	expect(k, DP_PHASE_MADE, DP_BY_ADAPTER, BIT(INITIAL) | BIT(CHANGED));
	if (k->pin == DP_STATE_READ) {
		expect(k, DP_PHASE_OWNER_WROTE, DP_BY_ADAPTER, BIT(INITIAL) | BIT(CHANGED));
		return;
	}
	expect(k, DP_PHASE_ADAPTER_WROTE, DP_BY_OWNER, BIT(ZERO) | BIT(NEW));
	expect(k, DP_PHASE_OWNER_WROTE, DP_BY_ADAPTER, BIT(ADAPTER));
	expect(k, DP_PHASE_ADAPTER_AGAIN, DP_BY_OWNER, BIT(OWNER));
}

/* Each page is the process's own, or it is not; what it is, it stays. */
static void judge_perhaps(struct sights *k)
{
	const struct dp_state_sight *now = &k->sights[DP_PHASE_OWNER_WROTE][DP_BY_ADAPTER];
	const struct dp_state_sight *then = &k->sights[DP_PHASE_ADAPTER_AGAIN][DP_BY_OWNER];
	bool writes = k->pin != DP_STATE_READ;

	expect(k, DP_PHASE_MADE, DP_BY_ADAPTER, BIT(INITIAL) | BIT(ZERO));
	expect(k, DP_PHASE_MADE, DP_BY_OWNER, BIT(INITIAL) | BIT(ZERO));
	expect(k, DP_PHASE_OWNER_WROTE, DP_BY_ADAPTER,
	       BIT(OWNER) | (writes ? BIT(ADAPTER) : BIT(INITIAL) | BIT(ZERO)));
	if (!writes)
		return;
	expect(k, DP_PHASE_ADAPTER_WROTE, DP_BY_OWNER, BIT(ADAPTER) | BIT(ZERO));
	expect(k, DP_PHASE_ADAPTER_AGAIN, DP_BY_OWNER, BIT(AGAIN) | BIT(OWNER));
	if (now->pages[DP_BYTES_OWNER] != then->pages[DP_BYTES_AGAIN])
		break_promise(k, DP_PHASE_ADAPTER_AGAIN, DP_BY_OWNER, DP_BYTES_AGAIN);
}

static void judge_others(struct sights *k)
{
	bool writes = k->pin != DP_STATE_READ, shared = dp_state_is_shared(k->v->mapping);
	enum dp_state_phase last = writes ? DP_PHASE_ADAPTER_AGAIN : DP_PHASE_OWNER_WROTE;
	unsigned int mine = ANY & ~LATE, file = ANY & ~LATE;

	if (shared && k->keeps == DP_STATE_KEPT)
		mine = file = k->replaced ? ANY & ~LATE : writes ? BIT(AGAIN) : BIT(OWNER);
	else if (shared && k->keeps == DP_STATE_GIVEN_UP && k->v->state->file)
		file = BIT(OWNER);
	else if (shared && k->keeps == DP_STATE_GIVEN_UP)
		file = writes ? BIT(AGAIN) : BIT(INITIAL) | BIT(CHANGED);
	else if (shared)
		file = ANY;
	if (k->v->state->absent)
		mine = BIT(ABSENT);
	if (k->seen[last] & 1U << DP_BY_OTHER)
		expect(k, last, DP_BY_OTHER, mine);
	if (k->seen[last] & 1U << DP_BY_MEDIUM)
		expect(k, last, DP_BY_MEDIUM, file);
}

/* Where nothing is left at the address the adapter is refused, from the beginning. */
static void judge_taken_away(struct sights *k)
{
	expect(k, DP_PHASE_MADE, DP_BY_ADAPTER, 0);
	expect(k, DP_PHASE_MADE, DP_BY_OWNER, EARLY);
	if (k->pin == DP_STATE_READ)
		return;
	expect(k, DP_PHASE_ADAPTER_WROTE, DP_BY_OWNER, EARLY);
	expect(k, DP_PHASE_ADAPTER_AGAIN, DP_BY_OWNER, BIT(OWNER));
}

/* Return: false if the adapter was refused where it should not have been. */
static bool judge_kind(struct sights *k, char *text, size_t size)
{
	static void (*const judges[DP_STATE_KEEPS])(struct sights * k) = {
		[DP_STATE_KEPT] = judge_kept,
		[DP_STATE_GIVEN_UP] = judge_given_up,
		[DP_STATE_PERHAPS] = judge_perhaps,
		[DP_STATE_TAKEN] = judge_taken_away,
	};
	unsigned int refused = 0;

	for (int i = 0; i < DP_STATE_PHASES; i++)
		refused |= k->refused[i];
	if (refused && k->keeps != DP_STATE_TAKEN) {
		snprintf(text, size, "the adapter could not reach the %s region",
			 dp_state_pin_name(k->pin));
		return false;
	}
	judges[k->keeps](k);
	if (k->keeps != DP_STATE_TAKEN)
		judge_others(k);
	return true;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static const char *keeps_name(enum dp_state_keeps keeps)
{
	static const char *const names[] = { "kept", "given up", "kept or given up",
					     "out of reach" };

	return names[keeps];
}

static void add_fact(struct sights *k, const char *pages, const char *code)
{
	struct json_object *facts = k->v->result->facts, *list, *one = json_object_new_object();

	if (!facts)
		facts = k->v->result->facts = json_object_new_object();
	list = dp_json_array(facts, "regions");
	if (!list) {
		list = json_object_new_array();
		json_object_object_add(facts, "regions", list);
	}
	dp_json_add_text(one, "pin", dp_state_pin_name(k->pin));
	dp_json_add_text(one, "pages", pages);
	dp_json_add_text(one, "errno", code);
	if (k->reached) {
		json_object_object_add(one, "control_pages", json_object_new_int64(k->control));
		json_object_object_add(one, "control_done", json_object_new_int64(k->done));
	}
	json_object_array_add(list, one);
}

/*
 * Return: whether there is an answer: 1 if the region was registered, 0 if not, -1 if something is
 * missing, and @text receives what.
 */
static int judge_pin(struct verdict *v, enum dp_state_pin pin, char *text, size_t size)
{
	struct sights k = { .v = v, .pin = pin };
	struct json_object *region = dp_sights_region(&k);
	const char *code;
	bool seen;

	if (!region) {
		snprintf(text, size, "not observed: one step \"region\" of a %s region",
			 dp_state_pin_name(pin));
		return -1;
	}
	if (!dp_completed(region)) {
		add_fact(&k, "not asked", NULL);
		return 0;
	}
	code = dp_step_text(region, DP_FIELD_ERRNO);
	if (code) {
		snprintf(text, size, "a %s region is refused with %.20s", dp_state_pin_name(pin),
			 code);
		add_fact(&k, "not registered", code);
		return 0;
	}
	seen = !dp_step_int(region, DP_FIELD_PAGES, &k.pages) && dp_sights_read(&k, text, size);
	/* Of what follows it nothing need have been seen. */
	if (v->state->refused && k.granted)
		dp_broken(v, DP_C9, "%s region: the call was not refused, though pages are pinned",
			  dp_state_pin_name(pin));
	if (seen && k.region && pin != DP_STATE_ON_DEMAND)
		dp_broken(v, DP_C9, "%s region: %" PRId64 " of %" PRId64 " pinned pages were %s",
			  dp_state_pin_name(pin), k.region, k.pages, v->state->reached);
	if (!seen || !judge_kind(&k, text, size))
		return -1;
	add_fact(&k, k.broken ? "lost" : keeps_name(k.keeps), NULL);
	return 1;
}

static void judge_pins(struct verdict *v)
{
	struct dp_result *r = v->result;
	char text[sizeof(r->why)] = "";
	int asked = 0;

	for (int i = 0; i < DP_STATE_PINS && asked >= 0; i++) {
		int answer = judge_pin(v, (enum dp_state_pin)i, text, sizeof(text));

		asked = answer < 0 ? -1 : asked + answer;
	}
	if (r->violates) {
		r->status = DP_FAIL;
	} else if (asked < 0) {
		snprintf(r->why, sizeof(r->why), "%s", text);
	} else if (!asked) {
		r->status = DP_SKIP_STATUS;
		snprintf(
			r->why, sizeof(r->why),
			"no region of this memory can be registered here%s%.500s: nothing is pinned",
			text[0] ? ", " : "", text);
	} else {
		r->status = DP_PASS;
		snprintf(r->why, sizeof(r->why), "%s: %s", v->state->what, v->state->promise);
	}
}

void dp_judge_state(struct verdict *v)
{
	struct dp_result *r = v->result;

	dp_judge_splats(v);
	if (r->violates)
		r->status = DP_FAIL;
	else if (!dp_find_missing(v, OWED, ONCE, r->why, sizeof(r->why)) &&
		 !dp_sights_out_of_order(v, r->why, sizeof(r->why)))
		judge_pins(v);
	r->unfinished = r->status == DP_ERROR;
}
