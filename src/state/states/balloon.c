// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host wants memory back: a balloon grows around the region until little else is free. What
 * lay beside the region was given back before, so its frames are the balloon's then; those of the
 * region must not be.
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/file.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/state.h"
#include "daxpin/steps.h"

#define SMALL     ((size_t)4096)
#define MIB_PAGES ((uint64_t)256)

/*
 * What nobody pins. It is more than what the balloon leaves free (SPARE, and the watermarks, which
 * are lowered for this), so that it must have taken some of it, whichever pages it takes last.
 */
#define BESIDE     ((size_t)64 << 20)
#define SPARE      (8 * MIB_PAGES)
#define ROUNDS     4
#define WATERMARKS "4096"

/* How long the balloon may stay as it is before it counts as full, and take in all, ms. */
#define STILL_MS 3000
#define MOST_MS  20000
#define POLL_US  20000

#define DRIVER "/sys/bus/virtio/drivers/virtio_balloon"

/* VIRTIO_ID_BALLOON, include/uapi/linux/virtio_ids.h, as virtio's device_show() has it. */
static bool has_device(void)
{
	glob_t found = { 0 };
	bool has = false;

	glob("/sys/bus/virtio/devices/*/device", 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && !has; i++) {
		char id[16];

		has = !dp_read_attr(id, sizeof(id), "%s", found.gl_pathv[i]) &&
		      !strcmp(id, "0x0005");
	}
	globfree(&found);
	return has;
}

/* Pages in the balloon. Those that are migrated stay in it (BALLOON_MIGRATE is another event). */
static uint64_t held(void)
{
	uint64_t in = 0, out = 0;

	/* What leaves it between the two readings is seen at the next. */
	if (dp_vmstat_counter("balloon_deflate", &out) || dp_vmstat_counter("balloon_inflate", &in))
		return 0;
	return in > out ? in - out : 0;
}

static int needs_balloon(const struct dp_stage *stage, struct dp_error *err)
{
	uint64_t none;

	(void)stage;
	if (!has_device())
		return dp_skip(err, "this machine has no balloon: QEMU has no virtio-balloon-pci, "
				    "or it is not the machine that daxpin makes for this");
	if (!dp_exists(DRIVER))
		return dp_skip(err, "this kernel was built without CONFIG_VIRTIO_BALLOON");
	if (dp_vmstat_counter("balloon_inflate", &none))
		return dp_skip(err, "/proc/vmstat does not count the pages of a balloon");
	return 0;
}

/* Waits until it has @pages, or does not change any more. */
static void await(uint64_t pages)
{
	uint64_t now = dp_now_ms(), end = now + MOST_MS, since = now, before = held();

	while (held() != pages && now < end && now - since < STILL_MS) {
		usleep(POLL_US);
		now = dp_now_ms();
		if (held() == before)
			continue;
		before = held();
		since = now;
	}
}

static void want(const struct dp_stage *stage, uint64_t mib)
{
	char what[64];

	snprintf(what, sizeof(what), DP_CONTROL_BALLOON " %" PRIu64, mib);
	dp_emit_text(stage->fd, "request", "what", what);
}

static void deflate(const struct dp_stage *stage)
{
	want(stage, 0);
	await(0);
}

/* By turns with other memory, so that their pages lie side by side. */
static int make_pages(struct dp_stage *stage, struct dp_error *err)
{
	size_t len = stage->area.len;
	char *other =
		mmap(NULL, BESIDE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (other == MAP_FAILED)
		return dp_fail(err, -errno, "no memory to compare the region with");
	stage->extra = other;
	stage->extra_len = BESIDE;
	/* Somebody before may have been killed. */
	if (held())
		deflate(stage);
	madvise(other, BESIDE, MADV_NOHUGEPAGE);
	for (size_t at = 0; at < BESIDE; at += SMALL) {
		if (at < len)
			stage->view[at] = 1;
		other[at] = 1;
	}
	dp_stage_fill(stage->view, len, DP_BYTES_INITIAL);
	return 0;
}

/*
 * Counts frames that are the balloon's now: __SetPageOffline() in balloon_page_insert(). The bit is
 * that of KPF_BALLOON, which it had before "mm: convert PG_balloon to PG_offline".
 */
static int count_taken(const uint64_t *frames, size_t pages, size_t *taken, struct dp_error *err)
{
	return dp_frames_with(frames, pages, KPF_OFFLINE, taken, err);
}

/* Pages of the region that have left their frames, or that are in frames of the balloon. */
static int count_lost(const struct dp_stage *stage, const uint64_t *frames, size_t *lost,
		      struct dp_error *err)
{
	size_t pages = stage->area.len / SMALL, taken = 0;
	int rc = dp_frames_moved(stage->view, stage->area.len, frames, lost, err);

	if (!rc)
		rc = count_taken(frames, pages, &taken, err);
	/* Most of those that have moved have had their frames taken. */
	*lost = taken > *lost ? taken : *lost;
	return rc;
}

static void tell(const struct dp_stage *stage, size_t done, size_t region)
{
	struct json_object *obj = dp_stage_reached(stage, BESIDE / SMALL, done, region);
	uint64_t room = 0;

	dp_room_read(&room);
	dp_step_set_int(obj, DP_FIELD_BALLOON, (int64_t)held());
	dp_step_set_int(obj, DP_FIELD_ROOM, (int64_t)room);
	dp_emit(stage->fd, obj);
}

/*
 * What a processor keeps for itself (its lists of free pages) counts as free only later. A balloon
 * that does not grow at all is not asked again.
 */
static int fill(const struct dp_stage *stage, struct dp_error *err)
{
	uint64_t room = 0;
	bool grows = true;
	int rc = dp_room_read(&room);

	for (int i = 0; i < ROUNDS && grows && !rc && room > 2 * SPARE; i++) {
		uint64_t before = held(), mib = (before + room - SPARE) / MIB_PAGES;

		want(stage, mib);
		await(mib * MIB_PAGES);
		grows = held() > before;
		rc = dp_room_read(&room);
	}
	return rc ? dp_fail(err, rc, "how much memory is free is not told") : 0;
}

static int inflate(struct dp_stage *stage, struct dp_error *err)
{
	dp_autofree uint64_t *pinned = NULL, *beside = NULL;
	size_t done = 0, region = 0;
	int rc = dp_frames_note(stage->view, stage->area.len, &pinned, err);

	if (!rc)
		rc = dp_frames_note(stage->extra, BESIDE, &beside, err);
	if (rc)
		return rc;
	dp_write_attr(WATERMARKS, "/proc/sys/vm/min_free_kbytes");
	madvise(stage->extra, BESIDE, MADV_DONTNEED);
	rc = fill(stage, err);
	if (rc)
		return rc;
	dp_stage_changed(stage, "inflate the balloon", 0);
	rc = count_taken(beside, BESIDE / SMALL, &done, err);
	if (!rc)
		rc = count_lost(stage, pinned, &region, err);
	if (!rc)
		tell(stage, done, region);
	return rc;
}

static bool is_allocated(const struct dp_mapping *mapping)
{
	return dp_state_is_anon(mapping) || dp_state_is_shmem(mapping) ||
	       mapping->family == DP_FAMILY_HUGETLB;
}

DP_STATE(balloon, .name = "balloon", .what = "a balloon takes nearly all memory that is free",
	 .rank = 480, .applies = is_allocated, .changes = 1, .reached = "taken by the balloon",
	 .intact = true, .balloon = true, .needs = needs_balloon, .before = make_pages,
	 .after = inflate, .undo = deflate,
	 .promise = "balloon_page_alloc() is given free pages only, and reclaim frees none for it "
		    "that has more references than it expects (__remove_mapping())");
