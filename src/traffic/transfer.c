// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The transfers of a leg: from one byte to the whole region, with starts that are aligned to
 * nothing, across the boundaries of pages and of 2 MiB, through the keys of the whole and of its
 * halves, gathered from one place or scattered over several.
 */
#include <errno.h>
#include <infiniband/verbs.h>
#include <stdio.h>
#include <string.h>

#include "drive.h"

#include "daxpin/cleanup.h"

#define PAGE 4096ULL

/* Between the places that a transfer is scattered over, bytes. */
#define GAP 77

/* How long, longer if it is compared with another's, and with what size, the bandwidth is taken. */
#define BANDWIDTH_MS   200
#define COMPARED_MS    1000
#define BANDWIDTH_SIZE 65536ULL

/* ---- what must be where ------------------------------------------------------------------ */

/* Where the data comes from and goes to. */
static enum side giver(const struct leg *leg)
{
	return leg->operation->shape == DP_SHAPE_READ ? REMOTE : LOCAL;
}

static bool is_zeroed(const struct region *r)
{
	return r->ledger.count && r->ledger.extents[0].content == DP_ZEROS;
}

/* A piece of the giver's region lies in the taker's now. Givers are never written to. */
static bool note(struct leg *leg, uint64_t to, uint64_t from, uint64_t length)
{
	const struct region *source = &leg->regions[giver(leg)];
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

static bool note_transfer(struct leg *leg, const struct transfer *t)
{
	uint64_t target = t->target;
	bool room = true;

	for (unsigned int i = 0; i < t->pieces; i++) {
		uint64_t length = piece_length(t, i), source = piece_at(t, i);

		room &= giver(leg) == LOCAL ? note(leg, target, source, length)
					    : note(leg, source, target, length);
		target += length;
	}
	return room;
}

/* ---- one transfer ------------------------------------------------------------------------ */

/* The key of the half that a range lies in, or of the whole: each in its turn. */
static uint32_t rkey_for(const struct leg *leg, uint64_t offset, uint64_t length)
{
	const struct region *r = &leg->regions[REMOTE];

	if (leg->transfers % 2 == 0)
		return r->rkey;
	if (offset + length <= r->half)
		return r->head_rkey;
	return offset >= r->half ? r->tail_rkey : r->rkey;
}

/* Something that should have succeeded has not: what, and how it ended. */
static int emit_failure(struct leg *leg, const char *what, const struct transfer *t,
			struct json_object *reply)
{
	const char *text = reply ? dp_json_text(reply, "text") : NULL;
	const char *status = reply ? dp_json_text(reply, "status_text") : NULL;
	struct json_object *obj;

	leg->failed = true;
	/* Requests to somebody who has gone fail, and that says nothing about the kernel. */
	if (has_gone(leg->drive)) {
		emit_trouble(leg, what, NULL);
		return -ECONNRESET;
	}
	obj = json_object_new_object();
	dp_json_add_text(obj, "what", what);
	dp_json_add_int(obj, "offset", (int64_t)t->target);
	dp_json_add_int(obj, "length", (int64_t)t->length);
	dp_json_add_text(obj, "text", text ? text : status ? status : "the remote end is lost");
	dp_json_add_text(obj, "state", reply ? dp_json_text(reply, "state") : NULL);
	emit_step(leg, "failed", obj);
	return -EIO;
}

static bool completed(struct json_object *reply)
{
	int64_t status;

	return reply && !dp_json_int(reply, "status", &status) && status == IBV_WC_SUCCESS;
}

static int expect_receive(struct leg *leg, const struct transfer *t)
{
	struct json_object *command = command_of("receive");
	dp_cleanup(put_object) struct json_object *reply = NULL;

	if (leg->operation->shape == DP_SHAPE_SEND)
		add_sge(command, "whole", t->target, t->length);
	return ask(leg->drive, REMOTE, command, &reply) ? emit_failure(leg, "receive", t, reply)
							: 0;
}

static int check_receive(struct leg *leg, const struct transfer *t)
{
	dp_cleanup(put_object) struct json_object *reply = NULL;
	int rc = ask(leg->drive, REMOTE, command_of("received"), &reply);

	if (rc || !completed(reply))
		return emit_failure(leg, "received", t, reply);
	if (number_of(reply, "bytes") == t->length &&
	    (!leg->operation->immediate || number_of(reply, "immediate") == leg->transfers + 1))
		return 0;
	json_object_object_del(reply, "status_text");
	dp_json_add_text(reply, "text",
			 "the receive completed with another length or other immediate data");
	return emit_failure(leg, "received", t, reply);
}

static int post(struct leg *leg, const char *operation, const struct transfer *t,
		struct json_object *command)
{
	const struct region *r = &leg->regions[REMOTE];
	dp_cleanup(put_object) struct json_object *reply = NULL;
	int rc;

	dp_json_add_text(command, "operation", operation);
	for (unsigned int i = 0; i < t->pieces; i++)
		add_sge(command, "whole", piece_at(t, i), piece_length(t, i));
	dp_json_add_int(command, "remote", (int64_t)(r->address + t->target));
	dp_json_add_int(command, "rkey", rkey_for(leg, t->target, t->length));
	dp_json_add_int(command, "immediate", (int64_t)leg->transfers + 1);
	rc = ask(leg->drive, LOCAL, command, &reply);
	return rc || !completed(reply) ? emit_failure(leg, operation, t, reply) : 0;
}

static int move(struct leg *leg, const struct transfer *t)
{
	const struct dp_operation *op = leg->operation;
	bool receives = op->shape == DP_SHAPE_SEND || op->immediate;
	int rc = receives ? expect_receive(leg, t) : 0;

	if (!rc && op->shape == DP_SHAPE_FLUSH)
		rc = post(leg, "write", t, command_of("post"));
	if (!rc)
		rc = post(leg, op->name, t, command_of("post"));
	if (!rc && receives)
		rc = check_receive(leg, t);
	if (rc)
		return rc;
	leg->transfers++;
	leg->bytes += t->length;
	return note_transfer(leg, t) ? 0 : -E2BIG;
}

/* ---- atomics ----------------------------------------------------------------------------- */

static void add_word(struct json_object *command, const char *key, uint64_t word)
{
	char text[24];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)word);
	dp_json_add_text(command, key, text);
}

static uint64_t word_at(const struct region *r, uint64_t offset)
{
	return is_zeroed(r) ? 0 : dp_pattern_word(r->ledger.seed, offset);
}

/* What the word becomes. A compare that does not match must change nothing. */
static uint64_t outcome(const struct leg *leg, const struct transfer *t, uint64_t old, bool match,
			struct json_object *command)
{
	uint64_t mine = dp_pattern_word(leg->regions[LOCAL].ledger.seed, ~7ULL - t->source);

	if (leg->operation->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		add_word(command, "compare", mine);
		return old + mine;
	}
	if (leg->operation->opcode == IBV_WR_ATOMIC_CMP_AND_SWP) {
		add_word(command, "compare", match ? old : ~old);
		add_word(command, "swap", mine);
		return match ? mine : old;
	}
	return word_at(&leg->regions[LOCAL], t->source);
}

static int change(struct leg *leg, const struct transfer *t, bool match)
{
	struct json_object *command = command_of("post");
	uint64_t old = word_at(&leg->regions[REMOTE], t->target);
	uint64_t new = outcome(leg, t, old, match, command);
	int rc = post(leg, leg->operation->name, t, command);

	if (rc)
		return rc;
	leg->transfers++;
	leg->bytes += t->length;
	/* What is carried there brings nothing back. */
	if (!dp_ledger_add(&leg->regions[REMOTE].ledger, DP_WORD, t->target, 8, new, 0) ||
	    (!leg->operation->carried &&
	     !dp_ledger_add(&leg->regions[LOCAL].ledger, DP_WORD, t->source, 8, old, 0)))
		return -E2BIG;
	return 0;
}

/* Each word is changed once, so that its old value is known: later rounds take others. */
static int run_atomics(struct leg *leg)
{
	uint64_t length = leg->regions[REMOTE].length, begin = 8 * leg->transfers;
	const uint64_t words[] = { 0, PAGE - 8 - 2 * begin, leg->regions[REMOTE].half,
				   length - 8 - 2 * begin };
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(words) && !rc; i++) {
		const struct transfer t = { words[i] + begin, 64 * i + 8 * leg->transfers, 8, 1 };

		rc = change(leg, &t, i != 1);
	}
	return rc;
}

/* ---- all of them ------------------------------------------------------------------------- */

static bool fits(const struct leg *leg, const struct transfer *t)
{
	uint64_t length = leg->regions[REMOTE].length;

	return t->target + t->length <= length &&
	       t->source + t->length + t->pieces * GAP <= length + (t->pieces == 1) * GAP;
}

int run_transfers(struct leg *leg)
{
	uint64_t length = leg->regions[REMOTE].length;
	uint64_t edge = leg->regions[REMOTE].half;
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
	/* Whether it stays is asked, not whether each range arrives. */
	if (leg->operation->kept)
		return move(leg, &list[0]);
	/* A region that is too large to be looked at in whole is not moved in whole. */
	for (size_t i = length > 2 * WINDOW; i < DP_ARRAY_SIZE(list) && !rc; i++)
		if (fits(leg, &list[i]))
			rc = move(leg, &list[i]);
	return rc;
}

/* ---- bandwidth --------------------------------------------------------------------------------
 */

/* Each byte comes from its own offset, so that rounds leave the same. */
int run_bandwidth(struct leg *leg)
{
	const struct region *r = &leg->regions[REMOTE];
	bool compared = has_reference(leg);
	uint64_t size = compared ? reference_size(leg) : BANDWIDTH_SIZE;
	const struct transfer t = { 0, 0, r->length < size ? r->length : size, 1 };
	enum dp_shape shape = leg->operation->shape;
	struct json_object *command, *obj;
	dp_cleanup(put_object) struct json_object *reply = NULL;
	uint64_t done, room = r->length < WINDOW ? r->length : WINDOW;
	int rc;

	if ((!leg->drive->last && !compared) || leg->operation->immediate || leg->tested == LOCAL ||
	    (shape != DP_SHAPE_WRITE && shape != DP_SHAPE_READ))
		return 0;
	command = command_of("stream");
	dp_json_add_text(command, "operation", leg->operation->name);
	dp_json_add_text(command, "key", "whole");
	dp_json_add_int(command, "size", (int64_t)t.length);
	dp_json_add_int(command, "remote", (int64_t)r->address);
	dp_json_add_int(command, "rkey", r->rkey);
	dp_json_add_int(command, "ms", compared ? COMPARED_MS : BANDWIDTH_MS);
	rc = ask(leg->drive, LOCAL, command, &reply);
	if (rc || !completed(reply))
		return emit_failure(leg, "stream", &t, reply);
	leg->measured = number_of(reply, "operations");
	done = leg->measured * t.length;
	obj = json_object_new_object();
	dp_json_add_int(obj, "size", (int64_t)t.length);
	dp_json_add_int(obj, "operations", (int64_t)leg->measured);
	dp_json_add_int(obj, "bytes", (int64_t)done);
	dp_json_add_int(obj, "us", (int64_t)number_of(reply, "us"));
	emit_step(leg, "bandwidth", obj);
	room = room / t.length * t.length;
	return note(leg, 0, 0, done < room ? done : room) ? 0 : -E2BIG;
}
