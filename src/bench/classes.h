/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the functions of a registration are for. */
#ifndef DAXPIN_BENCH_CLASSES_H
#define DAXPIN_BENCH_CLASSES_H

#include <stddef.h>

enum dp_bench_class {
	DP_BENCH_CLASS_PROCESS,    /* the process itself, and its libraries */
	DP_BENCH_CLASS_CALL,       /* into the kernel, and out of it */
	DP_BENCH_CLASS_VERBS,      /* the RDMA core, but for what follows */
	DP_BENCH_CLASS_ACCOUNTING, /* of pages and memory that is locked */
	DP_BENCH_CLASS_WALK,       /* of page tables, by gup */
	DP_BENCH_CLASS_FAULT,      /* of pages that are not there */
	DP_BENCH_CLASS_GRAB,       /* a reference to a page */
	DP_BENCH_CLASS_PGMAP,      /* lookup of a pgmap */
	DP_BENCH_CLASS_LONGTERM,   /* whether pages may be pinned for long */
	DP_BENCH_CLASS_SG,         /* the table of pages */
	DP_BENCH_CLASS_PROVIDER,   /* the driver of the adapter */
	DP_BENCH_CLASS_INTERRUPT,  /* of the timer, and what follows it */
	DP_BENCH_CLASS_OTHER,
	DP_BENCH_CLASSES,
};

const char *dp_bench_class_name(enum dp_bench_class class);

/**
 * dp_bench_class_of - what a function of the kernel is for
 * @name: its symbol, need not be terminated
 * @length: of the name
 *
 * Return: its class; DP_BENCH_CLASSES if it is for what its caller is for.
 */
enum dp_bench_class dp_bench_class_of(const char *name, size_t length);

#endif
