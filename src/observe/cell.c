// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
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

static void add_text(struct json_object *obj, const char *key, const char *text)
{
	if (text[0])
		dp_json_add_text(obj, key, text);
}

/* Adds a member unless it has its usual value, to keep the lines short. */
static void add_unusual(struct json_object *obj, const char *key, int64_t value, int64_t usual)
{
	if (value != usual)
		dp_json_add_int(obj, key, value);
}

static void add_proof(struct json_object *obj, const struct dp_cell *cell)
{
	add_text(obj, "owner", cell->owner);
	add_unusual(obj, "uniform", cell->uniform, true);
	dp_json_add_int(obj, "leaf", (int64_t)cell->leaf);
	add_text(obj, "leaf_by", cell->leaf_by);
	add_text(obj, "resource", cell->resource);
	add_text(obj, "zone_before", cell->zone_before);
	add_text(obj, "zone_after", cell->zone_after);
	add_unusual(obj, "moved", (int64_t)cell->moved, 0);
	add_text(obj, "proof_text", cell->proof_text);
}

struct json_object *dp_cell_to_json(const struct dp_cell *cell)
{
	struct json_object *obj = json_object_new_object();

	if (!obj)
		return NULL;
	dp_json_add_text(obj, "kind", "cell");
	add_text(obj, "id", cell->id);
	add_text(obj, "outcome", outcome_names[cell->outcome]);
	add_text(obj, "text", cell->text);
	if (cell->outcome != DP_ANSWERED)
		return obj;
	dp_json_add_text(obj, "errno", cell->err ? dp_errno_name(cell->err) : NULL);
	dp_json_add_int(obj, "pages", (int64_t)cell->pages);
	if (cell->pins_seen) {
		dp_json_add_int(obj, "acquired", (int64_t)cell->acquired);
		dp_json_add_int(obj, "released", (int64_t)cell->released);
	}
	add_unusual(obj, "vmpin_held_kib", cell->vmpin_held_kib, 0);
	add_unusual(obj, "vmpin_kept_kib", cell->vmpin_kept_kib, 0);
	dp_json_add_int(obj, "register_us", (int64_t)cell->register_us);
	dp_json_add_int(obj, "deregister_us", (int64_t)cell->deregister_us);
	add_unusual(obj, "attempts", cell->attempts, 1);
	add_proof(obj, cell);
	return obj;
}

/* Reads the members of an object, and notes the first key that is missing or wrong. */
struct reader {
	struct json_object *obj;
	const char *bad;
};

static void get_text(struct reader *r, const char *key, char *buf, size_t size, bool needed)
{
	const char *text = dp_json_text(r->obj, key);

	buf[0] = '\0';
	if (text && strlen(text) < size)
		dp_printable(strcpy(buf, text));
	else if ((text || needed || json_object_object_get(r->obj, key)) && !r->bad)
		r->bad = key;
}

static int64_t get_int(struct reader *r, const char *key)
{
	int64_t value = 0;

	if (dp_json_int(r->obj, key, &value) && !r->bad)
		r->bad = key;
	return value;
}

static int64_t get_unusual(struct reader *r, const char *key, int64_t usual)
{
	return json_object_object_get_ex(r->obj, key, NULL) ? get_int(r, key) : usual;
}

static uint64_t get_count(struct reader *r, const char *key)
{
	int64_t value = get_int(r, key);

	if (value < 0 && !r->bad)
		r->bad = key;
	return value < 0 ? 0 : (uint64_t)value;
}

static void get_outcome(struct reader *r, struct dp_cell *cell)
{
	char name[16];

	get_text(r, "outcome", name, sizeof(name), true);
	for (int i = DP_ANSWERED; i <= DP_BROKEN; i++)
		if (!strcmp(name, outcome_names[i])) {
			cell->outcome = i;
			return;
		}
	if (!r->bad)
		r->bad = "outcome";
}

static void get_errno(struct reader *r, struct dp_cell *cell)
{
	struct json_object *value;
	char name[32];

	if (!json_object_object_get_ex(r->obj, "errno", &value)) {
		r->bad = r->bad ? r->bad : "errno";
		return;
	}
	if (!value)
		return;
	get_text(r, "errno", name, sizeof(name), true);
	cell->err = dp_errno_from_name(name);
	if (!cell->err && !r->bad)
		r->bad = "errno";
}

static void get_proof(struct reader *r, struct dp_cell *cell)
{
	get_text(r, "owner", cell->owner, sizeof(cell->owner), false);
	cell->uniform = get_unusual(r, "uniform", true);
	cell->leaf = get_count(r, "leaf");
	get_text(r, "leaf_by", cell->leaf_by, sizeof(cell->leaf_by), false);
	get_text(r, "resource", cell->resource, sizeof(cell->resource), false);
	get_text(r, "zone_before", cell->zone_before, sizeof(cell->zone_before), false);
	get_text(r, "zone_after", cell->zone_after, sizeof(cell->zone_after), false);
	cell->moved = (uint64_t)get_unusual(r, "moved", 0);
	get_text(r, "proof_text", cell->proof_text, sizeof(cell->proof_text), false);
}

static void get_answer(struct reader *r, struct dp_cell *cell)
{
	get_errno(r, cell);
	cell->pages = get_count(r, "pages");
	cell->pins_seen = json_object_object_get(r->obj, "acquired") != NULL;
	if (cell->pins_seen) {
		cell->acquired = get_count(r, "acquired");
		cell->released = get_count(r, "released");
	}
	cell->vmpin_held_kib = get_unusual(r, "vmpin_held_kib", 0);
	cell->vmpin_kept_kib = get_unusual(r, "vmpin_kept_kib", 0);
	cell->register_us = get_count(r, "register_us");
	cell->deregister_us = get_count(r, "deregister_us");
	cell->attempts = (unsigned int)get_unusual(r, "attempts", 1);
	get_proof(r, cell);
}

int dp_cell_from_json(struct json_object *obj, struct dp_cell *cell, struct dp_error *err)
{
	struct reader r = { .obj = obj };

	memset(cell, 0, sizeof(*cell));
	get_text(&r, "id", cell->id, sizeof(cell->id), true);
	get_outcome(&r, cell);
	get_text(&r, "text", cell->text, sizeof(cell->text), false);
	if (!r.bad && cell->outcome == DP_ANSWERED)
		get_answer(&r, cell);
	if (r.bad)
		return dp_fail(err, -EBADMSG, "observation of %.64s: bad or missing \"%s\"",
			       cell->id[0] ? cell->id : "a cell", r.bad);
	return 0;
}
