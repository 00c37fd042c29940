// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A buffer is read through per_cpu/cpuN/trace_pipe_raw, a page at a time, as it lies in memory.
 */
#include <errno.h>
#include <event-parse.h>
#include <fcntl.h>
#include <kbuffer.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs/tracefs.h>
#include <unistd.h>

#include "buffers.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"

/* CPUs that a mask has room for: as many as a kernel can be built for. */
#define MOST_CPUS 8192
/* No buffer is made larger than that, KiB: some 100 bytes for each page of 8 GiB. */
#define MOST_KIB (192L << 10)

struct mask {
	cpu_set_t words[MOST_CPUS / CPU_SETSIZE];
};

/* Of one CPU. */
struct buffer {
	int pipe; /* -1 before it was used */
	long kib; /* 0 if it is not known */
};

struct dp_buffers {
	struct tracefs_instance *instance;
	struct kbuffer *page;
	void *bytes;        /* of the page */
	size_t size;        /* of a page */
	int on;             /* tracing_on */
	struct mask before; /* where the thread may run otherwise */
	int cpu;            /* where it is held, -1: nowhere */
	int ncpus;
	struct buffer list[];
};

void dp_buffers_close(struct dp_buffers *b)
{
	if (!b)
		return;
	for (int i = 0; i < b->ncpus; i++)
		dp_closep(&b->list[i].pipe);
	dp_closep(&b->on);
	if (b->page)
		kbuffer_free(b->page);
	free(b->bytes);
	free(b);
}

static int open_pipe(struct dp_buffers *b, int cpu)
{
	char name[64];

	if (b->list[cpu].pipe >= 0)
		return 0;
	snprintf(name, sizeof(name), "per_cpu/cpu%d/trace_pipe_raw", cpu);
	b->list[cpu].pipe = tracefs_instance_file_open(b->instance, name, O_RDONLY | O_NONBLOCK);
	return b->list[cpu].pipe < 0 ? -errno : 0;
}

struct dp_buffers *dp_buffers_open(struct tracefs_instance *instance, struct dp_error *err)
{
	long ncpus = sysconf(_SC_NPROCESSORS_CONF);
	struct dp_buffers *b = calloc(1, sizeof(*b) + (size_t)ncpus * sizeof(b->list[0]));

	if (!b)
		return NULL;
	b->instance = instance;
	b->ncpus = (int)ncpus;
	b->cpu = -1;
	b->size = (size_t)sysconf(_SC_PAGESIZE);
	b->bytes = malloc(b->size);
	b->page = kbuffer_alloc(KBUFFER_LSIZE_8, KBUFFER_ENDIAN_LITTLE);
	for (int i = 0; i < b->ncpus; i++)
		b->list[i].pipe = -1;
	b->on = tracefs_instance_file_open(instance, "tracing_on", O_WRONLY);
	if (b->on >= 0 && b->bytes && b->page)
		return b;
	dp_fail(err, b->on < 0 ? -errno : -ENOMEM, "cannot open tracing_on");
	dp_buffers_close(b);
	return NULL;
}

/* ---- one recording ----------------------------------------------------------------------- */

static int hold(struct dp_buffers *b)
{
	int cpu = sched_getcpu();
	struct mask one = { 0 };

	if (cpu < 0 || cpu >= b->ncpus || cpu >= MOST_CPUS)
		return -ENODEV;
	if (sched_getaffinity(0, sizeof(b->before), b->before.words))
		return -errno;
	CPU_SET_S((size_t)cpu, sizeof(one), one.words);
	/* If it has been moved meanwhile, it comes back. */
	if (sched_setaffinity(0, sizeof(one), one.words))
		return -errno;
	b->cpu = cpu;
	return 0;
}

static void release(struct dp_buffers *b)
{
	sched_setaffinity(0, sizeof(b->before), b->before.words);
}

static long read_kib(const struct dp_buffers *b, const char *name)
{
	dp_autofree char *text = tracefs_instance_file_read(b->instance, name, NULL);

	/* One that was never used is "7 (expanded: 1408)". */
	return text && !strchr(text, '(') ? strtol(text, NULL, 10) : 0;
}

/* What cannot be made larger is found too small when events are lost. */
static void make_room(struct dp_buffers *b, uint64_t bytes)
{
	struct buffer *own = &b->list[b->cpu];
	long wanted = bytes >> 10 > MOST_KIB ? MOST_KIB : (long)(bytes >> 10);
	char name[64], text[24];

	snprintf(name, sizeof(name), "per_cpu/cpu%d/buffer_size_kb", b->cpu);
	if (!own->kib)
		own->kib = read_kib(b, name);
	if (own->kib >= wanted)
		return;
	snprintf(text, sizeof(text), "%ld", wanted);
	tracefs_instance_file_write(b->instance, name, text);
	own->kib = read_kib(b, name);
}

/* Return: whether there was another page. */
static bool next_page(struct dp_buffers *b, int *rc)
{
	ssize_t n = read(b->list[b->cpu].pipe, b->bytes, b->size);

	if (n < 0 && errno != EAGAIN)
		*rc = -errno;
	return n > 0;
}

static int switch_to(const struct dp_buffers *b, const char *state)
{
	return write(b->on, state, 1) < 0 ? -errno : 0;
}

int dp_buffers_begin(struct dp_buffers *b, uint64_t bytes)
{
	int rc;

	b->cpu = -1;
	rc = hold(b);
	if (rc)
		return rc;
	rc = open_pipe(b, b->cpu);
	if (!rc) {
		make_room(b, bytes);
		while (next_page(b, &rc))
			;
	}
	if (!rc)
		rc = switch_to(b, "1");
	if (!rc)
		return 0;
	release(b);
	b->cpu = -1;
	return rc;
}

static int take_page(struct dp_buffers *b, dp_record_fn take, void *arg)
{
	unsigned long long ts;
	void *data;

	if (kbuffer_load_subbuffer(b->page, b->bytes))
		return -EIO;
	for (data = kbuffer_read_event(b->page, &ts); data; data = kbuffer_next_event(b->page, &ts))
		take(arg, data, (size_t)kbuffer_event_size(b->page), ts);
	return kbuffer_missed_events(b->page) ? -ENOBUFS : 0;
}

int dp_buffers_end(struct dp_buffers *b, dp_record_fn take, void *arg)
{
	int rc, bad = 0;

	if (b->cpu < 0)
		return -ENODEV;
	rc = switch_to(b, "0");
	while (next_page(b, &rc)) {
		int page = take_page(b, take, arg);

		if (page)
			bad = page;
	}
	release(b);
	return rc ? rc : bad;
}

long dp_buffers_kib(const struct dp_buffers *b)
{
	return b->cpu < 0 ? 0 : b->list[b->cpu].kib;
}
