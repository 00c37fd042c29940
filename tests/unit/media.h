/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small NVDIMM in memory, as the kernel's libnvdimm writes one: labels, info blocks, data; and
 * ways to make it say something else with sums that are right.
 */
#ifndef DAXPIN_TESTS_UNIT_MEDIA_H
#define DAXPIN_TESTS_UNIT_MEDIA_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "daxpin/medium.h"

#define MEDIA_UNUSED __attribute__((unused))

/* A label area with two indexes and six slots; two namespaces, of 64 KiB and the rest. */
#define MEDIA_LABELS 2048
#define MEDIA_SIZE   (128 << 10)
#define MEDIA_SPLIT  (64 << 10)
#define MEDIA_INDEX  256
#define MEDIA_SLOTS  6
#define MEDIA_DATA   16384 /* where the data begins in its namespace */

struct media {
	unsigned char labels[MEDIA_LABELS];
	unsigned char bytes[MEDIA_SIZE];
	size_t beyond; /* reads that were not within */
};

static MEDIA_UNUSED void media_put(unsigned char *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

/* The sum of drivers/nvdimm/core.c, nd_fletcher64(), written where it belongs. */
static MEDIA_UNUSED void media_sum(unsigned char *at, size_t length, size_t sum_at)
{
	uint32_t low = 0;
	uint64_t high = 0;

	media_put(at + sum_at, 0, 8);
	for (size_t i = 0; i + 4 <= length; i += 4) {
		low += at[i] | at[i + 1] << 8 | at[i + 2] << 16 | (uint32_t)at[i + 3] << 24;
		high += low;
	}
	media_put(at + sum_at, high << 32 | low, 8);
}

/* Makes all sums right again. */
static MEDIA_UNUSED void media_repair(struct media *m)
{
	for (size_t i = 0; i < 2; i++)
		media_sum(m->labels + i * MEDIA_INDEX, MEDIA_INDEX, 64);
	for (size_t i = 0; i < MEDIA_SLOTS; i++)
		media_sum(m->labels + (2 + i) * 256, 256, 248);
	media_sum(m->bytes + 4096, 4096, 4088);
	media_sum(m->bytes + MEDIA_SPLIT + 4096, 4096, 4088);
}

static MEDIA_UNUSED unsigned char *media_index(struct media *m, size_t i)
{
	return m->labels + i * MEDIA_INDEX;
}

static MEDIA_UNUSED unsigned char *media_label(struct media *m, size_t slot)
{
	return m->labels + (2 + slot) * 256;
}

static MEDIA_UNUSED unsigned char *media_info(struct media *m, size_t i)
{
	return m->bytes + i * MEDIA_SPLIT + 4096;
}

static MEDIA_UNUSED void media_write_index(struct media *m, size_t i, unsigned int seq)
{
	unsigned char *at = media_index(m, i);

	memcpy(at, "NAMESPACE_INDEX", 16);
	at[19] = 1; /* labels of 256 bytes */
	media_put(at + 20, seq, 4);
	media_put(at + 24, i * MEDIA_INDEX, 8);
	media_put(at + 32, MEDIA_INDEX, 8);
	media_put(at + 40, (1 - i) * MEDIA_INDEX, 8);
	media_put(at + 48, 2ULL * MEDIA_INDEX, 8);
	media_put(at + 56, MEDIA_SLOTS, 4);
	at[72] = 0x3c; /* the first two slots are in use */
}

static MEDIA_UNUSED void media_write_label(struct media *m, size_t slot, uint64_t offset,
					   uint64_t size)
{
	unsigned char *at = media_label(m, slot);

	memset(at, 0x10 + (int)slot, 16);
	media_put(at + 104, offset, 8);
	media_put(at + 112, size, 8);
	media_put(at + 120, slot, 4);
}

static MEDIA_UNUSED void media_write_info(struct media *m, size_t i, const char *signature,
					  uint32_t align)
{
	unsigned char *at = media_info(m, i);

	memcpy(at, signature, 16);
	memset(at + 32, 0x10 + (int)i, 16);
	media_put(at + 52, 1, 2);
	media_put(at + 54, 4, 2);
	media_put(at + 56, MEDIA_DATA, 8);
	media_put(at + 84, align, 4);
}

/* A device-dax with an alignment of 4 KiB, and a block device with xfs. */
static MEDIA_UNUSED void media_make(struct media *m)
{
	memset(m, 0, sizeof(*m));
	media_write_index(m, 0, 1);
	media_write_index(m, 1, 2);
	media_write_label(m, 0, 0, MEDIA_SPLIT);
	media_write_label(m, 1, MEDIA_SPLIT, MEDIA_SIZE - MEDIA_SPLIT);
	media_write_info(m, 0, "NVDIMM_DAX_INFO", 4096);
	media_write_info(m, 1, "NVDIMM_PFN_INFO", 2 << 20);
	memcpy(m->bytes + MEDIA_SPLIT + MEDIA_DATA, "XFSB", 4);
	media_repair(m);
}

static MEDIA_UNUSED int media_read(void *arg, uint64_t at, uint64_t length, void *to,
				   struct dp_error *err)
{
	struct media *m = arg;

	(void)err;
	if (!dp_within(at, length, sizeof(m->bytes))) {
		m->beyond++;
		return -ERANGE;
	}
	memcpy(to, m->bytes + at, length);
	return 0;
}

static MEDIA_UNUSED struct dp_medium media_medium(struct media *m)
{
	return (struct dp_medium){ .route = "medium",
				   .size = sizeof(m->bytes),
				   .base = 0x100000000,
				   .labels = m->labels,
				   .labels_length = sizeof(m->labels),
				   .read = media_read,
				   .arg = m };
}

#endif
