// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cgroup.h"
#include "daxpin/cleanup.h"
#include "daxpin/file.h"

/* Where systemd, and the guest's layouts, mount it. */
#define MOUNT "/sys/fs/cgroup"

int dp_cgroup_own(char *group, size_t size)
{
	dp_autofree char *text = NULL;
	char *at;
	int rc = dp_read_file("/proc/self/cgroup", 1 << 20, &text, NULL, NULL);

	if (rc)
		return rc;
	/* "0::/GROUP" is that of the unified hierarchy. */
	at = strstr(text, "0::/");
	if (!at || (at > text && at[-1] != '\n'))
		return -ENOENT;
	at += strlen("0::");
	at[strcspn(at, "\n")] = '\0';
	return dp_path(group, size, NULL, "%s", at);
}

char *dp_cgroup_read(const char *group, const char *file)
{
	char path[PATH_MAX], *text = NULL;

	if (dp_path(path, sizeof(path), NULL, MOUNT "%s/%s", group, file) ||
	    dp_read_file(path, 1 << 20, &text, NULL, NULL))
		return NULL;
	return text;
}

uint64_t dp_oom_kills(const char *events)
{
	static const char key[] = "oom_kill ";

	for (const char *at = events; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (!strncmp(at, key, sizeof(key) - 1))
			return strtoull(at + sizeof(key) - 1, NULL, 10);
	return 0;
}
