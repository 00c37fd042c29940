// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The transfers of a leg: from one byte to the whole region, with unaligned starts, across the
 * boundaries of pages and of 2 MiB, through the keys of the whole and of its halves, from one place
 * or gathered from several.
 */
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdio.h>

#include "layout.h"
#include "leg.h"
#include "pattern.h"
#include "talk.h"

#include "daxpin/cleanup.h"

#define PAGE 4096ULL

/* Between the places that a transfer is gathered from, bytes. */
#define GAP 77

/* Offsets are in the regions: the target in the remote one, the source in the local one. */
struct transfer {
	uint64_t target, source, length; /* bytes */
	unsigned int pieces;             /* places that the source consists of */
};

/* ---- what must be where ------------------------------------------------------------------ */

/* The end that the data comes from. */
static enum dp_side giver(const struct dp_leg *leg)
{
	return leg->operation->shape == DP_SHAPE_READ ? DP_REMOTE : DP_LOCAL;
}

static bool is_zeroed(const struct dp_region *r)
{
	return r->ledger.count && r->ledger.extents[0].content == DP_ZEROS;
}

/* Nothing is written to the giver. */
bool dp_leg_note(struct dp_leg *leg, uint64_t to, uint64_t from, uint64_t length)
{
	const struct dp_region *source = &leg->regions[giver(leg)];
	struct dp_ledger *ledger = &leg->regions[!giver(leg)].ledger;

	return dp_ledger_add(ledger, is_zeroed(source) ? DP_ZEROS : DP_PATTERN, to, length,
			     source->ledger.seed, from);
}

static uint64_t piece_length(const struct transfer *t, unsigned int i)
{
	uint64_t each = t->length / t->pieces;

	return i + 1 == t->pieces ? t->length - each * (t->pieces - 1) : each;
}

static uint64_t piece_at(const struct transfer *t, unsigned int i)
{
	return t->source + i * (t->length / t->pieces + GAP);
}

static bool note_transfer(struct dp_leg *leg, const struct transfer *t)
{
	uint64_t target = t->target;
	bool room = true;

	for (unsigned int i = 0; i < t->pieces; i++) {
		uint64_t length = piece_length(t, i), source = piece_at(t, i);

		room &= giver(leg) == DP_LOCAL ? dp_leg_note(leg, target, source, length)
					       : dp_leg_note(leg, source, target, length);
		target += length;
	}
	return room;
}

/* ---- one transfer ------------------------------------------------------------------------ */

/* Alternates between the key of the whole and that of the half that a range lies in, if it does. */
static uint32_t rkey_for(const struct dp_leg *leg, uint64_t offset, uint64_t length)
{
	const struct dp_region *r = &leg->regions[DP_REMOTE];

	if (leg->transfers % 2 == 0)
		return r->rkey;
	if (offset + length <= r->half)
		return r->head_rkey;
	return offset >= r->half ? r->tail_rkey : r->rkey;
}

static bool completed(struct json_object *reply)
{
	return dp_json_int_or(reply, "status", -1) == IBV_WC_SUCCESS;
}

static int fail(struct dp_leg *leg, const char *what, const struct transfer *t,
		struct json_object *reply)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%s", what, leg->reset ? " after a reset" : "");
	return dp_leg_emit_failed(leg, text, t->target, t->length, reply);
}

static int post_receive(struct dp_leg *leg, const struct transfer *t)
{
	struct json_object *command = dp_talk_command("receive");
	dp_autojson struct json_object *reply = NULL;

	if (leg->operation->shape == DP_SHAPE_SEND)
		dp_talk_add_sge(command, "whole", t->target, t->length);
	return dp_drive_ask(leg->drive, DP_REMOTE, command, &reply) ? fail(leg, "receive", t, reply)
								    : 0;
}

static int check_receive(struct dp_leg *leg, const struct transfer *t)
{
	dp_autojson struct json_object *reply = NULL;
	int rc = dp_drive_ask(leg->drive, DP_REMOTE, dp_talk_command("received"), &reply);

	if (rc || !completed(reply))
		return fail(leg, "received", t, reply);
	if (dp_talk_number(reply, "bytes") == t->length &&
	    (!leg->operation->immediate ||
	     dp_talk_number(reply, "immediate") == leg->transfers + 1))
		return 0;
	json_object_object_del(reply, "status_text");
	dp_json_add_text(reply, "text",
			 "the receive completed with another length or other immediate data");
	return fail(leg, "received", t, reply);
}

static int post(struct dp_leg *leg, const char *operation, const struct transfer *t,
		struct json_object *command)
{
	const struct dp_region *r = &leg->regions[DP_REMOTE];
	dp_autojson struct json_object *reply = NULL;
	int rc;

	dp_json_add_text(command, "operation", operation);
	for (unsigned int i = 0; i < t->pieces; i++)
		dp_talk_add_sge(command, "whole", piece_at(t, i), piece_length(t, i));
	dp_json_add_int(command, "remote", (int64_t)(r->address + t->target));
	dp_json_add_int(command, "rkey", rkey_for(leg, t->target, t->length));
	dp_json_add_int(command, "immediate", (int64_t)leg->transfers + 1);
	rc = dp_drive_ask(leg->drive, DP_LOCAL, command, &reply);
	return rc || !completed(reply) ? fail(leg, operation, t, reply) : 0;
}

static int move(struct dp_leg *leg, const struct transfer *t)
{
	const struct dp_operation *op = leg->operation;
	bool receives = op->shape == DP_SHAPE_SEND || op->immediate;
	int rc = receives ? post_receive(leg, t) : 0;

	if (!rc && op->shape == DP_SHAPE_FLUSH)
		rc = post(leg, "write", t, dp_talk_command("post"));
	if (!rc)
		rc = post(leg, op->name, t, dp_talk_command("post"));
	if (!rc && receives)
		rc = check_receive(leg, t);
	if (rc)
		return rc;
	leg->transfers++;
	leg->bytes += t->length;
	return note_transfer(leg, t) ? 0 : -E2BIG;
}

/* ---- atomics ----------------------------------------------------------------------------- */

static uint64_t word_at(const struct dp_region *r, uint64_t offset)
{
	return is_zeroed(r) ? 0 : dp_pattern_word(r->ledger.seed, offset);
}

/*
 * Adds the operands to a command. Return: what the word becomes. A compare that does not match must
 * change nothing.
 */
static uint64_t outcome(const struct dp_leg *leg, const struct transfer *t, uint64_t old,
			bool match, struct json_object *command)
{
	uint64_t mine = dp_pattern_word(leg->regions[DP_LOCAL].ledger.seed, ~7ULL - t->source);

	if (leg->operation->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		dp_talk_add_word(command, "compare", mine);
		return old + mine;
	}
	if (leg->operation->opcode == IBV_WR_ATOMIC_CMP_AND_SWP) {
		dp_talk_add_word(command, "compare", match ? old : ~old);
		dp_talk_add_word(command, "swap", mine);
		return match ? mine : old;
	}
	return word_at(&leg->regions[DP_LOCAL], t->source);
}

static int change(struct dp_leg *leg, const struct transfer *t, bool match)
{
	struct json_object *command = dp_talk_command("post");
	uint64_t old = word_at(&leg->regions[DP_REMOTE], t->target);
	uint64_t new = outcome(leg, t, old, match, command);
	int rc = post(leg, leg->operation->name, t, command);

	if (rc)
		return rc;
	leg->transfers++;
	leg->bytes += t->length;
	/* An operation whose request carries the data brings nothing back. */
	if (!dp_ledger_add(&leg->regions[DP_REMOTE].ledger, DP_WORD, t->target, 8, new, 0) ||
	    (!leg->operation->carried &&
	     !dp_ledger_add(&leg->regions[DP_LOCAL].ledger, DP_WORD, t->source, 8, old, 0)))
		return -E2BIG;
	return 0;
}

/* Each word is changed once, so that its old value is known: later rounds change others. */
static int run_atomics(struct dp_leg *leg)
{
	uint64_t length = leg->regions[DP_REMOTE].length, begin = 8 * leg->transfers;
	const uint64_t words[] = { 0, PAGE - 8 - 2 * begin, leg->regions[DP_REMOTE].half,
				   length - 8 - 2 * begin };
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(words) && !rc; i++) {
		const struct transfer t = { words[i] + begin, 64 * i + 8 * leg->transfers, 8, 1 };

		rc = change(leg, &t, i != 1);
	}
	return rc;
}

/* ---- all of them ------------------------------------------------------------------------- */

static bool fits(const struct dp_leg *leg, const struct transfer *t)
{
	uint64_t length = leg->regions[DP_REMOTE].length;

	return t->target + t->length <= length &&
	       t->source + t->length + t->pieces * GAP <= length + (t->pieces == 1) * GAP;
}

int dp_leg_transfer(struct dp_leg *leg)
{
	uint64_t length = leg->regions[DP_REMOTE].length;
	uint64_t edge = leg->regions[DP_REMOTE].half;
	const struct transfer list[] = {
		{ 0, 0, length, 1 },
		{ 0, 1, 1, 1 },
		{ length - 1, 0, 1, 1 },
		{ PAGE - 3, PAGE - 3, 7, 1 },
		{ 3 * PAGE, 3 * PAGE, PAGE, 1 },
		{ 5 * PAGE + 13, 29 * PAGE + 1, 65536, 1 },
		{ edge - 1001, 7 * PAGE - 3, 3000, 1 },
		{ 60 * PAGE + 5, 90 * PAGE + 2, 3 * PAGE + 100, 3 },
		{ edge - PAGE - 1, 11, 40 * PAGE + 2, 4 },
	};
	int rc = 0;

	if (leg->operation->shape == DP_SHAPE_ATOMIC)
		return run_atomics(leg);
	/* The question is whether the data stays, not whether each range arrives. */
	if (leg->operation->kept)
		return move(leg, &list[0]);
	/* A region that is too large to be compared in whole is not moved in whole. */
	for (size_t i = length > 2 * DP_WINDOW; i < DP_ARRAY_SIZE(list) && !rc; i++)
		if (fits(leg, &list[i]))
			rc = move(leg, &list[i]);
	return rc;
}

/* Both ends. What one of them refuses is no fault of the kernel's: an adapter need not do it. */
static int reset(struct dp_leg *leg)
{
	int rc = 0;

	for (enum dp_side side = DP_REMOTE;; side = DP_LOCAL) {
		struct json_object *obj;

		rc = dp_drive_ask(leg->drive, side, dp_talk_command("reset"), NULL);
		if (leg->drive->lost)
			return leg->drive->lost;
		if (!rc && side == DP_REMOTE)
			continue;
		obj = json_object_new_object();
		dp_step_set_text(obj, DP_FIELD_ERRNO, rc ? dp_errno_name(rc) : NULL);
		dp_leg_emit(leg, DP_STEP_RESET, obj);
		return rc;
	}
}

int dp_leg_transfer_reset(struct dp_leg *leg)
{
	const struct transfer t = { 3 * PAGE, 3 * PAGE, PAGE, 1 };
	int rc = reset(leg);

	if (leg->drive->lost)
		return rc;
	/* A connection that stopped halfway is of no use. */
	if (rc)
		return dp_leg_connect(leg, false);
	leg->reset = true;
	rc = leg->operation->shape == DP_SHAPE_ATOMIC ? run_atomics(leg) : move(leg, &t);
	leg->reset = false;
	return rc;
}
