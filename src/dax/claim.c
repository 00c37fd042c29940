// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * May what is on this device be destroyed? The user must have named it, it must be of a kind that
 * can be torn down, and nobody may use it: it is not mounted or held, not open or mapped in another
 * process, and carries no file system or partition table. This code changes nothing.
 */
#include <blkid/blkid.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

#define DAX_BUS "/sys/bus/dax/devices"
/* Bytes at the beginning of a device that hold the signatures that libblkid knows. */
#define HEAD (2ULL << 20)
/* Largest /proc/PID/maps that is read, bytes. A process with many mappings has a few MiB. */
#define MAPS_LIMIT (64 << 20)

/* ---- the kind of device ------------------------------------------------------------------ */

static bool is_name(const char *name)
{
	size_t len =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return len && !name[len] && isalnum((unsigned char)name[0]);
}

static int identify_dax(struct dp_claim *claim, struct dp_error *err)
{
	char driver[32] = "", text[32];

	dp_link_name(driver, sizeof(driver), DAX_BUS "/%s/driver", claim->name);
	if (!strcmp(driver, "kmem"))
		return dp_bad_input(err, "%s is in use as system RAM (kmem)", claim->name);
	if (strcmp(driver, "device_dax"))
		return dp_bad_input(err, "%s is bound to no driver, so that nothing can be mapped",
				    claim->name);
	if (dp_read_attr(text, sizeof(text), DAX_BUS "/%s/align", claim->name))
		return dp_bad_input(err, "%s does not tell its alignment", claim->name);
	claim->align = strtoull(text, NULL, 0);
	if (!dp_read_attr(text, sizeof(text), DAX_BUS "/%s/size", claim->name))
		claim->size = strtoull(text, NULL, 0);
	return 0;
}

static int identify_disk(struct dp_claim *claim, struct dp_error *err)
{
	char text[32];

	claim->block = true;
	if (dp_read_attr(text, sizeof(text), "/sys/block/%s/queue/dax", claim->name) ||
	    strcmp(text, "1"))
		return dp_bad_input(err, "%s is a disk that cannot do DAX", claim->name);
	if (!dp_read_attr(text, sizeof(text), "/sys/block/%s/size", claim->name))
		claim->size = strtoull(text, NULL, 0) * 512;
	return 0;
}

static int identify(const char *device, struct dp_claim *claim, struct dp_error *err)
{
	const char *name = strncmp(device, "/dev/", 5) ? device : device + 5;
	struct stat st;

	if (!is_name(name) || dp_path(claim->name, sizeof(claim->name), NULL, "%s", name) ||
	    dp_path(claim->node, sizeof(claim->node), NULL, "/dev/%s", name))
		return dp_bad_input(err, "\"%.100s\" is not the name of a device, such as dax0.1",
				    device);
	if (dp_exists(DAX_BUS "/%s", name))
		return identify_dax(claim, err);
	if (dp_exists("/sys/block/%s", name))
		return identify_disk(claim, err);
	if (!stat(claim->node, &st))
		return dp_bad_input(err, "%s is neither device-dax nor a disk", claim->node);
	dp_bad_input(err, "there is no device %s", name);
	return dp_hint(err, "daxpin list shows those that exist");
}

/* ---- users of the device ----------------------------------------------------------------- */

/* Whether a process has the node open. */
static bool has_open(const char *pid, const char *node)
{
	dp_autodir DIR *dir = NULL;
	struct dirent *entry;
	char path[PATH_MAX], to[300];

	dir = dp_path(path, sizeof(path), NULL, "/proc/%s/fd", pid) ? NULL : opendir(path);
	while (dir && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, to, sizeof(to) - 1);

		to[n < 0 ? 0 : n] = '\0';
		if (!strcmp(to, node))
			return true;
	}
	return false;
}

/* Whether a process has the node mapped. A mapping outlives its descriptor. */
static bool has_mapped(const char *pid, const char *node)
{
	dp_autofree char *text = NULL;
	size_t len = strlen(node);
	char path[PATH_MAX];

	if (dp_path(path, sizeof(path), NULL, "/proc/%s/maps", pid) ||
	    dp_read_file(path, MAPS_LIMIT, &text, NULL, NULL))
		return false;
	for (const char *at = strstr(text, node); at; at = strstr(at + 1, node))
		if (at > text && at[-1] == ' ' && (at[len] == '\n' || at[len] == ' '))
			return true;
	return false;
}

static int check_users(const struct dp_claim *claim, struct dp_error *err)
{
	dp_autodir DIR *proc = opendir("/proc");
	struct dirent *entry;
	char name[32];

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || atoi(entry->d_name) == getpid())
			continue;
		if (!has_open(entry->d_name, claim->node) &&
		    !has_mapped(entry->d_name, claim->node))
			continue;
		if (dp_read_attr(name, sizeof(name), "/proc/%s/comm", entry->d_name))
			snprintf(name, sizeof(name), "?");
		dp_bad_input(err, "%s is in use by process %.32s (%s)", claim->name, entry->d_name,
			     name);
		return dp_hint(err, "end it first");
	}
	return 0;
}

/* ---- content of the device --------------------------------------------------------------- */

static void free_probe(blkid_probe *probe)
{
	if (*probe)
		blkid_free_probe(*probe);
}

/* O_EXCL fails while a mount, swap or device mapper holds the disk. */
static int open_disk(const struct dp_claim *claim, struct dp_error *err)
{
	dp_autofree struct dp_mount *mounts = NULL;
	size_t count = 0;
	int fd;

	dp_mounts_read(&mounts, &count);
	fd = open(claim->node, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	for (size_t i = 0; errno == EBUSY && i < count; i++)
		if (!strncmp(mounts[i].source, claim->node, strlen(claim->node)))
			return dp_bad_input(err, "%s is mounted on %s", claim->name, mounts[i].dir);
	if (errno == EBUSY)
		return dp_bad_input(err, "%s is in use: mounted, swap, or part of another device",
				    claim->name);
	return dp_fail(err, -errno, "cannot open %s", claim->node);
}

/* libblkid calls read(), which device-dax does not have, so it gets a copy of the beginning. */
static int copy_head(const struct dp_claim *claim, struct dp_error *err)
{
	dp_autofd int dax = open(claim->node, O_RDWR | O_CLOEXEC), copy = -1;
	uint64_t span = claim->align > HEAD ? claim->align : HEAD;
	char *head;
	int rc;

	if (dax < 0)
		return dp_fail(err, -errno, "cannot open %s", claim->node);
	copy = memfd_create("head", MFD_CLOEXEC);
	head = mmap(NULL, span, PROT_READ, MAP_SHARED, dax, 0);
	if (copy < 0 || head == MAP_FAILED)
		return dp_fail(err, -errno, "cannot map the beginning of %s", claim->node);
	rc = dp_write_all(copy, head, HEAD);
	munmap(head, span);
	return rc ? dp_fail(err, rc, "cannot copy the beginning of %s", claim->node)
		  : dp_take_fd(&copy);
}

static int check_signature(const struct dp_claim *claim, struct dp_error *err)
{
	dp_cleanup(free_probe) blkid_probe probe = blkid_new_probe();
	dp_autofd int fd = claim->block ? open_disk(claim, err) : copy_head(claim, err);
	const char *type = NULL;
	int rc;

	if (fd < 0)
		return fd;
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0))
		return dp_fail(err, -EIO, "libblkid cannot look at %s", claim->name);
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
	blkid_probe_enable_partitions(probe, 1);
	rc = blkid_do_safeprobe(probe);
	if (rc == 1)
		return 0;
	if (rc == -2)
		return dp_bad_input(err, "%s carries the signatures of several file systems",
				    claim->name);
	if (rc)
		return dp_fail(err, -EIO, "libblkid cannot look at %s", claim->name);
	if (!blkid_probe_lookup_value(probe, "TYPE", &type, NULL))
		dp_bad_input(err, "%s carries a file system (%s)", claim->name, type);
	else if (!blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL))
		dp_bad_input(err, "%s carries a partition table (%s)", claim->name, type);
	else
		dp_bad_input(err, "%s carries something that libblkid knows", claim->name);
	return dp_hint(err, "remove it with wipefs --all if nobody wants it");
}

int dp_device_claim(const char *device, struct dp_claim *claim, struct dp_error *err)
{
	int rc;

	*claim = (struct dp_claim){ 0 };
	rc = identify(device, claim, err);
	if (!rc)
		rc = check_users(claim, err);
	return rc ? rc : check_signature(claim, err);
}
