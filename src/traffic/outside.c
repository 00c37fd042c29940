// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The look from outside: a region is compared with its ledger on the medium itself, by who has the
 * machine in hand. Where a namespace's data is, the medium tells (medium.h). Of the kernel under
 * test come the ledger, and for a file where its blocks are on the device.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "blocks.h"
#include "layout.h"
#include "ledger.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/medium.h"
#include "daxpin/steps.h"
#include "daxpin/traffic.h"

struct outside {
	const struct dp_medium *medium;
	struct dp_info info; /* of the namespace */
	struct dp_ledger ledger;
	struct dp_window windows[2];
	size_t nwindows;
	struct dp_damage damage;
	unsigned int blocks; /* that were read */
};

bool dp_is_seen_outside(const struct dp_mapping *mapping)
{
	return dp_is_devdax(mapping) || dp_is_fsdax(mapping);
}

static int compare(struct outside *o, uint64_t at, uint64_t from, uint64_t length,
		   struct dp_error *err)
{
	dp_autofree char *copy = NULL;
	int rc;

	if (!dp_within(from, length, o->info.length))
		return dp_report(err, -ERANGE, "byte %" PRIu64 " is not within the namespace",
				 from + length);
	copy = malloc(length);
	rc = copy ? o->medium->read(o->medium->arg, o->info.data + from, length, copy, err)
		  : -ENOMEM;
	if (rc)
		return dp_fail(err, rc, "cannot read the medium");
	dp_ledger_check(&o->ledger, copy, at, length, &o->damage);
	return 0;
}

/* The part of a block that is in a window. */
static int compare_part(struct outside *o, const struct dp_block *b, const struct dp_window *w,
			struct dp_error *err)
{
	uint64_t at = b->at, length = b->length;

	return dp_layout_part(w, &at, &length) ? compare(o, at, b->from + (at - b->at), length, err)
					       : 0;
}

/* No byte of the region is in two blocks, so that no more is read than it has. */
static int look_file(struct outside *o, uint64_t size, struct json_object *blocks,
		     struct dp_error *err)
{
	uint64_t next = 0;
	int rc = 0;

	for (size_t i = 0; i < dp_json_count(blocks) && !rc; i++) {
		struct dp_block b;

		if (dp_block_read(json_object_array_get_idx(blocks, i), &b) || b.at < next ||
		    !dp_within(b.at, b.length, size))
			return dp_report(err, -EBADMSG, "these cannot be the blocks of a file");
		next = b.at + b.length;
		o->blocks++;
		for (size_t k = 0; k < o->nwindows && !rc; k++)
			rc = compare_part(o, &b, &o->windows[k], err);
	}
	return rc;
}

static int look_device(struct outside *o, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < o->nwindows && !rc; i++)
		rc = compare(o, o->windows[i].offset, o->windows[i].offset, o->windows[i].length,
			     err);
	return rc;
}

static int look(struct outside *o, struct json_object *asked, struct dp_error *err)
{
	const char *name = dp_json_text(asked, "mapping");
	const struct dp_mapping *mapping = name ? dp_mapping_find(name) : NULL;
	int64_t size = dp_json_int_or(asked, dp_field_name(DP_FIELD_SIZE), 0);
	struct json_object *ledger = dp_json_object(asked, dp_field_name(DP_FIELD_LEDGER));
	int rc;

	if (!mapping || (!dp_is_devdax(mapping) && !mapping->fs) || size <= 0 ||
	    dp_ledger_from_json(ledger, &o->ledger))
		return dp_report(err, -EBADMSG,
				 "what the guest wants to have looked at is unclear");
	rc = dp_medium_find(o->medium, mapping->fs ? 0 : mapping->granule, mapping->fs, &o->info,
			    err);
	if (rc)
		return rc;
	o->nwindows = dp_layout_windows((uint64_t)size, o->windows);
	return mapping->fs ? look_file(o, (uint64_t)size,
				       dp_json_array(asked, dp_field_name(DP_FIELD_BLOCKS)), err)
			   : look_device(o, err);
}

/* Physical address of the namespace's data, for people. */
static void add_place(struct json_object *step, const struct outside *o)
{
	char text[24];

	snprintf(text, sizeof(text), "%#" PRIx64, o->medium->base + o->info.data);
	dp_step_set_text(step, DP_FIELD_START, o->info.length ? text : NULL);
}

struct json_object *dp_traffic_look(struct json_object *asked, const char *topology,
				    const struct dp_medium *medium)
{
	dp_autofree struct outside *o = calloc(1, sizeof(*o));
	struct json_object *step = dp_step_new(DP_STEP_OUTSIDE), *list = json_object_new_array();
	struct dp_error err = { 0 };
	int rc;

	if (!o) {
		json_object_put(list);
		return step;
	}
	o->medium = medium;
	rc = look(o, asked, &err);
	json_object_array_add(list, dp_damage_to_json(&o->damage, medium->route, o->blocks,
						      rc ? err.what : NULL));
	dp_step_set_text(step, DP_FIELD_MEMORY, "mapping");
	dp_step_set(step, DP_FIELD_ROUTES, list);
	dp_step_set_int(step, DP_FIELD_LOOKS, 1);
	add_place(step, o);
	if (topology)
		dp_step_set_text(step, DP_FIELD_TOPOLOGY, topology);
	else
		dp_step_copy(step, DP_FIELD_TOPOLOGY, asked);
	dp_step_copy(step, DP_FIELD_ROLE, asked);
	dp_step_copy(step, DP_FIELD_ON_DEMAND, asked);
	return step;
}
