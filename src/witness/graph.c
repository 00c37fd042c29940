// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which function called which: the function_graph tracer. From 6.12 on it runs in an instance
 * (commit "function_graph: Allow multiple users to attach to function graph" and those with it);
 * before, in the top instance only, which is taken if nobody uses it. An instance of daxpin's own
 * is there in both cases: by it the next daxpin finds what one that was killed has left.
 *
 * set_graph_function and max_graph_depth are of the top instance, for all. Functions are filtered
 * before the tracer is switched on: to switch all of them on takes seconds under emulation.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs/tracefs.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/witness.h"

#define INSTANCE "daxpin-graph"
#define TRACER   "function_graph"
#define DEPTH    "12"
/* For each CPU, KiB: a slow path of 512 pages calls some thousand functions. */
#define BUFFER_KIB 8192

/* Where a graph begins: whichever of them the kernel has. */
static const char *const roots[] = { "ib_uverbs_reg_mr", "ib_umem_get", "ib_umem_get_desc",
				     "ib_umem_odp_get", "pin_user_pages_fast" };

/* What is in it: globs of functions. */
static const char *const filters[] = {
	"ib_u*",           "rxe_*mr*",         "rxe_mem*",         "*pin_user_page*",
	"*gup*",           "*get_user_pages*", "try_grab_*",       "put_compound_head",
	"follow_page*",    "follow_devmap*",   "follow_huge*",     "follow_p?d*",
	"check_vma_flags", "*dev_pagemap*",    "*longterm*",       "*_movable_pages*",
	"handle_mm_fault", "migrate_pages*",   "hmm_range_fault",  "hmm_vma_*",
	"dev_dax_*fault*", "dax_iomap_*fault", "vma_is_secretmem", "vma_needs_dirty_tracking",
};

static void put_instance(struct tracefs_instance **instance)
{
	if (*instance)
		tracefs_instance_free(*instance);
}

static bool reads_as(struct tracefs_instance *instance, const char *file, const char *text)
{
	dp_autofree char *have = tracefs_instance_file_read(instance, file, NULL);

	return have && !strncmp(have, text, strlen(text));
}

static int put(struct tracefs_instance *instance, const char *file, const char *text)
{
	return tracefs_instance_file_write(instance, file, text) < 0 ? -errno : 0;
}

/* An option that this kernel does not have is not needed there. */
static void set_options(struct tracefs_instance *instance, const char *proc, const char *irqs)
{
	put(instance, "trace_options", proc);
	put(instance, "trace_options", irqs);
}

/* The instance that has the tracer; NULL is the top one. */
static struct tracefs_instance *traced_by(struct tracefs_instance *own)
{
	return reads_as(own, "current_tracer", TRACER) ? own : NULL;
}

/* What all share must be as it is when nobody has set it. */
static int check_shared(struct dp_error *err)
{
	if (!reads_as(NULL, "current_tracer", "nop") ||
	    !reads_as(NULL, "set_graph_function", "#### all functions enabled") ||
	    !reads_as(NULL, "max_graph_depth", "0"))
		return dp_report(err, -EBUSY, "somebody else has set the kernel's tracer up");
	return 0;
}

/* Nothing may be lost to whoever uses the top instance. */
static int check_top(struct dp_error *err)
{
	dp_autofree char *events = tracefs_instance_file_read(NULL, "set_event", NULL);
	dp_autofree char *trace = tracefs_instance_file_read(NULL, "trace", NULL);

	if ((events && events[0]) ||
	    !reads_as(NULL, "set_ftrace_filter", "#### all functions enabled") ||
	    (trace && !strstr(trace, "entries-in-buffer/entries-written: 0/0")))
		return dp_report(err, -EBUSY,
				 "this kernel's " TRACER
				 " is in the top tracefs instance only, and "
				 "somebody else uses that");
	return 0;
}

static int set_roots(struct dp_error *err)
{
	size_t set = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(roots); i++)
		set += tracefs_instance_file_append(NULL, "set_graph_function", roots[i]) > 0;
	if (!set)
		return dp_report(err, -ENOENT, "none of the functions that register is there");
	return put(NULL, "max_graph_depth", DEPTH) ? dp_fail(err, -EIO, "cannot limit the graph")
						   : 0;
}

static int set_filters(struct tracefs_instance *instance, struct dp_error *err)
{
	size_t set = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(filters); i++)
		set += tracefs_instance_file_append(instance, "set_ftrace_filter", filters[i]) > 0;
	return set ? 0 : dp_report(err, -ENOENT, "no function can be traced here");
}

/* "7 (expanded: 1408)", or a number. */
static void copy_size(struct tracefs_instance *from, struct tracefs_instance *to)
{
	dp_autofree char *text = tracefs_instance_file_read(from, "buffer_size_kb", NULL);
	char size[24];

	snprintf(size, sizeof(size), "%ld", text ? strtol(text, NULL, 10) : 0);
	if (strcmp(size, "0") != 0)
		put(to, "buffer_size_kb", size);
}

/* In the instance; on a kernel that has the tracer in the top one only, there. */
static int set_tracer(struct tracefs_instance *own, struct dp_error *err)
{
	int rc = set_filters(own, err);

	if (!rc && !put(own, "current_tracer", TRACER))
		return 0;
	if (!rc)
		rc = check_top(err);
	if (rc)
		return rc;
	/* How the top one was is kept in this one, which is not needed for anything else. */
	put(own, "tracing_on", reads_as(NULL, "tracing_on", "0") ? "0" : "1");
	copy_size(NULL, own);
	put(NULL, "tracing_on", "0");
	tracefs_instance_set_buffer_size(NULL, BUFFER_KIB, -1);
	rc = set_filters(NULL, err);
	if (!rc && put(NULL, "current_tracer", TRACER))
		rc = dp_fail(err, -errno, "cannot set the tracer " TRACER);
	return rc;
}

int dp_graph_arm(struct dp_error *err)
{
	dp_cleanup(put_instance) struct tracefs_instance *own = NULL;
	const char *dir;
	int rc;

	if (tracefs_tracing_dir_is_mounted(true, &dir) < 0)
		return dp_fail(err, -errno, "tracefs is not there");
	dp_graph_disarm();
	rc = check_shared(err);
	if (!rc) {
		own = tracefs_instance_create(INSTANCE);
		rc = own ? set_roots(err)
			 : dp_fail(err, errno ? -errno : -EIO, "cannot make a tracefs instance");
	}
	if (own) {
		put(own, "tracing_on", "0");
		tracefs_instance_set_buffer_size(own, BUFFER_KIB, -1);
	}
	if (!rc)
		rc = set_tracer(own, err);
	if (!rc)
		set_options(traced_by(own), "funcgraph-proc", "nofuncgraph-irqs");
	else
		dp_graph_disarm();
	return rc;
}

void dp_graph_disarm(void)
{
	dp_cleanup(put_instance) struct tracefs_instance *own = NULL;

	if (!tracefs_dir_exists(NULL, "instances/" INSTANCE))
		return;
	own = tracefs_instance_create(INSTANCE);
	if (!own)
		return;
	set_options(traced_by(own), "nofuncgraph-proc", "funcgraph-irqs");
	if (traced_by(own)) {
		put(own, "current_tracer", "nop");
	} else if (reads_as(NULL, "current_tracer", TRACER) ||
		   !reads_as(NULL, "set_ftrace_filter", "#### all functions enabled")) {
		put(NULL, "tracing_on", "0");
		put(NULL, "current_tracer", "nop");
		put(NULL, "set_ftrace_filter", "");
		put(NULL, "trace", "");
		copy_size(own, NULL);
		put(NULL, "tracing_on", reads_as(own, "tracing_on", "0") ? "0" : "1");
	}
	put(NULL, "set_graph_function", "");
	put(NULL, "max_graph_depth", "0");
	tracefs_instance_destroy(own);
}

void dp_graph_begin(void)
{
	dp_cleanup(put_instance) struct tracefs_instance *own = tracefs_instance_create(INSTANCE);

	if (!own)
		return;
	put(traced_by(own), "trace", "");
	put(traced_by(own), "tracing_on", "1");
}

/* Of this thread: "  0)  daxpin-77   |   1.234 us    |  ib_umem_get();" */
static bool is_ours(const char *line, const char *thread)
{
	const char *at = strstr(line, thread);

	return at && at[strlen(thread)] == ' ';
}

void dp_graph_end(dp_hear_fn hear, void *arg)
{
	dp_cleanup(put_instance) struct tracefs_instance *own = tracefs_instance_create(INSTANCE);
	dp_autofree char *text = NULL;
	char thread[24], *rest;

	if (!own)
		return;
	put(traced_by(own), "tracing_on", "0");
	text = tracefs_instance_file_read(traced_by(own), "trace", NULL);
	snprintf(thread, sizeof(thread), "-%d", gettid());
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (is_ours(line, thread))
			hear(arg, line);
}
