// SPDX-License-Identifier: GPL-2.0-or-later
/* Whatever a monitor says, and however it is cut: the same follows, and nothing is made up. */
#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "../../src/machine/monitor.h"

#include "daxpin/machine.h"

/* Feeds pieces of @step bytes to a monitor that saves a guest and has its controller plugged. */
static void feed(struct dp_monitor *m, int fd, const uint8_t *data, size_t size, size_t step)
{
	const struct dp_boot boot = { .state = 7 };

	dp_monitor_begin(m, fd, &boot);
	dp_monitor_request(m, "plug nvme0");
	dp_monitor_request(m, "unplug nvme0");
	dp_monitor_request(m, "plug nvme0");
	dp_monitor_save(m, 1, &boot);
	for (size_t at = 0; at < size; at += step)
		dp_qmp_feed(&m->qmp, (const char *)data + at, size - at < step ? size - at : step);
}

static size_t count_awaited(const struct dp_qmp *qmp)
{
	size_t count = 0;

	for (size_t i = 0; i < DP_QMP_AWAITED; i++)
		count += qmp->awaited[i].name != NULL;
	return count;
}

static int nvme(struct dp_monitor *m)
{
	return (int)dp_plug_find(&m->plugs, "nvme0")->state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofd int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dp_cleanup(dp_monitor_clear) struct dp_monitor whole, pieces;
	size_t events = 4;

	if (fd < 0)
		exit(1);
	feed(&whole, fd, data, size, size ? size : 1);
	feed(&pieces, fd, data, size, 7);
	HOLDS(whole.state == pieces.state && nvme(&whole) == nvme(&pieces));
	HOLDS(whole.qmp.ignored == pieces.qmp.ignored);
	HOLDS(!strcmp(whole.qmp.trouble, pieces.qmp.trouble));
	HOLDS(whole.state == DP_VM_SAVING || whole.state == DP_VM_SAVED);
	HOLDS(fuzz_printable(whole.qmp.trouble));
	/* A reply takes one away. Once the controller is out, it is plugged in again, once. */
	HOLDS(count_awaited(&whole.qmp) >= events);
	HOLDS(count_awaited(&whole.qmp) <= events + (size_t)whole.qmp.last_id);
	HOLDS(whole.qmp.last_id == 5 + (nvme(&whole) != DP_PLUG_LEAVING));
	return 0;
}
