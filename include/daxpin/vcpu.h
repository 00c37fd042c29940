/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processors of a guest, in the hands of whoever runs it: held and let go one by one, stopped
 * at an address, and looked at. Between two calls all of them stand.
 */
#ifndef DAXPIN_VCPU_H
#define DAXPIN_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most addresses at which they can be stopped at once. */
#define DP_VCPU_STOPS 32
/* A set of processors, by their numbers from 0. */
#define DP_VCPU(cpu) (1U << (cpu))

/* What is looked at when one stands; x86-64. */
struct dp_vcpu_state {
	uint64_t ip, sp, cr3;
	uint64_t rax, rdi, rsi;
	bool interrupts; /* they are on */
};

/* Where a run ended. */
struct dp_vcpu_stop {
	unsigned int cpu;
	uint64_t address;
	uint64_t us; /* for how long it was; also of one that the limit has ended */
};

/* All functions return 0 or a negative errno: -EPIPE if the guest has gone, -EINTR if the user,
 * or a limit of the run, wants an end. */
struct dp_vcpus {
	void *arg; /* for all of them */
	/*
	 * Lets a set of processors run, the others stand, until one of them comes to one of the
	 * addresses. It goes on from where it was stopped last without being stopped there again.
	 * -ETIME once @limit_ms have passed.
	 */
	int (*run)(void *arg, unsigned int who, const uint64_t *stops, size_t nstops,
		   uint64_t limit_ms, struct dp_vcpu_stop *stop);
	int (*look)(void *arg, unsigned int cpu, struct dp_vcpu_state *state);
	/* The memory that a processor sees where it stands; -EFAULT where there is none. */
	int (*read)(void *arg, unsigned int cpu, uint64_t at, void *to, size_t length);
	int (*write)(void *arg, unsigned int cpu, uint64_t at, const void *from, size_t length);
	/* One word of the guest's memory, by its physical address. */
	int (*read_physical)(void *arg, uint64_t at, uint64_t *word);
	/* Has one go on elsewhere. */
	int (*jump)(void *arg, unsigned int cpu, uint64_t ip);
	/* The time for which it has been emulated so far, ms; it does not grow while it is idle. */
	int (*busy)(void *arg, unsigned int cpu, uint64_t *ms);
	unsigned int count; /* how many there are */
};

#endif
