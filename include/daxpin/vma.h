/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mappings of a process, from /proc/PID/smaps (show_smap() in fs/proc/task_mmu.c).
 */
#ifndef DAXPIN_VMA_H
#define DAXPIN_VMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_error;

struct dp_vma {
	uint64_t start, end; /* end: the first byte after it */
	char perms[5];       /* "rw-s" */
	char path[256];      /* file, "[heap]", … or "" */
	uint64_t offset;     /* in the file, bytes */
	uint64_t dev, inode; /* the file's, as makedev(3) has it; 0 if there is none */
	uint64_t page_size;  /* KernelPageSize, bytes; 0 if it is not told */
	char flags[128];     /* VmFlags: two letters each, a blank before and after each */
};

/**
 * dp_vmas_parse - read the text of smaps
 * @text: NUL-terminated
 * @list: receives the mappings, in the order of their addresses; to be freed
 * @count: receives how many
 * @err: names the line that cannot be read
 *
 * Return: 0, -EBADMSG or -ENOMEM.
 */
int dp_vmas_parse(const char *text, struct dp_vma **list, size_t *count, struct dp_error *err);

/* Reads those of a process, or of this one (0). Return: as dp_vmas_parse(), or -ESRCH, -EACCES, …
 */
int dp_vmas_read(int pid, struct dp_vma **list, size_t *count, struct dp_error *err);

/* Those of this process from /proc/self/maps, without page_size and flags: no page table is walked.
 */
int dp_maps_read(struct dp_vma **list, size_t *count, struct dp_error *err);

/* Whether VmFlags has a flag: "pf" VM_PFNMAP, "io" VM_IO, "ht" VM_HUGETLB, … */
bool dp_vma_has(const struct dp_vma *vma, const char *flag);

/* The mapping that holds an address, NULL if there is none. */
const struct dp_vma *dp_vma_find(const struct dp_vma *list, size_t count, uint64_t addr);

#endif
