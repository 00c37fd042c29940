// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine with a balloon, which is asked what a balloon does to pinned pages. It has little
 * memory, so that a balloon that takes nearly all of it is soon filled, but so much that beside the
 * kernel and its image there are the 512 MiB without which hugepage_init() switches transparent
 * huge pages off.
 *
 *   deflate-on-oom        a guest that has run out of memory is given back some of it
 *                         (virtio_balloon_oom_notify()), in the place of a process that is killed
 *   free-page-reporting   off: what is taken from the free lists by others than the balloon
 *   free-page-hint        (page_reporting_cycle(), get_free_page_and_send()) is another question
 *
 * All of its memory is anonymous: see dp_layout_has_balloon().
 */
#include <errno.h>

#include "carriers/steps.h"
#include "qemu.h"

#include "daxpin/carrier.h"
#include "daxpin/proc.h"

#define DEVICE        "virtio-balloon-pci"
#define HELP_LIMIT_MS 10000

static const struct dp_layout machine = {
	.memories = { 704ULL << 20 },
	.qemu = DP_WORDS("-device",
			 DEVICE ",deflate-on-oom=on,free-page-reporting=off,free-page-hint=off"),
	.steps = DP_WORDS(DP_STEP_HUGETLB),
};

void dp_balloon_machine(struct dp_layout *layout)
{
	const char *const argv[] = { DP_QEMU, "-device", DEVICE ",help", NULL };

	*layout = machine;
	/* A QEMU that is not there is missed when the guest is started. */
	if (dp_run(argv, HELP_LIMIT_MS, NULL, NULL) == -EIO)
		layout->qemu = (struct dp_words){ 0 };
}
