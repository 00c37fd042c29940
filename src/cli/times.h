/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long each id took when a kernel was asked last: in the cache, a file for each kernel. It only
 * serves to say how long the next run will take, so that whatever is wrong with it is left out.
 */
#ifndef DAXPIN_CLI_TIMES_H
#define DAXPIN_CLI_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_time {
	char id[96]; /* or what else took time, such as "booting the guest" */
	uint64_t ms;
};

struct cli_times {
	struct cli_time *list;
	size_t count;
};

/**
 * cli_times_parse - read what a file has
 * @text: anything; a line "MS ID" is a time, and what is not is left out
 * @times: receives the times; release with cli_times_clear()
 */
void cli_times_parse(const char *text, struct cli_times *times);

/**
 * cli_times_load - what is known of a kernel
 * @kernel: as the user named it, or "" for this machine
 * @times: receives the times, none if there is no file; release with cli_times_clear()
 */
void cli_times_load(const char *kernel, struct cli_times *times);

/* Keeps @times for the next run. That it cannot be kept is no error. */
void cli_times_store(const char *kernel, const struct cli_times *times);

/* Return: false if it is not known. */
bool cli_times_find(const struct cli_times *times, const char *id, uint64_t *ms);

/* Adds a time, or replaces the one that there was. */
void cli_times_set(struct cli_times *times, const char *id, uint64_t ms);

void cli_times_clear(struct cli_times *times);

#endif
