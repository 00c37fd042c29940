// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What states do to pages, and how is told what a page holds: each word of a page says who wrote
 * it, which page it is of, and which word of it.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"
#include "daxpin/pair.h"
#include "daxpin/rdma.h"
#include "daxpin/state.h"
#include "daxpin/steps.h"

/* How long the other process may take for what it is told, ms. */
#define OTHER_MS 10000

/* No word is 0. */
static uint64_t word_of(enum dp_state_bytes bytes, uint64_t page, uint64_t word)
{
	return (uint64_t)(bytes + 1) << 56 | (page & 0xffffffff) << 16 | (word + 1);
}

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void dp_stage_fill(void *at, size_t len, enum dp_state_bytes bytes)
{
	size_t page = page_size(), words = page / sizeof(uint64_t);
	volatile uint64_t *to = at;

	for (size_t i = 0; i < len / page; i++)
		for (size_t k = 0; k < words; k++)
			*to++ = word_of(bytes, i, k);
}

static bool is_all(const volatile uint64_t *words, size_t count, enum dp_state_bytes bytes,
		   size_t page)
{
	for (size_t i = 0; i < count; i++)
		if (words[i] != (bytes == DP_BYTES_ZERO ? 0 : word_of(bytes, page, i)))
			return false;
	return true;
}

static enum dp_state_bytes bytes_of(const volatile uint64_t *words, size_t count, size_t page)
{
	for (int i = 0; i <= DP_BYTES_ZERO; i++)
		if (is_all(words, count, (enum dp_state_bytes)i, page))
			return (enum dp_state_bytes)i;
	return DP_BYTES_UNKNOWN;
}

void dp_stage_look(const void *at, size_t len, struct dp_state_sight *sight)
{
	size_t page = page_size(), pages = len / page;
	dp_autofree unsigned char *there = malloc(pages);

	memset(sight, 0, sizeof(*sight));
	if (!there || mincore((void *)at, len, there)) {
		sight->pages[there && errno == ENOMEM ? DP_BYTES_ABSENT : DP_BYTES_UNKNOWN] = pages;
		return;
	}
	for (size_t i = 0; i < pages; i++)
		sight->pages[bytes_of((const volatile uint64_t *)((const char *)at + i * page),
				      page / sizeof(uint64_t), i)]++;
}

void dp_stage_read(const void *at, size_t len)
{
	for (size_t i = 0; i < len; i += page_size())
		(void)*((const volatile char *)at + i);
}

void dp_stage_changed(const struct dp_stage *stage, const char *what, int rc)
{
	struct json_object *obj = dp_step_new(DP_STEP_CHANGE);

	dp_step_set_text(obj, DP_FIELD_PIN, dp_state_pin_name(stage->pin));
	dp_step_set_text(obj, DP_FIELD_WHAT, what);
	dp_step_add_errno(obj, rc);
	dp_emit(stage->fd, obj);
}

int dp_stage_madvise(const struct dp_stage *stage, int advice, const char *what)
{
	/* device-dax is not divided within a huge page. */
	size_t span = dp_span(stage->mapping, stage->env);
	int rc = madvise(stage->view, span, advice) ? -errno : 0;

	dp_stage_changed(stage, what, rc);
	return rc;
}

/* ---- the other process -------------------------------------------------------------------- */

static int register_own(struct dp_stage *stage, struct dp_rdma *rdma, struct dp_error *err)
{
	if (dp_rdma_open(stage->device, rdma, err))
		return err->code;
	/* It ends with this process. */
	return ibv_reg_mr(rdma->pd, stage->view, stage->area.len,
			  stage->pin == DP_STATE_READ ? IBV_ACCESS_REMOTE_READ
						      : IBV_ACCESS_LOCAL_WRITE)
		       ? 0
		       : dp_fail(err, errno ? -errno : -EIO,
				 "the other process cannot register its memory");
}

static int obey(struct dp_stage *stage, char command, struct dp_rdma *rdma, struct dp_error *err)
{
	switch (command) {
	case DP_OTHER_READ:
		dp_stage_read(stage->view, stage->area.len);
		return 0;
	case DP_OTHER_WRITE:
		dp_stage_fill(stage->view, stage->area.len, DP_BYTES_OTHER);
		return 0;
	case DP_OTHER_LOOK:
		dp_stage_look(stage->view, stage->area.len, stage->board);
		return 0;
	case DP_OTHER_REGISTER:
		return register_own(stage, rdma, err);
	default:
		return dp_fail(err, -EINVAL, "the other process does not know '%c'", command);
	}
}

static void be_other(int fd, void *arg)
{
	struct dp_stage *stage = arg;
	struct dp_rdma rdma = { 0 };
	char command;

	while (recv(fd, &command, 1, 0) == 1 && command != DP_OTHER_END) {
		struct dp_reply reply = { 0 };
		struct dp_error err = { 0 };

		reply.rc = obey(stage, command, &rdma, &err);
		snprintf(reply.text, sizeof(reply.text), "%.300s", err.what);
		send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	}
}

int dp_stage_fork(struct dp_stage *stage, struct dp_error *err)
{
	int rc = dp_actor_start(&stage->other, be_other, stage);

	if (!rc)
		dp_stage_changed(stage, "fork", 0);
	return rc ? dp_fail(err, rc, "cannot start another process") : 0;
}

int dp_stage_tell(struct dp_stage *stage, char command, struct dp_error *err)
{
	struct dp_reply reply = { 0 };
	enum dp_fate fate;

	if (!dp_actor_tell(&stage->other, command))
		return dp_fail(err, -ESRCH, "the other process has ended");
	if (command == DP_OTHER_END) {
		fate = dp_actor_wait_end(&stage->other, OTHER_MS);
		return fate == DP_DIED
			       ? 0
			       : dp_report(err, -ETIMEDOUT, "the other process does not end");
	}
	fate = dp_actor_hear(&stage->other, OTHER_MS, &reply);
	if (fate != DP_DONE)
		return dp_report(err, -EIO, "the other process %s, told '%c'", dp_fate_name(fate),
				 command);
	return reply.rc ? dp_report(err, reply.rc, "%s", reply.text) : 0;
}
