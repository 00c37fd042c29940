// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps of a teardown up to the registration. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scenario.h"

#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/pinner.h"
#include "daxpin/rdma.h"

/* Owners killed in the middle of registering, and how long each may register, us. */
#define KILLS         4
#define KILL_AFTER_US 3000
/* Size of a region that takes long to register; and where one page-table entry maps even more. */
#define LONG_REGION   (16ULL << 20)
#define LONGER_REGION (64ULL << 20)

int dp_teardown_share(struct dp_teardown *t, struct dp_error *err)
{
	_Static_assert(sizeof(*t->owner) <= DP_WORKER_POOL_MEMORY, "the owner needs more memory");
	t->owner = t->pool ? t->pool->memory
			   : mmap(NULL, sizeof(*t->owner), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->owner == MAP_FAILED) {
		t->owner = NULL;
		return dp_fail(err, -errno, "cannot share memory with a child");
	}
	t->owner->scenario = *t->scenario;
	t->owner->options = *t->options;
	t->owner->size = t->options->env.size;
	return 0;
}

int dp_teardown_start_owner(struct dp_teardown *t, struct dp_error *err)
{
	struct dp_reply reply;
	char path[64];
	int rc = dp_owner_start(&t->keeper, t->pool, t->owner);

	if (rc)
		return dp_fail(err, rc, "cannot start the owner of the region");
	if (dp_actor_wait(&t->keeper, FIRST_WAIT_MS, &reply) != DP_DONE)
		return dp_fail(err, -EIO, "the owner of the region cannot begin");
	if (reply.rc) {
		*err = t->owner->error;
		return reply.rc;
	}
	if (t->owner->target.rdma[0])
		dp_rdma_emit(t->fd, t->owner->target.rdma, t->owner->provider, t->owner->odp);
	if (!t->scenario->event->file)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)t->keeper.pid, (int)reply.number);
	t->owner->target.file = open(path, O_RDWR | O_CLOEXEC);
	return t->owner->target.file < 0 ? dp_fail(err, -errno, "cannot open the mapped file") : 0;
}

/* ---- rehearsal ---------------------------------------------------------------------------- */

/* One half of the rehearsal; a reason if it does not work out. */
static int rehearse(struct dp_teardown *t, void (*act)(int fd, void *arg), struct dp_error *err)
{
	struct dp_actor actor = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	enum dp_fate fate = DP_DIED;

	if (!dp_actor_start(&actor, act, t->owner))
		fate = dp_teardown_await(t, &actor, BUSY_LIMIT_MS, &reply);
	dp_actor_clear(&actor);
	if (fate == DP_DONE && !reply.rc)
		return 0;
	return dp_skip(err, "it fails even without a registration: %s",
		       fate == DP_DONE ? reply.text : dp_fate_name(fate));
}

/* The owner's memory would be in the way, so another one begins afterwards. */
int dp_take_rehearsal(struct dp_teardown *t, struct dp_error *err)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_REHEARSAL);
	int rc;

	dp_actor_clear(&t->keeper);
	rc = rehearse(t, dp_act_event, err);
	if (!rc)
		rc = rehearse(t, dp_act_undo, err);
	dp_step_set_text(obj, DP_FIELD_STATE, rc ? "failed" : "completed");
	if (rc)
		dp_step_set_text(obj, DP_FIELD_TEXT, err->what);
	dp_teardown_end(t, obj);
	return rc ? rc : dp_teardown_start_owner(t, err);
}

/* ---- owners that are killed --------------------------------------------------------------- */

/* Whether one that registers without end goes when it is killed; -1 if it could not begin. */
static int kill_one(struct dp_teardown *t, int i, struct json_object *obj)
{
	struct dp_actor actor = DP_NO_ACTOR;
	struct dp_reply reply;
	bool gone;

	if (dp_owner_churn(&actor, t->owner) ||
	    dp_actor_wait(&actor, FIRST_WAIT_MS, &reply) != DP_DONE || reply.rc) {
		dp_actor_clear(&actor);
		return -1;
	}
	usleep((useconds_t)(KILL_AFTER_US * (i + 1)));
	kill(actor.pid, SIGKILL);
	gone = dp_actor_wait_end(&actor, BUSY_LIMIT_MS) == DP_DIED;
	if (!gone)
		dp_step_add_where(obj, actor.pid);
	dp_actor_clear(&actor);
	return gone;
}

void dp_take_kill_while_registering(struct dp_teardown *t)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_KILL_WHILE_REGISTERING);
	uint64_t size = t->owner->size, pages = t->owner->pages;
	int killed = 0, gone = 0, one = 0;

	t->owner->size = t->scenario->mapping->granule > LONG_REGION ? LONGER_REGION : LONG_REGION;
	for (int i = 0; i < KILLS && one >= 0; i++) {
		one = kill_one(t, i, obj);
		killed += one >= 0;
		gone += one > 0;
	}
	/* Those have written what they had into it. */
	t->owner->size = size;
	t->owner->pages = pages;
	if (killed)
		dp_step_set_int(obj, DP_FIELD_KILLED, killed);
	else
		dp_step_leave_out(obj, DP_FIELD_KILLED, "no owner could begin to register");
	dp_step_set_int(obj, DP_FIELD_GONE, gone);
	dp_teardown_add_pins(t, obj);
	dp_teardown_end(t, obj);
}

/* ---- the registration --------------------------------------------------------------------- */

int dp_take_register(struct dp_teardown *t, struct dp_error *err)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_REGISTER);
	const struct dp_owner *owner = t->owner;
	struct dp_reply reply;
	enum dp_fate fate = dp_teardown_command(t, DP_OWNER_REGISTER, &reply);

	dp_step_set_text(obj, DP_FIELD_STATE, dp_fate_name(fate));
	t->registered = fate == DP_DONE && !reply.number;
	if (fate == DP_DONE)
		dp_step_add_errno(obj, reply.number);
	dp_step_set_int(obj, DP_FIELD_PAGES, (int64_t)owner->pages);
	if (t->options->pinner && t->options->pinner->by_folio)
		dp_step_set_flag(obj, DP_FIELD_BY_FOLIO, true);
	dp_teardown_add_pins(t, obj);
	dp_step_set_flag(obj, DP_FIELD_ON_DEMAND, dp_is_fsdax(t->scenario->mapping) && owner->odp);
	if (owner->on_device_seen)
		dp_step_set_flag(obj, DP_FIELD_ON_DEVICE, owner->on_device);
	else
		dp_step_leave_out(obj, DP_FIELD_ON_DEVICE, "nobody has looked where the pages are");
	dp_step_set_text(obj, DP_FIELD_DEVICE, owner->target.device);
	dp_step_set_text(obj, DP_FIELD_ZONE_BEFORE, owner->zone_before);
	dp_step_set_text(obj, DP_FIELD_ZONE_AFTER, owner->zone_after);
	dp_teardown_end(t, obj);
	if (fate != DP_DONE || t->registered || t->scenario->release == DP_NONE)
		return 0;
	return dp_skip(err, "nothing to release: this kernel rejects the registration (%s)%s",
		       dp_errno_name((int)reply.number),
		       t->options->pinner ? "" : ", and the adapter pages nothing on demand");
}

void dp_take_unmap(struct dp_teardown *t)
{
	struct json_object *obj = dp_teardown_begin(t, DP_STEP_UNMAP);
	struct dp_reply reply;
	enum dp_fate fate = dp_teardown_command(t, DP_OWNER_UNMAP, &reply);

	t->unmapped = true;
	dp_step_add_fate(obj, fate, t->keeper.pid, &reply);
	dp_teardown_end(t, obj);
}
