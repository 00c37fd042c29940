// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest in the place of a host: daxpin runs there as it would on a machine of somebody's, and
 * what it prints goes out as observations.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices.h"
#include "prepare.h"
#include "serve.h"
#include "unchanged.h"

#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/netdev.h"
#include "daxpin/observe.h"
#include "daxpin/proc.h"

/* Bytes of output in one observation; as \\u00xx each they still fit a line. */
#define PIECE 4096

/* Output in pieces that fit a line of the stream, JSON escapes included. */
static void say_output(int fd, const char *text, size_t len)
{
	for (size_t at = 0; at < len; at += PIECE) {
		struct json_object *obj = json_object_new_object();
		int n = (int)(len - at < PIECE ? len - at : PIECE);

		dp_json_add_text(obj, "kind", "output");
		json_object_object_add(obj, "text", json_object_new_string_len(text + at, n));
		dp_emit(fd, obj);
	}
}

/*
 * What a program prints goes on as it comes; one that prints nothing for long is not silent. It
 * ends when its process does: what it has left hanging in the kernel may hold the pipe for ever.
 */
static int pass_output_on(pid_t pid, int from, int fd)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	bool ended = false;
	char buf[PIECE];
	int status = 0;
	ssize_t n = 1;

	while (n > 0) {
		if (poll(&p, 1, ended ? 0 : HEARTBEAT_MS) == 0) {
			if (ended)
				return status;
			dp_emit_text(fd, "alive", NULL, NULL);
		} else if ((n = read(from, buf, sizeof(buf))) > 0) {
			say_output(fd, buf, (size_t)n);
		}
		ended = ended || !dp_reap(pid, 0, &status);
	}
	if (!ended)
		waitpid(pid, &status, 0);
	return status;
}

static void say_exit_code(int fd, int code)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "output");
	dp_json_add_int(obj, "exit_code", code);
	dp_emit(fd, obj);
}

/* A host whose disks are nobody's. */
static int empty_disks(struct dp_error *err)
{
	dp_autofree struct dp_mount *mounts = NULL;
	size_t count = 0;
	int rc = dp_mounts_read(&mounts, &count);

	for (size_t i = 0; i < count && !rc; i++) {
		if (umount(mounts[i].dir))
			return dp_fail(err, -errno, "cannot unmount %s", mounts[i].dir);
		rc = dp_fs_wipe(mounts[i].source, err);
	}
	return rc;
}

/* "/init" and the words of a command, ended by NULL, after those of @under; to be freed. */
static const char **make_argv(const struct dp_words *under, const struct dp_words *words)
{
	const char **argv = calloc(under->count + words->count + 2, sizeof(*argv));
	size_t n = 0;

	if (!argv)
		return NULL;
	for (size_t i = 0; i < under->count; i++)
		argv[n++] = under->list[i];
	argv[n++] = "/init";
	for (size_t i = 0; i < words->count; i++)
		argv[n++] = words->list[i];
	return argv;
}

/*
 * Runs daxpin. @before: what its process does first, with @steps. @output: receives a pipe.
 */
static pid_t start_program(const char *const *argv,
			   int (*before)(const struct dp_words *steps, struct dp_error *err),
			   const struct dp_words *steps, int *output, struct dp_error *err)
{
	int pipe_fd[2];
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC))
		return dp_fail(err, -errno, "cannot make a pipe");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct dp_error failure = { 0 };

		dup2(pipe_fd[1], STDOUT_FILENO);
		dup2(pipe_fd[1], STDERR_FILENO);
		if (before(steps, &failure)) {
			dprintf(STDERR_FILENO, "daxpin: %s\n", failure.what);
			_exit(3);
		}
		execvp(argv[0], (char *const *)argv);
		dprintf(STDERR_FILENO, "daxpin: cannot run %s\n", argv[0]);
		_exit(127);
	}
	close(pipe_fd[1]);
	*output = pipe_fd[0];
	return pid < 0 ? dp_fail(err, -errno, "cannot fork") : pid;
}

static int go_far(const struct dp_words *steps, struct dp_error *err)
{
	const char *topology;

	(void)steps;
	setpgid(0, 0);
	return dp_wire_far("veth0p", "rxe1", &topology, err);
}

/* After a while the far end goes, without a word, as if its machine had been switched off. */
static void end_far(pid_t far, uint64_t after_ms)
{
	if (!after_ms || fork())
		return;
	usleep((useconds_t)after_ms * 1000);
	kill(-far, SIGKILL);
	_exit(0);
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The far end first, so that it is there when the other one looks for it. */
static pid_t start_far(const struct dp_command *command, int *output, struct dp_error *err)
{
	dp_autofree const char **argv =
		make_argv(&(const struct dp_words){ 0 }, &command->as_host.far);
	pid_t far;
	int rc;

	if (!command->as_host.far.count)
		return 0;
	rc = argv ? dp_devices_traffic(err) : -ENOMEM;
	if (rc)
		return rc;
	far = start_program(argv, go_far, NULL, output, err);
	if (far > 0)
		end_far(far, command->as_host.far_dies_ms);
	return far;
}

int dp_as_host(const struct dp_command *command, int fd, struct dp_error *err)
{
	const struct dp_words *steps = &command->as_host.steps;
	dp_cleanup(dp_words_clear) struct dp_words under = { 0 }, devices = { 0 };
	dp_autofree const char **argv = NULL;
	dp_autofree uint64_t *hashes = NULL;
	dp_autofd int output = -1, far_output = -1;
	pid_t pid, far;
	int rc = dp_steps_words(steps, "under", &under), code;

	if (!rc)
		rc = dp_steps_words(steps, "unchanged", &devices);
	if (rc)
		return rc;
	argv = make_argv(&under, &command->as_host.arguments);
	hashes = calloc(devices.count + 1, sizeof(*hashes));
	if (!argv || !hashes)
		return -ENOMEM;
	if (command->as_host.empty)
		rc = empty_disks(err);
	if (!rc)
		rc = dp_prepare_machine(steps, err);
	if (!rc)
		rc = dp_unchanged_note(&devices, hashes, err);
	if (rc)
		return rc;
	far = start_far(command, &far_output, err);
	pid = far < 0 ? far : start_program(argv, dp_prepare_process, steps, &output, err);
	if (pid < 0)
		return pid;
	code = exit_code(pass_output_on(pid, output, fd));
	if (far)
		code |= exit_code(pass_output_on(far, far_output, fd));
	say_exit_code(fd, code);
	return dp_unchanged_check(&devices, hashes, err);
}
