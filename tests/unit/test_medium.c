// SPDX-License-Identifier: GPL-2.0-or-later
/* What lies where on an NVDIMM, and what a look from outside makes of it. */
#include "test.h"

#include <json-c/json.h>

#include "../../src/traffic/ledger.h"
#include "../../src/traffic/pattern.h"

#include "media.h"

#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/steps.h"
#include "daxpin/traffic.h"

static struct media media;

static int make(void **state)
{
	(void)state;
	media_make(&media);
	return 0;
}

static size_t count_labels(void)
{
	static struct dp_label labels[DP_MAX_LABELS];

	return dp_labels_read(media.labels, sizeof(media.labels), sizeof(media.bytes), labels);
}

static void reads_labels_in_use(void **state)
{
	static struct dp_label labels[DP_MAX_LABELS];

	(void)state;
	assert_int_equal(
		dp_labels_read(media.labels, sizeof(media.labels), sizeof(media.bytes), labels), 2);
	assert_int_equal(labels[1].offset, MEDIA_SPLIT);
	assert_int_equal(labels[1].size, MEDIA_SIZE - MEDIA_SPLIT);
	assert_memory_equal(labels[1].uuid, media_label(&media, 1), DP_UUID_SIZE);
	/* The slot that is free in the newer index. */
	media_index(&media, 1)[72] = 0x3e;
	media_repair(&media);
	assert_int_equal(count_labels(), 1);
}

static void takes_the_newer_index(void **state)
{
	static const struct {
		unsigned int first, second;
		size_t labels; /* the first has two, the second one */
	} cases[] = { { 1, 2, 1 }, { 2, 1, 2 }, { 3, 1, 1 }, { 1, 3, 2 },
		      { 2, 3, 1 }, { 0, 1, 1 }, { 1, 0, 2 }, { 4, 0, 0 } };

	(void)state;
	media_index(&media, 1)[72] = 0x3e;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		media_put(media_index(&media, 0) + 20, cases[i].first, 4);
		media_put(media_index(&media, 1) + 20, cases[i].second, 4);
		media_repair(&media);
		assert_int_equal(count_labels(), cases[i].labels);
	}
}

/* Changes a byte, in the index or label or info block at @at; with its sum made right or not. */
static void change(unsigned char *at, unsigned char value, bool repaired)
{
	media_make(&media);
	*at = value;
	if (repaired)
		media_repair(&media);
}

static void believes_no_label(void **state)
{
	unsigned char *label = media_label(&media, 1), *index = media_index(&media, 1);

	(void)state;
	change(label + 130, 7, false); /* the sum */
	assert_int_equal(count_labels(), 1);
	change(label + 120, 5, true); /* the slot */
	assert_int_equal(count_labels(), 1);
	change(label + 110, 1, true); /* the offset: far beyond the end */
	assert_int_equal(count_labels(), 1);
	change(label + 118, 1, true); /* the size */
	assert_int_equal(count_labels(), 1);
	memset(label + 112, 0, 8);
	media_repair(&media);
	assert_int_equal(count_labels(), 1);
	/* Of an index that is wrong the other one remains, which says the same. */
	change(index + 72, 0x3e, false);
	assert_int_equal(count_labels(), 2);
	change(index + 24, 1, true); /* where it says that it is */
	assert_int_equal(count_labels(), 2);
	memset(media.labels, 0, 2UL * MEDIA_INDEX);
	assert_int_equal(count_labels(), 0);
}

/* Slots, or a place of the labels, that the area has no room for. */
static void stays_within_the_area(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		media_put(media_index(&media, i) + 56, 0xffffffff, 4);
		media_put(media_index(&media, i) + 48, 2ULL * MEDIA_INDEX, 8);
	}
	media_repair(&media);
	assert_int_equal(count_labels(), 0);
	media_make(&media);
	for (size_t i = 0; i < 2; i++)
		media_put(media_index(&media, i) + 48, UINT64_MAX - 255, 8);
	media_repair(&media);
	assert_int_equal(count_labels(), 0);
}

static const struct dp_label first = { .uuid = { 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
						 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10 },
				       .offset = 0,
				       .size = MEDIA_SPLIT };

static void reads_an_info_block(void **state)
{
	unsigned char *info = media_info(&media, 0);
	struct dp_info have;

	(void)state;
	assert_int_equal(dp_info_read(info, &first, &have), 0);
	assert_true(have.dax);
	assert_int_equal(have.align, 4096);
	assert_int_equal(have.data, MEDIA_DATA);
	assert_int_equal(have.length, MEDIA_SPLIT - MEDIA_DATA);
	media_put(info + 76, 4096, 4); /* start_pad */
	media_put(info + 80, 8192, 4); /* end_trunc */
	media_put(info + 54, 1, 2);    /* a version that does not tell the alignment */
	media_repair(&media);
	assert_int_equal(dp_info_read(info, &first, &have), 0);
	assert_int_equal(have.align, 0);
	assert_int_equal(have.data, MEDIA_DATA + 4096);
	assert_int_equal(have.length, MEDIA_SPLIT - MEDIA_DATA - 4096 - 8192);
}

static void refuse(size_t at, uint64_t value, size_t bytes, bool repaired)
{
	struct dp_info have;

	media_make(&media);
	media_put(media_info(&media, 0) + at, value, bytes);
	if (repaired)
		media_repair(&media);
	assert_int_equal(dp_info_read(media_info(&media, 0), &first, &have), -EBADMSG);
}

static void believes_no_info_block(void **state)
{
	(void)state;
	refuse(0, 'X', 1, true);
	refuse(33, 9, 1, true); /* of another namespace */
	refuse(52, 2, 2, true);
	refuse(84, 8192, 4, false);
	refuse(56, MEDIA_SPLIT + 1, 8, true);
	refuse(56, 4096, 8, true); /* the info block itself */
	refuse(56, UINT64_MAX, 8, true);
	refuse(76, 0xffffffff, 4, true);
	refuse(80, MEDIA_SPLIT - MEDIA_DATA, 4, true);
}

static int find(uint64_t align, const char *fs, struct dp_info *info)
{
	const struct dp_medium medium = media_medium(&media);

	return dp_medium_find(&medium, align, fs, info, NULL);
}

static void finds_the_namespace(void **state)
{
	struct dp_info info;

	(void)state;
	assert_int_equal(find(4096, NULL, &info), 0);
	assert_int_equal(info.data, MEDIA_DATA);
	assert_int_equal(find(0, "xfs", &info), 0);
	assert_int_equal(info.data, MEDIA_SPLIT + MEDIA_DATA);
	assert_int_equal(find(0, "ext4", &info), -ENOENT);
	assert_int_equal(find(2 << 20, NULL, &info), -ENOENT);
	/* Two that could be meant are none. */
	media_write_info(&media, 1, "NVDIMM_DAX_INFO", 4096);
	media_repair(&media);
	assert_int_equal(find(4096, NULL, &info), -ENOTUNIQ);
	/* A namespace that has no room for an info block. */
	media_write_label(&media, 1, MEDIA_SIZE - 4096, 4096);
	media_repair(&media);
	assert_int_equal(find(4096, NULL, &info), 0);
	assert_int_equal(media.beyond, 0);
}

/* A raw block device is one namespace; no label area is looked at. */
static void finds_the_only_namespace(void **state)
{
	struct dp_medium medium = media_medium(&media);
	struct dp_label label = { .size = MEDIA_SPLIT };
	struct dp_info info;

	(void)state;
	memset(label.uuid, 0x10, sizeof(label.uuid));
	memset(media.labels, 0, sizeof(media.labels));
	medium.label = &label;
	assert_int_equal(dp_medium_find(&medium, 4096, NULL, &info, NULL), 0);
	assert_int_equal(info.data, MEDIA_DATA);
	label.uuid[0] = 0;
	assert_int_equal(dp_medium_find(&medium, 4096, NULL, &info, NULL), -ENOENT);
	label.uuid[0] = 0x10;
	label.size = MEDIA_DATA;
	assert_int_equal(dp_medium_find(&medium, 4096, NULL, &info, NULL), -ENOENT);
	assert_int_equal(media.beyond, 0);
}

/* ---- the look ---------------------------------------------------------------------------- */

#define REGION 16384
#define SEED   77

static struct json_object *request(const char *mapping)
{
	const struct dp_ledger ledger = { .seed = SEED };
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "mapping", mapping);
	dp_json_add_int(obj, "size", REGION);
	json_object_object_add(obj, "ledger", dp_ledger_to_json(&ledger));
	json_object_object_add(obj, "blocks", json_object_new_array());
	dp_json_add_text(obj, "topology", "veth");
	dp_json_add_text(obj, "role", "target");
	dp_json_add_bool(obj, "on_demand", false);
	return obj;
}

static void add_block(struct json_object *asked, int64_t at, int64_t from, int64_t length)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_int(obj, "at", at);
	dp_json_add_int(obj, "from", from);
	dp_json_add_int(obj, "length", length);
	json_object_array_add(dp_json_array(asked, "blocks"), obj);
}

/* Looks, and compares what the one route has. @asked is released. */
static void expect(struct json_object *asked, int64_t checked, int64_t wrong, const char *text)
{
	const struct dp_medium medium = media_medium(&media);
	dp_autojson struct json_object *step = dp_traffic_look(asked, NULL, &medium);
	struct json_object *route = json_object_array_get_idx(dp_json_array(step, "routes"), 0);
	const char *why;

	assert_int_equal(dp_step_lacks(step, true, &why), DP_FIELDS);
	assert_string_equal(dp_json_text(step, "step"), "outside");
	assert_string_equal(dp_json_text(route, "route"), "medium");
	assert_int_equal(dp_json_int_or(route, "checked", -1), checked);
	assert_int_equal(dp_json_int_or(route, "wrong", -1), wrong);
	if (text)
		assert_non_null(strstr(dp_json_text(route, "text"), text));
	else
		assert_null(dp_json_text(route, "text"));
	json_object_put(asked);
}

static void sees_what_is_on_a_device(void **state)
{
	unsigned char *data = media.bytes + MEDIA_DATA;

	(void)state;
	dp_pattern_fill(data, REGION, SEED, 0);
	expect(request("devdax-4K"), REGION, 0, NULL);
	data[REGION - 1] ^= 1;
	expect(request("devdax-4K"), REGION, 1, NULL);
	expect(request("devdax-2M"), 0, 0, "0 of 2 namespaces");
}

/* A driver that maps another page, for all mappings alike: each page is where its neighbour is. */
static void sees_pages_that_are_swapped(void **state)
{
	unsigned char *data = media.bytes + MEDIA_DATA;
	int64_t wrong = 0;

	(void)state;
	for (uint64_t at = 0; at < REGION; at += 4096)
		dp_pattern_fill(data + (at ^ 4096), 4096, SEED, at);
	for (uint64_t at = 0; at < REGION; at++)
		wrong += data[at] != data[at ^ 4096];
	assert_true(wrong > REGION - REGION / 64);
	expect(request("devdax-4K"), REGION, wrong, NULL);
}

static void sees_what_is_in_a_file(void **state)
{
	unsigned char *data = media.bytes + MEDIA_SPLIT + MEDIA_DATA;
	struct json_object *asked = request("fsdax-xfs-4K");

	(void)state;
	dp_pattern_fill(data + 20480, 4096, SEED, 0);
	dp_pattern_fill(data + 8192, 8192, SEED, 8192);
	add_block(asked, 0, 20480, 4096);
	add_block(asked, 8192, 8192, 8192); /* after a hole */
	expect(json_object_get(asked), 12288, 0, NULL);
	data[20480] ^= 1;
	expect(asked, 12288, 1, NULL);
}

static void refuses_what_cannot_be(void **state)
{
	struct json_object *asked = request("fsdax-xfs-4K");

	(void)state;
	dp_pattern_fill(media.bytes + MEDIA_SPLIT + MEDIA_DATA + 4096, 8192, SEED, 0);
	add_block(asked, 0, 4096, 8192);
	add_block(asked, 4096, 4096, 4096); /* once more */
	expect(asked, 8192, 0, "cannot be the blocks");
	asked = request("fsdax-xfs-4K");
	add_block(asked, 0, MEDIA_SIZE, 4096);
	expect(asked, 0, 0, "is not within the namespace");
	asked = request("fsdax-xfs-4K");
	add_block(asked, 0, INT64_MAX, 4096);
	expect(asked, 0, 0, "is not within the namespace");
	asked = request("fsdax-xfs-4K");
	add_block(asked, 0, 0, REGION + 1);
	expect(asked, 0, 0, "cannot be the blocks");
	asked = request("devdax-4K");
	dp_json_add_int(asked, "size", MEDIA_SIZE);
	expect(asked, 0, 0, "is not within the namespace");
	asked = request("anon");
	expect(asked, 0, 0, "unclear");
	asked = request("devdax-4K");
	json_object_object_del(asked, "ledger");
	expect(asked, 0, 0, "unclear");
	assert_int_equal(media.beyond, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_labels_in_use, make),
		cmocka_unit_test_setup(takes_the_newer_index, make),
		cmocka_unit_test_setup(believes_no_label, make),
		cmocka_unit_test_setup(stays_within_the_area, make),
		cmocka_unit_test_setup(reads_an_info_block, make),
		cmocka_unit_test_setup(believes_no_info_block, make),
		cmocka_unit_test_setup(finds_the_namespace, make),
		cmocka_unit_test_setup(finds_the_only_namespace, make),
		cmocka_unit_test_setup(sees_what_is_on_a_device, make),
		cmocka_unit_test_setup(sees_pages_that_are_swapped, make),
		cmocka_unit_test_setup(sees_what_is_in_a_file, make),
		cmocka_unit_test_setup(refuses_what_cannot_be, make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
