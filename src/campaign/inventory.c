// SPDX-License-Identifier: GPL-2.0-or-later
/* What this machine has; and the same by a process of its own, as a device may hang who asks. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host.h"

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/rdma.h"

/* The names of processes are cut by the kernel (TASK_COMM_LEN). */
#define COMM 16
/* Of each kind; a list that was longer would not be complete. */
#define MOST 4096

static const struct {
	const char *key;
	struct json_object *(*collect)(void);
} lists[] = {
	{ "rdma", dp_inventory_rdma },
	{ "dax", dp_inventory_dax },
	{ "namespaces", dp_inventory_namespaces },
	{ "cxl_memdevs", dp_inventory_cxl_memdevs },
	{ "cxl_decoders", dp_inventory_cxl_decoders },
	{ "cxl_regions", dp_inventory_cxl_regions },
	{ "mounts", dp_inventory_mounts },
};

struct json_object *dp_inventory(void)
{
	struct json_object *root = json_object_new_object();

	for (size_t i = 0; i < DP_ARRAY_SIZE(lists); i++)
		json_object_object_add(root, lists[i].key, lists[i].collect());
	return root;
}

/* ---- the limit of locked memory ----------------------------------------------------------- */

static void add_limit(struct json_object *list, const char *of, int64_t pid, bool known,
		      int64_t soft)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "of", of);
	dp_json_add_int(obj, "pid", pid);
	if (known)
		dp_json_add_int(obj, "soft", soft);
	json_object_array_add(list, obj);
}

static void add_own(struct json_object *list)
{
	struct rlimit limit;
	bool known = !getrlimit(RLIMIT_MEMLOCK, &limit);

	add_limit(list, NULL, getpid(), known,
		  !known || limit.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)limit.rlim_cur);
}

/* "Max locked memory         8388608              8388608              bytes" */
static bool read_limit(const char *pid, int64_t *soft)
{
	dp_autofree char *text = NULL;
	char path[64], *line, *end;

	if (dp_path(path, sizeof(path), NULL, "/proc/%s/limits", pid) ||
	    dp_read_file(path, 16384, &text, NULL, NULL))
		return false;
	line = strstr(text, "Max locked memory");
	if (!line)
		return false;
	line += strlen("Max locked memory");
	line += strspn(line, " ");
	*soft = -1;
	if (!strncmp(line, "unlimited", strlen("unlimited")))
		return true;
	*soft = strtoll(line, &end, 10);
	return end != line && *soft >= 0;
}

static void add_program(struct json_object *list, const char *program)
{
	dp_autodir DIR *proc = opendir("/proc");
	struct dirent *entry;
	char comm[64];

	while (proc && (entry = readdir(proc)) && dp_json_count(list) < MOST) {
		int64_t soft = -1;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9' ||
		    dp_read_attr(comm, sizeof(comm), "/proc/%s/comm", entry->d_name) ||
		    strncmp(comm, program, COMM - 1) != 0)
			continue;
		add_limit(list, program, strtoll(entry->d_name, NULL, 10),
			  read_limit(entry->d_name, &soft), soft);
	}
}

/* ---- by a process of its own -------------------------------------------------------------- */

/* One device in a line: a list may be longer than a line. */
static void emit_list(int fd, const char *key, struct json_object *list)
{
	if (!list)
		dp_emit_text(fd, "unread", "list", key);
	for (size_t i = 0; i < dp_json_count(list); i++) {
		struct json_object *obj = json_object_new_object();

		dp_json_add_text(obj, "kind", "device");
		dp_json_add_text(obj, "list", key);
		json_object_object_add(obj, "device",
				       json_object_get(json_object_array_get_idx(list, i)));
		dp_emit(fd, obj);
	}
	json_object_put(list);
}

static void carry_out(int fd, void *arg)
{
	struct json_object *limits = json_object_new_array();

	for (size_t i = 0; i < DP_ARRAY_SIZE(lists); i++)
		emit_list(fd, lists[i].key, lists[i].collect());
	add_own(limits);
	if (arg)
		add_program(limits, arg);
	emit_list(fd, "memlock", limits);
	dp_emit_text(fd, "done", NULL, NULL);
}

static int take_line(void *arg, const char *line, size_t len)
{
	struct json_object *root = arg, *list, *device;
	dp_autojson struct json_object *obj = NULL;
	const char *key, *kind;

	if (dp_observation_parse(line, len, &obj, NULL))
		return 0;
	key = dp_json_text(obj, "list");
	kind = dp_json_text(obj, "kind");
	if (key && kind && !strcmp(kind, "unread"))
		json_object_object_del(root, key);
	list = key ? dp_json_array(root, key) : NULL;
	device = dp_json_object(obj, "device");
	if (list && device && dp_json_count(list) < MOST)
		json_object_array_add(list, json_object_get(device));
	return 0;
}

static struct json_object *empty(void)
{
	struct json_object *root = json_object_new_object();

	for (size_t i = 0; i < DP_ARRAY_SIZE(lists); i++)
		json_object_object_add(root, lists[i].key, json_object_new_array());
	json_object_object_add(root, "memlock", json_object_new_array());
	return root;
}

int dp_host_inventory(const char *memlock_of, uint64_t until, struct json_object **inventory,
		      struct dp_error *err)
{
	dp_autojson struct json_object *root = empty();
	const struct dp_sink sink = { .line = take_line, .arg = root };
	struct dp_host_end end = { 0 };
	int rc = dp_host_run(carry_out, (void *)memlock_of, false, until, &sink, NULL, &end, err);

	if (rc)
		return rc;
	if (end.late)
		return dp_report(err, -ETIMEDOUT,
				 "the devices could not be listed in the time that it may take");
	if (!end.done)
		return dp_report(err, -EIO, "the process that listed the devices was lost");
	*inventory = dp_take_ptr(root);
	return 0;
}
