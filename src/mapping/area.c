// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/mapping.h"

/* In <sys/mman.h> from glibc 2.35; from Linux 5.14. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

uint64_t dp_region_size(const struct dp_mapping *mapping, uint64_t size)
{
	return mapping->enough && size > mapping->enough ? mapping->enough : size;
}

uint64_t dp_span(const struct dp_mapping *mapping, const struct dp_env *env)
{
	return (env->size + mapping->granule - 1) / mapping->granule * mapping->granule;
}

int dp_area_map(const struct dp_mapping *mapping, const struct dp_env *env, struct dp_area *area,
		int flags, int fd, struct dp_error *err)
{
	uint64_t span = dp_span(mapping, env);
	uint64_t mask = mapping->granule - 1;
	size_t room = span + mapping->granule + mapping->skew;
	void *at, *base = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			       -1, 0);

	if (base == MAP_FAILED)
		return dp_fail(err, -errno, "cannot reserve %zu bytes of address space", room);
	area->reserved = base;
	area->reserved_len = room;
	at = (void *)((((uintptr_t)base + mask) & ~mask) + mapping->skew);
	if (mmap(at, span, PROT_READ | (mapping->readonly ? 0 : PROT_WRITE), flags | MAP_FIXED, fd,
		 0) == MAP_FAILED)
		return dp_fail(err, -errno, "cannot map %llu bytes of %s", (unsigned long long)span,
			       mapping->name);
	area->addr = at;
	area->len = env->size;
	return 0;
}

int dp_area_map_new(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, struct dp_error *err)
{
	uint64_t span = dp_span(mapping, env);

	if (ftruncate(area->fd, (off_t)span))
		return dp_fail(err, -errno, "cannot make a file of %llu bytes for %s",
			       (unsigned long long)span, mapping->name);
	return dp_area_map(mapping, env, area, MAP_SHARED, area->fd, err);
}

int dp_area_map_pci(const struct dp_mapping *mapping, const struct dp_env *env,
		    struct dp_area *area, const char *path, struct dp_error *err)
{
	area->fd = open(path, O_RDWR | O_CLOEXEC);
	if (area->fd < 0)
		return dp_fail(err, -errno, "cannot open %s", path);
	sscanf(path, DP_PCI_DEVICES "/%63[^/]", area->resource);
	area->memory_error = dp_ranges_of_pci("/sys", area->resource, &area->memory);
	return dp_area_map(mapping, env, area, MAP_SHARED, area->fd, err);
}

/* One access to each page. Adding 0 is a write that changes no byte. */
static void touch(char *addr, uint64_t len, enum dp_populate how)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (uint64_t at = 0; at < len; at += page)
		if (how == DP_POPULATE_WRITE)
			__atomic_fetch_add(addr + at, 0, __ATOMIC_RELAXED);
		else
			(void)*(volatile char *)(addr + at);
}

int dp_area_populate(void *addr, uint64_t len, enum dp_populate how)
{
	int advice = how == DP_POPULATE_WRITE ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;

	if (madvise(addr, len, advice) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	/* Kernels before 5.14. */
	touch(addr, len, how);
	return 0;
}

static int populate(const struct dp_mapping *mapping, const struct dp_area *area,
		    struct dp_error *err)
{
	int rc;

	if (mapping->populate == DP_POPULATE_MMAP || mapping->populate == DP_POPULATE_NONE)
		return 0;
	rc = dp_area_populate(area->addr, area->len, mapping->populate);
	return rc ? dp_fail(err, rc, "cannot fault in the %s mapping", mapping->name) : 0;
}

/*
 * What this user, a container or lockdown does not allow on a machine of somebody's is no fault of
 * it. A guest allows everything.
 */
static int excuse(const struct dp_env *env, int rc, struct dp_error *err)
{
	struct dp_error why = *err;
	char lockdown[64] = "";
	const char *on;

	if (env->guest || (rc != -EPERM && rc != -EACCES && rc != -ENOSYS))
		return rc;
	dp_read_attr(lockdown, sizeof(lockdown), "/sys/kernel/security/lockdown");
	on = strchr(lockdown, '[');
	*err = (struct dp_error){ 0 };
	if (on && strncmp(on, "[none]", 6))
		return dp_skip(err, "%.300s: the kernel is locked down (%.*s)", why.what,
			       (int)strcspn(on + 1, "]"), on + 1);
	return dp_skip(err, "%.300s: this user or container may not", why.what);
}

static int make(const struct dp_mapping *mapping, const struct dp_env *env, bool touched,
		struct dp_area *area, struct dp_error *err)
{
	int rc;

	*area = (struct dp_area){ .fd = -1 };
	rc = env->lacking ? env->lacking(mapping, err) : 0;
	if (!rc)
		rc = mapping->open(mapping, env, area, err);
	if (!rc && touched)
		rc = populate(mapping, area, err);
	if (!rc)
		return 0;
	dp_area_close(area);
	return rc < 0 ? excuse(env, rc, err) : rc;
}

int dp_area_open(const struct dp_mapping *mapping, const struct dp_env *env, struct dp_area *area,
		 struct dp_error *err)
{
	return make(mapping, env, true, area, err);
}

int dp_area_open_untouched(const struct dp_mapping *mapping, const struct dp_env *env,
			   struct dp_area *area, struct dp_error *err)
{
	return make(mapping, env, false, area, err);
}

static void overwrite(const struct dp_area *area)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (uint64_t at = 0; at < area->len; at += page)
		*((volatile char *)area->addr + at) = 0;
}

void dp_area_touch(const struct dp_mapping *mapping, const struct dp_env *env,
		   const struct dp_area *area)
{
	if (mapping->populate == DP_POPULATE_WRITE && env->guest)
		overwrite(area);
	else if (mapping->populate == DP_POPULATE_WRITE || mapping->populate == DP_POPULATE_READ)
		touch(area->addr, area->len, mapping->populate);
}

int dp_area_renew(const struct dp_mapping *mapping, const struct dp_area *area)
{
	if (mapping->renew)
		return mapping->renew(mapping, area);
	if (!mapping->private && !mapping->refaults)
		return -EOPNOTSUPP;
	if (madvise(area->addr, area->len, MADV_DONTNEED))
		return -errno;
	return populate(mapping, area, NULL);
}

void dp_area_close(struct dp_area *area)
{
	if (area->reserved)
		munmap(area->reserved, area->reserved_len);
	if (area->fd >= 0)
		close(area->fd);
	if (area->undo)
		area->undo(area);
	if (area->driver > 0)
		close(area->driver);
	*area = (struct dp_area){ .fd = -1 };
}
