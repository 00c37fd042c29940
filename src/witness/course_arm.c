// SPDX-License-Identifier: GPL-2.0-or-later
/* The probes of a teardown's course, and the scheduler's events in the same instance. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <tracefs/tracefs.h>

#include "course_probes.h"
#include "probes.h"

#include "daxpin/cleanup.h"
#include "daxpin/course.h"
#include "daxpin/error.h"
#include "daxpin/text.h"

/* For each CPU, KiB: a teardown leaves some hundred events of 100 bytes. */
#define BUFFER_KIB 1024

/* Whoever is one of these. */
#define IS(field)                                                                                  \
	field " == \"" DP_COURSE_TEARDOWN "\" || " field " == \"" DP_COURSE_RELEASE "\" || " field \
	      " == \"" DP_COURSE_OWNER "\""

void dp_course_join(const char *name)
{
	prctl(PR_SET_NAME, name);
}

/*
 * An unwinder that finds the address in whose place a return probe has put its own ("x86/unwind:
 * Recover kretprobe trampoline entry", Linux 5.16), and that does not warn when the task has begun
 * to run meanwhile: rethook_find_ret_addr() of 6.1 does, that of 6.12 does not. What is between was
 * not read.
 */
static bool stacks_stay_true(void)
{
	const struct dp_series since = { 6, 12 };
	struct utsname name;
	struct dp_series own;

	return !uname(&name) && !dp_parse_series(name.release, &own, NULL) &&
	       dp_compare_series(own, since) >= 0;
}

/*
 * Return: whether its entry is probed. To look all names up in /proc/kallsyms first would take two
 * seconds under emulation; one that is not there costs some 20 ms.
 */
static bool set_one(const struct dp_course_probe *p, bool returns)
{
	char event[128];

	if (tracefs_kprobe_raw(DP_WITNESS, p->function, p->function, ""))
		return false;
	snprintf(event, sizeof(event), "%s_ret", p->function);
	if (returns && p->at_return)
		tracefs_kretprobe_raw(DP_WITNESS, event, p->function,
				      p->at_return == DP_ERRNO ? "value=$retval:s32" : "");
	return true;
}

static int set_probes(struct dp_error *err)
{
	size_t count, set = 0;
	const struct dp_course_probe *probes = dp_course_probes(&count);
	bool returns = stacks_stay_true();

	for (size_t i = 0; i < count; i++)
		set += set_one(&probes[i], returns);
	return set ? 0
		   : dp_report(err, -ENOENT, "none of the functions of a teardown can be probed");
}

static int follow(struct tracefs_instance *instance, const char *event, const char *filter)
{
	if (tracefs_event_file_write(instance, "sched", event, "filter", filter) < 0)
		return -1;
	return tracefs_event_enable(instance, "sched", event);
}

static int make_instance(struct dp_error *err)
{
	struct tracefs_instance *instance = tracefs_instance_create(DP_WITNESS);
	int rc;

	if (!instance)
		return dp_fail(err, errno ? -errno : -EIO, "cannot make a tracefs instance");
	tracefs_trace_off(instance);
	tracefs_instance_file_write(instance, "trace_clock", "mono");
	tracefs_instance_set_buffer_size(instance, BUFFER_KIB, -1);
	rc = follow(instance, "sched_switch", IS("prev_comm") " || " IS("next_comm"));
	if (!rc)
		rc = follow(instance, "sched_waking", IS("comm"));
	if (!rc)
		rc = tracefs_event_enable(instance, DP_WITNESS, NULL);
	tracefs_instance_free(instance);
	return rc ? dp_fail(err, errno ? -errno : -EIO, "cannot enable the probes") : 0;
}

int dp_course_arm(struct dp_error *err)
{
	return dp_witness_set_up(set_probes, make_instance, err);
}
