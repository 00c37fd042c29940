/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that a guest runs on: QEMU, its memories and its console.
 */
#ifndef DAXPIN_MACHINE_H
#define DAXPIN_MACHINE_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daxpin/splat.h"

struct dp_error;
struct dp_key;

/* CPUs of a machine, unless there are to be several of them at once. */
#define DP_GUEST_CPUS 2

enum dp_accel {
	DP_ACCEL_AUTO,
	DP_ACCEL_TCG,
	DP_ACCEL_KVM,
};

/* The machine's memories: RAM, and one for each NVDIMM. */
#define DP_MEMORIES 4
#define DP_RAM      0

/* What a guest is booted with, or restored from. */
struct dp_boot {
	char kernel[PATH_MAX]; /* vmlinux with a PVH note, or a bzImage */
	char image[PATH_MAX];  /* initramfs */
	enum dp_accel accel;   /* TCG or KVM */
	unsigned int cpus;     /* of the machine: 1 or DP_GUEST_CPUS */
	/*
	 * Files that hold the memories, all -1 for anonymous memory. When the guest is to be saved
	 * they are written to; when it is restored each guest has its own copy on write.
	 */
	int memory[DP_MEMORIES];
	int state;    /* file of the devices' state, to be written or restored from; or -1 */
	bool restore; /* continue from there instead of booting */
	bool keep;    /* the NVDIMMs hold what an earlier boot has made */
	struct dp_verification
		*verification; /* of what is restored, while it is looked at; or NULL */
};

/* One memory of the machine. */
struct dp_memory {
	const char *name;
	uint64_t size; /* bytes */
};

/* The memories, DP_MEMORIES of them. */
const struct dp_memory *dp_machine_memories(void);

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

/* Descriptors of a running machine; -1 when closed. */
struct dp_machine {
	pid_t pid;
	int console; /* first serial port */
	int channel; /* second serial port: commands in, and out what has no faster way */
	int stream;  /* virtio port: observations out */
	int qmp;     /* the monitor */
	int log;     /* what QEMU itself prints */
};

/**
 * dp_machine_start - start QEMU
 * @boot: what to boot
 * @machine: receives the process and its descriptors; end it with dp_machine_stop()
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_machine_start(const struct dp_boot *boot, struct dp_machine *machine, struct dp_error *err);

/* Kills QEMU if it still runs, waits for it and closes everything. */
void dp_machine_stop(struct dp_machine *machine);

const char *dp_accel_name(enum dp_accel accel);

/* ---- memory.c ---------------------------------------------------------------------------- */

/**
 * dp_memory_make - memory for a guest, sparse and empty
 * @i: which of dp_machine_memories()
 * @err: context on failure
 *
 * Return: a descriptor, or a negative errno.
 */
int dp_memory_make(int i, struct dp_error *err);

/* A guest's own copy of the RAM, which it may write to. */
struct dp_copy {
	int from, to; /* to: -1 without one */
	pthread_t thread;
	bool running;
	int rc;
};

/**
 * dp_copy_begin - begin to copy the RAM of a saved guest
 * @boot: that is restored
 * @copy: receives the descriptor at once; release with dp_copy_clear() in any case
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_copy_begin(const struct dp_boot *boot, struct dp_copy *copy, struct dp_error *err);

/* Waits until all is copied. Return: 0 or a negative errno. */
int dp_copy_end(struct dp_copy *copy, struct dp_error *err);

void dp_copy_clear(struct dp_copy *copy);

/* ---- console.c --------------------------------------------------------------------------- */

#define DP_CONSOLE_KEEP 24

/* The last lines of the console, and what was recognised in all of them. */
struct dp_console {
	char *lines[DP_CONSOLE_KEEP]; /* a ring */
	size_t next;
	char partial[256];
	size_t used;
	char splat[256]; /* the first line of the first splat, or "" */
	struct dp_recogniser recogniser;
	void (*take)(void *arg, const struct dp_splat *splat); /* told of each, or NULL */
	void *arg;
};

/* Adds bytes as they came from the serial port. */
void dp_console_feed(struct dp_console *console, const char *data, size_t len);
/* There is no more. Moves the kept lines, oldest first, into a new array; returns their number. */
size_t dp_console_take(struct dp_console *console, char ***lines);
void dp_console_clear(struct dp_console *console);

#endif
