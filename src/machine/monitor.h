/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wanted of QEMU while a guest runs: to save and restore it, to plug its devices in and
 * out, to fill its balloon, to show its memory, and to say whether it still runs.
 */
#ifndef DAXPIN_MACHINE_MONITOR_H
#define DAXPIN_MACHINE_MONITOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "balloon.h"
#include "plug.h"
#include "qmp.h"

struct dp_boot;

enum dp_vm_state {
	DP_VM_RUNS,
	DP_VM_RESTORING,
	DP_VM_SAVING, /* stopped for that */
	DP_VM_SAVED,
	DP_VM_STOPPED, /* by QEMU: an accelerator that cannot go on does that */
};

struct dp_monitor {
	struct dp_qmp qmp; /* its trouble is the monitor's */
	enum dp_vm_state state;
	struct dp_plugs plugs;
	struct dp_balloon balloon;
	bool busy; /* something is asked for, and has not come yet */
	/* Where the guest has the NVDIMM with labels, a physical address; 0 while it is unknown. */
	uint64_t nvdimm;
	/* The threads that emulate the processors, by their number. */
	unsigned int ncpus;
	int64_t threads[8];
};

/**
 * dp_monitor_begin - negotiate, and restore the guest if it is to be restored
 * @monitor: to be released with dp_monitor_clear(); does not move meanwhile
 * @fd: of the monitor
 * @boot: what was started
 */
void dp_monitor_begin(struct dp_monitor *monitor, int fd, const struct dp_boot *boot);

/**
 * dp_monitor_save - stop the guest and save the state of its devices; DP_VM_SAVED tells the end
 * @monitor: of QEMU
 * @qemu: its process id
 * @boot: with the file to save to
 */
void dp_monitor_save(struct dp_monitor *monitor, pid_t qemu, const struct dp_boot *boot);

/* Carries out what the guest wants of its machine: "plug ID", "unplug ID" (plug.h), "balloon MIB"
 * (balloon.h). */
void dp_monitor_request(struct dp_monitor *monitor, const char *what);

/* Asks where the NVDIMM with labels is. The answer is in monitor->nvdimm, once it is not busy. */
void dp_monitor_find_nvdimm(struct dp_monitor *monitor);

/**
 * dp_monitor_dump - have QEMU copy memory of the guest to a file
 * @monitor: of QEMU; not busy once that is done
 * @address: physical, of the guest
 * @length: bytes
 * @fd: a file of this process, which is replaced
 */
void dp_monitor_dump(struct dp_monitor *monitor, uint64_t address, uint64_t length, int fd);

/* Asks for the threads of the processors. They are there once it is not busy. */
void dp_monitor_find_cpus(struct dp_monitor *monitor);

/* Has the GDB stub begin to talk, which stops the guest. Done once it is not busy. */
void dp_monitor_debug(struct dp_monitor *monitor);

/* Logs each instruction that is executed to a file of this process; no more for -1. */
void dp_monitor_log(struct dp_monitor *monitor, int fd);

void dp_monitor_clear(struct dp_monitor *monitor);

#endif
