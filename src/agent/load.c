// SPDX-License-Identifier: GPL-2.0-or-later
/* Modules, in the order in which the image lists them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "devices.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

/* Bytes of the kernel's log that are looked at, and klogctl()'s number for reading them all. */
#define LOG_SIZE        (256 << 10)
#define SYSLOG_READ_ALL 3

/*
 * What the kernel says of a module that it refuses: the last line of its log that begins with the
 * module's name, "rdma_rxe: version magic '…' should be '…'"; "" if there is none.
 */
static void find_reason(const char *path, char *reason, size_t size)
{
	dp_autofree char *log = calloc(1, LOG_SIZE + 1);
	char name[80], *rest = log;

	reason[0] = '\0';
	if (dp_path(name, sizeof(name) - strlen(": "), NULL, "%s", strrchr(path, '/') + 1))
		return;
	strcpy(name + strcspn(name, "."), ": ");
	if (!log || klogctl(SYSLOG_READ_ALL, log, LOG_SIZE) < 0)
		return;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		const char *text = strstr(line, "] ");

		if (text && !strncmp(text + 2, name, strlen(name)))
			snprintf(reason, size, "%s", text + 2);
	}
}

static int refused(const char *path, int code, struct dp_error *err)
{
	char reason[200];

	find_reason(path, reason, sizeof(reason));
	if (!reason[0])
		return dp_fail(err, code, "the kernel does not take the module %s", path);
	return dp_report(err, code, "the kernel does not take the module %s: %s (%s)", path, reason,
			 dp_errno_name(code));
}

static bool is_loaded(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return dp_exists("/sys/module/%.*s", (int)strcspn(name, "."), name);
}

/* @line: a path, and perhaps parameters after a blank */
static int load_module(char *line, struct dp_error *err)
{
	const char *path = strsep(&line, " ");
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return dp_fail(err, -errno, "the image lacks %s", path);
	/* Another group may have loaded it; a module that finds no hardware or twin may stay out.
	 */
	if (syscall(SYS_finit_module, fd, line ? line : "", 0) && errno != EEXIST &&
	    errno != ENODEV)
		return refused(path, -errno, err);
	return 0;
}

/* What follows a module that is refused may not need it. */
int dp_load_group(const char *group, struct dp_error *err)
{
	struct dp_error first = { 0 };
	dp_autofree char *text = NULL;
	char path[64], *rest;
	int rc = dp_path(path, sizeof(path), err, "/modules/%s", group);

	if (!rc)
		rc = dp_read_file(path, 65536, &text, NULL, err);
	if (rc)
		return rc;
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (*line && !is_loaded(line))
			load_module(line, &first);
	return first.code ? dp_report(err, first.code, "%s", first.what) : 0;
}
