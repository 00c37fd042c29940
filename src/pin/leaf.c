// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How large is the page-table entry behind an address? smaps and mincore do not know for DAX, and
 * what the caller asked for proves nothing. But perf can sample the page size and the physical
 * address of a data access, and finds both by walking the page table of the task, whatever the
 * event. A hardware breakpoint on the address makes an event for exactly the byte in question.
 *
 * The ring buffer (see tools/include/uapi/linux/perf_event.h): one page of control,
 * then the data; one PERF_RECORD_SAMPLE is header, addr, phys_addr, data_page_size.
 */
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/pin.h"

struct sample {
	struct perf_event_header header;
	uint64_t addr;
	uint64_t phys;
	uint64_t page_size;
};

static int open_breakpoint(const void *addr, uint64_t wanted)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_RW,
		.bp_addr = (uintptr_t)addr,
		.bp_len = HW_BREAKPOINT_LEN_1,
		.sample_period = 1,
		.sample_type = wanted,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static int take_sample(int fd, const struct perf_event_mmap_page *control, const void *addr,
		       bool sized, struct dp_leaf *leaf)
{
	const struct sample *s = (const void *)((const char *)control + control->data_offset);

	if (ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	(void)*(const volatile char *)addr;
	if (ioctl(fd, PERF_EVENT_IOC_DISABLE, 0))
		return -errno;
	__sync_synchronize();
	if (control->data_head < sizeof(s->header) || s->header.type != PERF_RECORD_SAMPLE ||
	    s->addr != (uintptr_t)addr)
		return -ENODATA;
	leaf->phys = s->phys;
	leaf->size = sized ? s->page_size : 0;
	return 0;
}

int dp_leaf_read(const void *addr, struct dp_leaf *leaf, struct dp_error *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uint64_t place = PERF_SAMPLE_ADDR | PERF_SAMPLE_PHYS_ADDR;
	dp_autofd int fd = open_breakpoint(addr, place | PERF_SAMPLE_DATA_PAGE_SIZE);
	struct perf_event_mmap_page *ring;
	bool sized = fd >= 0;
	int rc;

	memset(leaf, 0, sizeof(*leaf));
	if (fd < 0 && errno == EINVAL)
		fd = open_breakpoint(addr, place);
	if (fd < 0)
		return dp_fail(err, -errno, "perf_event_open of a breakpoint");
	ring = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		return dp_fail(err, -errno, "perf ring buffer");
	rc = take_sample(fd, ring, addr, sized, leaf);
	munmap(ring, 2 * page);
	return rc ? dp_fail(err, rc, "perf sample of a breakpoint") : 0;
}
