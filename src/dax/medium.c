// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/medium.h"

static uint64_t get(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;

	memcpy(&value, at, bytes);
	return le64toh(value);
}

/* nd_fletcher64(), drivers/nvdimm/core.c, with eight bytes taken for zero: those of the sum. */
static uint64_t fletcher(const unsigned char *at, size_t length, size_t sum_at)
{
	uint32_t low = 0;
	uint64_t high = 0;

	for (size_t i = 0; i + 4 <= length; i += 4) {
		if (i < sum_at || i >= sum_at + 8)
			low += (uint32_t)get(at + i, 4);
		high += low;
	}
	return high << 32 | low;
}

/* ---- labels ------------------------------------------------------------------------------ */

/* struct nd_namespace_index: where its members are, and what comes before its bitmap. */
#define INDEX_SIGNATURE "NAMESPACE_INDEX"
#define INDEX_ALIGN     256
#define INDEX_LABELSIZE 19
#define INDEX_SEQ       20
#define INDEX_MYOFF     24
#define INDEX_MYSIZE    32
#define INDEX_LABELOFF  48
#define INDEX_NSLOT     56
#define INDEX_CHECKSUM  64
#define INDEX_FREE      72
/* The second index follows the first one. */
#define INDEX_LIMIT 65536

struct index {
	const unsigned char *free; /* a bit for each slot, set if it is free */
	uint64_t seq, labels, slots, label_size;
};

/* __nd_label_validate(), drivers/nvdimm/label.c */
static bool read_index(const unsigned char *area, size_t length, size_t at, struct index *index)
{
	const unsigned char *raw = area + at;
	uint64_t size;

	if (!dp_within(at, INDEX_FREE, length) ||
	    memcmp(raw, INDEX_SIGNATURE, sizeof(INDEX_SIGNATURE)) ||
	    get(raw + INDEX_MYOFF, 8) != at)
		return false;
	size = get(raw + INDEX_MYSIZE, 8);
	if (raw[INDEX_LABELSIZE] > 1 || size > INDEX_LIMIT || size % INDEX_ALIGN ||
	    !dp_within(at, size, length) ||
	    fletcher(raw, size, INDEX_CHECKSUM) != get(raw + INDEX_CHECKSUM, 8))
		return false;
	*index = (struct index){ .free = raw + INDEX_FREE,
				 .seq = get(raw + INDEX_SEQ, 4),
				 .labels = get(raw + INDEX_LABELOFF, 8),
				 .slots = get(raw + INDEX_NSLOT, 4),
				 .label_size = 128ULL << raw[INDEX_LABELSIZE] };
	return index->seq >= 1 && index->seq <= 3 && INDEX_FREE + (index->slots + 7) / 8 <= size &&
	       dp_within(index->labels, index->slots * index->label_size, length);
}

/* The newer of two: their numbers go 1, 2, 3, 1, … (best_seq(), drivers/nvdimm/label.c). */
static bool find_index(const unsigned char *area, size_t length, struct index *best)
{
	struct index index;
	bool found = false;

	for (size_t at = 0; at < length && at <= INDEX_LIMIT; at += INDEX_ALIGN) {
		if (!read_index(area, length, at, &index) ||
		    (found && index.seq != best->seq % 3 + 1))
			continue;
		*best = index;
		found = true;
	}
	return found;
}

/* struct nvdimm_efi_label; the older one has 128 bytes, and no checksum. */
#define LABEL_DPA      104
#define LABEL_RAWSIZE  112
#define LABEL_SLOT     120
#define LABEL_CHECKSUM 248

/* slot_valid(), drivers/nvdimm/label.c */
static bool read_label(const unsigned char *raw, const struct index *index, uint64_t slot,
		       uint64_t size, struct dp_label *label)
{
	if (get(raw + LABEL_SLOT, 4) != slot ||
	    (index->label_size > LABEL_CHECKSUM &&
	     fletcher(raw, index->label_size, LABEL_CHECKSUM) != get(raw + LABEL_CHECKSUM, 8)))
		return false;
	memcpy(label->uuid, raw, DP_UUID_SIZE);
	label->offset = get(raw + LABEL_DPA, 8);
	label->size = get(raw + LABEL_RAWSIZE, 8);
	return label->size && dp_within(label->offset, label->size, size);
}

size_t dp_labels_read(const void *area, size_t length, uint64_t size, struct dp_label *labels)
{
	struct index index = { 0 };
	size_t count = 0;

	if (!find_index(area, length, &index))
		return 0;
	for (uint64_t i = 0; i < index.slots && count < DP_MAX_LABELS; i++)
		if (!(index.free[i / 8] & 1 << i % 8) &&
		    read_label((const unsigned char *)area + index.labels + i * index.label_size,
			       &index, i, size, &labels[count]))
			count++;
	return count;
}

/* ---- info blocks ------------------------------------------------------------------------- */

/* struct nd_pfn_sb */
#define INFO_PARENT   32
#define INFO_MAJOR    52
#define INFO_MINOR    54
#define INFO_DATAOFF  56
#define INFO_PAD      76
#define INFO_TRUNC    80
#define INFO_ALIGN    84
#define INFO_CHECKSUM 4088

static bool is_signed(const unsigned char *raw, const char *signature)
{
	return !memcmp(raw, signature, strlen(signature) + 1);
}

/* nd_pfn_validate(), drivers/nvdimm/pfn_devs.c */
int dp_info_read(const void *block, const struct dp_label *label, struct dp_info *info)
{
	const unsigned char *raw = block;
	bool dax = is_signed(raw, "NVDIMM_DAX_INFO");
	uint64_t before, after;

	if ((!dax && !is_signed(raw, "NVDIMM_PFN_INFO")) ||
	    memcmp(raw + INFO_PARENT, label->uuid, DP_UUID_SIZE) || get(raw + INFO_MAJOR, 2) != 1 ||
	    fletcher(raw, DP_INFO_SIZE, INFO_CHECKSUM) != get(raw + INFO_CHECKSUM, 8))
		return -EBADMSG;
	before = get(raw + INFO_DATAOFF, 8);
	after = get(raw + INFO_TRUNC, 4);
	if (before > label->size || before < DP_INFO_AT + DP_INFO_SIZE)
		return -EBADMSG;
	before += get(raw + INFO_PAD, 4);
	if (before > label->size || after >= label->size - before)
		return -EBADMSG;
	*info = (struct dp_info){ .dax = dax,
				  .align = get(raw + INFO_MINOR, 2) >= 2 ? get(raw + INFO_ALIGN, 4)
									 : 0,
				  .data = label->offset + before,
				  .length = label->size - before - after };
	return 0;
}

/* ---- which namespace --------------------------------------------------------------------- */

static const struct {
	const char *name;
	size_t at;
	const char *magic;
} file_systems[] = {
	{ "ext4", 1024 + 56, "\x53\xef" },
	{ "xfs", 0, "XFSB" },
};

/* Enough for each of them. */
#define BEGINNING 4096

static int has_fs(const struct dp_medium *medium, const struct dp_info *info, const char *fs,
		  struct dp_error *err)
{
	unsigned char begin[BEGINNING];
	int rc = info->length < sizeof(begin)
			 ? 0
			 : medium->read(medium->arg, info->data, sizeof(begin), begin, err);

	for (size_t i = 0; i < DP_ARRAY_SIZE(file_systems) && !rc; i++)
		if (!strcmp(fs, file_systems[i].name))
			return info->length >= sizeof(begin) &&
			       !memcmp(begin + file_systems[i].at, file_systems[i].magic,
				       strlen(file_systems[i].magic));
	return rc;
}

/* Return: 1 if it is the one, 0 if not, or a negative errno. */
static int is_wanted(const struct dp_medium *medium, const struct dp_label *label, uint64_t align,
		     const char *fs, struct dp_info *info, struct dp_error *err)
{
	unsigned char block[DP_INFO_SIZE];
	int rc;

	if (!dp_within(DP_INFO_AT, DP_INFO_SIZE, label->size))
		return 0;
	rc = medium->read(medium->arg, label->offset + DP_INFO_AT, sizeof(block), block, err);
	if (rc)
		return rc;
	if (dp_info_read(block, label, info) || info->dax != !fs)
		return 0;
	return fs ? has_fs(medium, info, fs, err) : info->align == align;
}

int dp_medium_find(const struct dp_medium *medium, uint64_t align, const char *fs,
		   struct dp_info *info, struct dp_error *err)
{
	dp_autofree struct dp_label *labels = calloc(DP_MAX_LABELS, sizeof(*labels));
	size_t count, found = 0;

	if (!labels)
		return -ENOMEM;
	if (medium->unreadable)
		return dp_report(err, -EIO, "%s", medium->unreadable);
	count = medium->label ? 1
			      : dp_labels_read(medium->labels, medium->labels_length, medium->size,
					       labels);
	if (medium->label)
		labels[0] = *medium->label;
	for (size_t i = 0; i < count; i++) {
		struct dp_info have;
		int rc = is_wanted(medium, &labels[i], align, fs, &have, err);

		if (rc < 0)
			return rc;
		if (rc && !found++)
			*info = have;
	}
	if (found == 1)
		return 0;
	return dp_report(err, found ? -ENOTUNIQ : -ENOENT,
			 "%zu of %zu namespaces on the NVDIMM are the one that is looked for",
			 found, count);
}
