// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks: a process of its own lowers its limit, gives CAP_IPC_LOCK up, and registers anonymous
 * memory as the question says. Each attempt is an observation; what is right is not known here.
 */
#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daxpin/actor.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/limit.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/rdma.h"
#include "daxpin/steps.h"

/* How long one question may take, ms. */
#define QUESTION_MS 60000
#define STACK_SIZE  (512UL << 10)

struct asker {
	const struct dp_limit *limit;
	const char *name; /* of the adapter, or NULL */
	int fd;
	size_t page;
	struct dp_rdma rdma;
	struct ibv_mr *regions[DP_LIMIT_ATTEMPTS];
	size_t now; /* the attempt that is made */
	int rc;
	struct dp_error err;
};

/* ---- the limit and the capability --------------------------------------------------------- */

static int read_capabilities(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &head, data) ? -errno : 0;
}

static bool is_capable(void)
{
	struct __user_cap_data_struct data[2] = { 0 };

	return !read_capabilities(data) && data[0].effective & 1U << CAP_IPC_LOCK;
}

static int set_capable(bool capable, struct dp_error *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	int rc = read_capabilities(data);

	if (rc)
		return dp_fail(err, rc, "capget");
	if (capable && !(data[0].permitted & 1U << CAP_IPC_LOCK))
		return dp_skip(err, "this process may not have CAP_IPC_LOCK: run as root");
	data[0].effective &= ~(1U << CAP_IPC_LOCK);
	if (capable)
		data[0].effective |= 1U << CAP_IPC_LOCK;
	return syscall(SYS_capset, &head, data) ? dp_fail(err, -errno, "capset") : 0;
}

/* capable() asks for the first user namespace. */
static bool in_first_namespace(void)
{
	dp_autofree char *text = NULL;
	unsigned long inside, outside, count;

	return !dp_read_file("/proc/self/uid_map", 4096, &text, NULL, NULL) &&
	       sscanf(text, "%lu %lu %lu", &inside, &outside, &count) == 3 && !inside && !outside &&
	       count == UINT32_MAX;
}

static int lower_limit(size_t page, struct dp_error *err)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return dp_fail(err, -errno, "getrlimit");
	if (limit.rlim_max < DP_LIMIT_PAGES * page)
		return dp_skip(
			err,
			"the hard limit of RLIMIT_MEMLOCK is %llu bytes here, and %zu are needed",
			(unsigned long long)limit.rlim_max, DP_LIMIT_PAGES * page);
	limit.rlim_cur = DP_LIMIT_PAGES * page;
	return setrlimit(RLIMIT_MEMLOCK, &limit) ? dp_fail(err, -errno, "setrlimit") : 0;
}

static bool wants_capable(const struct dp_limit *limit)
{
	for (size_t i = 0; i < dp_limit_length(limit); i++)
		if (limit->attempts[i].capable)
			return true;
	return false;
}

/* ---- one attempt -------------------------------------------------------------------------- */

static const struct dp_limit_attempt *attempt_of(const struct asker *a)
{
	return &a->limit->attempts[a->now];
}

/* Return: 0, or the errno of the registration. */
static int do_register(struct asker *a)
{
	const struct dp_limit_attempt *attempt = attempt_of(a);
	size_t span = attempt->pages * a->page, skew = attempt->unaligned ? a->page / 2 : 0;
	char *memory = mmap(NULL, span, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		return errno;
	errno = 0;
	a->regions[a->now] =
		ibv_reg_mr(a->rdma.pd, memory + skew, span - 2 * skew, IBV_ACCESS_LOCAL_WRITE);
	return a->regions[a->now] ? 0 : errno ? errno : EIO;
}

static int do_release(struct asker *a)
{
	for (size_t i = 0; i < DP_LIMIT_ATTEMPTS; i++) {
		struct ibv_mr *mr = a->regions[i];

		a->regions[i] = NULL;
		if (mr && ibv_dereg_mr(mr))
			return errno ? errno : EIO;
	}
	return 0;
}

static void make_attempt(struct asker *a)
{
	const struct dp_limit_attempt *attempt = attempt_of(a);
	struct json_object *obj = dp_step_new(DP_STEP_ATTEMPT);
	struct rlimit limit = { 0 };
	int64_t kib = dp_vmpin_kib();
	int code;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	dp_step_set_int(obj, DP_FIELD_ATTEMPT, (int64_t)a->now + 1);
	dp_step_set_text(obj, DP_FIELD_WHAT, dp_limit_what_name(attempt->what));
	dp_step_set_text(obj, DP_FIELD_WHO, dp_limit_who_name(attempt->who));
	dp_step_set_int(obj, DP_FIELD_PAGES, (int64_t)attempt->pages);
	dp_step_set_int(obj, DP_FIELD_MEMLOCK, (int64_t)(limit.rlim_cur / a->page));
	dp_step_set_flag(obj, DP_FIELD_CAPABLE, is_capable());
	if (kib < 0)
		dp_step_leave_out(obj, DP_FIELD_CHARGED,
				  "VmPin of /proc/self/status cannot be read");
	else
		dp_step_set_int(obj, DP_FIELD_CHARGED, kib * 1024 / (int64_t)a->page);
	code = attempt->what == DP_LIMIT_RELEASE ? do_release(a) : do_register(a);
	dp_step_set_text(obj, DP_FIELD_ERRNO, code ? dp_errno_name(code) : NULL);
	dp_emit(a->fd, obj);
}

/* ---- who makes it ------------------------------------------------------------------------- */

static void by_self(struct asker *a)
{
	if (attempt_of(a)->capable != is_capable())
		a->rc = set_capable(attempt_of(a)->capable, &a->err);
	if (!a->rc)
		make_attempt(a);
}

static void *in_thread(void *arg)
{
	make_attempt(arg);
	return NULL;
}

static void by_thread(struct asker *a)
{
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, in_thread, a);

	if (rc)
		a->rc = dp_fail(&a->err, -rc, "cannot start a thread");
	else
		pthread_join(thread, NULL);
}

/* A child makes all attempts in a row that are its own. */
static void by_child(struct asker *a)
{
	size_t end = a->now + 1, count = dp_limit_length(a->limit);
	pid_t pid;

	while (end < count && a->limit->attempts[end].who == DP_LIMIT_CHILD)
		end++;
	pid = fork();
	if (!pid) {
		struct asker own = { a->limit, a->name, a->fd, a->page, .now = a->now };

		if (dp_rdma_open(a->name, &own.rdma, NULL))
			_exit(1);
		for (; own.now < end; own.now++)
			make_attempt(&own);
		_exit(0);
	}
	if (pid < 0)
		a->rc = dp_fail(&a->err, -errno, "cannot fork");
	else
		waitpid(pid, NULL, 0);
	a->now = end - 1;
}

/* Its memory lives on in the parent; what it has open does not. */
static int in_sharer(void *arg)
{
	const struct asker *a = arg;
	struct asker own = { a->limit, a->name, a->fd, a->page, .now = a->now };

	if (!dp_rdma_open(a->name, &own.rdma, NULL))
		make_attempt(&own);
	kill((pid_t)syscall(SYS_getpid), SIGKILL);
	return 0;
}

static void by_sharer(struct asker *a)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t pid;

	if (stack == MAP_FAILED) {
		a->rc = dp_fail(&a->err, -errno, "cannot map a stack");
		return;
	}
	/* The parent stands still meanwhile (CLONE_VFORK). */
	pid = clone(in_sharer, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, a);
	if (pid < 0)
		a->rc = dp_fail(&a->err, -errno, "cannot clone");
	else
		waitpid(pid, NULL, 0);
	munmap(stack, STACK_SIZE);
}

/* ---- one question ------------------------------------------------------------------------- */

static int get_ready(struct asker *a)
{
	int rc = set_capable(false, &a->err);

	if (!rc && wants_capable(a->limit) && !in_first_namespace())
		return dp_skip(&a->err, "in a user namespace CAP_IPC_LOCK lifts no limit");
	if (!rc)
		rc = lower_limit(a->page, &a->err);
	if (!rc)
		rc = dp_rdma_open(a->name, &a->rdma, &a->err);
	if (!rc && dp_vmpin_kib() > 0)
		return dp_skip(&a->err,
			       "what this adapter's library registers for itself is charged, too");
	if (!rc)
		dp_rdma_emit(a->fd, a->rdma.device, a->rdma.provider, a->rdma.odp);
	return rc;
}

static void ask(int fd, void *arg)
{
	static void (*const by[DP_LIMIT_WHO])(struct asker * a) = {
		[DP_LIMIT_SELF] = by_self,
		[DP_LIMIT_THREAD] = by_thread,
		[DP_LIMIT_CHILD] = by_child,
		[DP_LIMIT_SHARER] = by_sharer,
	};
	struct asker *a = arg;
	size_t count = dp_limit_length(a->limit);
	struct dp_reply reply = { 0 };

	a->rc = get_ready(a);
	for (a->now = 0; a->now < count && !a->rc; a->now++)
		by[attempt_of(a)->who](a);
	reply.rc = a->rc;
	snprintf(reply.text, sizeof(reply.text), "%.300s", a->err.what);
	send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
	do_release(a);
}

static int ask_item(const struct dp_limit_item *item, const char *rdma, int fd,
		    struct dp_error *err)
{
	struct asker asker = {
		.limit = item->limit, .name = rdma, .fd = fd, .page = (size_t)sysconf(_SC_PAGESIZE)
	};

	return dp_ask_apart(item->id, ask, &asker, QUESTION_MS, fd, err);
}

int dp_limits_run(const struct dp_limits *limits, const char *rdma, int fd, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < limits->count && !rc; i++)
		rc = ask_item(&limits->list[i], rdma, fd, err);
	return rc;
}
