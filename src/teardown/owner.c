// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "owner.h"

#include "daxpin/cleanup.h"
#include "daxpin/course.h"
#include "daxpin/file.h"
#include "daxpin/pin.h"
#include "daxpin/pinner.h"
#include "daxpin/rdma.h"

/* Written to the beginning of each page, so that foreign data can be told from the owner's. */
#define PATTERN 0x6461787069006e00ULL
#define PAGE    4096

struct owner {
	struct dp_owner *shared;
	struct dp_rdma rdma;
	struct dp_area area;
	bool mapped;
	struct ibv_mr *mr, *again;
	void *held[2]; /* of another one who pins: for the first region, and for the second */
	int fd;
};

/* Who pins in place of the adapter, NULL if that does. */
static const struct dp_means *means_of(const struct owner *o)
{
	const struct dp_pinner *pinner = o->shared->options.pinner;

	return pinner && !pinner->provider ? &pinner->means : NULL;
}

static sigjmp_buf bus_jump;

static void on_bus(int signal)
{
	(void)signal;
	siglongjmp(bus_jump, 1);
}

static void answer(const struct owner *o, int rc, int64_t number, const char *text)
{
	struct dp_reply reply = { .rc = rc, .number = number };

	snprintf(reply.text, sizeof(reply.text), "%s", text);
	send(o->fd, &reply, sizeof(reply), MSG_NOSIGNAL);
}

unsigned int dp_owner_access(const struct dp_mapping *mapping, bool odp)
{
	unsigned int access =
		IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ;

	return dp_is_fsdax(mapping) && odp ? access | IBV_ACCESS_ON_DEMAND : access;
}

static volatile uint64_t *word_at(const struct owner *o, uint64_t offset)
{
	return (volatile uint64_t *)((char *)o->area.addr + offset);
}

static void write_pattern(const struct owner *o)
{
	for (uint64_t at = 0; at + PAGE <= o->area.len; at += PAGE)
		*word_at(o, at) = PATTERN + at;
}

static const char *read_pattern(const struct owner *o)
{
	const uint64_t offsets[] = { 0, o->area.len / PAGE / 2 * PAGE, o->area.len - PAGE };
	const char *found = "same";

	for (size_t i = 0; i < DP_ARRAY_SIZE(offsets); i++) {
		uint64_t word = *word_at(o, offsets[i]);

		if (word == 0 && strcmp(found, "other"))
			found = "zero";
		else if (word != PATTERN + offsets[i])
			found = "other";
	}
	return found;
}

static const char *touch(struct owner *o)
{
	struct sigaction action = { .sa_handler = on_bus };

	if (!o->mapped)
		return "none";
	sigaction(SIGBUS, &action, NULL);
	if (sigsetjmp(bus_jump, 1))
		return "SIGBUS";
	return read_pattern(o);
}

static int64_t reg(struct owner *o, struct ibv_mr **mr)
{
	const struct dp_means *means = means_of(o);

	if (means) {
		int rc = means->pin(o->held[mr == &o->again], &o->area,
				    dp_pinner_access(DP_PINNER_WRITE)->flags);

		return rc < 0 ? EIO : rc;
	}
	errno = 0;
	*mr = ibv_reg_mr(o->rdma.pd, o->area.addr, o->area.len,
			 dp_owner_access(o->shared->scenario.mapping, o->rdma.odp));
	return *mr ? 0 : errno ? errno : EIO;
}

/*
 * Whether the pages are still where the device is: a pin can move them out of ZONE_MOVABLE, or off
 * a device to which they were migrated. Pages of other devices cannot go anywhere.
 */
static void look_at_pages(struct owner *o, char *zone, size_t size)
{
	struct dp_owner *shared = o->shared;
	const struct dp_mapping *mapping = shared->scenario.mapping;
	struct dp_iomem iomem = { 0 };
	const struct dp_resource *res;
	uint64_t pfn = 0, held = 0;

	shared->on_device = shared->target.device[0];
	shared->on_device_seen = !dp_is_kmem(mapping);
	if (mapping->held) {
		shared->on_device_seen = !mapping->held(&o->area, &held);
		shared->on_device = held;
		return;
	}
	if (shared->on_device_seen || dp_frames_read(o->area.addr, 1, &pfn) || !pfn)
		return;
	dp_zone_of(pfn * PAGE, zone, size);
	shared->on_device_seen = !dp_iomem_read(&iomem, NULL);
	res = dp_iomem_find(&iomem, pfn * PAGE);
	shared->on_device = res && strstr(res->path, shared->target.device);
	dp_iomem_clear(&iomem);
}

static void register_first(struct owner *o)
{
	int64_t err;

	look_at_pages(o, o->shared->zone_before, sizeof(o->shared->zone_before));
	err = reg(o, &o->mr);
	look_at_pages(o, o->shared->zone_after, sizeof(o->shared->zone_after));
	answer(o, 0, err, "");
}

static void list_events(struct owner *o)
{
	const struct dp_means *means = means_of(o);
	struct pollfd p = { .fd = means ? -1 : o->rdma.context->async_fd, .events = POLLIN };
	char text[320] = "";
	size_t used = 0;

	while (poll(&p, 1, 0) > 0 && used < 256) {
		struct ibv_async_event event;

		if (ibv_get_async_event(o->rdma.context, &event))
			break;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "",
					 ibv_event_type_str(event.event_type));
		ibv_ack_async_event(&event);
	}
	answer(o, 0, 0, text);
}

static void dereg(struct owner *o, struct ibv_mr **mr)
{
	const struct dp_means *means = means_of(o);
	int rc = means ? -means->unpin(o->held[mr == &o->again]) : *mr ? ibv_dereg_mr(*mr) : 0;

	if (!rc)
		*mr = NULL;
	answer(o, 0, rc, "");
}

/* All that pins, without deregistering. */
static void close_all(struct owner *o)
{
	const struct dp_means *means = means_of(o);

	for (size_t i = 0; means && i < DP_ARRAY_SIZE(o->held); i++)
		means->close(o->held[i]);
	if (!means) {
		/* Both descriptors: the file of the one holds the other's. */
		close(o->rdma.context->async_fd);
		close(o->rdma.context->cmd_fd);
	}
	answer(o, 0, 0, "");
}

static void unmap(struct owner *o)
{
	dp_area_close(&o->area);
	o->mapped = false;
	answer(o, 0, 0, "");
}

static void obey(struct owner *o, char command)
{
	switch (command) {
	case DP_OWNER_REGISTER:
		register_first(o);
		break;
	case DP_OWNER_TOUCH:
		answer(o, 0, 0, touch(o));
		break;
	case DP_OWNER_AGAIN:
		answer(o, 0, reg(o, &o->again), "");
		break;
	case DP_OWNER_EVENTS:
		list_events(o);
		break;
	case DP_OWNER_DEREG:
		dereg(o, &o->mr);
		break;
	case DP_OWNER_DEREG_AGAIN:
		dereg(o, &o->again);
		break;
	case DP_OWNER_CLOSE:
		close_all(o);
		break;
	case DP_OWNER_UNMAP:
		unmap(o);
		break;
	default:
		_exit(0);
	}
}

/* The adapter, or whoever else pins, ready to do so. */
static int open_pinner(struct owner *o)
{
	const struct dp_pinner *pinner = o->shared->options.pinner;
	const struct dp_means *means = means_of(o);
	struct dp_error *err = &o->shared->error;
	int rc = 0;

	if (pinner && pinner->provider && strcmp(o->rdma.provider, pinner->provider) != 0) {
		rc = dp_rdma_open_driver(pinner->provider, &o->rdma, err);
		return rc == -ENODEV ? DP_SKIP : rc;
	}
	if (!means)
		return o->rdma.context ? 0 : dp_rdma_open(o->shared->options.rdma, &o->rdma, err);
	for (size_t i = 0; i < DP_ARRAY_SIZE(o->held) && !rc; i++)
		rc = means->open(NULL, o->shared->options.env.guest, &o->held[i], err);
	return rc;
}

/* Has adapter and mapping, or says why not. */
static int prepare(struct owner *o)
{
	struct dp_owner *shared = o->shared;
	const struct dp_mapping *mapping = shared->scenario.mapping;
	struct dp_env env = shared->options.env;
	int rc = open_pinner(o);

	if (rc)
		return rc;
	env.size = shared->size;
	rc = dp_area_open(mapping, &env, &o->area, &shared->error);
	if (rc)
		return rc;
	o->mapped = true;
	shared->odp = o->rdma.odp && !means_of(o);
	snprintf(shared->provider, sizeof(shared->provider), "%s", o->rdma.provider);
	dp_target_find(mapping, &o->area, &shared->target);
	snprintf(shared->target.rdma, sizeof(shared->target.rdma), "%s", o->rdma.device);
	dp_read_attr(shared->target.netdev, sizeof(shared->target.netdev),
		     "/sys/class/infiniband/%s/parent", o->rdma.device);
	shared->target.channel = shared->options.channel;
	shared->pages = o->area.len / PAGE;
	return 0;
}

static void begin(struct owner *o, int fd, const struct dp_rdma *rdma, void *arg)
{
	*o = (struct owner){ .shared = arg, .rdma = *rdma, .fd = fd };
	o->shared->skip = prepare(o);
	if (!o->shared->skip && o->shared->scenario.mapping->populate != DP_POPULATE_READ)
		write_pattern(o);
}

static void own(int fd, struct dp_rdma *rdma, void *arg)
{
	struct owner o;
	char command;

	begin(&o, fd, rdma, arg);
	if (o.shared->options.witness)
		dp_course_join(DP_COURSE_OWNER);
	answer(&o, o.shared->skip, o.area.fd, "");
	while (recv(fd, &command, 1, 0) == 1)
		obey(&o, command);
}

static void churn(int fd, struct dp_rdma *rdma, void *arg)
{
	struct owner o;

	begin(&o, fd, rdma, arg);
	answer(&o, o.shared->skip, 0, "");
	while (!o.shared->skip && !reg(&o, &o.mr))
		ibv_dereg_mr(o.mr);
}

int dp_owner_start(struct dp_actor *actor, struct dp_worker_pool *pool, struct dp_owner *owner)
{
	return dp_worker_pool_call(pool, actor, own, owner);
}

int dp_owner_churn(struct dp_actor *actor, struct dp_owner *owner)
{
	return dp_worker_pool_call(NULL, actor, churn, owner);
}
