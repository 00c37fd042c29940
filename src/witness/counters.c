// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <tracefs/tracefs.h>
#include <unistd.h>

#include "probes.h"

#include "daxpin/cleanup.h"
#include "daxpin/counters.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/text.h"

/* FOLL_LONGTERM: futexes of threads that are waited for go through gup-fast, too. */
static const char *longterm(struct dp_series kernel)
{
	const struct dp_series renumbered = { 6, 3 };

	return dp_compare_series(kernel, renumbered) < 0 ? "flags & 65536" : "flags & 256";
}

/* EFLAGS.IF, as the function finds it. */
static const char *interrupts_off(struct dp_series kernel)
{
	(void)kernel;
	return "!(eflags & 512)";
}

/* Names by version, as in probes.c. */
static const struct {
	const char *names[2];
	const char *fetch;
	const char *(*filter)(struct dp_series kernel); /* NULL: all are counted */
} counted[DP_COUNTERS] = {
	[DP_COUNT_FAST] = { { "gup_fast_fallback", "internal_get_user_pages_fast" },
			    "flags=%dx:u32",
			    longterm },
	[DP_COUNT_SLOW] = { { "__gup_longterm_locked" }, "", NULL },
	[DP_COUNT_DROP] = { { "gup_put_folio", "put_compound_head" },
			    "eflags=%flags:u64",
			    interrupts_off },
};

static int set_probe(enum dp_counter i, const char **name)
{
	for (size_t k = 0; k < DP_ARRAY_SIZE(counted[i].names); k++) {
		*name = counted[i].names[k];
		if (*name && !tracefs_kprobe_raw(DP_WITNESS, *name, *name, counted[i].fetch))
			return 0;
	}
	return -ENOENT;
}

/* Threads and children count into the same. */
static int open_counter(const char *name, const char *filter)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.inherit = 1,
	};
	dp_autofd int fd = -1;
	char path[96];
	long long id;
	int opened;

	snprintf(path, sizeof(path), "events/" DP_WITNESS "/%s/id", name);
	if (tracefs_instance_file_read_number(NULL, path, &id))
		return -EIO;
	attr.config = (uint64_t)id;
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 || (filter && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter)))
		return -errno;
	opened = fd;
	fd = -1;
	return opened;
}

static int count(struct dp_counters *c, enum dp_counter i, struct dp_error *err)
{
	struct dp_series kernel = { 0 };
	struct utsname uts;
	const char *name;

	if (set_probe(i, &name))
		return dp_report(err, -ENOENT, "%s() cannot be probed", counted[i].names[0]);
	if (!uname(&uts))
		dp_parse_series(uts.release, &kernel, NULL);
	c->fd[i] = open_counter(name, counted[i].filter ? counted[i].filter(kernel) : NULL);
	if (c->fd[i] >= 0)
		return 0;
	return dp_fail(err, c->fd[i], "cannot count calls of %s()", name);
}

int dp_counters_open(struct dp_counters *c, struct dp_error *err)
{
	const char *dir;
	int rc = 0;

	*c = (struct dp_counters)DP_NO_COUNTERS;
	if (tracefs_tracing_dir_is_mounted(true, &dir) < 0)
		return dp_fail(err, -errno, "tracefs is not there");
	dp_witness_disarm();
	for (int i = 0; i < DP_COUNTERS && !rc; i++)
		rc = count(c, (enum dp_counter)i, err);
	if (rc)
		dp_counters_close(c, true);
	return rc;
}

int dp_counters_read(const struct dp_counters *c, int64_t counts[DP_COUNTERS])
{
	for (int i = 0; i < DP_COUNTERS; i++)
		if (c->fd[i] < 0 ||
		    read(c->fd[i], &counts[i], sizeof(counts[i])) != (ssize_t)sizeof(counts[i]))
			return -EIO;
	return 0;
}

void dp_counters_close(struct dp_counters *c, bool remove)
{
	for (int i = 0; i < DP_COUNTERS; i++) {
		if (c->fd[i] >= 0)
			close(c->fd[i]);
		c->fd[i] = -1;
	}
	if (remove)
		dp_witness_disarm();
}

/* ---- CPUs -------------------------------------------------------------------------------- */

static int set_online(int cpu, const char *what)
{
	return dp_write_attr(what, "/sys/devices/system/cpu/cpu%d/online", cpu);
}

uint64_t dp_cpus_park(void)
{
	uint64_t parked = 0;

	for (int cpu = 1; cpu < 64 && cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++)
		if (!set_online(cpu, "0"))
			parked |= 1ULL << cpu;
	return parked;
}

void dp_cpus_unpark(uint64_t parked)
{
	for (int cpu = 1; cpu < 64; cpu++)
		if (parked >> cpu & 1)
			set_online(cpu, "1");
}
