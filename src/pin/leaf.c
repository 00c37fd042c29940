// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many bytes does the page-table entry behind an address map? smaps and mincore do not tell for
 * DAX, and the size that was asked for proves nothing. But perf can sample the page size and the
 * physical address of a data access; it finds both by walking the page table of the task. A
 * hardware breakpoint on the address makes a sample for an access to exactly that byte.
 *
 * The ring buffer (include/uapi/linux/perf_event.h) is a control page and then the data. One
 * PERF_RECORD_SAMPLE holds header, addr, phys_addr and data_page_size.
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

static size_t ring_size(void)
{
	return 2 * (size_t)sysconf(_SC_PAGESIZE);
}

void dp_witness_open(const void *addr, struct dp_witness *witness)
{
	const uint64_t place = PERF_SAMPLE_ADDR | PERF_SAMPLE_PHYS_ADDR;

	*witness = (struct dp_witness){ .addr = addr, .sized = true };
	witness->fd = open_breakpoint(addr, place | PERF_SAMPLE_DATA_PAGE_SIZE);
	if (witness->fd < 0 && errno == EINVAL) {
		witness->sized = false;
		witness->fd = open_breakpoint(addr, place);
	}
	if (witness->fd < 0) {
		witness->error = -errno;
		return;
	}
	witness->ring = mmap(NULL, ring_size(), PROT_READ | PROT_WRITE, MAP_SHARED, witness->fd, 0);
	if (witness->ring != MAP_FAILED)
		return;
	witness->error = -errno;
	witness->ring = NULL;
	close(witness->fd);
}

void dp_witness_close(struct dp_witness *witness)
{
	if (!witness->ring)
		return;
	munmap(witness->ring, ring_size());
	close(witness->fd);
	witness->ring = NULL;
}

/* Copies the sample at the tail, which may wrap around the end of the data. */
static bool take_sample(struct perf_event_mmap_page *control, struct sample *s)
{
	const char *data = (const char *)control + control->data_offset;
	uint64_t tail = control->data_tail, head = control->data_head;

	__sync_synchronize();
	if (head - tail < sizeof(s->header) || head - tail > control->data_size)
		return false;
	for (size_t i = 0; i < sizeof(*s) && tail + i < head; i++)
		((char *)s)[i] = data[(tail + i) % control->data_size];
	__sync_synchronize();
	control->data_tail = head;
	return true;
}

int dp_witness_look(struct dp_witness *witness, struct dp_leaf *leaf, struct dp_error *err)
{
	struct sample s = { 0 };

	memset(leaf, 0, sizeof(*leaf));
	if (!witness->ring)
		return dp_fail(err, witness->error, "perf_event_open of a breakpoint");
	if (ioctl(witness->fd, PERF_EVENT_IOC_ENABLE, 0))
		return dp_fail(err, -errno, "enabling a breakpoint");
	(void)*(const volatile char *)witness->addr;
	if (ioctl(witness->fd, PERF_EVENT_IOC_DISABLE, 0))
		return dp_fail(err, -errno, "disabling a breakpoint");
	if (!take_sample(witness->ring, &s) || s.header.type != PERF_RECORD_SAMPLE ||
	    s.addr != (uintptr_t)witness->addr)
		return dp_fail(err, -ENODATA, "perf sample of a breakpoint");
	leaf->phys = s.phys;
	leaf->size = witness->sized ? s.page_size : 0;
	return 0;
}
