// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/text.h"

static const char *const outcome_names[] = {
	[DP_ANSWERED] = "answered",
	[DP_SKIPPED] = "skipped",
	[DP_BROKEN] = "broken",
};

/* null: -1 */
static void add_known(struct json_object *obj, const char *key, int64_t pages)
{
	if (pages < 0)
		dp_json_add_text(obj, key, NULL);
	else
		dp_json_add_int(obj, key, pages);
}

/* Each member is there, null where there is nothing to say: what is missing was not observed. */
static void add_proof(struct json_object *obj, const struct dp_cell *cell)
{
	dp_json_add_text(obj, "owner", cell->owner);
	add_known(obj, "outside", cell->outside);
	add_known(obj, "displaced", cell->displaced);
	add_known(obj, "persistent", cell->persistent);
	if (cell->unlike >= 0)
		dp_json_add_int(obj, "unlike", cell->unlike);
	if (cell->leaf)
		dp_json_add_int(obj, "leaf", (int64_t)cell->leaf);
	else
		dp_json_add_text(obj, "leaf", NULL);
	dp_json_add_text(obj, "leaf_by", cell->leaf_by);
	dp_json_add_text(obj, "resource", cell->resource);
	dp_json_add_text(obj, "zone_before", cell->zone_before);
	dp_json_add_text(obj, "zone_after", cell->zone_after);
	dp_json_add_int(obj, "moved", (int64_t)cell->moved);
	dp_json_add_text(obj, "proof_text", cell->proof_text);
}

static void add_pins(struct json_object *obj, const struct dp_cell *cell)
{
	if (cell->pins_seen) {
		dp_json_add_int(obj, "acquired", (int64_t)cell->acquired);
		dp_json_add_int(obj, "released", (int64_t)cell->released);
	} else {
		dp_json_add_text(obj, "pins_text", cell->pins_text);
	}
	dp_json_add_int(obj, "vmpin_held_kib", cell->vmpin_held_kib);
	dp_json_add_int(obj, "vmpin_kept_kib", cell->vmpin_kept_kib);
}

const char *dp_evidence_path(const struct dp_evidence *e)
{
	if (e->fast && e->slow)
		return "fast+slow";
	return e->fast ? "fast" : e->slow ? "slow" : "none";
}

static struct json_object *hmm(const struct dp_evidence *e)
{
	struct json_object *obj;

	if (e->hmm_calls < 0)
		return NULL;
	obj = json_object_new_object();
	dp_json_add_int(obj, "calls", e->hmm_calls);
	dp_json_add_int(obj, "pages", e->hmm_pages);
	dp_json_add_int(obj, "faults", e->hmm_faults);
	return obj;
}

/* What was not seen is not there. */
static struct json_object *evidence(const struct dp_evidence *e)
{
	struct json_object *obj = json_object_new_object(), *fast, *slow, *pgmap;

	dp_json_add_bool(obj, "seen", e->seen);
	if (e->missing[0])
		dp_json_add_text(obj, "missing", e->missing);
	if (!e->seen)
		return obj;
	fast = json_object_new_object();
	slow = json_object_new_object();
	pgmap = json_object_new_object();
	dp_json_add_text(obj, "path", dp_evidence_path(e));
	dp_json_add_int(fast, "calls", e->calls);
	dp_json_add_int(fast, "pages", e->fast);
	dp_json_add_int(fast, "dropped", e->dropped);
	dp_json_add_int(slow, "pages", e->slow);
	dp_json_add_text(pgmap, "type", e->type);
	dp_json_add_int(pgmap, "lookups", e->lookups);
	dp_json_add_int(pgmap, "references", e->references);
	json_object_object_add(obj, "fast", fast);
	json_object_object_add(obj, "slow", slow);
	json_object_object_add(obj, "pgmap", pgmap);
	dp_json_add_text(obj, "refused_by", e->refused_by);
	if (e->unprobed[0])
		dp_json_add_text(obj, "unprobed", e->unprobed);
	dp_json_add_int(obj, "migrations", e->migrations);
	json_object_object_add(obj, "hmm", hmm(e));
	return obj;
}

struct json_object *dp_cell_to_json(const struct dp_cell *cell)
{
	struct json_object *obj = json_object_new_object();

	if (!obj)
		return NULL;
	dp_json_add_text(obj, "kind", "cell");
	dp_json_add_text(obj, "id", cell->id);
	dp_json_add_text(obj, "outcome", outcome_names[cell->outcome]);
	if (cell->text[0])
		dp_json_add_text(obj, "text", cell->text);
	if (cell->outcome != DP_ANSWERED)
		return obj;
	dp_json_add_text(obj, "errno", cell->err ? dp_errno_name(cell->err) : NULL);
	dp_json_add_int(obj, "pages", (int64_t)cell->pages);
	if (cell->limit[0])
		dp_json_add_text(obj, "limit", cell->limit);
	add_pins(obj, cell);
	dp_json_add_int(obj, "register_us", (int64_t)cell->register_us);
	dp_json_add_int(obj, "deregister_us", (int64_t)cell->deregister_us);
	dp_json_add_int(obj, "attempts", cell->attempts);
	add_proof(obj, cell);
	if (cell->evidence.seen || cell->evidence.missing[0])
		json_object_object_add(obj, "evidence", evidence(&cell->evidence));
	return obj;
}

/* Reads the members of an object, and notes the first key that is missing or wrong. */
struct reader {
	struct json_object *obj;
	const char *bad;
};

static void note_bad(struct reader *r, const char *key)
{
	if (!r->bad)
		r->bad = key;
}

/* A text; null for none if @nullable. */
static void get_text(struct reader *r, const char *key, char *buf, size_t size, bool nullable)
{
	struct json_object *value;
	const char *text;

	buf[0] = '\0';
	if (!json_object_object_get_ex(r->obj, key, &value) || (!value && !nullable)) {
		note_bad(r, key);
		return;
	}
	text = dp_json_text(r->obj, key);
	if (text && strlen(text) < size)
		dp_printable(strcpy(buf, text));
	else if (value)
		note_bad(r, key);
}

static int64_t get_int(struct reader *r, const char *key)
{
	int64_t value = 0;

	if (dp_json_int(r->obj, key, &value))
		note_bad(r, key);
	return value;
}

static uint64_t get_count(struct reader *r, const char *key)
{
	int64_t value = get_int(r, key);

	if (value < 0)
		note_bad(r, key);
	return value < 0 ? 0 : (uint64_t)value;
}

/* A count of pages; -1 for null. */
static int64_t get_known(struct reader *r, const char *key)
{
	struct json_object *value;

	if (json_object_object_get_ex(r->obj, key, &value) && !value)
		return -1;
	return (int64_t)get_count(r, key);
}

static void get_outcome(struct reader *r, struct dp_cell *cell)
{
	char name[16];

	get_text(r, "outcome", name, sizeof(name), false);
	for (int i = DP_ANSWERED; i <= DP_BROKEN; i++)
		if (!strcmp(name, outcome_names[i])) {
			cell->outcome = i;
			return;
		}
	note_bad(r, "outcome");
}

static void get_errno(struct reader *r, struct dp_cell *cell)
{
	struct json_object *value;
	char name[32];

	if (!json_object_object_get_ex(r->obj, "errno", &value)) {
		note_bad(r, "errno");
		return;
	}
	if (!value)
		return;
	get_text(r, "errno", name, sizeof(name), false);
	cell->err = dp_errno_from_name(name);
	if (!cell->err)
		note_bad(r, "errno");
}

static void get_proof(struct reader *r, struct dp_cell *cell)
{
	struct json_object *leaf;

	get_text(r, "owner", cell->owner, sizeof(cell->owner), true);
	cell->outside = get_known(r, "outside");
	cell->displaced = get_known(r, "displaced");
	cell->persistent = get_known(r, "persistent");
	/* Only of kinds with a trait. */
	cell->unlike = -1;
	if (json_object_object_get_ex(r->obj, "unlike", NULL))
		cell->unlike = (int64_t)get_count(r, "unlike");
	if (!json_object_object_get_ex(r->obj, "leaf", &leaf) || leaf)
		cell->leaf = get_count(r, "leaf");
	get_text(r, "leaf_by", cell->leaf_by, sizeof(cell->leaf_by), !cell->leaf);
	if (!cell->leaf != !cell->leaf_by[0])
		note_bad(r, "leaf");
	get_text(r, "resource", cell->resource, sizeof(cell->resource), true);
	get_text(r, "zone_before", cell->zone_before, sizeof(cell->zone_before), true);
	get_text(r, "zone_after", cell->zone_after, sizeof(cell->zone_after), true);
	cell->moved = get_count(r, "moved");
	get_text(r, "proof_text", cell->proof_text, sizeof(cell->proof_text), true);
}

/* Both counts, or why there are none. */
static void get_pins(struct reader *r, struct dp_cell *cell)
{
	cell->pins_seen = !json_object_object_get_ex(r->obj, "pins_text", NULL);
	if (cell->pins_seen) {
		cell->acquired = get_count(r, "acquired");
		cell->released = get_count(r, "released");
	} else {
		get_text(r, "pins_text", cell->pins_text, sizeof(cell->pins_text), false);
		if (json_object_object_get_ex(r->obj, "acquired", NULL) ||
		    json_object_object_get_ex(r->obj, "released", NULL))
			note_bad(r, "pins_text");
	}
	cell->vmpin_held_kib = get_int(r, "vmpin_held_kib");
	cell->vmpin_kept_kib = get_int(r, "vmpin_kept_kib");
}

static void get_answer(struct reader *r, struct dp_cell *cell)
{
	uint64_t attempts;

	get_errno(r, cell);
	cell->pages = get_count(r, "pages");
	if (json_object_object_get_ex(r->obj, "limit", NULL))
		get_text(r, "limit", cell->limit, sizeof(cell->limit), false);
	get_pins(r, cell);
	cell->register_us = get_count(r, "register_us");
	cell->deregister_us = get_count(r, "deregister_us");
	attempts = get_count(r, "attempts");
	if (attempts > UINT_MAX)
		note_bad(r, "attempts");
	cell->attempts = (unsigned int)attempts;
	get_proof(r, cell);
}

static void read_hmm(struct json_object *obj, struct dp_evidence *e)
{
	if (dp_json_int(obj, "calls", &e->hmm_calls) || dp_json_int(obj, "pages", &e->hmm_pages) ||
	    dp_json_int(obj, "faults", &e->hmm_faults))
		e->hmm_calls = -1;
}

void dp_evidence_read(struct json_object *obj, struct dp_evidence *e)
{
	struct json_object *fast = dp_json_object(obj, "fast"), *slow = dp_json_object(obj, "slow");
	struct json_object *pgmap = dp_json_object(obj, "pgmap");

	if (!obj)
		return;
	dp_json_copy_text(obj, "missing", e->missing, sizeof(e->missing));
	e->seen = dp_json_bool_or(obj, "seen", false) && !dp_json_int(fast, "pages", &e->fast) &&
		  !dp_json_int(fast, "dropped", &e->dropped) &&
		  !dp_json_int(slow, "pages", &e->slow) &&
		  !dp_json_int(pgmap, "lookups", &e->lookups) &&
		  !dp_json_int(pgmap, "references", &e->references) &&
		  !dp_json_int(obj, "migrations", &e->migrations);
	read_hmm(dp_json_object(obj, "hmm"), e);
	if (dp_json_int(fast, "calls", &e->calls))
		e->calls = 0;
	dp_json_copy_text(pgmap, "type", e->type, sizeof(e->type));
	dp_json_copy_text(obj, "refused_by", e->refused_by, sizeof(e->refused_by));
	dp_json_copy_text(obj, "unprobed", e->unprobed, sizeof(e->unprobed));
}

int dp_cell_from_json(struct json_object *obj, struct dp_cell *cell, struct dp_error *err)
{
	struct reader r = { .obj = obj };

	memset(cell, 0, sizeof(*cell));
	get_text(&r, "id", cell->id, sizeof(cell->id), false);
	get_outcome(&r, cell);
	if (json_object_object_get_ex(obj, "text", NULL) || cell->outcome != DP_ANSWERED)
		get_text(&r, "text", cell->text, sizeof(cell->text), false);
	if (!r.bad && cell->outcome == DP_ANSWERED)
		get_answer(&r, cell);
	dp_evidence_read(dp_json_object(obj, "evidence"), &cell->evidence);
	if (r.bad)
		return dp_fail(err, -EBADMSG, "observation of %.64s: bad or missing \"%s\"",
			       cell->id[0] ? cell->id : "a cell", r.bad);
	return 0;
}
