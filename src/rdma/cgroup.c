// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The RDMA controller of control groups (kernel/cgroup/rdma.c): how many objects of an adapter a
 * group may have. rdma.max and rdma.current have a line for each: "rxe0 hca_handle=2
 * hca_object=max".
 */
#include <stdlib.h>
#include <string.h>

#include "daxpin/cgroup.h"
#include "daxpin/cleanup.h"
#include "daxpin/rdma.h"

/* Return: false if there is no such number: no line of the device, or "max". */
static bool find_number(const char *text, const char *device, const char *key, uint64_t *value)
{
	dp_autofree char *copy = strdup(text);
	char *rest = copy;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		char *word = strsep(&line, " ");

		if (strcmp(word, device) != 0)
			continue;
		for (word = strsep(&line, " "); word; word = strsep(&line, " ")) {
			size_t len = strlen(key);
			char *end = word;

			if (!strncmp(word, key, len) && word[len] == '=')
				*value = strtoull(word + len + 1, &end, 10);
			if (end != word && !*end && end != word + len + 1)
				return true;
		}
	}
	return false;
}

bool dp_rdma_cgroup_full(const char *max, const char *current, const char *device, uint64_t *most)
{
	uint64_t used;

	return find_number(max, device, "hca_object", most) &&
	       find_number(current, device, "hca_object", &used) && used >= *most;
}

static bool is_full(const char *group, const char *device, uint64_t *most)
{
	dp_autofree char *max = dp_cgroup_read(group, "rdma.max");
	dp_autofree char *current = dp_cgroup_read(group, "rdma.current");

	return max && current && dp_rdma_cgroup_full(max, current, device, most);
}

bool dp_rdma_cgroup_find(const char *device, char *group, size_t size, uint64_t *most)
{
	if (dp_cgroup_own(group, size))
		return false;
	/* A charge goes to each of its ancestors, too. */
	for (; group[0] && group[1]; *strrchr(group, '/') = '\0')
		if (is_full(group, device, most))
			return true;
	return false;
}
