// SPDX-License-Identifier: GPL-2.0-or-later
/* Flushes what is below the mapping, as an application does that wants its data to stay. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "../blocks.h"
#include "../end.h"
#include "../kept.h"

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/steps.h"

/* Gives the temporary file a name in its own folder, and flushes file and folder. */
static int keep_file(const struct dp_end *end, struct dp_error *err)
{
	char link[64], at[PATH_MAX] = "", path[PATH_MAX];
	dp_autofd int dir = -1;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", end->area.fd);
	n = readlink(link, at, sizeof(at) - 1);
	if (n < 0 || !strrchr(at, '/'))
		return dp_fail(err, -EIO, "cannot tell where the file is");
	*strrchr(at, '/') = '\0';
	if (dp_kept_path(at, end->mapping, path, sizeof(path)))
		return dp_fail(err, -ENAMETOOLONG, "cannot name the file in %.200s", at);
	if (linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		return dp_fail(err, -errno, "cannot make %s", path);
	dir = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 || fsync(end->area.fd) || fsync(dir)
		       ? dp_fail(err, -errno, "cannot flush %s", path)
		       : 0;
}

static int obey_keep(struct dp_end *end, struct json_object *command, struct json_object *reply,
		     struct dp_error *err)
{
	struct json_object *list = json_object_new_array();
	char start[32] = "";
	int rc;

	(void)command;
	if (end->area.resource[0])
		dp_read_attr(start, sizeof(start), DP_DAX_DEVICES "/%s/resource",
			     end->area.resource);
	dp_json_add_text(reply, "start", start);
	json_object_object_add(reply, dp_field_name(DP_FIELD_BLOCKS), list);
	if (!end->mapping || end->area.fd < 0 || !end->options->env.guest)
		return dp_fail(err, -EBADMSG, "nothing that could be kept");
	if (!end->mapping->fs)
		return 0;
	rc = keep_file(end, err);
	return rc ? rc : dp_blocks_list(end->area.fd, end->area.len, list, err);
}

DP_COMMAND(keep_command, .name = "keep", .obey = obey_keep);
