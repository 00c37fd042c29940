// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What must be refused: by the remote end's adapter for what is done to its memory, by the local
 * end's adapter for a bad key of the local end. Each attempt has a connection of its own, as that
 * connection must break. That no byte has changed shows when the regions are read back.
 */
#include <errno.h>
#include <string.h>

#include "leg.h"
#include "talk.h"

#include "daxpin/cleanup.h"

/* Length of an attempt, bytes; an atomic has 8. */
#define LENGTH 64ULL
/* Where attempts are aimed at, bytes. */
#define TARGET 4096ULL
/* Where their data comes from, bytes. */
#define SOURCE 2048ULL
/* Bits that are changed in a key to make one that nobody has. */
#define OTHER_KEY 0x5a00
/*
 * A key has two parts: the index of its region, and a variant, which tells the region from those
 * that had this index before (rxe: rxe_mr_init() and rxe_get_next_key(); mlx5:
 * mlx5_mkey_variant()).
 */
#define VARIANT 0xffU
/* Registrations that an attempt may need. */
#define SPARES 2

/* One request that must be refused. */
struct request {
	uint64_t target;  /* offset in the remote region */
	uint32_t rkey;    /* 0: the good one */
	uint32_t lkey;    /* of the element, at the end under test; 0: the good one */
	uint64_t receive; /* length of the receive, 0: that of the request */
};

/* All requests that a leg has to try. */
struct refusals {
	struct dp_leg *leg;
	uint32_t stale;             /* a key that was deregistered, once there is one */
	const char *spares[SPARES]; /* registrations that the attempt needs, NULL without one */
	const char *missing;        /* why an attempt cannot be made */
};

struct attempt {
	const char *what; /* as in its step */
	bool (*planned)(const struct dp_leg *leg);
	/* Changes the request into one that must be refused. Return: false if that cannot be. */
	bool (*spoil)(struct refusals *all, struct request *request);
};

static uint64_t length_of(const struct dp_leg *leg)
{
	return leg->operation->shape == DP_SHAPE_ATOMIC ? sizeof(uint64_t) : LENGTH;
}

static bool is_send(const struct dp_leg *leg)
{
	return leg->operation->shape == DP_SHAPE_SEND;
}

/* Whether the key of an element is tried, and not that of an operation. */
static bool tries_elements(const struct dp_leg *leg)
{
	return is_send(leg) || leg->tested == DP_LOCAL;
}

/* ---- keys -------------------------------------------------------------------------------- */

static unsigned int access_of(const struct dp_leg *leg)
{
	return leg->tested == DP_REMOTE ? leg->operation->target : leg->operation->source;
}

/* Registers the whole region once more, at the end under test. Return: its key, 0 without one. */
static uint32_t register_spare(struct dp_leg *leg, const char *name, unsigned int access,
			       bool foreign)
{
	struct json_object *command = dp_talk_command("register");
	dp_autojson struct json_object *reply = NULL;

	dp_json_add_text(command, "key", name);
	dp_json_add_int(command, "length", (int64_t)leg->regions[leg->tested].length);
	dp_json_add_int(command, "access", access | (leg->on_demand ? IBV_ACCESS_ON_DEMAND : 0U));
	dp_json_add_bool(command, "foreign", foreign);
	if (dp_drive_ask(leg->drive, leg->tested, command, &reply))
		return 0;
	return (uint32_t)dp_talk_number(reply, tries_elements(leg) ? "lkey" : "rkey");
}

static void drop_spare(struct dp_leg *leg, const char *name)
{
	struct json_object *command = dp_talk_command("deregister");

	dp_json_add_text(command, "key", name);
	dp_drive_ask(leg->drive, leg->tested, command, NULL);
}

static bool use_key(struct refusals *all, struct request *request, uint32_t key)
{
	*(tries_elements(all->leg) ? &request->lkey : &request->rkey) = key;
	if (!key)
		all->missing = "the kernel gives no such key";
	return key;
}

static bool use_stale(struct refusals *all, struct request *request)
{
	all->stale = register_spare(all->leg, "stale", access_of(all->leg), false);
	drop_spare(all->leg, "stale");
	return use_key(all, request, all->stale);
}

static bool use_wrong(struct refusals *all, struct request *request)
{
	return use_key(all, request, all->stale ^ OTHER_KEY);
}

static bool use_foreign(struct refusals *all, struct request *request)
{
	all->spares[0] = "foreign";
	return use_key(all, request,
		       register_spare(all->leg, all->spares[0], access_of(all->leg), true));
}

/* A key that lacks the right that the operation needs, and only that. */
static bool use_powerless(struct refusals *all, struct request *request)
{
	unsigned int access = all->leg->operation->shape == DP_SHAPE_READ ? IBV_ACCESS_LOCAL_WRITE
									  : IBV_ACCESS_REMOTE_READ;

	all->spares[0] = "poor";
	return use_key(all, request, register_spare(all->leg, all->spares[0], access, false));
}

/* ---- each part of a key alone, with a live region of the same rights behind it ------------- */

static uint32_t register_live(struct refusals *all, int i)
{
	static const char *const names[SPARES] = { "live", "second" };

	all->spares[i] = names[i];
	return register_spare(all->leg, names[i], access_of(all->leg), false);
}

static bool use_wrong_variant(struct refusals *all, struct request *request)
{
	uint32_t live = register_live(all, 0);

	return use_key(all, request, live ? live ^ 1 : 0);
}

static bool use_wrong_index(struct refusals *all, struct request *request)
{
	uint32_t live = register_live(all, 0), second = register_live(all, 1);

	/* A variant that is drawn by lot is the same once in 256 times. */
	for (int i = 0; i < 3 && live && (live & VARIANT) == (second & VARIANT); i++) {
		drop_spare(all->leg, all->spares[1]);
		second = register_live(all, 1);
	}
	if (live && (live & VARIANT) == (second & VARIANT)) {
		all->missing = "both regions have the same variant in their keys";
		return false;
	}
	return use_key(all, request, live && second ? (second & ~VARIANT) | (live & VARIANT) : 0);
}

/* The key from before a re-registration, if the new region has the index of the old one. */
static bool use_reused(struct refusals *all, struct request *request)
{
	uint32_t old = register_spare(all->leg, "old", access_of(all->leg), false), new;

	drop_spare(all->leg, "old");
	new = register_live(all, 0);
	if ((old & ~VARIANT) != (new & ~VARIANT) || old == new) {
		all->missing = old == new ? "the new region has the same key as the old one"
					  : "the index of a key is not used again at once";
		return false;
	}
	return use_key(all, request, old);
}

/* The local key of a region that has no remote right. Where both keys are one, the right is
 * missing. */
static bool use_local_key(struct refusals *all, struct request *request)
{
	struct json_object *command = dp_talk_command("register");
	dp_autojson struct json_object *reply = NULL;

	all->spares[0] = "local";
	dp_json_add_text(command, "key", all->spares[0]);
	dp_json_add_int(command, "length", (int64_t)all->leg->regions[DP_REMOTE].length);
	dp_json_add_int(command, "access",
			IBV_ACCESS_LOCAL_WRITE | (all->leg->on_demand ? IBV_ACCESS_ON_DEMAND : 0U));
	if (dp_drive_ask(all->leg->drive, DP_REMOTE, command, &reply)) {
		all->missing = "the kernel gives no such key";
		return false;
	}
	return use_key(all, request, (uint32_t)dp_talk_number(reply, "lkey"));
}

/* ---- ranges: beyond a key by one byte, where memory is mapped and registered by another key ---
 */

static bool go_beyond(struct refusals *all, struct request *request)
{
	const struct dp_region *r = &all->leg->regions[DP_REMOTE];
	bool atomic = all->leg->operation->shape == DP_SHAPE_ATOMIC;

	request->rkey = r->head_rkey;
	request->target = atomic ? r->half : r->half - length_of(all->leg) + 1;
	return true;
}

static bool go_before(struct refusals *all, struct request *request)
{
	const struct dp_region *r = &all->leg->regions[DP_REMOTE];

	request->rkey = r->tail_rkey;
	request->target =
		r->half - (all->leg->operation->shape == DP_SHAPE_ATOMIC ? sizeof(uint64_t) : 1);
	return true;
}

static bool misalign(struct refusals *all, struct request *request)
{
	(void)all;
	request->target += sizeof(uint64_t) / 2;
	return true;
}

static bool shorten_receive(struct refusals *all, struct request *request)
{
	(void)all;
	request->receive = LENGTH - 1;
	return true;
}

/* The request is good, but the memory is not. */
static bool keep_as_is(struct refusals *all, struct request *request)
{
	(void)all;
	(void)request;
	return true;
}

/* ---- the plan ---------------------------------------------------------------------------- */

static bool is_unreachable(const struct dp_leg *leg)
{
	return leg->drive->tcase->mapping->populate == DP_POPULATE_NONE;
}

static bool is_reachable(const struct dp_leg *leg)
{
	return !is_unreachable(leg);
}

static bool is_sent_to(const struct dp_leg *leg)
{
	return is_reachable(leg) && leg->tested == DP_REMOTE && is_send(leg);
}

static bool is_accessed(const struct dp_leg *leg)
{
	return is_reachable(leg) && leg->tested == DP_REMOTE && !is_send(leg);
}

static bool is_changed_atomically(const struct dp_leg *leg)
{
	return is_accessed(leg) && leg->operation->shape == DP_SHAPE_ATOMIC;
}

static const struct attempt attempts[] = {
	{ "stale-key", is_reachable, use_stale },
	{ "wrong-key", is_reachable, use_wrong },
	{ "wrong-variant", is_reachable, use_wrong_variant },
	{ "wrong-index", is_reachable, use_wrong_index },
	{ "reused-index", is_reachable, use_reused },
	{ "foreign-key", is_reachable, use_foreign },
	{ "too-long", is_sent_to, shorten_receive },
	{ "key-without-right", is_accessed, use_powerless },
	{ "local-key", is_accessed, use_local_key },
	{ "beyond-end", is_accessed, go_beyond },
	{ "before-begin", is_accessed, go_before },
	{ "misaligned", is_changed_atomically, misalign },
	/* Memory without pages cannot be accessed, even on demand (hmm_vma_walk_test(): VM_PFNMAP).
	 */
	{ "no-pages", is_unreachable, keep_as_is },
};

/* ---- one attempt ------------------------------------------------------------------------- */

static int post_receive(struct dp_leg *leg, const struct request *r)
{
	struct json_object *command = dp_talk_command("receive");

	if (is_send(leg))
		dp_talk_add_sge(command, "whole", r->target,
				r->receive ? r->receive : length_of(leg));
	if (r->lkey && leg->tested == DP_REMOTE)
		dp_json_add_int(command, "lkey", r->lkey);
	return dp_drive_ask(leg->drive, DP_REMOTE, command, NULL);
}

static struct json_object *command_for(struct dp_leg *leg, const struct request *r)
{
	const struct dp_region *region = &leg->regions[DP_REMOTE];
	struct json_object *command = dp_talk_command("post");

	/* Of a flush, the write is tried: nothing else could change a byte. */
	dp_json_add_text(command, "operation",
			 leg->operation->shape == DP_SHAPE_FLUSH ? "write" : leg->operation->name);
	dp_talk_add_sge(command, "whole", SOURCE, length_of(leg));
	dp_json_add_int(command, "remote", (int64_t)(region->address + r->target));
	dp_json_add_int(command, "rkey", r->rkey ? r->rkey : region->rkey);
	/*
	 * An atomic whose result cannot be stored at the local end may have been carried out at the
	 * remote end. With a bad key of the local end, it must change nothing there.
	 */
	dp_talk_add_word(command, "compare", leg->tested == DP_LOCAL ? 0 : 1);
	dp_talk_add_word(command, "swap", 0x0123456789abcdef);
	if (r->lkey && leg->tested == DP_LOCAL)
		dp_json_add_int(command, "lkey", r->lkey);
	return command;
}

static void emit(struct dp_leg *leg, const char *what, struct json_object *reply)
{
	struct json_object *obj = json_object_new_object();

	dp_step_set_text(obj, DP_FIELD_WHAT, what);
	dp_step_set_text(obj, DP_FIELD_UNPOSTED, dp_json_text(reply, "unposted"));
	dp_step_set_int(obj, DP_FIELD_STATUS, dp_json_int_or(reply, "status", -1));
	dp_step_set_text(obj, DP_FIELD_TEXT, dp_json_text(reply, "status_text"));
	dp_step_set_text(obj, DP_FIELD_QP_STATE, dp_json_text(reply, "state"));
	dp_leg_emit(leg, DP_STEP_REFUSAL, obj);
}

static int try(struct dp_leg *leg, const char *what, const struct request *r)
{
	bool receives = is_send(leg) || leg->operation->immediate;
	dp_autojson struct json_object *reply = NULL;
	int rc = dp_leg_connect(leg, true);
	bool unanswered, flushed;

	if (!rc && receives)
		rc = post_receive(leg, r);
	if (!rc)
		rc = dp_drive_ask(leg->drive, DP_LOCAL, command_for(leg, r), &reply);
	/* The provider's library may refuse what the adapter would have to. */
	if (rc && (!reply || !dp_json_text(reply, "unposted"))) {
		dp_leg_emit_trouble(leg, what, reply);
		return rc;
	}
	unanswered = dp_talk_number(reply, "status") == IBV_WC_RETRY_EXC_ERR;
	/* An end that dies may still disconnect, which flushes what is under way. */
	flushed = dp_talk_number(reply, "status") == IBV_WC_WR_FLUSH_ERR;
	if ((unanswered || flushed) && dp_drive_peer_gone(leg->drive)) {
		dp_leg_emit_trouble(leg, what, NULL);
		return -ECONNRESET;
	}
	leg->drive->unanswered |= unanswered;
	emit(leg, what, reply);
	return 0;
}

static int attempt(struct refusals *all, const struct attempt *a)
{
	struct request request = { .target = TARGET };
	int rc = 0;

	memset(all->spares, 0, sizeof(all->spares));
	if (a->spoil(all, &request))
		rc = try(all->leg, a->what, &request);
	else
		dp_leg_leave_out(all->leg, DP_STEP_REFUSAL, a->what, all->missing);
	for (int i = 0; i < SPARES; i++)
		if (all->spares[i])
			drop_spare(all->leg, all->spares[i]);
	return rc;
}

void dp_leg_refuse_nothing(struct dp_leg *leg, const char *why)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(attempts); i++)
		if (attempts[i].planned(leg))
			dp_leg_leave_out(leg, DP_STEP_REFUSAL, attempts[i].what, why);
}

int dp_leg_refuse(struct dp_leg *leg)
{
	struct refusals all = { .leg = leg };
	int rc = 0;

	if (leg->drive->unanswered && leg->tested == DP_REMOTE && is_reachable(leg)) {
		dp_leg_refuse_nothing(leg, "an attempt before it was not answered");
		return 0;
	}
	for (size_t i = 0; i < DP_ARRAY_SIZE(attempts); i++) {
		if (!attempts[i].planned(leg))
			continue;
		if (rc)
			dp_leg_leave_out(leg, DP_STEP_REFUSAL, attempts[i].what,
					 "an attempt before it did not end");
		else
			rc = attempt(&all, &attempts[i]);
	}
	return rc;
}
