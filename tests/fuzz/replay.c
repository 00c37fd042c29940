// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a fuzz target without a fuzzer: on each seed, and on mutations of it that are the same in
 * every run. The targets have libFuzzer's entry point, so that they can be built for it too
 * (clang -fsanitize=fuzzer, without this file).
 *
 * Usage: PROGRAM SEED-FOLDER
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"

#define MUTATIONS 3000
#define ROOM      (1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* One to four changes: a byte set, a bit flipped, the end cut off, a piece doubled. */
static size_t mutate(uint8_t *data, size_t len, uint32_t *state)
{
	for (uint32_t n = 1 + next(state) % 4; n && len; n--) {
		size_t at = next(state) % len;

		switch (next(state) % 4) {
		case 0:
			data[at] = (uint8_t)next(state);
			break;
		case 1:
			data[at] ^= (uint8_t)(1 << next(state) % 8);
			break;
		case 2:
			len = at;
			break;
		default:
			if (2 * len - at <= ROOM) {
				memmove(data + len, data + at, len - at);
				len += len - at;
			}
		}
	}
	return len;
}

/* On a copy of exactly that size, so that a sanitizer sees the first byte too much. */
static void run(const uint8_t *data, size_t len)
{
	dp_autofree uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		exit(1);
	memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
}

static void replay(const char *path)
{
	dp_autofree uint8_t *work = malloc(ROOM);
	dp_autofree char *seed = NULL;
	uint32_t state = 0x6461780a;
	size_t len;

	if (!work || dp_read_file(path, ROOM, &seed, &len, NULL)) {
		fprintf(stderr, "cannot read the seed %s\n", path);
		exit(1);
	}
	run((uint8_t *)seed, len);
	for (int i = 0; i < MUTATIONS; i++) {
		memcpy(work, seed, len);
		run(work, mutate(work, len, &state));
	}
}

int main(int argc, char **argv)
{
	dp_autodir DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int seeds = 0;

	while (dir && (entry = readdir(dir))) {
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		replay(path);
		seeds++;
	}
	if (!seeds)
		fprintf(stderr, "no seeds\n");
	return seeds ? 0 : 1;
}
