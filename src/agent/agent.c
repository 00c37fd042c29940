// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxpin as /init. It says hello on the second serial port, prepares the machine, says ready, and
 * then carries out one command a line from that port. What it observes from then on goes out
 * through a virtio port, where the kernel has one:
 *
 *   {"command":"check","only":[GLOB…],"part":N,"parts":N,"size":BYTES,"cell_limit_ms":MS,
 *    "fault":NAME}
 *   {"command":"teardown","only":[ID],"size":BYTES}
 *   {"command":"race","only":[ID],"size":BYTES,"iterations":N,"duration_ms":MS,"seed":N}
 *   {"command":"traffic","only":[GLOB…],"size":BYTES,"seed":N,"limit_ms":MS,
 *    "reference":BOOL}
 *   {"command":"reread","items":[…],"size":BYTES}   what an earlier boot has kept
 *   {"command":"as-host","arguments":[WORD…],"empty":BOOL,"far":[WORD…],"far_dies_ms":MS}   daxpin
 *                                  itself, as if the guest were the host; before, the guest's file
 *                                  systems can be wiped off; "far" runs behind the other adapter
 *   {"command":"poweroff"}
 *
 * "fault" makes the guest misbehave on purpose, for the tests of the watchers.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>

#include "daxpin/agent.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/netdev.h"
#include "daxpin/observe.h"
#include "daxpin/proc.h"
#include "daxpin/race.h"
#include "daxpin/rdma.h"
#include "daxpin/teardown.h"
#include "daxpin/traffic.h"
#include "daxpin/worker_pool.h"
#include "devices.h"

#define CHANNEL   "/dev/ttyS1"
#define MAX_GLOBS 256
/* Bytes of output in one observation; as \\u00xx each they still fit a line. */
#define PIECE 4096

static const char *const scratch[] = { "/mnt/ext4/dax", "/mnt/ext4/cached", "/mnt/xfs/dax",
				       "/mnt/xfs/cached" };

__attribute__((noreturn)) static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void mount_all(void)
{
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("run", "/run", "tmpfs", 0, NULL);
	setenv("PATH", "/sbin", 1);
}

static int open_channel(void)
{
	int fd = open(CHANNEL, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios tio;

	if (fd < 0 || tcgetattr(fd, &tio))
		return -1;
	cfmakeraw(&tio);
	tcsetattr(fd, TCSANOW, &tio);
	return fd;
}

static void say_hello(int fd)
{
	struct json_object *obj = json_object_new_object();
	struct utsname uts;

	uname(&uts);
	json_object_object_add(obj, "kind", json_object_new_string("hello"));
	json_object_object_add(obj, "kernel", json_object_new_string(uts.release));
	json_object_object_add(obj, "machine", json_object_new_string(uts.machine));
	json_object_object_add(obj, "page_size", json_object_new_int64(sysconf(_SC_PAGESIZE)));
	dp_emit(fd, obj);
}

static int panic_now(void)
{
	dp_write_attr("c", "/proc/sysrq-trigger");
	return -EIO;
}

__attribute__((noreturn)) static int hang_now(void)
{
	for (;;)
		pause();
}

static size_t read_globs(struct json_object *command, const char **globs)
{
	struct json_object *only = json_object_object_get(command, "only");
	size_t n = 0;

	if (!json_object_is_type(only, json_type_array))
		return 0;
	while (n < json_object_array_length(only) && n < MAX_GLOBS) {
		globs[n] = json_object_get_string(json_object_array_get_idx(only, n));
		n++;
	}
	return n;
}

/* How long between two signs of life, ms. */
#define HEARTBEAT_MS 2000
/* How long a process may take to stand by, ms. */
#define DEPUTY_LIMIT_MS 120000

/* Waits for a process of ours to end, however long that takes, and says now and then that it does.
 */
static void sit_out(pid_t pid, int fd)
{
	int status;

	while (dp_reap(pid, HEARTBEAT_MS, &status) == -ETIMEDOUT)
		dp_emit_text(fd, "alive", NULL, NULL);
}

/* In a process of its own, so that the next one can be carried out whatever the kernel does. */
static int run_apart(const struct dp_scenario *scenario, bool race,
		     const struct dp_teardown_options *options, int fd, struct dp_error *err)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct dp_error failure = { 0 };

		if ((race ? dp_race_run : dp_teardown_run)(scenario, options, fd, &failure))
			dp_emit_failure(fd, &failure);
		_exit(0);
	}
	if (pid < 0)
		return dp_fail(err, -errno, "cannot fork");
	sit_out(pid, fd);
	return 0;
}

/* The controller was asked for when the run began; by now it may be there. */
static int prepare_mapping(const struct dp_mapping *mapping, struct dp_error *err)
{
	return dp_is_p2pdma(mapping) ? dp_devices_await_nvme(err) : 0;
}

static int run_check(int fd, struct json_object *command, struct dp_worker_pool *pool,
		     struct dp_error *err)
{
	struct dp_check_options options = {
		.env = { .dirs = scratch, .ndirs = DP_ARRAY_SIZE(scratch), .guest = true },
		.lanes = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN),
		.prepare = prepare_mapping,
	};
	const char *fault = dp_json_text(command, "fault");
	const char *globs[MAX_GLOBS];
	dp_cleanup(dp_plan_clear) struct dp_plan plan = { 0 };
	int64_t size, limit, part, parts;
	int rc;

	if (dp_json_int(command, "size", &size) || dp_json_int(command, "cell_limit_ms", &limit))
		return dp_fail(err, -EBADMSG, "the command lacks a number");
	options.env.size = (uint64_t)size;
	options.cell_limit_ms = (uint64_t)limit;
	options.rdma = dp_json_text(command, "rdma");
	if (!options.rdma)
		options.pool = pool;
	else
		dp_worker_pool_dismiss(pool);
	if (fault && !strcmp(fault, "panic"))
		options.misbehave = panic_now;
	if (fault && !strcmp(fault, "hang"))
		options.misbehave = hang_now;
	rc = dp_plan_make(globs, read_globs(command, globs), &plan, err);
	if (!rc && !dp_json_int(command, "part", &part) && !dp_json_int(command, "parts", &parts))
		dp_plan_take_part(&plan, (size_t)part, (size_t)parts);
	for (size_t i = 0; i < plan.count; i++)
		if (dp_is_p2pdma(plan.list[i].mapping) &&
		    (!i || plan.list[i - 1].mapping != plan.list[i].mapping))
			dp_devices_plug_nvme(fd);
	return rc ? rc : dp_check_run(&plan, &options, fd, err);
}

/* A number of the command, 0 if it has none. */
static uint64_t number(struct json_object *command, const char *key)
{
	int64_t value;

	return dp_json_int(command, key, &value) || value < 0 ? 0 : (uint64_t)value;
}

/* The controller with the peer-to-peer memory is plugged in where it is asked about. */
static int provide(const struct dp_mapping *mapping, int fd, struct dp_error *err)
{
	if (!dp_is_p2pdma(mapping))
		return 0;
	dp_devices_plug_nvme(fd);
	return dp_devices_await_nvme(err);
}

static int run_scenarios(int fd, struct json_object *command, bool race,
			 struct dp_worker_pool *pool, struct dp_error *err)
{
	struct dp_teardown_options options = {
		.env = { .dirs = scratch, .ndirs = DP_ARRAY_SIZE(scratch), .guest = true },
		.iterations = number(command, "iterations"),
		.duration_ms = number(command, "duration_ms"),
		.seed = number(command, "seed"),
		.channel = fd,
	};
	dp_cleanup(dp_scenarios_clear) struct dp_scenarios scenarios = { 0 };
	const char *globs[MAX_GLOBS];
	int rc;

	options.env.size = number(command, "size");
	options.rdma = dp_json_text(command, "rdma");
	rc = dp_scenarios_make(globs, read_globs(command, globs), race, &scenarios, err);
	/* Only its parent can call it; and to others it would be in the way of what they take away.
	 */
	if (scenarios.count == 1 && !race && !options.rdma)
		options.pool = pool;
	else
		dp_worker_pool_dismiss(pool);
	for (size_t i = 0; i < scenarios.count && !rc; i++) {
		rc = provide(scenarios.list[i].mapping, fd, err);
		if (rc)
			return rc;
		rc = scenarios.count > 1 ? run_apart(&scenarios.list[i], race, &options, fd, err)
					 : (race ? dp_race_run : dp_teardown_run)(
						   &scenarios.list[i], &options, fd, err);
	}
	return rc;
}

static struct dp_traffic_options traffic_options(struct json_object *command)
{
	return (struct dp_traffic_options){
		.env = { .size = number(command, "size"),
			 .dirs = scratch,
			 .ndirs = DP_ARRAY_SIZE(scratch),
			 .guest = true },
		.seed = number(command, "seed"),
		.limit_ms = number(command, "limit_ms"),
		.reference = json_object_get_boolean(json_object_object_get(command, "reference")),
	};
}

static int run_reread(int fd, struct json_object *command, struct dp_worker_pool *pool)
{
	const struct dp_traffic_options options = traffic_options(command);

	dp_worker_pool_dismiss(pool);
	return dp_traffic_reread(json_object_object_get(command, "items"), &options, fd);
}

static int run_traffic(int fd, struct json_object *command, struct dp_worker_pool *pool,
		       struct dp_error *err)
{
	const struct dp_traffic_options options = traffic_options(command);
	dp_cleanup(dp_cases_clear) struct dp_cases cases = { 0 };
	struct sockaddr_storage near;
	const char *globs[MAX_GLOBS];
	int rc = dp_cases_make(globs, read_globs(command, globs), &cases, err);

	dp_worker_pool_dismiss(pool);
	for (size_t i = 0; i < cases.count && !rc; i++)
		rc = provide(cases.list[i].mapping, fd, err);
	if (!rc)
		rc = dp_devices_traffic(err);
	if (!rc)
		rc = dp_address_parse(DP_WIRE_NEAR, DP_TRAFFIC_PORT, &near, err);
	return rc ? rc : dp_traffic_local(&cases, &near, true, &options, fd, err);
}

/* Output in pieces that fit a line of the stream, JSON escapes included. */
static void say_output(int fd, const char *text, size_t len)
{
	for (size_t at = 0; at < len; at += PIECE) {
		struct json_object *obj = json_object_new_object();
		int n = (int)(len - at < PIECE ? len - at : PIECE);

		json_object_object_add(obj, "kind", json_object_new_string("output"));
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

	json_object_object_add(obj, "kind", json_object_new_string("output"));
	json_object_object_add(obj, "exit_code", json_object_new_int(code));
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

/* "/init" and the words of a command; false if they are none. */
static bool read_words(struct json_object *words, const char **argv)
{
	size_t n = 1;

	if (!json_object_is_type(words, json_type_array) ||
	    json_object_array_length(words) > MAX_GLOBS)
		return false;
	argv[0] = "/init";
	for (size_t i = 0; i < json_object_array_length(words); i++)
		argv[n++] = json_object_get_string(json_object_array_get_idx(words, i));
	argv[n] = NULL;
	return true;
}

/* Runs daxpin. @before: what its process does first, may be NULL. @output: receives a pipe. */
static pid_t start_program(const char *const *argv, int (*before)(struct dp_error *err),
			   int *output, struct dp_error *err)
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
		if (before && before(&failure))
			_exit(dp_error_print(&failure));
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(pipe_fd[1]);
	*output = pipe_fd[0];
	return pid < 0 ? dp_fail(err, -errno, "cannot fork") : pid;
}

static int go_far(struct dp_error *err)
{
	const char *topology;

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

static int run_as_host(int fd, struct json_object *command, struct dp_worker_pool *pool,
		       struct dp_error *err)
{
	const char *argv[MAX_GLOBS + 2] = { 0 }, *far_argv[MAX_GLOBS + 2] = { 0 };
	dp_autofd int output = -1, far_output = -1;
	pid_t pid, far = 0;
	int rc = 0, code;

	if (!read_words(json_object_object_get(command, "arguments"), argv))
		return dp_fail(err, -EBADMSG, "the command lacks its arguments");
	dp_worker_pool_dismiss(pool);
	if (json_object_get_boolean(json_object_object_get(command, "empty")))
		rc = empty_disks(err);
	if (!rc && read_words(json_object_object_get(command, "far"), far_argv)) {
		rc = dp_devices_traffic(err);
		if (!rc)
			far = start_program(far_argv, go_far, &far_output, err);
	}
	if (rc || far < 0)
		return rc ? rc : far;
	if (far)
		end_far(far, number(command, "far_dies_ms"));
	pid = start_program(argv, NULL, &output, err);
	if (pid < 0)
		return pid;
	code = exit_code(pass_output_on(pid, output, fd));
	if (far)
		code |= exit_code(pass_output_on(far, far_output, fd));
	say_exit_code(fd, code);
	return 0;
}

/* ---- the child -------------------------------------------------------------------------- */

/*
 * Whatever the kernel under test does to the one who carries a command out, this process, which is
 * init, must live on: a child carries it out, and stands by before the guest is saved.
 */
struct child {
	int stream;
	bool with_crew;
};

static int carry_out(int fd, const char *line, struct dp_worker_pool *pool, struct dp_error *err)
{
	struct json_object *command = json_tokener_parse(line);
	const char *name = command ? dp_json_text(command, "command") : NULL;
	int rc = -EBADMSG;

	if (name && !strcmp(name, "teardown"))
		rc = run_scenarios(fd, command, false, pool, err);
	else if (name && !strcmp(name, "race"))
		rc = run_scenarios(fd, command, true, pool, err);
	else if (name && !strcmp(name, "check"))
		rc = run_check(fd, command, pool, err);
	else if (name && !strcmp(name, "traffic"))
		rc = run_traffic(fd, command, pool, err);
	else if (name && !strcmp(name, "reread"))
		rc = run_reread(fd, command, pool);
	else if (name && !strcmp(name, "as-host"))
		rc = run_as_host(fd, command, pool, err);
	else
		dp_fail(err, rc, "the guest does not know the command %.80s", line);
	json_object_put(command);
	return rc;
}

static void deputise(int fd, void *arg)
{
	const struct child *child = arg;
	struct dp_reply reply = { 0 };
	struct dp_worker_pool pool = { 0 };
	struct dp_error err = { 0 };
	char line[DP_COMMAND_LIMIT];
	ssize_t n;

	if (child->with_crew)
		reply.rc = dp_worker_pool_start(&pool, NULL);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	n = recv(fd, line, sizeof(line) - 1, 0);
	if (n <= 0)
		return;
	line[n] = '\0';
	if (carry_out(child->stream, line, &pool, &err))
		dp_emit_failure(child->stream, &err);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	dp_worker_pool_close(&pool);
}

static int appoint(struct dp_actor *actor, int stream, bool with_crew)
{
	struct child child = { .stream = stream, .with_crew = with_crew };
	struct dp_reply reply;
	int rc = dp_actor_start(actor, deputise, &child);

	if (rc)
		return rc;
	return dp_actor_hear(actor, DEPUTY_LIMIT_MS, &reply) == DP_DONE ? reply.rc : -EIO;
}

/* It is done when the child says so, or is no more. */
static void delegate(struct dp_actor *actor, const char *line, int stream)
{
	struct dp_reply reply;

	send(actor->fd, line, strlen(line), MSG_NOSIGNAL);
	while (dp_actor_hear(actor, HEARTBEAT_MS, &reply) == DP_RUNS)
		dp_emit_text(stream, "alive", NULL, NULL);
	dp_emit_text(stream, "done", NULL, NULL);
	dp_actor_clear(actor);
}

/* What must not be left to somebody else. */
static void obey(const char *line)
{
	struct json_object *command = json_tokener_parse(line);
	const char *name = command ? dp_json_text(command, "command") : NULL;
	const char *fault = command ? dp_json_text(command, "fault") : NULL;

	if (name && !strcmp(name, "poweroff"))
		power_off();
	if (fault && !strcmp(fault, "silence"))
		hang_now();
	json_object_put(command);
}

static void serve(int serial, int stream, struct dp_actor *child)
{
	FILE *commands = fdopen(serial, "r");
	char line[DP_COMMAND_LIMIT];

	while (commands && fgets(line, sizeof(line), commands)) {
		if (line[0] == '\n')
			continue;
		obey(line);
		dp_emit_text(stream, "taken", NULL, NULL);
		if (!child->pid && appoint(child, stream, false))
			power_off();
		delegate(child, line, stream);
	}
}

/* Whether this machine has been booted before, with these NVDIMMs (machine.c). */
static bool is_kept(void)
{
	char text[1024] = "";

	dp_read_attr(text, sizeof(text), "/proc/cmdline");
	return strstr(text, DP_KEEP_FLAG);
}

void dp_agent_main(void)
{
	struct dp_actor child = DP_NO_ACTOR;
	struct dp_error err = { 0 };
	int serial, fd;

	mount_all();
	serial = open_channel();
	if (serial < 0)
		power_off();
	say_hello(serial);
	fd = dp_devices_stream(serial);
	if (dp_devices_prepare(fd, is_kept(), &err)) {
		dp_emit_failure(fd, &err);
		power_off();
	}
	if (appoint(&child, fd, true)) {
		dp_fail(&err, -EIO, "no process stands by to carry out a command");
		dp_emit_failure(fd, &err);
		power_off();
	}
	/* From here on warnings are shown, too: printk's KERN_WARNING is 4, and "quiet" ends
	 * before. */
	dp_write_attr("5", "/proc/sys/kernel/printk");
	dp_emit_text(fd, "ready", NULL, NULL);
	serve(serial, fd, &child);
	power_off();
}
