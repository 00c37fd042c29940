/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control lines: what an executor reports about itself. They have the form of observations
 * (observe.h) and are in the same stream, but are meant for the code that runs the executor, not
 * for the judge:
 *
 *   hello    kernel, …          it has begun; this one is an observation, too
 *   modules                     a guest has loaded its modules
 *   ready                       a guest takes commands
 *   taken                       it has taken one
 *   request  what               it asks for a change of its machine
 *   alive                       it still works
 *   failed   what, hint, input  it cannot go on
 *   done                        it has carried out what it was told
 *
 * A control line begins with its kind, as dp_emit_text() and similar functions write it. So other
 * lines are recognised without being parsed.
 */
#ifndef DAXPIN_CONTROL_H
#define DAXPIN_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daxpin/error.h"

enum dp_control_kind {
	DP_CONTROL_HELLO,
	DP_CONTROL_MODULES,
	DP_CONTROL_READY,
	DP_CONTROL_TAKEN,
	DP_CONTROL_REQUEST,
	DP_CONTROL_ALIVE,
	DP_CONTROL_FAILED,
	DP_CONTROL_DONE,
};

/* What a request wants: that the region that it names is looked at from outside. */
#define DP_CONTROL_LOOK "look"
/* What is answered then, with the request's number, on the port that commands come from. */
#define DP_CONTROL_LOOKED "looked"

/* The same for the order of its processors (order.h); "ordered", the number, and what became. */
#define DP_CONTROL_ORDER   "order"
#define DP_CONTROL_ORDERED "ordered"
/* The same for the holds of a race (bias.h); answered in the same way. */
#define DP_CONTROL_HOLDS "holds"

/*
 * That a device is plugged in, or out, by its id of QEMU's, after a blank: the NVMe controller, or
 * one of a layout. Not answered: the guest sees it come and go.
 */
#define DP_CONTROL_PLUG   "plug"
#define DP_CONTROL_UNPLUG "unplug"
#define DP_CONTROL_NVME   "nvme0"
#define DP_CONTROL_CXL    "cxldev" /* the endpoint of the carriers cxl-pmem and cxl-ram */

/*
 * How much of its memory is to be in its balloon, MiB, after a blank: on a machine that has one
 * (dp_layout_has_balloon()). Not answered: the guest's driver counts the pages.
 */
#define DP_CONTROL_BALLOON "balloon"

/*
 * That each instruction is logged from now on; that none is any more; and that what was logged is
 * looked at (execution.h). All are answered with "logged", the number, and what became. Before the
 * last come the symbols of the kernel, in the member "list" of as many requests as it takes, which
 * are not answered.
 */
#define DP_CONTROL_LOG       "log"
#define DP_CONTROL_LOG_PAUSE "log-pause"
#define DP_CONTROL_LOG_END   "log-end"
#define DP_CONTROL_LOGGED    "logged"
#define DP_CONTROL_SYMBOLS   "symbols"

struct dp_control {
	enum dp_control_kind kind;
	char text[128];          /* hello: the kernel's release; request: what is wanted */
	int64_t number;          /* request: its number, which the answer repeats; or 0 */
	struct dp_error failure; /* failed: why; its code is never 0 */
};

/**
 * dp_control_parse - read a line if it is a control line
 * @line: the text, need not be NUL-terminated
 * @len: its length in bytes
 * @control: receives it; texts are printable
 *
 * Return: true; false if it is not a control line.
 */
bool dp_control_parse(const char *line, size_t len, struct dp_control *control);

/**
 * dp_control_hear - wait for one line of who runs this guest
 * @fd: where commands come from
 * @end_ms: for how long, a time of dp_now_ms()
 * @line: receives it without its end; what is longer is cut off
 * @size: its size, bytes
 *
 * Return: 0, -ETIMEDOUT or -EIO.
 */
int dp_control_hear(int fd, uint64_t end_ms, char *line, size_t size);

#endif
