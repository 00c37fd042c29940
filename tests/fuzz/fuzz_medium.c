// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An NVDIMM that a kernel under test has written. What is found on it lies within it, and within
 * its namespace; nothing beyond it is read. The sums are made right in a second pass, so that what
 * is behind them is reached.
 */
#include "fuzz.h"

#include "../unit/media.h"

static void check_info(const struct dp_label *label, const unsigned char *block)
{
	struct dp_info info;

	if (dp_info_read(block, label, &info))
		return;
	HOLDS(info.length && info.data >= label->offset + DP_INFO_AT + DP_INFO_SIZE);
	HOLDS(dp_within(info.data - label->offset, info.length, label->size));
}

static void check_labels(const struct media *m, size_t length)
{
	struct dp_label *labels = calloc(DP_MAX_LABELS, sizeof(*labels));
	size_t count = labels ? dp_labels_read(m->labels, length, sizeof(m->bytes), labels) : 0;

	HOLDS(count <= DP_MAX_LABELS);
	for (size_t i = 0; i < count; i++) {
		HOLDS(labels[i].size);
		HOLDS(dp_within(labels[i].offset, labels[i].size, sizeof(m->bytes)));
		for (size_t k = 0; k < 2; k++)
			check_info(&labels[i], m->bytes + k * MEDIA_SPLIT + DP_INFO_AT);
	}
	free(labels);
}

static void check(struct media *m)
{
	static const char *const fs[] = { NULL, "ext4", "xfs" };
	const struct dp_medium medium = media_medium(m);

	check_labels(m, sizeof(m->labels));
	check_labels(m, sizeof(m->labels) / 3);
	for (size_t i = 0; i < DP_ARRAY_SIZE(fs); i++) {
		struct dp_info info;

		if (!dp_medium_find(&medium, 4096, fs[i], &info, NULL))
			HOLDS(dp_within(info.data, info.length, sizeof(m->bytes)));
	}
	HOLDS(!m->beyond);
}

/* The label area, and then what replaces the info blocks of both namespaces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct media *m = malloc(sizeof(*m));
	size_t used = 0;

	if (!m)
		exit(1);
	media_make(m);
	while (used < size && used < sizeof(m->labels)) {
		m->labels[used] = data[used];
		used++;
	}
	for (size_t i = 0; used < size && i < 2UL * DP_INFO_SIZE; i++)
		m->bytes[i / DP_INFO_SIZE * MEDIA_SPLIT + DP_INFO_AT + i % DP_INFO_SIZE] =
			data[used++];
	check(m);
	media_repair(m);
	check(m);
	free(m);
	return 0;
}
