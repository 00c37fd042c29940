// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drive.h"

#include "daxpin/cleanup.h"
#include "daxpin/splat.h"

/* Seeds differ between ids, legs and regions, and are the same in each run with the same --seed. */
static uint64_t seed_of(const struct leg *leg, enum side side)
{
	uint64_t seed = leg->drive->options->seed;

	for (const char *c = leg->drive->tcase->id; *c; c++)
		seed = dp_pattern_word(seed ^ (unsigned char)*c, 0);
	for (const char *c = leg->drive->route->topology; *c; c++)
		seed = dp_pattern_word(seed ^ (unsigned char)*c, 8);
	return dp_pattern_word(seed, 8 * (4U * leg->on_demand + 2U * leg->tested + side));
}

static int open_region(struct leg *leg, enum side side, struct dp_error *why)
{
	bool tested = side == leg->tested;
	struct region *r = &leg->regions[side];
	struct json_object *command = command_of("open");
	dp_cleanup(put_object) struct json_object *reply = NULL;
	char seed[24];
	int rc;

	r->ledger.seed = seed_of(leg, side);
	r->ledger.count = 0;
	snprintf(seed, sizeof(seed), "%016llx", (unsigned long long)r->ledger.seed);
	dp_json_add_text(command, "mapping", tested ? leg->drive->tcase->mapping->name : "anon");
	dp_json_add_int(command, "size", (int64_t)leg->drive->options->env.size);
	dp_json_add_text(command, "seed", seed);
	rc = ask(leg->drive, side, command, &reply);
	/* In what is looked at, and where a page table ends if the region is large enough. */
	r->length = number_of(reply, "length");
	r->pid = (pid_t)number_of(reply, "pid");
	r->file = (int)number_of(reply, "fd");
	snprintf(r->resource, sizeof(r->resource), "%s",
		 reply && dp_json_text(reply, "resource") ? dp_json_text(reply, "resource") : "");
	r->half = edge_of(r->length);
	if (!rc)
		return 0;
	if (rc == DP_SKIP)
		return dp_skip(why, "%s", reply ? dp_json_text(reply, "text") : "");
	emit_trouble(leg, "open", reply);
	return rc;
}

static int register_part(struct leg *leg, enum side side, const char *key, uint64_t offset,
			 uint64_t length, unsigned int access, struct json_object **reply)
{
	struct json_object *command = command_of("register");

	dp_json_add_text(command, "key", key);
	dp_json_add_int(command, "offset", (int64_t)offset);
	dp_json_add_int(command, "length", (int64_t)length);
	dp_json_add_int(command, "access", access);
	return ask(leg->drive, side, command, reply);
}

/* The whole and its halves, all at the same time. Return: DP_SKIP if the kernel refuses. */
static int register_region(struct leg *leg, enum side side)
{
	const struct dp_operation *op = leg->operation;
	struct region *r = &leg->regions[side];
	uint64_t half = r->half;
	unsigned int access = side == REMOTE ? op->target : op->source;
	const struct {
		const char *key;
		uint64_t offset, length;
		uint32_t *rkey;
	} parts[] = { { "whole", 0, r->length, &r->rkey },
		      { "head", 0, half, &r->head_rkey },
		      { "tail", half, r->length - half, &r->tail_rkey } };

	if (leg->on_demand && side == leg->tested)
		access |= IBV_ACCESS_ON_DEMAND;
	for (size_t i = 0; i < DP_ARRAY_SIZE(parts); i++) {
		dp_cleanup(put_object) struct json_object *reply = NULL;
		int rc = register_part(leg, side, parts[i].key, parts[i].offset, parts[i].length,
				       access, &reply);
		const char *refused = rc ? NULL : dp_json_text(reply, "errno");

		if (rc) {
			emit_trouble(leg, "register", reply);
			return rc;
		}
		if (refused) {
			struct json_object *obj = json_object_new_object();

			dp_json_add_text(obj, "errno", refused);
			dp_json_add_int(obj, "access", access);
			emit_step(leg, "refused", obj);
			return DP_SKIP;
		}
		*parts[i].rkey = (uint32_t)number_of(reply, "rkey");
		if (!i)
			r->address = number_of(reply, "address");
	}
	return 0;
}

/* The remote end waits for the connection while this one makes it. */
int connect_ends(struct leg *leg, bool brief)
{
	struct drive *d = leg->drive;
	struct json_object *command = command_of("connect");
	dp_cleanup(put_object) struct json_object *reply = NULL, *answer = NULL;
	char to[128];
	int rc, rc2;

	dp_address_format((const struct sockaddr *)&d->route->at, to, sizeof(to));
	dp_json_add_text(command, "to", to);
	json_object_object_add(command, "brief", json_object_new_boolean(brief));
	ask(d, LOCAL, command_of("disconnect"), NULL);
	rc2 = say(d->route->fd, command_of("accept"));
	rc = ask(d, LOCAL, command, &reply);
	if (!rc2)
		rc2 = hear(d->route->fd, 2 * d->options->limit_ms, d->local.taint, &answer);
	if (rc2)
		d->lost = rc2;
	else
		rc2 = json_object_get_int(json_object_object_get(answer, "rc"));
	if (rc || rc2)
		emit_trouble(leg, "connect", rc ? reply : answer);
	return rc ? rc : rc2;
}

static struct json_object *disturbance(const char *how)
{
	struct json_object *command = command_of("disturb");

	dp_json_add_text(command, "how", how);
	dp_json_add_text(command, "key", "whole");
	return command;
}

static int disturb(struct leg *leg, const char *how)
{
	dp_cleanup(put_object) struct json_object *reply = NULL;
	int rc = ask(leg->drive, leg->tested, disturbance(how), &reply);

	if (rc)
		emit_trouble(leg, how, reply);
	return rc;
}

/* Advice that need not be taken: what comes of it is seen, and the pages are cold without. */
static int prefetch(struct leg *leg)
{
	int rc = ask(leg->drive, leg->tested, disturbance("prefetch"), NULL);
	struct json_object *obj;

	if (leg->drive->lost)
		return leg->drive->lost;
	obj = json_object_new_object();
	dp_json_add_text(obj, "errno", rc ? dp_errno_name(rc) : NULL);
	emit_step(leg, "prefetch", obj);
	return 0;
}

/* Whether the mapping's pages are a file's, so that its page tables can be dropped without loss. */
static bool is_file(const struct leg *leg)
{
	const struct dp_mapping *mapping = leg->drive->tcase->mapping;

	return mapping->fs && mapping->populate != DP_POPULATE_READ;
}

/* Everything that was there before is zero now. */
static void forget_content(struct leg *leg)
{
	struct region *r = &leg->regions[leg->tested];

	r->ledger.count = 0;
	dp_ledger_add(&r->ledger, DP_ZEROS, 0, r->length, 0, 0);
}

/*
 * On demand, once more: with cold pages it has been done, now with prefetched ones, and after the
 * file's blocks have been taken away.
 */
static int run_disturbed(struct leg *leg)
{
	int rc = prefetch(leg);

	if (!rc)
		rc = run_transfers(leg);
	if (!rc)
		rc = disturb(leg, "truncate");
	if (rc)
		return rc;
	forget_content(leg);
	return run_transfers(leg);
}

static void emit_transfers(struct leg *leg)
{
	struct json_object *obj = json_object_new_object();

	if (leg->failed)
		return;
	dp_json_add_int(obj, "transfers", (int64_t)leg->transfers);
	dp_json_add_int(obj, "bytes", (int64_t)leg->bytes);
	emit_step(leg, "transfers", obj);
}

static int read_back(struct leg *leg, enum side side)
{
	struct json_object *command = command_of("verify"), *obj = json_object_new_object();
	dp_cleanup(put_object) struct json_object *reply = NULL;
	int rc;

	json_object_object_add(command, "ledger", ledger_to_json(&leg->regions[side].ledger));
	rc = ask(leg->drive, side, command, &reply);
	if (rc) {
		json_object_put(obj);
		emit_trouble(leg, "verify", reply);
		return rc;
	}
	dp_json_add_text(obj, "memory", side == leg->tested ? "mapping" : "plain");
	json_object_object_add(obj, "routes",
			       json_object_get(json_object_object_get(reply, "routes")));
	emit_step(leg, "verify", obj);
	return 0;
}

/* What must be there after another boot. */
static int keep(struct leg *leg)
{
	const struct region *r = &leg->regions[leg->tested];
	dp_cleanup(put_object) struct json_object *reply = NULL;
	int rc = ask(leg->drive, leg->tested, command_of("keep"), &reply);
	struct json_object *obj;

	if (rc) {
		emit_trouble(leg, "keep", reply);
		return rc;
	}
	obj = json_object_new_object();
	dp_json_add_text(obj, "mapping", leg->drive->tcase->mapping->name);
	dp_json_add_int(obj, "size", (int64_t)r->length);
	dp_json_add_text(obj, "start", reply ? dp_json_text(reply, "start") : NULL);
	json_object_object_add(obj, "ledger", ledger_to_json(&r->ledger));
	emit_step(leg, "kept", obj);
	return 0;
}

static int move_and_look(struct leg *leg)
{
	int rc;

	if (leg->drive->tcase->mapping->populate == DP_POPULATE_NONE)
		return run_unreachable(leg);
	rc = connect_ends(leg, false);
	if (!rc && leg->on_demand && is_file(leg))
		rc = disturb(leg, "chill");
	if (!rc)
		rc = run_transfers(leg);
	if (leg->operation->kept) {
		emit_transfers(leg);
		return rc ? rc : keep(leg);
	}
	if (!rc && leg->on_demand && is_file(leg))
		rc = run_disturbed(leg);
	if (!rc)
		rc = run_bandwidth(leg);
	if (!rc)
		rc = run_refusals(leg);
	emit_transfers(leg);
	for (int side = LOCAL; side < SIDES && !rc; side++)
		rc = read_back(leg, (enum side)side);
	return rc;
}

/* Regions at both ends, registered; what a refusal leaves open is to be closed with close_leg(). */
int prepare_leg(struct leg *leg, struct dp_error *why)
{
	int rc = 0;

	for (int side = REMOTE; side >= LOCAL && !rc; side--)
		rc = open_region(leg, (enum side)side, why);
	if (rc)
		return rc;
	for (int side = REMOTE; side >= LOCAL && !rc; side--)
		rc = register_region(leg, (enum side)side);
	return rc == DP_SKIP ? -EOPNOTSUPP : rc;
}

void close_leg(struct leg *leg)
{
	ask(leg->drive, LOCAL, command_of("close"), NULL);
	ask(leg->drive, REMOTE, command_of("close"), NULL);
}

int run_leg(struct leg *leg, struct dp_error *why)
{
	bool registers;
	int rc;

	dp_mark_step("register");
	rc = prepare_leg(leg, why);
	registers = !rc;
	dp_mark_step("transfers");
	if (registers)
		rc = move_and_look(leg);
	if ((!rc || !registers) && rc != DP_SKIP && has_reference(leg)) {
		dp_mark_step("reference");
		run_reference(leg, registers);
	}
	close_leg(leg);
	return rc == -EOPNOTSUPP ? 0 : rc;
}
