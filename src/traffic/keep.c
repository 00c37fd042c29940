// SPDX-License-Identifier: GPL-2.0-or-later
/* What has been written outlives the machine: a file gets a name, and is found by it afterwards. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "end.h"

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/teardown.h"

#define DAX "/sys/bus/dax/devices"

/* In the folder where the file was made. */
static void path_of(const char *dir, const struct dp_mapping *mapping, char *path, size_t size)
{
	snprintf(path, size, "%s/daxpin-kept-%s", dir, mapping->name);
}

static int name_file(const struct end *end, struct dp_error *err)
{
	char link[64], at[512] = "", path[640];
	dp_autofd int dir = -1;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", end->area.fd);
	n = readlink(link, at, sizeof(at) - 1);
	if (n < 0 || !strrchr(at, '/'))
		return dp_fail(err, -EIO, "cannot tell where the file is");
	*strrchr(at, '/') = '\0';
	path_of(at, end->mapping, path, sizeof(path));
	if (linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		return dp_fail(err, -errno, "cannot make %s", path);
	dir = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 || fsync(end->area.fd) || fsync(dir)
		       ? dp_fail(err, -errno, "cannot flush %s", path)
		       : 0;
}

/* Flushes what is below the mapping, as an application does that wants it to stay. */
int command_keep(struct end *end, struct json_object *command, struct json_object *reply,
		 struct dp_error *err)
{
	char start[32] = "";

	(void)command;
	/* Names of devices may change from boot to boot, addresses do not. */
	if (end->area.resource[0])
		dp_read_attr(start, sizeof(start), DAX "/%s/resource", end->area.resource);
	dp_json_add_text(reply, "start", start);
	if (!end->mapping || end->area.fd < 0 || !end->options->env.guest)
		return dp_fail(err, -EBADMSG, "nothing that could be kept");
	return end->mapping->fs ? name_file(end, err) : 0;
}

/* The device-dax that begins at an address. */
static bool find_device(const char *start, char *name, size_t size)
{
	dp_autodir DIR *bus = opendir(DAX);
	struct dirent *entry;
	char text[32];

	while (start && bus && (entry = readdir(bus))) {
		if (dp_read_attr(text, sizeof(text), DAX "/%s/resource", entry->d_name) ||
		    strcmp(text, start))
			continue;
		snprintf(name, size, "%.63s", entry->d_name);
		return true;
	}
	return false;
}

static int find_memory(struct end *end, const char *start, struct dp_error *err)
{
	struct dp_env env = end->options->env;
	char name[64];
	int rc;

	if (!find_device(start, name, sizeof(name)))
		return dp_report(err, -ENODEV, "the device is not there any more");
	env.device = name;
	rc = dp_area_open(end->mapping, &env, &end->area, err);
	return rc == DP_SKIP ? -ENODEV : rc;
}

/* Where the first half has left it. */
static int find_kept(struct end *end, struct json_object *item, uint64_t size, struct dp_error *err)
{
	const struct dp_env *env = &end->options->env;
	char path[512];

	if (!end->mapping->fs)
		return find_memory(end, dp_json_text(item, "start"), err);
	for (size_t i = 0; i < env->ndirs && end->area.fd < 0; i++) {
		path_of(env->dirs[i], end->mapping, path, sizeof(path));
		end->area.fd = open(path, O_RDWR | O_CLOEXEC);
	}
	end->area.len = size;
	return end->area.fd < 0 ? dp_report(err, -ENOENT, "the file is not there any more") : 0;
}

static int reread(struct end *end, struct json_object *item, struct json_object *obj,
		  struct dp_error *err)
{
	const char *name = dp_json_text(item, "mapping");
	uint64_t size = number_of(item, "size");
	int rc;

	end->mapping = name ? dp_mapping_find(name) : NULL;
	if (!end->mapping || !size || size > end->options->env.size)
		return dp_fail(err, -EBADMSG, "no such mapping");
	rc = find_kept(end, item, size, err);
	return rc ? rc : command_verify(end, item, obj, err);
}

int dp_traffic_reread(struct json_object *items, const struct dp_traffic_options *options, int fd)
{
	size_t count =
		json_object_is_type(items, json_type_array) ? json_object_array_length(items) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(items, i);
		struct json_object *obj = json_object_new_object();
		struct dp_port none = { 0 };
		struct end end = { .port = &none, .options = options, .area = { .fd = -1 } };
		struct dp_error err = { 0 };
		const char *id = dp_json_text(item, "id");

		dp_emit_text(fd, "begin", "id", id ? id : "");
		if (reread(&end, item, obj, &err)) {
			dp_json_add_text(obj, "what", "power-loss");
			dp_json_add_text(obj, "text", err.what);
		}
		dp_json_add_text(obj, "kind", "step");
		dp_json_add_text(obj, "step", err.code ? "lost" : "verify");
		dp_json_add_text(obj, "memory", "mapping");
		dp_json_add_text(obj, "topology", "reboot");
		dp_json_add_text(obj, "role", "target");
		dp_emit(fd, obj);
		clear_end(&end);
		dp_emit_text(fd, "end", "id", id ? id : "");
	}
	return 0;
}
