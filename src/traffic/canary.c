// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/vfs.h>

#include "canary.h"

#include "ledger.h"
#include "pattern.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

/* Mapping and filling what was freed takes a second or two under emulation. */
#define LIMIT_MS 60000
/* Of the pattern. */
#define SEED 0xca9a71
/* A disk is filled and compared in pieces of this size, bytes. */
#define CHUNK (1 << 20)
/* Room that is left to the file system, bytes. */
#define RESERVE (4ULL << 20)
/* The command to compare. */
#define COMPARE 'c'

static int open_disk(const char *disk, struct dp_area *area, struct dp_error *err)
{
	char path[PATH_MAX];
	off_t length;
	int rc = dp_path(path, sizeof(path), err, "/dev/%s", disk);

	if (rc)
		return rc;
	area->fd = open(path, O_RDWR | O_DIRECT | O_EXCL | O_CLOEXEC);
	length = area->fd < 0 ? -1 : lseek(area->fd, 0, SEEK_END);
	if (length < 0)
		return dp_fail(err, -errno, "cannot open %s", path);
	area->len = (uint64_t)length / CHUNK * CHUNK;
	return 0;
}

/* All that is free on the file system of the mapping, so that the freed blocks are among it. */
static uint64_t size_of(const struct dp_canary *canary)
{
	struct statfs st;
	uint64_t room;

	if (!canary->dir[0] || statfs(canary->dir, &st))
		return canary->env.size;
	room = st.f_bavail * (uint64_t)st.f_bsize;
	return room > 2 * RESERVE ? (room - RESERVE) & ~(2 * RESERVE - 1) : canary->env.size;
}

static int open_area(const struct dp_canary *canary, struct dp_area *area, struct dp_error *err)
{
	struct dp_env env = canary->env;

	*area = (struct dp_area){ .fd = -1 };
	if (canary->disk)
		return open_disk(canary->disk, area, err);
	env.size = size_of(canary);
	return dp_area_open(canary->mapping, &env, area, err);
}

/* Writes or compares a whole disk, past the page cache. */
static int sweep_disk(const struct dp_area *area, struct dp_damage *damage)
{
	const struct dp_ledger ledger = { .seed = SEED };
	void *buffer = NULL;
	int rc = posix_memalign(&buffer, 4096, CHUNK) ? -ENOMEM : 0;

	for (uint64_t at = 0; at < area->len && !rc; at += CHUNK) {
		if (!damage)
			dp_pattern_fill(buffer, CHUNK, SEED, at);
		if ((damage ? pread(area->fd, buffer, CHUNK, (off_t)at)
			    : pwrite(area->fd, buffer, CHUNK, (off_t)at)) != CHUNK)
			rc = -EIO;
		else if (damage)
			dp_ledger_check(&ledger, buffer, at, CHUNK, damage);
	}
	free(buffer);
	return rc;
}

/* Fills the area; with @damage, compares it. */
static int sweep(const struct dp_area *area, struct dp_damage *damage)
{
	const struct dp_ledger ledger = { .seed = SEED };

	if (!area->addr)
		return sweep_disk(area, damage);
	if (damage)
		dp_ledger_check(&ledger, area->addr, 0, area->len, damage);
	else
		dp_pattern_fill(area->addr, area->len, SEED, 0);
	return 0;
}

static void answer(int fd, int rc, int64_t number, const char *text)
{
	struct dp_reply reply = { .rc = rc, .number = number };

	snprintf(reply.text, sizeof(reply.text), "%.300s", text);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

/* The process. */
static void sit(int fd, void *arg)
{
	struct dp_damage damage = { 0 };
	struct dp_error err = { 0 };
	struct dp_area area;
	char command, first[24];
	int rc = open_area(arg, &area, &err);

	if (!rc)
		rc = sweep(&area, NULL);
	answer(fd, rc, rc ? 0 : (int64_t)area.len, err.what);
	if (rc || recv(fd, &command, 1, 0) != 1 || command != COMPARE)
		return;
	rc = sweep(&area, &damage);
	snprintf(first, sizeof(first), "%llu", (unsigned long long)damage.first);
	answer(fd, rc, (int64_t)damage.wrong, rc ? "it cannot be read again" : first);
}

static bool hear(struct dp_canary *canary, const char *otherwise, struct dp_reply *reply)
{
	enum dp_fate fate = dp_actor_hear(&canary->actor, LIMIT_MS, reply);

	if (fate != DP_DONE)
		*reply = (struct dp_reply){ .rc = -EIO };
	if (reply->rc && !reply->text[0])
		snprintf(reply->text, sizeof(reply->text), "%s", otherwise);
	return !reply->rc;
}

bool dp_canary_start(struct dp_canary *canary, struct dp_reply *reply)
{
	if (!dp_actor_start(&canary->actor, sit, canary))
		return hear(canary, "what was taken away cannot be handed on", reply);
	*reply = (struct dp_reply){ .rc = -EIO, .text = "no process to hand it on to" };
	return false;
}

bool dp_canary_compare(struct dp_canary *canary, struct dp_reply *reply)
{
	dp_actor_tell(&canary->actor, COMPARE);
	return hear(canary, "the process that it was handed on to does not answer", reply);
}
