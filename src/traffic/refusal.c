// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What must be refused: by the remote end's adapter for what it is asked to do to its memory, by
 * the local end's for a key of its own that is no good. Each attempt has a connection of its own,
 * as the one it is made on must break. That no byte has changed shows when the regions are read
 * back.
 */
#include <errno.h>
#include <string.h>

#include "drive.h"

#include "daxpin/cleanup.h"

/* Length of an attempt, bytes; an atomic has 8. */
#define ATTEMPT 64ULL

/* One thing that must be refused. */
struct attempt {
	const char *what;
	uint64_t target;  /* offset in the remote end's region */
	uint32_t rkey;    /* 0: the good one */
	uint32_t lkey;    /* of the element at the end that is told to use it; 0: the good one */
	uint64_t receive; /* length of the receive, if not the attempt's */
};

static uint64_t length_of(const struct leg *leg)
{
	return leg->operation->shape == DP_SHAPE_ATOMIC ? 8 : ATTEMPT;
}

static int post_receive(struct leg *leg, const struct attempt *a)
{
	struct json_object *command = command_of("receive");

	if (leg->operation->shape == DP_SHAPE_SEND)
		add_sge(command, "whole", a->target, a->receive ? a->receive : length_of(leg));
	if (a->lkey && leg->tested == REMOTE)
		dp_json_add_int(command, "lkey", a->lkey);
	return ask(leg->drive, REMOTE, command, NULL);
}

static struct json_object *post_order(struct leg *leg, const struct attempt *a)
{
	const struct region *r = &leg->regions[REMOTE];
	struct json_object *command = command_of("post");

	/* Of a flush it is the write that is tried: nothing else could change a byte. */
	dp_json_add_text(command, "operation",
			 leg->operation->shape == DP_SHAPE_FLUSH ? "write" : leg->operation->name);
	add_sge(command, "whole", 2048, length_of(leg));
	dp_json_add_int(command, "remote", (int64_t)(r->address + a->target));
	dp_json_add_int(command, "rkey", a->rkey ? a->rkey : r->rkey);
	/*
	 * An atomic whose result cannot be stored here may have been carried out there: with a bad
	 * key of the local end's it must change nothing.
	 */
	dp_json_add_text(command, "compare",
			 leg->tested == LOCAL ? "0000000000000000" : "0000000000000001");
	dp_json_add_text(command, "swap", "0123456789abcdef");
	if (a->lkey && leg->tested == LOCAL)
		dp_json_add_int(command, "lkey", a->lkey);
	return command;
}

static int try(struct leg *leg, const struct attempt *a)
{
	bool receives = leg->operation->shape == DP_SHAPE_SEND || leg->operation->immediate;
	dp_cleanup(put_object) struct json_object *reply = NULL;
	struct json_object *obj;
	int rc = connect_ends(leg, true);
	bool mute;

	if (!rc && receives)
		rc = post_receive(leg, a);
	if (!rc)
		rc = ask(leg->drive, LOCAL, post_order(leg, a), &reply);
	/* The provider's library may refuse what the adapter would have to. */
	if (rc && (!reply || !dp_json_text(reply, "unposted"))) {
		emit_trouble(leg, a->what, reply);
		return rc;
	}
	mute = number_of(reply, "status") == IBV_WC_RETRY_EXC_ERR;
	if (mute && has_gone(leg->drive)) {
		emit_trouble(leg, a->what, NULL);
		return -ECONNRESET;
	}
	leg->drive->mute |= mute;
	obj = json_object_new_object();
	dp_json_add_text(obj, "what", a->what);
	dp_json_add_text(obj, "unposted", dp_json_text(reply, "unposted"));
	dp_json_add_int(obj, "status", (int64_t)number_of(reply, "status"));
	dp_json_add_text(obj, "text", dp_json_text(reply, "status_text"));
	dp_json_add_text(obj, "state", dp_json_text(reply, "state"));
	emit_step(leg, "refusal", obj);
	return 0;
}

/* ---- keys that are no good --------------------------------------------------------------- */

/* Registers the whole once more, at the end under test. Return: the key, 0 if the kernel refused.
 */
static uint32_t spare_key(struct leg *leg, const char *name, unsigned int access, bool foreign)
{
	struct json_object *command = command_of("register");
	dp_cleanup(put_object) struct json_object *reply = NULL;

	dp_json_add_text(command, "key", name);
	dp_json_add_int(command, "length", (int64_t)leg->regions[leg->tested].length);
	dp_json_add_int(command, "access", access | (leg->on_demand ? IBV_ACCESS_ON_DEMAND : 0U));
	json_object_object_add(command, "foreign", json_object_new_boolean(foreign));
	if (ask(leg->drive, leg->tested, command, &reply))
		return 0;
	return (uint32_t)number_of(reply,
				   leg->tested == REMOTE && !leg->local_keys ? "rkey" : "lkey");
}

static void drop_spare(struct leg *leg, const char *name)
{
	struct json_object *command = command_of("deregister");

	dp_json_add_text(command, "key", name);
	ask(leg->drive, leg->tested, command, NULL);
}

/* A key is tried as the remote key of an operation, or as the local one of an element. */
static int try_key(struct leg *leg, const char *what, uint32_t key)
{
	struct attempt a = { .what = what, .target = 4096 };

	if (leg->local_keys)
		a.lkey = key;
	else
		a.rkey = key;
	return key ? try(leg, &a) : 0;
}

static int try_keys(struct leg *leg)
{
	const struct dp_operation *op = leg->operation;
	unsigned int access = leg->tested == REMOTE ? op->target : op->source;
	uint32_t key = spare_key(leg, "stale", access, false);
	int rc;

	drop_spare(leg, "stale");
	rc = try_key(leg, "stale-key", key);
	if (!rc)
		rc = try_key(leg, "wrong-key", key ^ 0x5a00);
	if (!rc)
		rc = try_key(leg, "foreign-key", spare_key(leg, "foreign", access, true));
	drop_spare(leg, "foreign");
	return rc;
}

/* A region that lacks the right that the operation needs, and only that. */
static int try_rights(struct leg *leg)
{
	unsigned int access = leg->operation->shape == DP_SHAPE_READ ? IBV_ACCESS_LOCAL_WRITE
								     : IBV_ACCESS_REMOTE_READ;
	int rc = try_key(leg, "key-without-right", spare_key(leg, "poor", access, false));

	drop_spare(leg, "poor");
	return rc;
}

/* Outside by one byte, where the memory is there and registered: with the keys of the halves. */
static int try_bounds(struct leg *leg)
{
	const struct region *r = &leg->regions[REMOTE];
	uint64_t half = r->half, length = length_of(leg);
	bool atomic = leg->operation->shape == DP_SHAPE_ATOMIC;
	const struct attempt list[] = {
		{ .what = "beyond-end",
		  .target = atomic ? half : half - length + 1,
		  .rkey = r->head_rkey },
		{ .what = "before-begin",
		  .target = atomic ? half - 8 : half - 1,
		  .rkey = r->tail_rkey },
		{ .what = "misaligned", .target = 4096 + 4 },
	};
	int rc = 0;

	for (size_t i = 0; i < 2U + atomic && !rc; i++)
		rc = try(leg, &list[i]);
	return rc;
}

int run_refusals(struct leg *leg)
{
	bool send = leg->operation->shape == DP_SHAPE_SEND;
	const struct attempt too_long = { .what = "too-long",
					  .target = 4096,
					  .receive = ATTEMPT - 1 };
	int rc;

	/* Where it was not said once, it is not waited for again on the next route: seconds each.
	 */
	if (leg->drive->mute && leg->tested == REMOTE)
		return 0;
	leg->local_keys = send || leg->tested == LOCAL;
	rc = try_keys(leg);
	if (rc || leg->tested == LOCAL)
		return rc;
	if (send)
		return try(leg, &too_long);
	rc = try_rights(leg);
	return rc ? rc : try_bounds(leg);
}

/* Memory without pages cannot be reached, not even on demand (hmm_vma_walk_test(): VM_PFNMAP). */
int run_unreachable(struct leg *leg)
{
	const struct attempt a = { .what = "no-pages", .target = 4096 };

	return try(leg, &a);
}
