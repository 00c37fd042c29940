// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "end.h"

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/teardown.h"

#define PMD (2ULL << 20)

uint64_t number_of(struct json_object *obj, const char *key)
{
	int64_t value;

	return dp_json_int(obj, key, &value) || value < 0 ? 0 : (uint64_t)value;
}

size_t windows_of(uint64_t length, struct window *windows)
{
	if (length <= 2 * WINDOW) {
		windows[0] = (struct window){ 0, length };
		return 1;
	}
	windows[0] = (struct window){ 0, WINDOW };
	windows[1] = (struct window){ length - WINDOW, WINDOW };
	return 2;
}

uint64_t edge_of(uint64_t length)
{
	return length > 2 * PMD ? PMD : length / 2;
}

struct key *find_key(struct end *end, const char *name)
{
	for (size_t i = 0; name && i < MAX_KEYS; i++)
		if (end->keys[i].mr && !strcmp(end->keys[i].name, name))
			return &end->keys[i];
	return NULL;
}

/* ---- the ledger as JSON: seeds are unsigned, and written as text ------------------------- */

static void add_seed(struct json_object *obj, const char *key, uint64_t seed)
{
	char text[24];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)seed);
	dp_json_add_text(obj, key, text);
}

static int read_seed(struct json_object *obj, const char *key, uint64_t *seed)
{
	const char *text = dp_json_text(obj, key);
	char *end;

	if (!text || strlen(text) != 16)
		return -EBADMSG;
	*seed = strtoull(text, &end, 16);
	return *end ? -EBADMSG : 0;
}

struct json_object *ledger_to_json(const struct dp_ledger *ledger)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	add_seed(obj, "seed", ledger->seed);
	for (size_t i = 0; i < ledger->count; i++) {
		const struct dp_extent *e = &ledger->extents[i];
		struct json_object *extent = json_object_new_object();

		dp_json_add_int(extent, "content", e->content);
		dp_json_add_int(extent, "offset", (int64_t)e->offset);
		dp_json_add_int(extent, "length", (int64_t)e->length);
		add_seed(extent, "seed", e->seed);
		dp_json_add_int(extent, "from", (int64_t)e->from);
		json_object_array_add(list, extent);
	}
	json_object_object_add(obj, "extents", list);
	return obj;
}

int ledger_from_json(struct json_object *obj, struct dp_ledger *ledger)
{
	struct json_object *list = json_object_object_get(obj, "extents");

	memset(ledger, 0, sizeof(*ledger));
	if (!json_object_is_type(list, json_type_array) || read_seed(obj, "seed", &ledger->seed))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *e = json_object_array_get_idx(list, i);
		uint64_t content, seed;

		if (!json_object_is_type(e, json_type_object) || read_seed(e, "seed", &seed))
			return -EBADMSG;
		content = number_of(e, "content");
		if (content >= DP_CONTENTS ||
		    !dp_ledger_add(ledger, (enum dp_content)content, number_of(e, "offset"),
				   number_of(e, "length"), seed, number_of(e, "from")))
			return -EBADMSG;
	}
	return 0;
}

/* ---- memory ------------------------------------------------------------------------------ */

/* A private mapping that is written to is no longer the file's: there the file is written. */
static int fill(struct end *end, uint64_t seed, struct dp_error *err)
{
	struct dp_area *area = &end->area;
	struct window windows[2];
	size_t n = windows_of(area->len, windows);
	bool private = end->mapping->populate == DP_POPULATE_READ && area->fd >= 0;

	for (size_t i = 0; i < n; i++) {
		const struct window *w = &windows[i];
		dp_autofree char *copy = private ? malloc(w->length) : NULL;
		char *to = private ? copy : (char *)area->addr + w->offset;

		if (!to)
			return -ENOMEM;
		dp_pattern_fill(to, w->length, seed, w->offset);
		if (private &&
		    pwrite(area->fd, copy, w->length, (off_t)w->offset) != (ssize_t)w->length)
			return dp_fail(err, -errno, "cannot fill the file below %s",
				       end->mapping->name);
	}
	return 0;
}

int command_open(struct end *end, struct json_object *command, struct json_object *reply,
		 struct dp_error *err)
{
	const char *name = dp_json_text(command, "mapping");
	const struct dp_mapping *mapping = name ? dp_mapping_find(name) : NULL;
	struct dp_env env = end->options->env;
	uint64_t seed;
	int rc;

	if (!mapping || read_seed(command, "seed", &seed))
		return dp_fail(err, -EBADMSG, "no such mapping");
	if (end->mapping)
		return dp_fail(err, -EBUSY, "a mapping is open already");
	env.size = number_of(command, "size");
	if (!env.size || env.size % (uint64_t)sysconf(_SC_PAGESIZE) ||
	    env.size > end->options->env.size)
		return dp_fail(err, -EBADMSG, "a region cannot have this size here");
	if (!env.guest && !env.device && dp_is_devdax(mapping))
		return dp_skip(err,
			       "what is on a device-dax of this machine would be lost: name one "
			       "with --destroy-data");
	/* A leaf of 2 MiB wants blocks that are next to each other; the others cross extents. */
	env.split = mapping->leaf < PMD ? edge_of(dp_span(mapping, &env)) : 0;
	rc = dp_area_open(mapping, &env, &end->area, err);
	if (rc)
		return rc;
	end->mapping = mapping;
	dp_json_add_int(reply, "length", (int64_t)end->area.len);
	dp_json_add_text(reply, "resource", end->area.resource);
	dp_json_add_int(reply, "pid", getpid());
	dp_json_add_int(reply, "fd", end->area.fd);
	return mapping->populate == DP_POPULATE_NONE ? 0 : fill(end, seed, err);
}

static struct key *free_key(struct end *end)
{
	for (size_t i = 0; i < MAX_KEYS; i++)
		if (!end->keys[i].mr)
			return &end->keys[i];
	return NULL;
}

static struct ibv_pd *domain(struct end *end, bool other)
{
	if (other && !end->foreign_pd && end->port->id)
		end->foreign_pd = ibv_alloc_pd(end->port->id->verbs);
	return other ? end->foreign_pd : end->port->pd;
}

/* That the kernel refuses is an answer: "errno". */
int command_register(struct end *end, struct json_object *command, struct json_object *reply,
		     struct dp_error *err)
{
	uint64_t offset = number_of(command, "offset"), length = number_of(command, "length");
	bool other = json_object_get_boolean(json_object_object_get(command, "foreign"));
	const char *name = dp_json_text(command, "key");
	struct key *key = free_key(end);
	struct ibv_pd *pd;

	if (!end->mapping || !name || !key || find_key(end, name) || offset > end->area.len ||
	    length > end->area.len - offset)
		return dp_fail(err, -EBADMSG, "nothing that can be registered");
	pd = domain(end, other);
	if (!pd)
		return dp_fail(err, errno ? -errno : -EIO, "no protection domain");
	errno = 0;
	key->mr = ibv_reg_mr(pd, (char *)end->area.addr + offset, length,
			     (unsigned int)number_of(command, "access"));
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

static int drop_key(struct key *key, struct dp_error *err)
{
	int rc = key->mr ? ibv_dereg_mr(key->mr) : 0;

	if (rc)
		return dp_fail(err, -rc, "cannot deregister");
	*key = (struct key){ 0 };
	return 0;
}

/* One key, or all of them. */
int command_deregister(struct end *end, struct json_object *command, struct json_object *reply,
		       struct dp_error *err)
{
	const char *name = dp_json_text(command, "key");
	struct key *key = find_key(end, name);
	int rc = 0;

	(void)reply;
	if (key)
		return drop_key(key, err);
	for (size_t i = 0; i < MAX_KEYS && !name && !rc; i++)
		rc = drop_key(&end->keys[i], err);
	return rc;
}

/*
 * What happens to a mapping below a region that is paged on demand: "chill" takes its page tables
 * away, "prefetch" has the adapter look for its pages, "truncate" takes the file's blocks away and
 * leaves a hole.
 */
int command_disturb(struct end *end, struct json_object *command, struct json_object *reply,
		    struct dp_error *err)
{
	const char *how = dp_json_text(command, "how");
	struct key *key = find_key(end, dp_json_text(command, "key"));
	struct ibv_sge sge;

	(void)reply;
	if (!end->mapping || !how)
		return dp_fail(err, -EBADMSG, "nothing to disturb");
	if (!strcmp(how, "chill"))
		return madvise(end->area.addr, end->area.len, MADV_DONTNEED)
			       ? dp_fail(err, -errno, "madvise(MADV_DONTNEED)")
			       : 0;
	if (!strcmp(how, "truncate") && end->mapping->fs)
		return ftruncate(end->area.fd, 0) || ftruncate(end->area.fd, (off_t)end->area.len)
			       ? dp_fail(err, -errno, "ftruncate")
			       : 0;
	if (strcmp(how, "prefetch") || !key)
		return dp_fail(err, -EBADMSG, "nothing to disturb");
	sge = (struct ibv_sge){ (uintptr_t)key->mr->addr, (uint32_t)key->length, key->mr->lkey };
	return -ibv_advise_mr(end->port->pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE,
			      IBV_ADVISE_MR_FLAG_FLUSH, &sge, 1);
}

int command_close(struct end *end, struct json_object *command, struct json_object *reply,
		  struct dp_error *err)
{
	int rc;

	end_server(end);
	dp_connection_close(&end->connection);
	rc = command_deregister(end, command, reply, err);
	if (end->mapping)
		dp_area_close(&end->area);
	end->mapping = NULL;
	return rc;
}

/* ---- commands ------------------------------------------------------------------------------ */

static int command_hello(struct end *end, struct json_object *command, struct json_object *reply,
			 struct dp_error *err)
{
	dp_json_add_int(reply, "version", DP_TRAFFIC_VERSION);
	dp_json_add_text(reply, "daxpin", DP_VERSION);
	dp_json_add_text(reply, "device", end->port->device);
	dp_json_add_text(reply, "provider", end->port->provider);
	dp_json_add_int(reply, "size", (int64_t)end->options->env.size);
	if (number_of(command, "version") == DP_TRAFFIC_VERSION)
		return 0;
	return dp_report(err, -EPROTONOSUPPORT,
			 "the remote end speaks version %llu of the protocol, this one %d",
			 (unsigned long long)number_of(command, "version"), DP_TRAFFIC_VERSION);
}

static int command_observe(struct end *end, struct json_object *command, struct json_object *reply,
			   struct dp_error *err)
{
	const char *line = dp_json_text(command, "line");

	(void)reply;
	if (!line)
		return dp_fail(err, -EBADMSG, "no observation");
	return end->watch ? end->watch(end->arg, line, strlen(line)) : 0;
}

static int command_goodbye(struct end *end, struct json_object *command, struct json_object *reply,
			   struct dp_error *err)
{
	(void)command;
	(void)reply;
	(void)err;
	end->over = true;
	return 0;
}

/* With all that it has registered, and without a word. */
static int command_exit(struct end *end, struct json_object *command, struct json_object *reply,
			struct dp_error *err)
{
	(void)command;
	(void)reply;
	if (end->options->env.guest)
		_exit(0);
	return dp_fail(err, -EPERM, "only the end of a guest exits when it is told to");
}

static const struct {
	const char *name;
	command_fn *obey;
} commands[] = {
	{ "hello", command_hello },
	{ "open", command_open },
	{ "register", command_register },
	{ "deregister", command_deregister },
	{ "disturb", command_disturb },
	{ "accept", command_accept },
	{ "connect", command_connect },
	{ "disconnect", command_disconnect },
	{ "receive", command_receive },
	{ "received", command_received },
	{ "post", command_post },
	{ "stream", command_stream },
	{ "verify", command_verify },
	{ "keep", command_keep },
	{ "close", command_close },
	{ "observe", command_observe },
	{ "goodbye", command_goodbye },
	{ "exit", command_exit },

	{ "serve-reference", command_serve_reference },
	{ "ask-reference", command_ask_reference },
	{ "end-reference", command_end_reference },
};

struct json_object *obey(struct end *end, struct json_object *command)
{
	struct json_object *reply = json_object_new_object();
	const char *name = dp_json_text(command, "command");
	struct dp_error err = { 0 };
	int rc = -EBADMSG;

	for (size_t i = 0; name && i < DP_ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			rc = commands[i].obey(end, command, reply, &err);
	dp_json_add_int(reply, "rc", rc);
	if (rc)
		dp_json_add_text(reply, "text", err.what[0] ? err.what : dp_errno_name(rc));
	return reply;
}

void clear_end(struct end *end)
{
	struct json_object *nothing = json_object_new_object();

	command_close(end, nothing, nothing, NULL);
	json_object_put(nothing);
	if (end->foreign_pd)
		ibv_dealloc_pd(end->foreign_pd);
	end->foreign_pd = NULL;
}
