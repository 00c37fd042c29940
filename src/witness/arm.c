// SPDX-License-Identifier: GPL-2.0-or-later
/* The instance, and the probes in it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs/tracefs.h>
#include <unistd.h>

#include "btf.h"
#include "probes.h"
#include "symbols.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"

/*
 * For each CPU, KiB. A registration of 2 MiB leaves some 4,000 events of 64 bytes, most of them on
 * one CPU; a machine with many CPUs must not lose much memory to it.
 */
#define BUFFER_MOST  4096L
#define BUFFER_LEAST 512L
#define BUFFERS_KIB  65536L

/* Registers of the first two arguments, x86-64. */
static const char *const arguments[] = { "%di", "%si" };

/* ---- one probe --------------------------------------------------------------------------- */

/* What is fetched. A pointer that leads nowhere leaves other bytes: the reader looks at flags
 * first. */
static void fetches(const struct dp_probe *p, const struct dp_kernel_types *types, char *text,
		    size_t size)
{
	char pages[32] = "";

	text[0] = '\0';
	if (p->argument)
		snprintf(pages, sizeof(pages), "pages=%s:s32 ", arguments[p->argument - 1]);
	if (p->role == DP_ROLE_GRAB)
		snprintf(text, size,
			 "%sflags=+0(%%di):x64 pgmap=+%d(%%di):x64 type=+%d(+%d(%%di)):u32", pages,
			 types->pgmap, types->type, types->pgmap);
	else if (p->role == DP_ROLE_DROP)
		snprintf(text, size, "%s", pages);
	else if (p->role == DP_ROLE_HMM && types->hmm_start >= 0)
		snprintf(text, size, "start=+%d(%%di):x64 end=+%d(%%di):x64 asked=+%d(%%di):x64",
			 types->hmm_start, types->hmm_end, types->hmm_asked);
	else if (p->role == DP_ROLE_LOOKUP && types->lookup_is_given)
		snprintf(text, size, "value=%%si:x64");
}

static int set_one(const struct dp_probe *p, const struct dp_symbol *symbol,
		   const struct dp_kernel_types *types, struct dp_error *err)
{
	char event[128], format[160];
	int rc = 0;

	if (p->entry) {
		fetches(p, types, format, sizeof(format));
		rc = tracefs_kprobe_raw(DP_WITNESS, p->function, symbol->name, format);
	}
	if (!rc && p->returns) {
		snprintf(event, sizeof(event), "%s_ret", p->function);
		snprintf(format, sizeof(format), "value=$retval:%s", p->narrow ? "s32" : "s64");
		rc = tracefs_kretprobe_raw(DP_WITNESS, event, symbol->name, format);
	}
	if (rc) {
		dp_autofree char *why = tracefs_error_last(NULL);

		return dp_report(err, -EIO, "cannot probe %s(): %.80s", p->function,
				 why ? why : "");
	}
	return 0;
}

static void remove_probes(void)
{
	struct tracefs_dynevent **list = tracefs_dynevent_get_all(
		TRACEFS_DYNEVENT_KPROBE | TRACEFS_DYNEVENT_KRETPROBE, DP_WITNESS);

	for (size_t i = 0; list && list[i]; i++)
		tracefs_dynevent_destroy(list[i], true);
	if (list)
		tracefs_dynevent_list_free(list);
}

void dp_witness_disarm(void)
{
	struct tracefs_instance *instance = tracefs_instance_create(DP_WITNESS);

	if (instance) {
		tracefs_event_disable(instance, DP_WITNESS, NULL);
		tracefs_instance_destroy(instance);
		tracefs_instance_free(instance);
	}
	remove_probes();
}

static int find_symbols(const struct dp_probe *probes, size_t count, struct dp_symbol *symbols,
			struct dp_error *err)
{
	dp_autofree const char **names = calloc(count, sizeof(*names));

	for (size_t i = 0; names && i < count; i++)
		names[i] = probes[i].function;
	return names ? dp_symbols_find(names, count, symbols, err) : -ENOMEM;
}

static int set_probes(struct dp_error *err)
{
	struct dp_kernel_types types;
	size_t count, set = 0;
	const struct dp_probe *probes = dp_probes(&count);
	dp_autofree struct dp_symbol *symbols = calloc(count, sizeof(*symbols));
	int rc = symbols ? dp_kernel_types_read(&types, err) : -ENOMEM;

	if (!rc)
		rc = find_symbols(probes, count, symbols, err);
	for (size_t i = 0; i < count && !rc; i++) {
		if (!symbols[i].name[0])
			continue;
		rc = set_one(&probes[i], &symbols[i], &types, err);
		set++;
	}
	return !rc && !set ? dp_report(err, -ENOENT, "none of the functions of gup.c is there")
			   : rc;
}

static long buffer_size(void)
{
	long size = BUFFERS_KIB / sysconf(_SC_NPROCESSORS_CONF);

	if (size > BUFFER_MOST)
		return BUFFER_MOST;
	return size < BUFFER_LEAST ? BUFFER_LEAST : size;
}

static int make_instance(struct dp_error *err)
{
	struct tracefs_instance *instance = tracefs_instance_create(DP_WITNESS);
	int rc;

	if (!instance)
		return dp_fail(err, errno ? -errno : -EIO, "cannot make a tracefs instance");
	tracefs_trace_off(instance);
	tracefs_instance_set_buffer_size(instance, (size_t)buffer_size(), -1);
	rc = tracefs_event_enable(instance, DP_WITNESS, NULL);
	tracefs_instance_free(instance);
	return rc ? dp_fail(err, -errno, "cannot enable the probes") : 0;
}

int dp_witness_set_up(int (*set)(struct dp_error *err), int (*make)(struct dp_error *err),
		      struct dp_error *err)
{
	const char *dir;
	int rc;

	if (tracefs_tracing_dir_is_mounted(true, &dir) < 0)
		return dp_fail(err, -errno, "tracefs is not there");
	dp_witness_disarm();
	rc = set(err);
	if (!rc)
		rc = make(err);
	if (rc)
		dp_witness_disarm();
	return rc;
}

int dp_witness_arm(struct dp_error *err)
{
	return dp_witness_set_up(set_probes, make_instance, err);
}
