// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory beside the region that nobody pins. What is done to all memory, or at the kernel's own
 * pleasure, has been done to the region only if it was done to this, too: a region that was left
 * alone because nothing was tried proves nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/state.h"
#include "daxpin/steps.h"

static size_t pages_in(size_t len)
{
	return len / (size_t)sysconf(_SC_PAGESIZE);
}

int dp_beside_open(size_t len, size_t align, struct dp_beside *control, struct dp_error *err)
{
	char *at =
		mmap(NULL, len + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*control = (struct dp_beside){ 0 };
	if (at == MAP_FAILED)
		return dp_fail(err, -errno, "no memory to compare the region with");
	control->reserved = at;
	control->reserved_len = len + align;
	control->at = (char *)(((uintptr_t)at + align - 1) & ~(align - 1));
	control->len = len;
	/* Small pages, until somebody makes others of them. */
	madvise(control->at, len, MADV_NOHUGEPAGE);
	dp_stage_fill(control->at, len, DP_BYTES_OTHER);
	return 0;
}

void dp_beside_close(struct dp_beside *control)
{
	if (control->reserved)
		munmap(control->reserved, control->reserved_len);
	*control = (struct dp_beside){ 0 };
}

int dp_frames_note(const void *at, size_t len, uint64_t **frames, struct dp_error *err)
{
	int rc;

	*frames = calloc(pages_in(len) + 1, sizeof(**frames));
	rc = *frames ? dp_frames_read(at, pages_in(len), *frames) : -ENOMEM;
	if (!rc)
		return 0;
	dp_freep(frames);
	return dp_fail(err, rc, "the frames of the pages cannot be read");
}

int dp_frames_moved(const void *at, size_t len, const uint64_t *before, size_t *moved,
		    struct dp_error *err)
{
	dp_autofree uint64_t *now = NULL;
	int rc = dp_frames_note(at, len, &now, err);

	*moved = 0;
	for (size_t i = 0; !rc && i < pages_in(len); i++)
		*moved += before[i] && now[i] != before[i];
	return rc;
}

int dp_frames_with(const uint64_t *frames, size_t pages, unsigned int flag, size_t *count,
		   struct dp_error *err)
{
	dp_autofree uint64_t *words = calloc(pages + 1, sizeof(*words));
	dp_autofree uint64_t *flags = calloc(pages + 1, sizeof(*flags));
	int rc = words && flags ? 0 : -ENOMEM;

	*count = 0;
	for (size_t i = 0; i < pages && !rc; i++)
		words[i] = frames[i] ? frames[i] | DP_PM_PRESENT : 0;
	if (!rc)
		rc = dp_kpageflags_read(words, pages, flags);
	if (rc)
		return dp_fail(err, rc, "what the pages are is not told");
	for (size_t i = 0; i < pages; i++)
		*count += flags[i] >> flag & 1;
	return 0;
}

int dp_frames_flagged(const void *at, size_t len, unsigned int flag, size_t *count,
		      struct dp_error *err)
{
	dp_autofree uint64_t *frames = NULL;
	int rc = dp_frames_note(at, len, &frames, err);

	*count = 0;
	return rc ? rc : dp_frames_with(frames, pages_in(len), flag, count, err);
}

struct json_object *dp_stage_reached(const struct dp_stage *stage, size_t control, size_t done,
				     size_t region)
{
	struct json_object *obj = dp_step_new(DP_STEP_REACHED);

	dp_step_set_text(obj, DP_FIELD_PIN, dp_state_pin_name(stage->pin));
	dp_step_set_int(obj, DP_FIELD_CONTROL_PAGES, (int64_t)control);
	dp_step_set_int(obj, DP_FIELD_CONTROL_DONE, (int64_t)done);
	dp_step_set_int(obj, DP_FIELD_REGION_DONE, (int64_t)region);
	return obj;
}
