/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that a guest runs on: its accelerator, its CPUs and its memories.
 */
#ifndef DAXPIN_MACHINE_H
#define DAXPIN_MACHINE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct dp_error;
struct dp_gate;
struct dp_layout;
struct dp_verification;

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
	/* What the machine is made of, if it is not daxpin's own; or NULL. */
	const struct dp_layout *layout;
	/*
	 * Files that hold the memories, all -1 for anonymous memory. When the guest is to be saved
	 * they are written to; when it is restored each guest has its own copy on write.
	 */
	int memory[DP_MEMORIES];
	int state;    /* file of the devices' state, to be written or restored from; or -1 */
	bool restore; /* continue from there instead of booting */
	bool keep;    /* the NVDIMMs hold what an earlier boot has made */
	bool witness; /* the witness is armed before the guest is ready */
	bool iommu;   /* it has one, and devices for vfio (pinner.h) */
	/*
	 * QEMU counts instructions: the guest's time is how many were executed, one a nanosecond,
	 * and the time that it waits does not pass. Of TCG with one CPU.
	 */
	bool counts;
	/*
	 * TCG has a thread for each CPU, so that they meet as those of a computer do. Otherwise
	 * they take turns on one thread: a CPU that spins until another has done something lets it
	 * run, where the two may have one processor of this computer between them. Both are
	 * restored from the same saved guest.
	 */
	bool at_once;
	struct dp_gate *gate; /* who lets it start (gate.h), or NULL */
	/* Of what is restored: it goes on while QEMU starts. NULL if nothing is to be verified. */
	struct dp_verification *verification;
};

/* The memory of the NVDIMM with labels, which are at its end, bytes. */
#define DP_LABELLED   1
#define DP_LABEL_AREA (128ULL << 10)

/* What a memory is called: "ram", "pmem0", "pmem1", "pmem2". */
const char *dp_memory_name(int i);

/**
 * dp_memory_size - how large a memory is
 * @layout: of the machine, NULL for daxpin's own
 * @i: which, below DP_MEMORIES
 *
 * Return: bytes; 0 if the machine does not have it.
 */
uint64_t dp_memory_size(const struct dp_layout *layout, int i);

/**
 * dp_memory_make - memory for a guest, sparse and empty
 * @layout: of the machine, NULL for daxpin's own
 * @i: which, below DP_MEMORIES
 * @err: context on failure
 *
 * Return: a descriptor, or a negative errno.
 */
int dp_memory_make(const struct dp_layout *layout, int i, struct dp_error *err);

struct dp_medium;

/**
 * dp_medium_open - the NVDIMM with labels of a machine that does not run (outside.c)
 * @boot: what it was booted with, and stays; its memory is in files
 * @medium: receives it, or why it is unreadable; release with dp_medium_close()
 */
void dp_medium_open(struct dp_boot *boot, struct dp_medium *medium);

void dp_medium_close(struct dp_medium *medium);

/* "auto", "tcg" or "kvm". */
const char *dp_accel_name(enum dp_accel accel);

#endif
