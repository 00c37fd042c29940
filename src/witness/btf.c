// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "btf.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"

static void put_btf(struct btf **btf)
{
	btf__free(*btf);
}

/* Members of members without a name are members, too. Return: an offset in bytes, or -1. */
static int find_member(const struct btf *btf, const struct btf_type *t, const char *name, int depth)
{
	const struct btf_member *m;

	if (!t || !btf_is_composite(t) || depth > 8)
		return -1;
	m = btf_members(t);
	for (int i = 0; i < btf_vlen(t); i++) {
		const char *own = btf__name_by_offset(btf, m[i].name_off);
		int offset = (int)(btf_member_bit_offset(t, (__u32)i) / 8), inner;

		if (own && !strcmp(own, name))
			return offset;
		if (own && *own)
			continue;
		inner = find_member(btf, btf__type_by_id(btf, m[i].type), name, depth + 1);
		if (inner >= 0)
			return offset + inner;
	}
	return -1;
}

static int offset_of(const struct btf *btf, const char *type, const char *member)
{
	__s32 id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);

	return id < 0 ? -1 : find_member(btf, btf__type_by_id(btf, (__u32)id), member, 0);
}

static uint32_t value_of(const struct btf *btf, const struct btf_type *t, const char *name)
{
	const struct btf_enum *e = btf_enum(t);

	for (int i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, e[i].name_off), name))
			return (uint32_t)e[i].val;
	return 0;
}

static void read_memory_types(const struct btf *btf, struct dp_memory_types *types)
{
	__s32 id = btf__find_by_name_kind(btf, "memory_type", BTF_KIND_ENUM);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (__u32)id);

	if (!t)
		return;
	types->device_private = value_of(btf, t, "MEMORY_DEVICE_PRIVATE");
	types->coherent = value_of(btf, t, "MEMORY_DEVICE_COHERENT");
	types->fs_dax = value_of(btf, t, "MEMORY_DEVICE_FS_DAX");
	types->generic = value_of(btf, t, "MEMORY_DEVICE_GENERIC");
	types->p2pdma = value_of(btf, t, "MEMORY_DEVICE_PCI_P2PDMA");
}

/* The second argument went with Linux 6.18. */
static bool takes_two(const struct btf *btf, const char *function)
{
	__s32 id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (__u32)id);

	t = t ? btf__type_by_id(btf, t->type) : NULL;
	return t && btf_vlen(t) == 2;
}

/* From 6.10 on it returns an errno. */
static bool gives_pointer(const struct btf *btf, const char *function)
{
	__s32 id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (__u32)id);

	t = t ? btf__type_by_id(btf, t->type) : NULL;
	t = t ? btf__type_by_id(btf, t->type) : NULL;
	return t && btf_is_ptr(t);
}

int dp_kernel_types_read(struct dp_kernel_types *types, struct dp_error *err)
{
	dp_cleanup(put_btf) struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return dp_report(err, -ENOENT, "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)");
	types->pgmap = offset_of(btf, "folio", "pgmap");
	if (types->pgmap < 0)
		types->pgmap = offset_of(btf, "page", "pgmap");
	types->type = offset_of(btf, "dev_pagemap", "type");
	types->hmm_start = offset_of(btf, "hmm_range", "start");
	types->hmm_end = offset_of(btf, "hmm_range", "end");
	types->hmm_asked = offset_of(btf, "hmm_range", "default_flags");
	types->lookup_is_given = takes_two(btf, "get_dev_pagemap");
	types->grab_gives_folio = gives_pointer(btf, "try_grab_folio");
	read_memory_types(btf, &types->memory);
	if (types->pgmap < 0 || types->type < 0)
		return dp_report(err, -ENOENT,
				 "the kernel's BTF does not say where a page has its pgmap");
	return 0;
}
