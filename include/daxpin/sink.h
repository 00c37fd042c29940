/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a stream of observations goes. Whoever runs an executor hands its lines on without knowing
 * what they mean.
 */
#ifndef DAXPIN_SINK_H
#define DAXPIN_SINK_H

#include <stddef.h>
#include <stdint.h>

struct dp_execution;
struct dp_medium;
struct dp_splat;
struct dp_vcpus;

/* Any of the functions may be NULL. */
struct dp_sink {
	void *arg; /* for all of them */
	/* One line; whatever it holds, as a kernel may die in the middle of it. Returns 0. */
	int (*line)(void *arg, const char *line, size_t len);
	/* What the kernel under test printed because something is wrong with it. */
	void (*splat)(void *arg, const struct dp_splat *splat);
	/*
	 * A guest waits for its memory to be looked at, as the line asks. What is seen is an
	 * observation of the same stream.
	 */
	void (*look)(void *arg, const char *line, size_t len, const struct dp_medium *medium);
	/*
	 * A guest waits for its processors to be held, as the line asks; they stand. @answer
	 * receives what became of that, for the guest.
	 */
	void (*order)(void *arg, const char *line, size_t len, const struct dp_vcpus *vcpus,
		      char *answer, size_t size);
	/*
	 * A guest waits for what it has executed to be looked at, as the line asks. @answer
	 * receives what became of that, for the guest.
	 */
	void (*executed)(void *arg, const char *line, size_t len,
			 const struct dp_execution *execution, char *answer, size_t size);
	/* A phase of the executor's life has ended, after so long. */
	void (*phase)(void *arg, const char *name, uint64_t ms);
};

#endif
