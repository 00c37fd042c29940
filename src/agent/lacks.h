/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a guest could not be prepared. It costs the mappings that need it, and no others: each of
 * them tells the reason. The notes are in a file, which a saved guest keeps.
 */
#ifndef DAXPIN_AGENT_LACKS_H
#define DAXPIN_AGENT_LACKS_H

struct dp_error;
struct dp_mapping;

/* Parts of the guest; those that are made of its NVDIMMs come first. */
enum dp_part {
	DP_PART_EXT4,
	DP_PART_XFS,
	DP_PART_EROFS, /* of a layout only */
	DP_PART_DEVDAX_4K,
	DP_PART_DEVDAX_2M,
	DP_PART_DEVDAX_1G,
	DP_PART_KMEM,
	DP_PART_KMEM_MOVABLE,
	DP_PARTS_OF_NVDIMM,
	DP_PART_DISK = DP_PARTS_OF_NVDIMM,
	DP_PART_NVME,
	DP_PARTS,
};

/**
 * dp_lack_note - note that a part is not there
 * @part: which
 * @why: what failed
 * @modules: that modules were refused before that; NULL or code 0 if none were
 *
 * May be called by several threads.
 */
void dp_lack_note(enum dp_part part, const struct dp_error *why, const struct dp_error *modules);

/* Notes that all that the NVDIMMs are for is not there, or what stands for them. */
void dp_lack_nvdimms(const struct dp_error *why);

/**
 * dp_lack_of - whether a mapping can be had; for struct dp_env
 * @mapping: its kind
 * @err: why not
 *
 * Return: 0; DP_SKIP if this kernel has no driver for what it needs; the negative errno of what
 * failed.
 */
int dp_lack_of(const struct dp_mapping *mapping, struct dp_error *err);

#endif
