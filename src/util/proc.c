// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/proc.h"
#include "daxpin/signals.h"
#include "daxpin/text.h"

/* More than most tools print; the beginning of a longer output is dropped. */
#define OUTPUT_LIMIT 65536

int dp_find_program(const char *name, char *path, size_t size)
{
	const char *env = getenv("PATH");
	dp_autofree char *dirs = NULL;
	char *rest;

	if (strchr(name, '/'))
		return dp_path(path, size, NULL, "%s", name) || access(path, X_OK) ? -ENOENT : 0;
	if (asprintf(&dirs, "%s:/usr/sbin:/sbin", env ? env : "/usr/bin:/bin") < 0) {
		dirs = NULL;
		return -ENOMEM;
	}
	rest = dirs;
	for (char *dir = strsep(&rest, ":"); dir; dir = strsep(&rest, ":"))
		if (!dp_path(path, size, NULL, "%s/%s", dir, name) && !access(path, X_OK))
			return 0;
	return -ENOENT;
}

/* Runs in the child between fork and exec, where only async-signal-safe calls are allowed. */
static void become(const char *path, const char *const *argv, int in, int out, const int *keep,
		   size_t nkeep, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Ctrl-C is handled by daxpin, which then ends its children. */
	setpgid(0, 0);
	dup2(in >= 0 ? in : null, STDIN_FILENO);
	dup2(out >= 0 ? out : null, STDOUT_FILENO);
	dup2(out >= 0 ? out : null, STDERR_FILENO);
	for (size_t i = 0; i < nkeep; i++)
		fcntl(keep[i], F_SETFD, 0);
	execv(path, (char *const *)argv);
	_exit(127);
}

int dp_need_descriptors(unsigned int least, struct dp_error *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return dp_fail(err, -errno, "cannot read RLIMIT_NOFILE");
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_max >= least)
		return 0;
	dp_fail(err, -EMFILE, "this process may have %llu descriptors, and %u are needed",
		(unsigned long long)limit.rlim_max, least);
	return dp_hint(err, "raise the limit (ulimit -n)");
}

pid_t dp_spawn(const char *const *argv, int in, int out, const int *keep, size_t nkeep,
	       struct dp_error *err)
{
	char path[PATH_MAX];
	pid_t parent = getpid();
	pid_t pid;

	if (dp_find_program(argv[0], path, sizeof(path)))
		return dp_fail(err, -ENOENT, "the program %s was not found", argv[0]);
	pid = fork();
	if (pid < 0)
		return dp_fail(err, -errno, "cannot start %s", argv[0]);
	if (pid == 0)
		become(path, argv, in, out, keep, nkeep, parent);
	return pid;
}

int dp_reap(pid_t pid, uint64_t limit_ms, int *status)
{
	uint64_t end = dp_now_ms() + limit_ms;

	for (;;) {
		pid_t got = waitpid(pid, status, WNOHANG);

		if (got == pid)
			return 0;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (dp_now_ms() >= end)
			return -ETIMEDOUT;
		poll(NULL, 0, 5);
	}
}

static void kill_and_reap(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Passes the last whole line that was read so far to the watcher. */
static void tell(const struct dp_watcher *watcher, const char *buf, size_t used)
{
	const char *end = watcher ? memrchr(buf, '\n', used) : NULL;
	const char *start = end ? memrchr(buf, '\n', (size_t)(end - buf)) : NULL;
	char line[256];

	if (!end)
		return;
	start = start ? start + 1 : buf;
	snprintf(line, sizeof(line), "%.*s", (int)(end - start), start);
	watcher->line(watcher->arg, line);
}

/* Reads until the writer closes its end; -ETIMEDOUT after @end, -EINTR after SIGINT or SIGTERM. */
static int collect(int fd, uint64_t end, char *buf, size_t size, const struct dp_watcher *watcher)
{
	size_t used = 0;

	for (;;) {
		uint64_t now = dp_now_ms();
		struct pollfd p[] = { { .fd = fd, .events = POLLIN },
				      { .fd = dp_signals_fd(), .events = POLLIN } };
		ssize_t n;

		if (now >= end)
			return -ETIMEDOUT;
		if (poll(p, 2, (int)(end - now > 1000 ? 1000 : end - now)) <= 0)
			continue;
		if (p[1].revents)
			return -EINTR;
		/* The end of a long output says more than its beginning. */
		if (used + 1 >= size) {
			memmove(buf, buf + size / 2, used - size / 2);
			used -= size / 2;
		}
		n = read(fd, buf + used, size - used - 1);
		if (n <= 0)
			return 0;
		used += (size_t)n;
		buf[used] = '\0';
		tell(watcher, buf, used);
	}
}

/* Where env only sets the folder, the program is another: "env -C DIR PROGRAM …". */
static const char *name_of(const char *const *argv)
{
	bool moved = !strcmp(argv[0], "env") && argv[1] && !strcmp(argv[1], "-C") && argv[2];

	return moved && argv[3] ? argv[3] : argv[0];
}

int dp_run(const char *const *argv, uint64_t limit_ms, char **output, struct dp_error *err)
{
	return dp_run_watched(argv, limit_ms, NULL, output, err);
}

int dp_run_watched(const char *const *argv, uint64_t limit_ms, const struct dp_watcher *watcher,
		   char **output, struct dp_error *err)
{
	dp_autofree char *buf = calloc(1, OUTPUT_LIMIT);
	const char *name = name_of(argv);
	dp_autofd int reader = -1;
	int pipe_fd[2], status = 0, rc;
	pid_t pid;

	if (!buf)
		return -ENOMEM;
	if (pipe2(pipe_fd, O_CLOEXEC))
		return dp_fail(err, -errno, "cannot make a pipe for %s", name);
	reader = pipe_fd[0];
	pid = dp_spawn(argv, -1, pipe_fd[1], NULL, 0, err);
	close(pipe_fd[1]);
	if (pid < 0)
		return pid;
	rc = collect(reader, dp_now_ms() + limit_ms, buf, OUTPUT_LIMIT, watcher);
	if (!rc)
		rc = dp_reap(pid, limit_ms, &status);
	if (rc) {
		kill_and_reap(pid);
		if (rc == -EINTR)
			return dp_report(err, rc, "interrupted while %s ran", name);
		return dp_fail(err, rc, "%s did not end within %llu s and was killed", name,
			       (unsigned long long)limit_ms / 1000);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		rc = dp_report(err, -EIO, "%s failed with status %d: %.300s", name,
			       WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
			       dp_last_line(buf));
	if (output)
		*output = dp_take_ptr(buf);
	return rc;
}
