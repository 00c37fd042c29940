// SPDX-License-Identifier: GPL-2.0-or-later
/* What happens to the file that is mapped, and what a private mapping has of it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daxpin/state.h"

static bool is_private(const struct dp_mapping *mapping)
{
	return mapping->family == DP_FAMILY_PAGECACHE && mapping->private;
}

/* ---- before ------------------------------------------------------------------------------- */

/* The file is written through a mapping of its own; the private one has only read. */
static int read_of_file(struct dp_stage *stage, struct dp_error *err)
{
	size_t len = stage->area.len;
	void *file = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, stage->area.fd, 0);

	if (file == MAP_FAILED)
		return dp_fail(err, -errno, "cannot map the file");
	dp_stage_fill(file, len, DP_BYTES_INITIAL);
	munmap(file, len);
	dp_stage_read(stage->view, len);
	return 0;
}

DP_STATE(private_not_copied, .name = "private-not-copied",
	 .what = "pages of a file that a private mapping has not copied yet", .rank = 60,
	 .applies = is_private, .before = read_of_file,
	 .promise = "FOLL_WRITE has do_wp_page() copy them, up to 6.1 also for what is only read; "
		    "from 6.2 on gup_must_unshare() does (84209e87c696)");

/* ---- after -------------------------------------------------------------------------------- */

static enum dp_state_keeps given_up(const struct dp_mapping *mapping, bool on_demand)
{
	(void)mapping;
	return on_demand ? DP_STATE_KEPT : DP_STATE_GIVEN_UP;
}

static int truncate_all(struct dp_stage *stage, struct dp_error *err)
{
	off_t span = (off_t)dp_span(stage->mapping, stage->env);
	int rc = ftruncate(stage->area.fd, 0) ? -errno : 0;

	dp_stage_changed(stage, "ftruncate", rc);
	if (ftruncate(stage->area.fd, span))
		return dp_fail(err, -errno, "cannot extend the file again");
	return 0;
}

DP_STATE(truncate_, .name = "truncate",
	 .what = "the file is truncated to nothing, and extended again", .rank = 410,
	 .applies = dp_state_is_shmem, .file = true, .changes = 1, .keeps = given_up,
	 .after = truncate_all,
	 .promise =
		 "shmem_undo_range() takes the pages out of the file, and a pin is a reference "
		 "that keeps them from being freed; an on-demand region follows the page tables");

/* A writable mapping would have it refused, too. */
static int seal(struct dp_stage *stage, struct dp_error *err)
{
	size_t span = dp_span(stage->mapping, stage->env);

	if (munmap(stage->view, span))
		return dp_fail(err, -errno, "munmap");
	dp_stage_changed(stage, "fcntl(F_ADD_SEALS, F_SEAL_WRITE)",
			 fcntl(stage->area.fd, F_ADD_SEALS, F_SEAL_WRITE) ? -errno : 0);
	if (mmap(stage->view, span, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, stage->area.fd,
		 0) == MAP_FAILED)
		return dp_fail(err, -errno, "cannot map the file again");
	return 0;
}

DP_STATE(seal_, .name = "seal", .what = "the file is to be sealed against writing", .rank = 420,
	 .applies = dp_state_is_shmem, .changes = 1, .refused = true, .after = seal,
	 .promise = "memfd_wait_for_pins() waits for pages with more references than mappings, and "
		    "refuses with EBUSY");
