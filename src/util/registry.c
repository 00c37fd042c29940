// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "daxpin/registry.h"

/* Where the members of a descriptor are. */
struct layout {
	size_t name, rank;
};

/* The pointers are of a type of their own each time, hence the copying. */
static const char *entry_at(const void *slot)
{
	const char *entry;

	memcpy(&entry, slot, sizeof(entry));
	return entry;
}

static const char *name_of(const char *entry, size_t offset)
{
	const char *name;

	memcpy(&name, entry + offset, sizeof(name));
	return name;
}

static unsigned int rank_of(const char *entry, size_t offset)
{
	unsigned int rank;

	memcpy(&rank, entry + offset, sizeof(rank));
	return rank;
}

static int compare(const void *a, const void *b, void *arg)
{
	const struct layout *layout = arg;
	const char *x = entry_at(a), *y = entry_at(b);
	unsigned int rank_x = rank_of(x, layout->rank), rank_y = rank_of(y, layout->rank);

	if (rank_x != rank_y)
		return rank_x < rank_y ? -1 : 1;
	return strcmp(name_of(x, layout->name), name_of(y, layout->name));
}

void dp_registry_order(void *entries, size_t count, size_t name, size_t rank)
{
	struct layout layout = { name, rank };

	qsort_r(entries, count, sizeof(void *), compare, &layout);
}

const void *dp_registry_find(const void *entries, size_t count, size_t name, const char *wanted)
{
	for (size_t i = 0; i < count; i++) {
		const char *entry = entry_at((const char *)entries + i * sizeof(void *));

		if (!strcmp(name_of(entry, name), wanted))
			return entry;
	}
	return NULL;
}
