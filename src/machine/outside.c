// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The NVDIMM with labels, seen by who has the machine in hand. A restored guest has mapped the file
 * behind it copy-on-write, so that what it has written is in QEMU only: pmemsave copies it out.
 * QEMU does not show the label area to the guest as memory; labels are written before a guest is
 * saved, and read from the file.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "outside.h"
#include "qemu.h"
#include "watch.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/machine.h"
#include "daxpin/medium.h"
#include "daxpin/session.h"
#include "daxpin/sink.h"

static int read_at(int fd, uint64_t at, uint64_t length, void *to, struct dp_error *err)
{
	for (uint64_t done = 0; done < length;) {
		ssize_t n = pread(fd, (char *)to + done, length - done, (off_t)(at + done));

		if (n <= 0)
			return dp_fail(err, n ? -errno : -ENODATA, "cannot read an NVDIMM's file");
		done += (uint64_t)n;
	}
	return 0;
}

static int read_file(void *arg, uint64_t at, uint64_t length, void *to, struct dp_error *err)
{
	const struct dp_boot *boot = arg;

	return read_at(boot->memory[DP_LABELLED], at, length, to, err);
}

void dp_medium_open(struct dp_boot *boot, struct dp_medium *medium)
{
	uint64_t whole = dp_memory_size(boot->layout, DP_LABELLED);
	void *labels = calloc(1, DP_LABEL_AREA);

	*medium = (struct dp_medium){
		.route = "medium", .read = read_file, .arg = boot, .labels = labels
	};
	if (!labels || whole <= DP_LABEL_AREA)
		medium->unreadable = "the machine has no NVDIMM with labels";
	else if (boot->memory[DP_LABELLED] < 0 ||
		 read_at(boot->memory[DP_LABELLED], whole - DP_LABEL_AREA, DP_LABEL_AREA, labels,
			 NULL))
		medium->unreadable = "the label area of the NVDIMM cannot be read";
	if (medium->unreadable)
		return;
	medium->size = whole - DP_LABEL_AREA;
	medium->labels_length = DP_LABEL_AREA;
}

void dp_medium_close(struct dp_medium *medium)
{
	free((void *)medium->labels);
	*medium = (struct dp_medium){ 0 };
}

/* ---- of a guest that runs ---------------------------------------------------------------- */

struct live {
	struct dp_watch *watch;
	uint64_t base; /* of the NVDIMM, in the guest's physical address space */
	int file;      /* where QEMU writes to */
};

static int await(struct dp_watch *w, struct dp_error *err)
{
	return dp_watch_await_monitor(w)
		       ? 0
		       : dp_report(err, -EIO, "QEMU does not show the guest's memory");
}

static int read_live(void *arg, uint64_t at, uint64_t length, void *to, struct dp_error *err)
{
	const struct live *live = arg;
	int rc;

	dp_monitor_dump(&live->watch->monitor, live->base + at, length, live->file);
	rc = await(live->watch, err);
	return rc ? rc : read_at(live->file, 0, length, to, err);
}

/* Through what is mapped by QEMU, not through the file. */
static void go_live(struct live *live, struct dp_medium *medium)
{
	struct dp_monitor *monitor = &live->watch->monitor;

	if (!monitor->nvdimm) {
		dp_monitor_find_nvdimm(monitor);
		await(live->watch, NULL);
	}
	live->base = monitor->nvdimm;
	medium->base = live->base;
	medium->read = read_live;
	medium->arg = live;
	if (!live->base || live->file < 0)
		medium->unreadable = "QEMU does not tell where the NVDIMM is";
}

void dp_outside_look(struct dp_watch *watch, const struct dp_boot *boot, const struct dp_sink *sink,
		     const char *line)
{
	dp_cleanup(dp_medium_close) struct dp_medium medium = { 0 };
	dp_autofd int file = memfd_create("look", MFD_CLOEXEC);
	struct live live = { .watch = watch, .file = file };
	struct dp_boot own = *boot;

	dp_medium_open(&own, &medium);
	go_live(&live, &medium);
	if (sink->look)
		sink->look(sink->arg, line, strlen(line), &medium);
}
