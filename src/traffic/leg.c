// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "leg.h"
#include "talk.h"

#include "daxpin/cleanup.h"
#include "daxpin/splat.h"

/* ---- on demand --------------------------------------------------------------------------- */

static struct json_object *disturbance(const char *how)
{
	struct json_object *command = dp_talk_command("disturb");

	dp_json_add_text(command, "how", how);
	dp_json_add_text(command, "key", "whole");
	return command;
}

static int disturb(struct dp_leg *leg, const char *how)
{
	dp_autojson struct json_object *reply = NULL;
	int rc = dp_drive_ask(leg->drive, leg->tested, disturbance(how), &reply);

	if (rc)
		dp_leg_emit_trouble(leg, how, reply);
	return rc;
}

/* The adapter need not follow the advice: without, the pages are cold, and work, too. */
static int prefetch(struct dp_leg *leg)
{
	int rc = dp_drive_ask(leg->drive, leg->tested, disturbance("prefetch"), NULL);
	struct json_object *obj;

	if (leg->drive->lost)
		return leg->drive->lost;
	obj = json_object_new_object();
	dp_step_set_text(obj, DP_FIELD_ERRNO, rc ? dp_errno_name(rc) : NULL);
	dp_leg_emit(leg, DP_STEP_PREFETCH, obj);
	return 0;
}

/* Whether the pages are those of a file, so that nothing is lost with the page tables. */
static bool is_file(const struct dp_leg *leg)
{
	const struct dp_mapping *mapping = leg->drive->tcase->mapping;

	return mapping->fs && !mapping->private;
}

/* All that the region held before is zero now. */
static void forget_content(struct dp_leg *leg)
{
	struct dp_region *r = &leg->regions[leg->tested];

	r->ledger.count = 0;
	dp_ledger_add(&r->ledger, DP_ZEROS, 0, r->length, 0, 0);
}

/* Once more with prefetched pages, and once more after the file's blocks were freed. */
static int transfer_disturbed(struct dp_leg *leg)
{
	int rc = prefetch(leg);

	if (!rc)
		rc = dp_leg_transfer(leg);
	if (!rc)
		rc = disturb(leg, "truncate");
	if (rc)
		return rc;
	forget_content(leg);
	return dp_leg_transfer(leg);
}

/* ---- the leg ----------------------------------------------------------------------------- */

static int transfer(struct dp_leg *leg)
{
	bool disturbed = leg->on_demand && is_file(leg) && !leg->operation->kept;
	int rc = dp_leg_connect(leg, false);

	if (!rc && leg->on_demand && is_file(leg))
		rc = disturb(leg, "chill");
	if (!rc)
		rc = dp_leg_transfer(leg);
	if (!rc && !leg->operation->kept)
		rc = dp_leg_transfer_reset(leg);
	if (!rc && disturbed)
		rc = transfer_disturbed(leg);
	return !rc && !leg->operation->kept ? dp_leg_measure(leg) : rc;
}

static void emit_transfers(struct dp_leg *leg)
{
	struct json_object *obj = json_object_new_object();

	dp_step_set_int(obj, DP_FIELD_TRANSFERS, (int64_t)leg->transfers);
	dp_step_set_int(obj, DP_FIELD_BYTES, (int64_t)leg->bytes);
	dp_leg_emit(leg, DP_STEP_TRANSFERS, obj);
}

/* Flushes the region, and emits what it must hold after another boot. */
static int keep(struct dp_leg *leg)
{
	const struct dp_region *r = &leg->regions[leg->tested];
	dp_autojson struct json_object *reply = NULL;
	int rc = dp_drive_ask(leg->drive, leg->tested, dp_talk_command("keep"), &reply);
	struct json_object *obj;

	if (rc) {
		dp_leg_emit_trouble(leg, "keep", reply);
		return rc;
	}
	obj = json_object_new_object();
	dp_step_set_text(obj, DP_FIELD_MAPPING, leg->drive->tcase->mapping->name);
	dp_step_set_int(obj, DP_FIELD_SIZE, (int64_t)r->length);
	dp_step_set_text(obj, DP_FIELD_START, dp_json_text(reply, "start"));
	dp_step_set(obj, DP_FIELD_LEDGER, dp_ledger_to_json(&r->ledger));
	dp_step_copy(obj, DP_FIELD_BLOCKS, reply);
	dp_leg_emit(leg, DP_STEP_KEPT, obj);
	return 0;
}

/* Transfers, and what must be refused; memory that cannot be accessed has only the latter. */
static int move(struct dp_leg *leg)
{
	bool reachable = leg->drive->tcase->mapping->populate != DP_POPULATE_NONE;
	int rc = reachable ? transfer(leg) : 0;

	if (leg->operation->kept)
		return rc;
	if (!rc)
		return dp_leg_refuse(leg);
	dp_leg_refuse_nothing(leg, "the transfers before it did not complete");
	return rc;
}

static int look(struct dp_leg *leg)
{
	if (leg->operation->kept)
		return keep(leg);
	return leg->drive->tcase->mapping->populate == DP_POPULATE_NONE ? 0 : dp_leg_read_back(leg);
}

int dp_leg_run(struct dp_leg *leg, struct dp_error *why)
{
	bool registers;
	int rc;

	dp_leg_emit_begin(leg);
	dp_mark_step("register");
	rc = dp_leg_open(leg, why);
	registers = !rc;
	dp_mark_step("transfers");
	if (rc == DP_SKIP)
		dp_leg_leave_out(leg, DP_STEP_TRANSFERS, "leg", why->what);
	if (registers)
		rc = move(leg);
	emit_transfers(leg);
	if (!rc)
		rc = look(leg);
	if ((!rc || !registers) && rc != DP_SKIP && dp_leg_reference_size(leg)) {
		dp_mark_step("reference");
		dp_leg_refer(leg, registers);
	}
	dp_leg_close(leg);
	if (!rc)
		rc = dp_leg_look_raw(leg);
	dp_leg_emit_end(leg);
	return rc == -EOPNOTSUPP ? 0 : rc;
}
