/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that runs: the process, and the near ends of its ports. */
#ifndef DAXPIN_MACHINE_QEMU_H
#define DAXPIN_MACHINE_QEMU_H

#include <sys/types.h>

struct dp_boot;
struct dp_error;
struct dp_key;

#define DP_QEMU "qemu-system-x86_64"

/* The NVDIMM with labels. */
#define DP_LABELLED_ID "nvdimm0"

/* What the stub talks through. */
#define DP_GDB_ID "gdb"

/* Descriptors are -1 when closed. */
struct dp_machine {
	pid_t pid;
	int console; /* first serial port */
	int channel; /* second serial port: commands in, and out what has no faster way */
	int stream;  /* virtio port: observations out */
	int qmp;     /* the monitor */
	int gdb;     /* the GDB stub, which is silent until it is switched on */
	int log;     /* what QEMU itself prints */
};

/**
 * dp_machine_key - add to a key what makes this machine what it is: arguments, accelerator, QEMU
 * and the processor of this computer
 * @boot: what is booted
 * @key: begun
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_machine_key(const struct dp_boot *boot, struct dp_key *key, struct dp_error *err);

/**
 * dp_machine_start - start QEMU
 * @boot: what to boot
 * @machine: receives the process and its descriptors; end it with dp_machine_stop()
 * @err: context on failure
 *
 * Return: 0 or a negative errno; -EINVAL for a machine with a balloon whose memory is in files.
 */
int dp_machine_start(const struct dp_boot *boot, struct dp_machine *machine, struct dp_error *err);

/* Kills QEMU if it still runs, waits for it and closes everything. */
void dp_machine_stop(struct dp_machine *machine);

#endif
