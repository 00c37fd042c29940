// SPDX-License-Identifier: GPL-2.0-or-later
/* The region of an end: mapped and filled, registered, disturbed, given back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../end.h"
#include "../layout.h"
#include "../pattern.h"
#include "../talk.h"

#include "daxpin/cleanup.h"
#include "daxpin/pin.h"

/* A write through a private mapping would not reach the file, so there the file is written. */
static int fill(struct dp_end *end, uint64_t seed, struct dp_error *err)
{
	struct dp_area *area = &end->area;
	struct dp_window windows[2];
	size_t n = dp_layout_windows(area->len, windows);
	bool by_file = area->fd >= 0 && !dp_end_is_shared(end);

	for (size_t i = 0; i < n; i++) {
		const struct dp_window *w = &windows[i];
		dp_autofree char *copy = by_file ? malloc(w->length) : NULL;
		char *to = by_file ? copy : (char *)area->addr + w->offset;

		if (!to)
			return -ENOMEM;
		dp_pattern_fill(to, w->length, seed, w->offset);
		if (by_file &&
		    pwrite(area->fd, copy, w->length, (off_t)w->offset) != (ssize_t)w->length)
			return dp_fail(err, -errno, "cannot fill the file below %s",
				       end->mapping->name);
	}
	return 0;
}

/* The zone of the first page, where that matters; nothing if it cannot be told. */
static void add_zone(const struct dp_end *end, struct json_object *reply)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), pfn = 0;
	char zone[16];

	if (end->mapping->zone && !dp_frames_read(end->area.addr, 1, &pfn) && pfn &&
	    !dp_zone_of(pfn * page, zone, sizeof(zone)))
		dp_json_add_text(reply, "zone", zone);
}

static int obey_open(struct dp_end *end, struct json_object *command, struct json_object *reply,
		     struct dp_error *err)
{
	const char *name = dp_json_text(command, "mapping");
	const struct dp_mapping *mapping = name ? dp_mapping_find(name) : NULL;
	struct dp_env env = end->options->env;
	uint64_t seed;
	int rc;

	if (!mapping || dp_talk_word(command, "seed", &seed))
		return dp_fail(err, -EBADMSG, "no such mapping");
	if (end->mapping)
		return dp_fail(err, -EBUSY, "a mapping is open already");
	env.size = dp_talk_number(command, "size");
	if (!env.size || env.size % (uint64_t)sysconf(_SC_PAGESIZE) ||
	    env.size > end->options->env.size)
		return dp_fail(err, -EBADMSG, "a region cannot have this size here");
	if (!env.guest && !env.device && dp_is_devdax(mapping))
		return dp_skip(err,
			       "what is on a device-dax of this machine would be lost: name one "
			       "with --destroy-data");
	/* A leaf of 2 MiB needs contiguous blocks; transfers of the others cross extents. */
	env.split = mapping->leaf < DP_PMD ? dp_layout_half(dp_span(mapping, &env)) : 0;
	rc = dp_area_open(mapping, &env, &end->area, err);
	if (rc)
		return rc;
	end->mapping = mapping;
	dp_json_add_int(reply, "length", (int64_t)end->area.len);
	dp_json_add_text(reply, "resource", end->area.resource);
	dp_json_add_int(reply, "pid", getpid());
	dp_json_add_int(reply, "fd", end->area.fd);
	add_zone(end, reply);
	return mapping->populate == DP_POPULATE_NONE ? 0 : fill(end, seed, err);
}

static int obey_close(struct dp_end *end, struct json_object *command, struct json_object *reply,
		      struct dp_error *err)
{
	(void)command;
	(void)reply;
	return dp_end_close(end, err);
}

/* ---- registrations ----------------------------------------------------------------------- */

static struct dp_key *free_key(struct dp_end *end)
{
	for (size_t i = 0; i < DP_MAX_KEYS; i++)
		if (!end->keys[i].mr)
			return &end->keys[i];
	return NULL;
}

static struct ibv_pd *domain(struct dp_end *end, bool foreign)
{
	if (foreign && !end->foreign_pd && end->port->id)
		end->foreign_pd = ibv_alloc_pd(end->port->id->verbs);
	return foreign ? end->foreign_pd : end->port->pd;
}

/* A registration that the kernel refuses is no failure: "errno" tells it. */
static int obey_register(struct dp_end *end, struct json_object *command, struct json_object *reply,
			 struct dp_error *err)
{
	uint64_t offset = dp_talk_number(command, "offset");
	uint64_t length = dp_talk_number(command, "length");
	bool foreign = dp_json_bool_or(command, "foreign", false);
	const char *name = dp_json_text(command, "key");
	struct dp_key *key = free_key(end);
	struct ibv_pd *pd;

	if (!end->mapping || !name || !key || dp_end_key(end, name) || offset > end->area.len ||
	    length > end->area.len - offset)
		return dp_fail(err, -EBADMSG, "nothing that can be registered");
	pd = domain(end, foreign);
	if (!pd)
		return dp_fail(err, errno ? -errno : -EIO, "no protection domain");
	errno = 0;
	key->mr = ibv_reg_mr(pd, (char *)end->area.addr + offset, length,
			     (unsigned int)dp_talk_number(command, "access"));
	if (!key->mr) {
		dp_json_add_text(reply, "errno", dp_errno_name(errno ? errno : EIO));
		return 0;
	}
	snprintf(key->name, sizeof(key->name), "%s", name);
	key->offset = offset;
	key->length = length;
	dp_json_add_int(reply, "address", (int64_t)(uintptr_t)key->mr->addr);
	dp_json_add_int(reply, "rkey", key->mr->rkey);
	dp_json_add_int(reply, "lkey", key->mr->lkey);
	return 0;
}

/* One key, if there is one of that name; all of them without a name. */
static int obey_deregister(struct dp_end *end, struct json_object *command,
			   struct json_object *reply, struct dp_error *err)
{
	const char *name = dp_json_text(command, "key");
	struct dp_key *key = dp_end_key(end, name);

	(void)reply;
	if (!name)
		return dp_end_drop_keys(end, err);
	return key ? dp_end_drop_key(key, err) : 0;
}

/* ---- below a region that is paged on demand ---------------------------------------------- */

/* Drops the page tables, so that the adapter finds none. */
static int chill(struct dp_end *end, struct dp_key *key, struct dp_error *err)
{
	(void)key;
	return madvise(end->area.addr, end->area.len, MADV_DONTNEED)
		       ? dp_fail(err, -errno, "madvise(MADV_DONTNEED)")
		       : 0;
}

/* Frees the blocks of the file and leaves a hole. */
static int truncate_file(struct dp_end *end, struct dp_key *key, struct dp_error *err)
{
	(void)key;
	if (!end->mapping->fs)
		return dp_fail(err, -EBADMSG, "no file to truncate");
	return ftruncate(end->area.fd, 0) || ftruncate(end->area.fd, (off_t)end->area.len)
		       ? dp_fail(err, -errno, "ftruncate")
		       : 0;
}

/* Has the adapter fault the pages in. */
static int prefetch(struct dp_end *end, struct dp_key *key, struct dp_error *err)
{
	struct ibv_sge sge;

	if (!key)
		return dp_fail(err, -EBADMSG, "no region to prefetch");
	sge = (struct ibv_sge){ (uintptr_t)key->mr->addr, (uint32_t)key->length, key->mr->lkey };
	return -ibv_advise_mr(end->port->pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
			      IBV_ADVISE_MR_FLAG_FLUSH, &sge, 1);
}

static const struct {
	const char *how;
	int (*disturb)(struct dp_end *end, struct dp_key *key, struct dp_error *err);
} disturbances[] = {
	{ "chill", chill },
	{ "truncate", truncate_file },
	{ "prefetch", prefetch },
};

static int obey_disturb(struct dp_end *end, struct json_object *command, struct json_object *reply,
			struct dp_error *err)
{
	const char *how = dp_json_text(command, "how");
	struct dp_key *key = dp_end_key(end, dp_json_text(command, "key"));

	(void)reply;
	for (size_t i = 0; end->mapping && how && i < DP_ARRAY_SIZE(disturbances); i++)
		if (!strcmp(how, disturbances[i].how))
			return disturbances[i].disturb(end, key, err);
	return dp_fail(err, -EBADMSG, "nothing to disturb");
}

DP_COMMAND(open_command, .name = "open", .obey = obey_open);
DP_COMMAND(close_command, .name = "close", .obey = obey_close);
DP_COMMAND(register_command, .name = "register", .obey = obey_register);
DP_COMMAND(deregister_command, .name = "deregister", .obey = obey_deregister);
DP_COMMAND(disturb_command, .name = "disturb", .obey = obey_disturb);
