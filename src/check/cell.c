// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/rdma.h"
#include "daxpin/witness.h"
#include "limits.h"
#include "proof.h"

/*
 * The counters are those of the whole machine. If others pin at the same time, the cell is asked
 * again: a pin that the kernel really keeps, it keeps each time.
 */
#define ATTEMPTS 4

/* How long a worker of the kernel's may take to give pages back, and how often to look. */
#define DEFERRED_LIMIT_MS 10000
#define DEFERRED_LOOK_US  2000

/* How long to wait for the counters lock, s: its holder may never return from the kernel. */
#define LOCK_LIMIT_S 20

/* Why pins are not counted. */
#define UNREADABLE "nr_foll_pin_acquired and nr_foll_pin_released cannot be read exactly"

/* Takes the counters lock; false if its holder does not release it in time. */
static bool lock_counters(struct dp_pin_counters *counters)
{
	struct timespec limit;
	int rc;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += LOCK_LIMIT_S;
	rc = pthread_mutex_timedlock(&counters->mutex, &limit);
	if (rc == EOWNERDEAD) {
		counters->known = false;
		pthread_mutex_consistent(&counters->mutex);
	}
	return !rc || rc == EOWNERDEAD;
}

/*
 * In a guest nobody else pins, so the counters after the last question are those before this one; a
 * difference would be a pin to account for. On a host they are read again.
 */
static bool read_pins_before(const struct dp_asker *asker, struct dp_pins *before)
{
	if (asker->env->guest && asker->counters->known) {
		*before = asker->counters->pins;
		return true;
	}
	return !dp_pins_read(before);
}

static void read_pins_after(const struct dp_asker *asker, const struct dp_pins *before,
			    struct dp_cell *cell)
{
	struct dp_pin_counters *counters = asker->counters;

	counters->known = !dp_pins_read(&counters->pins);
	cell->pins_seen &= counters->known;
	if (!counters->known)
		snprintf(cell->pins_text, sizeof(cell->pins_text), "%s", UNREADABLE);
	if (!cell->pins_seen)
		return;
	cell->acquired = counters->pins.acquired - before->acquired;
	cell->released = counters->pins.released - before->released;
}

static void keep_line(void *arg, const char *line)
{
	struct dp_asker *asker = arg;

	dp_json_append_text(asker->trace, line);
}

/* Of several attempts the last one's events are kept. A graph is wanted in place of the events. */
static void begin_reading(struct dp_asker *asker, uint64_t pages)
{
	bool graphs = asker->level == DP_WITNESS_GRAPH && !asker->ungraphed[0];

	if (asker->level > DP_WITNESS_EVIDENCE) {
		json_object_put(asker->trace);
		asker->trace = json_object_new_array();
	}
	if (asker->level == DP_WITNESS_GRAPH && asker->ungraphed[0])
		keep_line(asker, asker->ungraphed);
	if (asker->reading) {
		dp_reading_hear(asker->reading, asker->level == DP_WITNESS_TRACE ? keep_line : NULL,
				asker);
		dp_reading_begin(asker->reading, pages);
	}
	if (graphs)
		dp_graph_begin();
}

static void end_reading(struct dp_asker *asker, struct dp_cell *cell)
{
	if (asker->level == DP_WITNESS_GRAPH && !asker->ungraphed[0])
		dp_graph_end(keep_line, asker);
	if (asker->reading)
		dp_reading_end(asker->reading, cell->err, &cell->evidence);
	else
		memcpy(cell->evidence.missing, asker->unwitnessed, sizeof(cell->evidence.missing));
}

/* For whoever gives this process up: which step it did not come back from. */
static void begin_step(struct dp_asker *asker, enum dp_step step)
{
	if (asker->doing)
		*asker->doing = step;
}

/* What is registered: a region, or one of a dma-buf. */
struct region {
	struct ibv_mr *mr;
	uint32_t handle;
};

/* Return: 0, the errno that refuses it, or -EIO if there is none. */
static int pin(const struct dp_asker *asker, const struct dp_check *question, struct region *region)
{
	const struct dp_area *area = &asker->area;

	if (question->by)
		return question->by->pin(asker->held, area, question->access->flags);
	if (question->mapping->dmabuf)
		return -dp_dmabuf_register(asker->rdma, area->fd, area->len, (uintptr_t)area->addr,
					   question->access->flags, &region->handle);
	errno = 0;
	region->mr = ibv_reg_mr(asker->rdma->pd, area->addr, area->len, question->access->flags);
	return region->mr ? 0 : errno ? errno : -EIO;
}

static int unpin(const struct dp_asker *asker, const struct dp_check *question,
		 const struct region *region)
{
	if (question->by)
		return question->by->unpin(asker->held);
	if (question->mapping->dmabuf)
		return dp_dmabuf_deregister(asker->rdma, region->handle);
	return ibv_dereg_mr(region->mr) ? -errno : 0;
}

/* Registers the region, observes, and deregisters it. */
static int register_once(struct dp_asker *asker, const struct dp_check *question,
			 const struct dp_proof *proof, struct dp_cell *cell)
{
	int64_t vmpin = asker->vmpin_kib;
	struct region region = { 0 };
	uint64_t t0, t1;
	int rc;

	begin_reading(asker, cell->pages);
	begin_step(asker, DP_STEP_REGISTER);
	if (asker->misbehave)
		asker->misbehave(&asker->area);
	t0 = dp_now_us();
	rc = pin(asker, question, &region);
	t1 = dp_now_us();
	cell->err = rc > 0 ? rc : 0;
	begin_step(asker, DP_STEPS);
	end_reading(asker, cell);
	cell->register_us = t1 - t0;
	if (rc < 0)
		return rc;
	dp_limits_find(asker, question, cell);
	cell->vmpin_held_kib = rc ? 0 : dp_vmpin_kib() - vmpin;
	dp_proof_after(asker, proof, cell);
	if (rc)
		return 0;
	begin_step(asker, DP_STEP_RELEASE);
	t0 = dp_now_us();
	rc = unpin(asker, question, &region);
	begin_step(asker, DP_STEPS);
	cell->deregister_us = rc ? 0 : dp_now_us() - t0;
	return rc;
}

/* A worker of the kernel's gives them back: until it has, or for long enough. */
static void await_release(const struct dp_asker *asker, const struct dp_pins *before,
			  struct dp_cell *cell)
{
	uint64_t end = dp_now_ms() + DEFERRED_LIMIT_MS;

	while (cell->pins_seen && cell->acquired != cell->released && dp_now_ms() < end) {
		usleep(DEFERRED_LOOK_US);
		read_pins_after(asker, before, cell);
	}
}

/* Registers under the counters lock, so that only this registration is counted. */
static int register_counted(struct dp_asker *asker, const struct dp_check *question,
			    const struct dp_proof *proof, struct dp_cell *cell)
{
	bool counts = lock_counters(asker->counters);
	int64_t vmpin = asker->vmpin_kib;
	struct dp_pins before = { 0 };
	int rc;

	cell->pins_seen = counts && read_pins_before(asker, &before);
	if (!cell->pins_seen)
		snprintf(cell->pins_text, sizeof(cell->pins_text), "%s",
			 counts ? UNREADABLE
				: "another process does not release the counters lock");
	rc = register_once(asker, question, proof, cell);
	if (counts)
		read_pins_after(asker, &before, cell);
	if (question->by && question->by->deferred)
		await_release(asker, &before, cell);
	if (counts)
		pthread_mutex_unlock(&asker->counters->mutex);
	/* VmPin counts this process only, so it needs no lock. */
	asker->vmpin_kib = dp_vmpin_kib();
	cell->vmpin_kept_kib = asker->vmpin_kib - vmpin;
	return !rc && (vmpin < 0 || asker->vmpin_kib < 0) ? -ENODATA : rc;
}

void dp_asker_init(struct dp_asker *asker, const struct dp_rdma *rdma, const struct dp_env *env,
		   struct dp_pin_counters *counters)
{
	*asker = (struct dp_asker){ .rdma = rdma, .env = env, .counters = counters };
}

static void close_means(struct dp_asker *asker)
{
	if (asker->means)
		asker->means->close(asker->held);
	asker->means = NULL;
	asker->held = NULL;
}

static int open_means(struct dp_asker *asker, const struct dp_check *question, struct dp_error *err)
{
	const struct dp_means *by = question->by;
	int rc;

	if (asker->means == by)
		return 0;
	close_means(asker);
	rc = by ? by->open(asker->rdma, asker->env->guest, &asker->held, err) : 0;
	if (rc)
		return rc;
	asker->means = by;
	/* What it takes for itself may count as pinned, too. */
	asker->vmpin_kib = dp_vmpin_kib();
	return 0;
}

/* Of a mapping that pins: nobody else counts meanwhile, and what was counted is not known any more.
 */
static bool begin_pinning(struct dp_asker *asker, const struct dp_mapping *mapping)
{
	return mapping->pins && lock_counters(asker->counters);
}

static void end_pinning(struct dp_asker *asker, bool locked)
{
	if (!locked)
		return;
	asker->counters->known = false;
	pthread_mutex_unlock(&asker->counters->mutex);
}

static void unmap(struct dp_asker *asker)
{
	bool locked = begin_pinning(asker, asker->mapping);

	dp_area_close(&asker->area);
	end_pinning(asker, locked);
}

static int map(struct dp_asker *asker, const struct dp_mapping *mapping, const struct dp_env *env,
	       struct dp_error *err)
{
	bool locked = begin_pinning(asker, mapping);
	int rc = dp_area_open(mapping, env, &asker->area, err);

	end_pinning(asker, locked);
	return rc;
}

static void close_area(struct dp_asker *asker)
{
	dp_witness_close(&asker->witness);
	if (asker->mapping)
		unmap(asker);
	dp_iomem_clear(&asker->iomem);
	json_object_put(asker->trace);
	asker->trace = NULL;
	asker->mapping = NULL;
}

void dp_asker_close(struct dp_asker *asker)
{
	close_means(asker);
	close_area(asker);
}

static int open_mapping(struct dp_asker *asker, const struct dp_mapping *mapping,
			struct dp_error *err)
{
	struct dp_env env = *asker->env;
	int rc;

	if (asker->mapping == mapping)
		return 0;
	if (asker->absent == mapping) {
		*err = asker->absence;
		return DP_SKIP;
	}
	close_area(asker);
	env.size = dp_region_size(mapping, env.size);
	rc = map(asker, mapping, &env, err);
	if (rc == DP_SKIP) {
		asker->absent = mapping;
		asker->absence = *err;
	}
	if (rc)
		return rc;
	asker->mapping = mapping;
	if (mapping->populate == DP_POPULATE_NONE)
		asker->pfnmap = dp_proof_is_pfnmap(&asker->area);
	else if (!mapping->held)
		dp_witness_open(asker->area.addr, &asker->witness);
	asker->iomem_error = (struct dp_error){ 0 };
	dp_iomem_read(&asker->iomem, &asker->iomem_error);
	/* perf's ring buffer can count as pinned, too (perf_mmap()). */
	asker->vmpin_kib = dp_vmpin_kib();
	return 0;
}

static bool balanced(const struct dp_cell *cell)
{
	return !cell->pins_seen || cell->acquired == cell->released;
}

static int ask_once(struct dp_asker *asker, const struct dp_check *question, struct dp_cell *cell,
		    struct dp_error *err)
{
	struct dp_proof proof = { 0 };
	int rc = open_mapping(asker, question->mapping, err);

	if (!rc)
		rc = open_means(asker, question, err);
	if (rc)
		return rc;
	cell->pages = asker->area.len / (uint64_t)sysconf(_SC_PAGESIZE);
	dp_proof_take(asker, &proof, cell);
	rc = register_counted(asker, question, &proof, cell);
	if (rc == -ENODATA)
		dp_fail(err, rc, "VmPin of /proc/self/status cannot be read");
	else if (rc)
		dp_fail(err, rc, "%s gave no errno, or deregistration failed", question->id);
	dp_proof_clear(&proof);
	if (rc || !balanced(cell) || (cell->moved && dp_area_renew(asker->mapping, &asker->area)))
		dp_asker_close(asker);
	return rc;
}

void dp_asker_ask(struct dp_asker *asker, const struct dp_check *question, struct dp_cell *cell)
{
	for (unsigned int attempt = 1; attempt <= ATTEMPTS; attempt++) {
		struct dp_error err = { 0 };
		int rc;

		memset(cell, 0, sizeof(*cell));
		snprintf(cell->id, sizeof(cell->id), "%s", question->id);
		cell->attempts = attempt;
		rc = ask_once(asker, question, cell, &err);
		if (rc) {
			cell->outcome = rc == DP_SKIP ? DP_SKIPPED : DP_BROKEN;
			snprintf(cell->text, sizeof(cell->text), "%.500s", err.what);
			return;
		}
		if (balanced(cell))
			return;
	}
}
