// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second half of an operation that is kept: after another boot, the region is found again and
 * compared with its ledger. A file is found by its name (commands/keep.c gave it one), a device by
 * its physical address, as names of devices may change from boot to boot.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "kept.h"

#include "end.h"
#include "talk.h"

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/steps.h"

int dp_kept_path(const char *dir, const struct dp_mapping *mapping, char *path, size_t size)
{
	return dp_path(path, size, NULL, "%s/daxpin-kept-%s", dir, mapping->name);
}

/* The device-dax that begins at an address. */
static bool find_device(const char *start, char *name, size_t size)
{
	dp_autodir DIR *bus = opendir(DP_DAX_DEVICES);
	struct dirent *entry;
	char text[32];

	while (start && bus && (entry = readdir(bus))) {
		if (dp_read_attr(text, sizeof(text), DP_DAX_DEVICES "/%s/resource",
				 entry->d_name) ||
		    strcmp(text, start))
			continue;
		return !dp_path(name, size, NULL, "%s", entry->d_name);
	}
	return false;
}

static int open_device(struct dp_end *end, const char *start, struct dp_error *err)
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

static int open_file(struct dp_end *end, uint64_t size, struct dp_error *err)
{
	const struct dp_env *env = &end->options->env;
	char path[PATH_MAX];

	for (size_t i = 0; i < env->ndirs && end->area.fd < 0; i++)
		if (!dp_kept_path(env->dirs[i], end->mapping, path, sizeof(path)))
			end->area.fd = open(path, O_RDWR | O_CLOEXEC);
	end->area.len = size;
	return end->area.fd < 0 ? dp_report(err, -ENOENT, "the file is not there any more") : 0;
}

static int open_kept(struct dp_end *end, const struct dp_kept *item, struct dp_error *err)
{
	end->mapping = dp_mapping_find(item->mapping);
	if (!end->mapping || item->size > end->options->env.size)
		return dp_fail(err, -EBADMSG, "no such mapping");
	return end->mapping->fs ? open_file(end, item->size, err)
				: open_device(end, item->start, err);
}

/*
 * Adds to a step what the region holds, or why that is not known. Return: the step.
 * Only what is not found is lost.
 */
static enum dp_step look(struct dp_end *end, const struct dp_kept *item, struct json_object *step)
{
	dp_autojson struct json_object *command = dp_talk_command("verify");
	dp_autojson struct json_object *reply = NULL;
	struct dp_error err = { 0 };
	int rc = open_kept(end, item, &err);

	if (rc) {
		dp_step_set_text(step, DP_FIELD_WHAT, "power-loss");
		dp_step_set_text(step, DP_FIELD_TEXT, err.what);
		return rc == -ENOENT || rc == -ENODEV ? DP_STEP_LOST : DP_STEP_TROUBLE;
	}
	json_object_object_add(command, "ledger", json_object_get(item->ledger));
	reply = dp_end_obey(end, command);
	if (dp_json_int_or(reply, "rc", -EBADMSG)) {
		dp_step_set_text(step, DP_FIELD_WHAT, "verify");
		dp_step_set_text(step, DP_FIELD_TEXT, dp_json_text(reply, "text"));
		return DP_STEP_TROUBLE;
	}
	dp_step_copy(step, DP_FIELD_ROUTES, reply);
	dp_step_copy(step, DP_FIELD_LOOKS, reply);
	return DP_STEP_VERIFY;
}

static void reread(const struct dp_kept *item, const struct dp_traffic_options *options, int fd)
{
	struct json_object *step = json_object_new_object();
	struct dp_port none = { 0 };
	struct dp_end end = { .port = &none, .options = options, .area = { .fd = -1 } };

	dp_emit_text(fd, "begin", "id", item->id);
	dp_step_label(step, look(&end, item, step));
	dp_step_set_text(step, DP_FIELD_MEMORY, "mapping");
	dp_step_set_text(step, DP_FIELD_TOPOLOGY, "reboot");
	dp_step_set_text(step, DP_FIELD_ROLE, "target");
	dp_emit(fd, step);
	dp_end_clear(&end);
	dp_emit_text(fd, "end", "id", item->id);
}

int dp_traffic_reread(const struct dp_kept *items, size_t count,
		      const struct dp_traffic_options *options, int fd)
{
	for (size_t i = 0; i < count; i++)
		reread(&items[i], options, fd);
	return 0;
}
