// SPDX-License-Identifier: GPL-2.0-or-later
/* What is behind a mapping that a process has. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "looked.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/text.h"
#include "daxpin/vma.h"

/*
 * By its path a file may be another one by now, or none: map_files has the file itself, but is for
 * root. Others get what the path leads to, as seen by the process, if that is the same file.
 */
static int open_mapped(int pid, const struct dp_vma *vma)
{
	char path[320];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, vma->start,
		 vma->end);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0 || errno != EPERM || vma->path[0] != '/')
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/root%s", pid, vma->path);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0 && !fstat(fd, &st) && st.st_dev == vma->dev && st.st_ino == vma->inode)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = EPERM;
	return -1;
}

/* Pages of a mapping that begin after the last byte of its file: a fault there is a SIGBUS. */
static uint64_t backed_bytes(const struct dp_looked *s, const struct dp_vma *vma)
{
	uint64_t page = vma->page_size ? vma->page_size : (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size = ((uint64_t)s->st.st_size + page - 1) / page * page;

	if (!S_ISREG(s->st.st_mode) || (unsigned long)s->fs.f_type == SYSFS_MAGIC)
		return UINT64_MAX;
	return vma->offset < size ? size - vma->offset : 0;
}

/* What the kernel calls itself: a heap or a stack, or a page of its own. */
static void look_at_special(const struct dp_vma *vma, struct dp_look *look)
{
	if (!strcmp(vma->path, "[vdso]") || !strcmp(vma->path, "[vsyscall]") ||
	    !strcmp(vma->path, "[uprobes]")) {
		snprintf(look->what, sizeof(look->what), "pages of the kernel's");
		dp_look_unknown(look, "daxpin has no rule for %.16s", vma->path);
		return;
	}
	dp_look_name(look, DP_FAMILY_ANON, "anon");
	snprintf(look->what, sizeof(look->what), "anonymous memory");
}

void dp_look_vma(int pid, const struct dp_vma *vma, struct dp_look *look)
{
	dp_autofd int fd = -1;
	struct dp_looked s = { .private = vma->perms[3] == 'p' };
	char size[16];

	*look = (struct dp_look){ .backed = UINT64_MAX };
	if (dp_look_is_pfnmap(vma)) {
		dp_look_name(look, DP_FAMILY_PFNMAP, "pfnmap");
		snprintf(look->what, sizeof(look->what),
			 "memory without struct pages (VM_PFNMAP or VM_IO)");
		return;
	}
	if (dp_vma_has(vma, "ht")) {
		dp_format_size(vma->page_size, size, sizeof(size));
		dp_look_name(look, DP_FAMILY_HUGETLB, "hugetlb-%s", size);
		snprintf(look->what, sizeof(look->what), "hugetlb with pages of %s", size);
		return;
	}
	if (!vma->path[0] || vma->path[0] == '[') {
		look_at_special(vma, look);
		return;
	}
	fd = open_mapped(pid, vma);
	s.fd = fd;
	if (fd < 0 || fstat(fd, &s.st) || fstatfs(fd, &s.fs)) {
		snprintf(look->what, sizeof(look->what), "a mapping of %.150s", vma->path);
		dp_look_unknown(look, "its file is not shown (%s): ask as root",
				dp_errno_name(errno));
		return;
	}
	dp_look_at(&s, look);
	look->empty = false;
	look->backed = backed_bytes(&s, vma);
}
