// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "daxpin/json.h"
#include "daxpin/run.h"

const char *dp_run_name(const struct dp_run_record *run, char name[DP_RUN_NAME])
{
	snprintf(name, DP_RUN_NAME, "%.255s%s%s%s%s",
		 run->subject.kernel[0] ? run->subject.kernel : run->kernel_spec,
		 run->carrier[0] ? " " : "", run->carrier, run->pinner[0] ? " " : "", run->pinner);
	return name;
}

void dp_run_place(struct dp_run_record *run)
{
	const char *name = getenv("SLURMD_NODENAME");
	struct utsname uts;

	run->began = (int64_t)time(NULL);
	if (name && dp_host_valid(name)) {
		snprintf(run->node, sizeof(run->node), "%s", name);
		return;
	}
	uname(&uts);
	uts.nodename[strcspn(uts.nodename, ".")] = '\0';
	if (dp_host_valid(uts.nodename))
		snprintf(run->node, sizeof(run->node), "%.*s", DP_HOST_NAME, uts.nodename);
}

void dp_run_add_phase(struct dp_run_record *run, const char *name, uint64_t ms)
{
	size_t i = 0;

	while (i < run->nphases && strcmp(run->phases[i].name, name))
		i++;
	if (i == DP_PHASES)
		return;
	if (i == run->nphases)
		snprintf(run->phases[run->nphases++].name, sizeof(run->phases[0].name), "%s", name);
	run->phases[i].ms = ms;
}

/* The slower of two guests that ran at the same time is what a phase took. */
static void merge_phases(struct dp_run_record *into, const struct dp_run_record *from)
{
	for (size_t i = 0; i < from->nphases; i++) {
		uint64_t have = 0;

		for (size_t k = 0; k < into->nphases; k++)
			if (!strcmp(into->phases[k].name, from->phases[i].name))
				have = into->phases[k].ms;
		if (from->phases[i].ms > have)
			dp_run_add_phase(into, from->phases[i].name, from->phases[i].ms);
	}
}

static void merge_subject(struct dp_run_record *into, const struct dp_run_record *from)
{
	char kernel[sizeof(into->subject.kernel)];

	if (into->rdma_device[0])
		return;
	memcpy(kernel, into->subject.kernel, sizeof(kernel));
	into->subject = from->subject;
	if (!into->subject.kernel[0])
		memcpy(into->subject.kernel, kernel, sizeof(kernel));
	memcpy(into->rdma_device, from->rdma_device, sizeof(into->rdma_device));
	memcpy(into->firmware, from->firmware, sizeof(into->firmware));
	if (from->qemu[0])
		memcpy(into->qemu, from->qemu, sizeof(into->qemu));
}

/* It began with what began first. */
static void merge_place(struct dp_run_record *into, const struct dp_run_record *from)
{
	if (!into->node[0])
		memcpy(into->node, from->node, sizeof(into->node));
	if (!into->bios[0])
		memcpy(into->bios, from->bios, sizeof(into->bios));
	if (!into->began || (from->began && from->began < into->began))
		into->began = from->began;
}

static void merge_ending(struct dp_run_record *into, struct dp_run_record *from)
{
	if (into->ending[0] || (into->splat[0] && !from->ending[0]) ||
	    (!from->ending[0] && !from->splat[0]))
		return;
	memcpy(into->ending, from->ending, sizeof(into->ending));
	memcpy(into->splat, from->splat, sizeof(into->splat));
	if (into->nconsole)
		return;
	into->console = from->console;
	into->nconsole = from->nconsole;
	from->console = NULL;
	from->nconsole = 0;
}

int dp_run_merge(struct dp_run_record *into, struct dp_run_record *from, bool whole)
{
	void *grown =
		reallocarray(into->results, into->count + from->count + 1, sizeof(*into->results));

	if (!grown)
		return -ENOMEM;
	into->results = grown;
	if (from->count)
		memcpy(into->results + into->count, from->results,
		       from->count * sizeof(*from->results));
	into->count += from->count;
	from->count = 0;
	merge_phases(into, from);
	merge_subject(into, from);
	into->rejected += from->rejected;
	merge_place(into, from);
	into->boots = from->boots > into->boots ? from->boots : into->boots;
	if (whole)
		merge_ending(into, from);
	return 0;
}

bool dp_result_is_known(const struct dp_result *r)
{
	return r->status == DP_FAIL && r->baseline == DP_KNOWN;
}

/* Failures that no baseline excuses. */
static size_t count_failures(const struct dp_run_record *run)
{
	size_t count = 0;

	for (size_t i = 0; i < run->count; i++)
		count += run->results[i].status == DP_FAIL && !dp_result_is_known(&run->results[i]);
	return count;
}

void dp_run_count(const struct dp_run_record *run, size_t *counts)
{
	memset(counts, 0, DP_STATUSES * sizeof(*counts));
	for (size_t i = 0; i < run->count; i++)
		counts[run->results[i].status]++;
}

void dp_result_clear(struct dp_result *r)
{
	json_object_put(r->facts);
	json_object_put(r->evidence);
	json_object_put(r->kernel);
	json_object_put(r->steps);
	json_object_put(r->trace);
	for (size_t i = 0; i < r->nrounds; i++)
		dp_result_clear(&r->rounds[i]);
	free(r->rounds);
	memset(r, 0, sizeof(*r));
}

void dp_run_replace(struct dp_run_record *run, struct dp_run_record *newer)
{
	for (size_t i = 0; i < newer->count; i++)
		for (size_t k = 0; k < run->count; k++) {
			struct dp_result *from = &newer->results[i], *to = &run->results[k];

			if (strcmp(from->id, to->id) || !from->id[0] || from->round != to->round)
				continue;
			dp_result_clear(to);
			*to = *from;
			*from = (struct dp_result){ 0 };
		}
}

void dp_run_clear(struct dp_run_record *run)
{
	for (size_t i = 0; i < run->nconsole; i++)
		free(run->console[i]);
	free(run->console);
	for (size_t i = 0; i < run->count; i++)
		dp_result_clear(&run->results[i]);
	free(run->results);
	memset(run, 0, sizeof(*run));
}

int dp_runs_exit_code(const struct dp_run_record *runs, size_t nruns)
{
	size_t counts[DP_STATUSES];
	int code = 0;

	for (size_t i = 0; i < nruns; i++) {
		const struct dp_run_record *run = &runs[i];

		dp_run_count(run, counts);
		if (count_failures(run) || (run->splat[0] && !run->splat_known && !run->ending[0]))
			return 1;
		if (counts[DP_ERROR] || run->ending[0])
			code = 3;
	}
	return code;
}

const struct dp_result *dp_run_find(const struct dp_run_record *run, const char *id)
{
	for (size_t i = 0; i < run->count; i++)
		if (!strcmp(run->results[i].id, id))
			return &run->results[i];
	return NULL;
}
