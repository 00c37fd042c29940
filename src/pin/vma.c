// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/list.h"
#include "daxpin/text.h"
#include "daxpin/vma.h"

/* A process has at most 65530 mappings by default (vm.max_map_count), of 800 bytes each. */
#define SMAPS_LIMIT (256 << 20)

/* "START-END PERMS OFFSET MAJOR:MINOR INODE   PATH" */
static bool parse_head(const char *line, struct dp_vma *vma)
{
	unsigned int major, minor;
	int used = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 "%n", &vma->start,
		   &vma->end, vma->perms, &vma->offset, &major, &minor, &vma->inode, &used) != 7 ||
	    !used || strlen(vma->perms) != 4 || vma->end <= vma->start)
		return false;
	vma->dev = makedev(major, minor);
	line += used;
	snprintf(vma->path, sizeof(vma->path), "%s", line + strspn(line, " "));
	dp_printable(vma->path);
	return true;
}

/* "KEY:   VALUE" of the mapping before it. */
static void parse_member(const char *line, struct dp_vma *vma)
{
	uint64_t kib;

	if (sscanf(line, "KernelPageSize: %" SCNu64 " kB", &kib) == 1 && kib < UINT64_MAX / 1024)
		vma->page_size = kib * 1024;
	if (!strncmp(line, "VmFlags:", 8))
		snprintf(vma->flags, sizeof(vma->flags), "%s ", line + 8);
}

/* The name of a member begins with a capital letter, an address never does. */
static bool is_member(const char *line)
{
	return line[0] >= 'A' && line[0] <= 'Z';
}

int dp_vmas_parse(const char *text, struct dp_vma **list, size_t *count, struct dp_error *err)
{
	dp_autofree char *copy = strdup(text);
	struct dp_vma *vmas = NULL;
	char *rest = copy;
	int rc = copy ? 0 : -ENOMEM;

	*list = NULL;
	*count = 0;
	for (char *line = strsep(&rest, "\n"); line && !rc; line = strsep(&rest, "\n")) {
		struct dp_vma vma = { 0 }, *added;

		if (!*line)
			continue;
		if (is_member(line) && *count) {
			parse_member(line, &vmas[*count - 1]);
			continue;
		}
		if (!parse_head(line, &vma)) {
			rc = dp_fail(err, -EBADMSG, "smaps: cannot read \"%.60s\"", line);
			break;
		}
		added = dp_list_add(vmas, *count);
		rc = added ? 0 : -ENOMEM;
		if (added)
			*added = vma;
	}
	if (rc) {
		free(vmas);
		*count = 0;
		return rc;
	}
	*list = vmas;
	return 0;
}

static int read_file(const char *path, struct dp_vma **list, size_t *count, struct dp_error *err)
{
	dp_autofree char *text = NULL;
	int rc = dp_read_file(path, SMAPS_LIMIT, &text, NULL, err);

	*list = NULL;
	*count = 0;
	return rc ? rc : dp_vmas_parse(text, list, count, err);
}

int dp_vmas_read(int pid, struct dp_vma **list, size_t *count, struct dp_error *err)
{
	char path[32] = "/proc/self/smaps";

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	return read_file(path, list, count, err);
}

int dp_maps_read(struct dp_vma **list, size_t *count, struct dp_error *err)
{
	return read_file("/proc/self/maps", list, count, err);
}

bool dp_vma_has(const struct dp_vma *vma, const char *flag)
{
	char word[8];

	snprintf(word, sizeof(word), " %.4s ", flag);
	return strstr(vma->flags, word);
}

const struct dp_vma *dp_vma_find(const struct dp_vma *list, size_t count, uint64_t addr)
{
	for (size_t i = 0; i < count; i++)
		if (addr >= list[i].start && addr < list[i].end)
			return &list[i];
	return NULL;
}
