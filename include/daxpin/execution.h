/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest has executed, instruction by instruction, as whoever runs it has it logged: nothing
 * is put into the kernel for that, so that what is seen is what is measured without it.
 */
#ifndef DAXPIN_EXECUTION_H
#define DAXPIN_EXECUTION_H

#include <stddef.h>

struct json_object;

struct dp_execution {
	const char *log; /* of QEMU: a line for each instruction */
	size_t len;
	const char *symbols; /* "ADDRESS NAME\n", hexadecimal, as the guest has told them */
	size_t nsymbols;     /* bytes */
	const char *trouble; /* why there is no log, or NULL */
};

/**
 * dp_bench_profile - in which functions the instructions of a registration were executed
 * @asked: the guest's request: "mark" is the address of an instruction that it executed just before
 *         and just after, "took" how many it has counted in between, "pages" those of the region
 * @execution: what was logged; may hold anything
 *
 * Return: the step "functions".
 */
struct json_object *dp_bench_profile(struct json_object *asked,
				     const struct dp_execution *execution);

#endif
