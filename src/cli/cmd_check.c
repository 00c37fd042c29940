// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "cli.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/collect.h"
#include "daxpin/dax.h"
#include "daxpin/observe.h"
#include "daxpin/proc.h"
#include "daxpin/rdma.h"
#include "daxpin/signals.h"

/* One registration takes microseconds; a gigabyte through a slow path, seconds. */
#define CELL_LIMIT_MS 60000

/* The folders the user named, then the mount points. */
static size_t scratch_dirs(const struct cli_check_options *options, const struct dp_mount *mounts,
			   size_t nmounts, const char **dirs)
{
	size_t n = 0;

	for (size_t i = 0; i < options->ndirs; i++)
		dirs[n++] = options->dirs[i];
	for (size_t i = 0; i < nmounts; i++)
		dirs[n++] = mounts[i].dir;
	return n;
}

/* The executor: a process of its own, as a kernel may kill it. Sends observations to the pipe. */
static pid_t start_executor(const struct dp_plan *plan, const struct dp_check_options *options,
			    int *reader, struct dp_error *err)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return dp_fail(err, -errno, "cannot make a pipe");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct dp_error failure = { 0 };

		close(fds[0]);
		if (!dp_check_run(plan, options, fds[1], &failure))
			dp_emit_text(fds[1], "done", NULL, NULL);
		_exit(0);
	}
	close(fds[1]);
	*reader = fds[0];
	return pid < 0 ? dp_fail(err, -errno, "cannot fork") : pid;
}

static int read_stream(int fd, struct dp_collect *collect, struct dp_error *err)
{
	dp_cleanup(dp_lines_clear) struct dp_lines lines = { 0 };
	char buf[16384];

	for (;;) {
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
				      { .fd = dp_signals_fd(), .events = POLLIN } };
		ssize_t n;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return dp_fail(err, -errno, "poll");
		if (p[1].revents)
			return dp_report(err, -EINTR, "interrupted");
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return 0;
		dp_lines_feed(&lines, buf, (size_t)n, dp_collect_line, collect);
		cli_progress("asking", (int)(100 * collect->answered / collect->count));
	}
}

static int execute(const struct dp_plan *plan, const struct dp_check_options *options,
		   struct dp_collect *collect, struct dp_error *err)
{
	dp_autofd int reader = -1;
	pid_t pid = start_executor(plan, options, &reader, err);
	int rc;

	if (pid < 0)
		return pid;
	rc = read_stream(reader, collect, err);
	cli_progress("", -1);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!rc && !collect->done)
		snprintf(collect->run.ending, sizeof(collect->run.ending),
			 "the process that asked was lost");
	return rc;
}

static void describe_host(struct dp_run_record *run)
{
	struct utsname uts;

	uname(&uts);
	snprintf(run->where, sizeof(run->where), "host");
	snprintf(run->subject.kernel, sizeof(run->subject.kernel), "%s", uts.release);
}

/* Before anything is asked: an adapter that can be opened. */
static int try_rdma(const char *name, struct dp_error *err)
{
	struct dp_rdma rdma;
	int rc = dp_rdma_open(name, &rdma, err);

	if (!rc)
		dp_rdma_close(&rdma);
	return rc;
}

static int check_host(const struct cli_check_options *options, const struct dp_plan *plan,
		      struct dp_collect *collect, struct dp_error *err)
{
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	dp_autofree struct dp_mount *mounts = NULL;
	dp_autofree const char **dirs = NULL;
	struct dp_check_options check = { .env = { .size = options->size },
					  .rdma = options->rdma,
					  .cell_limit_ms = CELL_LIMIT_MS };
	uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	size_t nmounts = 0;
	int rc = dp_size_check(options->size, memory, err);

	if (!rc)
		rc = dp_policy_load(options->policy, &policy, err);
	if (!rc)
		rc = try_rdma(options->rdma, err);
	if (rc)
		return rc;
	dp_mounts_read(&mounts, &nmounts);
	dirs = calloc(options->ndirs + nmounts + 1, sizeof(*dirs));
	if (!dirs)
		return -ENOMEM;
	check.env.dirs = dirs;
	check.env.ndirs = scratch_dirs(options, mounts, nmounts, dirs);
	rc = execute(plan, &check, collect, err);
	describe_host(&collect->run);
	return rc ? rc : dp_collect_finish(collect, &policy);
}

int cli_check(int argc, char **argv)
{
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	struct cli_check_options options;
	struct dp_error err = { 0 };
	int rc = cli_check_parse(argc, argv, CLI_CHECK, true, &options, &err);

	if (rc == 1)
		return 0;
	if (!rc)
		rc = dp_plan_make(options.only, options.nonly, &plan, &err);
	if (!rc)
		rc = dp_collect_plan(&collect, &plan);
	if (!rc)
		rc = check_host(&options, &plan, &collect, &err);
	if (rc)
		return dp_error_print(&err);
	if (geteuid())
		fprintf(stderr,
			"daxpin: not root: the owner and page size of mappings, and the pin "
			"counters' refresh, are out of reach; run as root for full proof\n");
	return cli_report(&options, &collect.run);
}
