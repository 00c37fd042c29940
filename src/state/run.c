// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks: for each kind of region a process of its own makes the pages, registers them, has the state
 * happen to them, and lets the adapter and itself write in turn. What each of them then sees is an
 * observation; what is right is not known here.
 *
 * The adapter's own end of each transfer lies in shared memory, which no fork, copy or discard
 * concerns.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/observe.h"
#include "daxpin/pair.h"
#include "daxpin/rdma.h"
#include "daxpin/state.h"
#include "daxpin/steps.h"

/* How long one kind of region may take, and all of them, ms. */
#define LEG_MS   40000
#define STATE_MS (DP_STATE_PINS * LEG_MS + 10000)

struct asker {
	const struct dp_state_item *item;
	const struct dp_state_options *options;
	int fd;
	struct dp_rdma rdma;
	struct dp_error err;
};

/* One kind of region. */
struct leg {
	struct dp_stage stage;
	struct dp_pair pair;
	struct ibv_mr *mr, *plain_mr;
	char *plain;            /* shared memory, the adapter's own end */
	char *medium;           /* another mapping of the file, or NULL */
	struct dp_error broken; /* a transfer has failed: no other can be made */
	struct dp_error err;
};

/* ---- what is told ------------------------------------------------------------------------- */

static struct json_object *tell(const struct leg *leg, enum dp_step step)
{
	struct json_object *obj = dp_step_new(step);

	dp_step_set_text(obj, DP_FIELD_PIN, dp_state_pin_name(leg->stage.pin));
	return obj;
}

/* @why: the region is not asked for, NULL if it was; @code: errno of the registration */
static void tell_region(const struct leg *leg, const char *why, int code)
{
	struct json_object *obj = tell(leg, DP_STEP_REGION);

	dp_step_set_text(obj, DP_FIELD_STATE, why ? "absent" : "completed");
	dp_step_set_text(obj, DP_FIELD_TEXT, why);
	if (!why) {
		dp_step_add_errno(obj, code);
		dp_step_set_int(obj, DP_FIELD_PAGES,
				(int64_t)leg->stage.area.len / sysconf(_SC_PAGESIZE));
	}
	dp_emit(leg->stage.fd, obj);
}

/* @why: it could not be looked, NULL if it was */
static void tell_sight(const struct leg *leg, enum dp_state_phase phase, enum dp_state_by by,
		       const char *why, const struct dp_state_sight *sight)
{
	struct json_object *obj = tell(leg, DP_STEP_SIGHT), *counts;

	dp_step_set_text(obj, DP_FIELD_PHASE, dp_state_phase_name(phase));
	dp_step_set_text(obj, DP_FIELD_BY, dp_state_by_name(by));
	dp_step_set_text(obj, DP_FIELD_STATE, why ? "refused" : "completed");
	dp_step_set_text(obj, DP_FIELD_TEXT, why);
	if (!why) {
		counts = json_object_new_object();
		for (int i = 0; i < DP_STATE_BYTES; i++)
			if (sight->pages[i])
				json_object_object_add(
					counts, dp_state_bytes_name((enum dp_state_bytes)i),
					json_object_new_int64((int64_t)sight->pages[i]));
		dp_step_set(obj, DP_FIELD_COUNTS, counts);
	}
	dp_emit(leg->stage.fd, obj);
}

/* ---- the adapter -------------------------------------------------------------------------- */

static int access_of(enum dp_state_pin pin)
{
	int writes = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ;

	return pin == DP_STATE_READ    ? IBV_ACCESS_REMOTE_READ
	       : pin == DP_STATE_WRITE ? writes
				       : writes | IBV_ACCESS_ON_DEMAND;
}

static int open_plain(struct leg *leg, struct dp_error *err)
{
	size_t len = leg->stage.area.len;
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED)
		return dp_fail(err, -errno, "no memory for the other end");
	leg->plain = at;
	leg->plain_mr = ibv_reg_mr(leg->pair.port.pd, at, len, IBV_ACCESS_LOCAL_WRITE);
	return leg->plain_mr ? 0 : dp_fail(err, -errno, "plain memory cannot be registered");
}

/* The whole region in one request. Once one has failed the queue pair takes no more. */
static void transfer(struct leg *leg, enum ibv_wr_opcode opcode)
{
	struct ibv_sge sge = { (uintptr_t)leg->plain, (uint32_t)leg->stage.area.len,
			       leg->plain_mr->lkey };
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = opcode,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { (uintptr_t)leg->stage.area.addr, leg->mr->rkey },
	};

	if (!leg->broken.code)
		dp_pair_carry(&leg->pair, &wr, 1, &leg->broken);
}

/* ---- who sees what ------------------------------------------------------------------------ */

static void look_by_adapter(struct leg *leg, enum dp_state_phase phase)
{
	struct dp_state_sight sight;

	/* What is not overwritten is noticed. */
	memset(leg->plain, 0xff, leg->stage.area.len);
	transfer(leg, IBV_WR_RDMA_READ);
	dp_stage_look(leg->plain, leg->stage.area.len, &sight);
	tell_sight(leg, phase, DP_BY_ADAPTER, leg->broken.code ? leg->broken.what : NULL, &sight);
}

static void look_by_owner(struct leg *leg, enum dp_state_phase phase)
{
	struct dp_state_sight sight;

	dp_stage_look(leg->stage.view, leg->stage.area.len, &sight);
	tell_sight(leg, phase, DP_BY_OWNER, NULL, &sight);
}

static int look_by_others(struct leg *leg, enum dp_state_phase phase)
{
	struct dp_stage *stage = &leg->stage;
	struct dp_state_sight sight;
	int rc = 0;

	if (stage->other.pid)
		rc = dp_stage_tell(stage, DP_OTHER_LOOK, &leg->err);
	if (!rc && stage->other.pid)
		tell_sight(leg, phase, DP_BY_OTHER, NULL, stage->board);
	if (!rc && leg->medium) {
		dp_stage_look(leg->medium, stage->area.len, &sight);
		tell_sight(leg, phase, DP_BY_MEDIUM, NULL, &sight);
	}
	return rc;
}

static void write_by_adapter(struct leg *leg, enum dp_state_bytes bytes)
{
	dp_stage_fill(leg->plain, leg->stage.area.len, bytes);
	transfer(leg, IBV_WR_RDMA_WRITE);
}

static int look_in_turn(struct leg *leg)
{
	enum dp_state_phase last = DP_PHASE_OWNER_WROTE;
	bool writes = leg->stage.pin != DP_STATE_READ;

	look_by_adapter(leg, DP_PHASE_MADE);
	look_by_owner(leg, DP_PHASE_MADE);
	if (writes) {
		write_by_adapter(leg, DP_BYTES_ADAPTER);
		look_by_owner(leg, DP_PHASE_ADAPTER_WROTE);
	}
	dp_stage_fill(leg->stage.view, leg->stage.area.len, DP_BYTES_OWNER);
	look_by_adapter(leg, DP_PHASE_OWNER_WROTE);
	if (writes) {
		last = DP_PHASE_ADAPTER_AGAIN;
		write_by_adapter(leg, DP_BYTES_AGAIN);
		look_by_owner(leg, last);
	}
	return look_by_others(leg, last);
}

/* ---- one kind of region ------------------------------------------------------------------- */

static int open_medium(struct leg *leg)
{
	const struct dp_stage *stage = &leg->stage;
	void *at;

	if (stage->area.fd < 0)
		return 0;
	at = mmap(NULL, dp_span(stage->mapping, stage->env), PROT_READ, MAP_SHARED, stage->area.fd,
		  0);
	if (at == MAP_FAILED)
		return dp_fail(&leg->err, -errno, "cannot map the file again");
	leg->medium = at;
	return 0;
}

static int make_pages(struct leg *leg)
{
	struct dp_stage *stage = &leg->stage;
	int rc = dp_area_open_untouched(stage->mapping, stage->env, &stage->area, &leg->err);

	if (rc)
		return rc;
	stage->view = stage->area.addr;
	rc = open_medium(leg);
	if (rc)
		return rc;
	if (stage->state->before)
		return stage->state->before(stage, &leg->err);
	dp_stage_fill(stage->view, stage->area.len, DP_BYTES_INITIAL);
	return 0;
}

static int ask_pages(struct leg *leg)
{
	struct dp_stage *stage = &leg->stage;
	int rc = dp_pair_open(stage->device, &leg->pair, &leg->err);

	if (!rc)
		rc = open_plain(leg, &leg->err);
	if (rc)
		return rc;
	errno = 0;
	leg->mr = ibv_reg_mr(leg->pair.port.pd, stage->area.addr, stage->area.len,
			     access_of(stage->pin));
	tell_region(leg, NULL, leg->mr ? 0 : errno ? -errno : -EIO);
	if (!leg->mr)
		return 0;
	if (stage->state->after)
		rc = stage->state->after(stage, &leg->err);
	return rc ? rc : look_in_turn(leg);
}

static void clear_leg(struct leg *leg)
{
	dp_actor_clear(&leg->stage.other);
	if (leg->mr)
		ibv_dereg_mr(leg->mr);
	if (leg->plain_mr)
		ibv_dereg_mr(leg->plain_mr);
	dp_pair_close(&leg->pair);
	if (leg->stage.extra)
		munmap(leg->stage.extra, leg->stage.extra_len);
	dp_area_close(&leg->stage.area);
}

static int answer(int fd, struct leg *leg, int rc)
{
	struct dp_reply reply = { .rc = rc };

	snprintf(reply.text, sizeof(reply.text), "%.300s", leg->err.what);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	clear_leg(leg);
	return rc;
}

/* Who made the pages has gone before anything is registered. */
static void ask_as_heir(int fd, struct leg *leg, pid_t ancestor)
{
	int rc = make_pages(leg);
	pid_t pid = rc ? 0 : fork();

	if (pid > 0)
		_exit(0);
	if (pid < 0)
		rc = dp_fail(&leg->err, -errno, "cannot fork");
	for (int i = 0; !rc && getppid() != ancestor && i < 10000; i++)
		usleep(1000);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!rc && getppid() != ancestor)
		rc = dp_report(&leg->err, -ETIMEDOUT, "who made the pages does not go");
	answer(fd, leg, rc ? rc : ask_pages(leg));
	_exit(0);
}

static void ask_leg(int fd, void *arg)
{
	struct leg *leg = arg;
	pid_t self = getpid();
	int rc;

	if (!leg->stage.state->heir) {
		rc = make_pages(leg);
		answer(fd, leg, rc ? rc : ask_pages(leg));
		return;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (fork() == 0)
		ask_as_heir(fd, leg, self);
	close(fd);
	while (wait(NULL) > 0)
		;
}

/* ---- one id ------------------------------------------------------------------------------- */

/* Why a kind of region is not asked for, or NULL. */
static const char *why_absent(const struct asker *a, enum dp_state_pin pin)
{
	if (a->item->state->reads && pin != DP_STATE_READ)
		return "the memory may not be written when it is registered";
	if (a->item->state->refused && pin == DP_STATE_ON_DEMAND)
		return "nothing is pinned on demand, so that nothing is refused";
	return pin == DP_STATE_ON_DEMAND && !a->rdma.odp ? "the adapter has no on-demand paging"
							 : NULL;
}

static int hear_leg(struct asker *a, struct leg *leg)
{
	dp_cleanup(dp_actor_clear) struct dp_actor actor = DP_NO_ACTOR;
	struct dp_reply reply = { 0 };
	enum dp_fate fate;
	int rc = dp_actor_start(&actor, ask_leg, leg);

	if (rc)
		return dp_fail(&a->err, rc, "cannot start a process");
	fate = dp_actor_hear(&actor, LEG_MS, &reply);
	if (fate != DP_DONE)
		return dp_report(&a->err, -EIO, "the process with the region %s",
				 dp_fate_name(fate));
	if (reply.rc)
		return dp_report(&a->err, reply.rc, "%s", reply.text);
	/* What it has pinned is released when it has ended. */
	dp_actor_wait_end(&actor, LEG_MS);
	return 0;
}

static int ask_pin(struct asker *a, enum dp_state_pin pin, struct dp_state_sight *board)
{
	struct leg leg = {
		.stage = { .state = a->item->state,
			   .mapping = a->item->mapping,
			   .env = &a->options->env,
			   .pin = pin,
			   .area = { .fd = -1 },
			   .other = DP_NO_ACTOR,
			   .board = board,
			   .device = a->rdma.device,
			   .fd = a->fd },
	};
	const char *why = why_absent(a, pin);
	int rc;

	if (why) {
		tell_region(&leg, why, 0);
		return 0;
	}
	rc = hear_leg(a, &leg);
	if (a->item->state->undo)
		a->item->state->undo(&leg.stage);
	return rc;
}

static int ask_pins(struct asker *a)
{
	struct dp_stage stage = { .state = a->item->state,
				  .mapping = a->item->mapping,
				  .env = &a->options->env };
	struct dp_state_sight *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc = board == MAP_FAILED ? dp_fail(&a->err, -errno, "no shared memory") : 0;

	if (!rc && a->item->state->needs)
		rc = a->item->state->needs(&stage, &a->err);
	if (!rc)
		rc = dp_rdma_open(a->options->rdma, &a->rdma, &a->err);
	if (rc)
		return rc;
	dp_rdma_emit(a->fd, a->rdma.device, a->rdma.provider, a->rdma.odp);
	for (int i = 0; i < DP_STATE_PINS && !rc; i++)
		rc = ask_pin(a, (enum dp_state_pin)i, board);
	return rc;
}

static void ask(int fd, void *arg)
{
	struct asker *a = arg;
	struct dp_reply reply = { .rc = ask_pins(a) };

	snprintf(reply.text, sizeof(reply.text), "%.300s", a->err.what);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	dp_rdma_close(&a->rdma);
}

int dp_state_run(const struct dp_state_items *items, const struct dp_state_options *options, int fd,
		 struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < items->count && !rc; i++) {
		struct asker asker = { .item = &items->list[i], .options = options, .fd = fd };

		rc = dp_ask_apart(items->list[i].id, ask, &asker, STATE_MS, fd, err);
	}
	return rc;
}
