// SPDX-License-Identifier: GPL-2.0-or-later
/* Trees as sysfs has them, of several carriers, and the memory that is found in them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "test.h"

#include "daxpin/file.h"
#include "daxpin/range.h"

static char root[] = "/tmp/daxpin-range-XXXXXX";

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	return dp_remove_tree(root);
}

/* Makes the folder of an entry of the tree. */
static void whole_path(char *path, const char *name)
{
	char *slash;

	assert_int_equal(dp_path(path, PATH_MAX, NULL, "%s/%s", root, name), 0);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(dp_mkdir_p(path, NULL), 0);
	*slash = '/';
}

static void attribute(const char *name, const char *value)
{
	char path[PATH_MAX];
	FILE *file;

	whole_path(path, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "%s\n", value);
	fclose(file);
}

static void link_to(const char *name, const char *target)
{
	char path[PATH_MAX], to[PATH_MAX];

	whole_path(path, name);
	assert_int_equal(dp_path(to, sizeof(to), NULL, "%s/%s", root, target), 0);
	assert_int_equal(symlink(to, path), 0);
}

static void folder(const char *name)
{
	char path[PATH_MAX];

	whole_path(path, name);
	assert_int_equal(dp_mkdir_p(path, NULL), 0);
}

/* ---- device-dax --------------------------------------------------------------------------- */

static void finds_mappings_in_their_order(void **state)
{
	struct dp_ranges ranges;
	uint64_t phys;

	(void)state;
	attribute("bus/dax/devices/dax0.0/resource", "0x140000000");
	attribute("bus/dax/devices/dax0.0/size", "8388608");
	attribute("bus/dax/devices/dax0.0/mapping0/start", "0x140000000");
	attribute("bus/dax/devices/dax0.0/mapping0/end", "0x1401fffff");
	attribute("bus/dax/devices/dax0.0/mapping0/page_offset", "0x200");
	attribute("bus/dax/devices/dax0.0/mapping1/start", "0x180000000");
	attribute("bus/dax/devices/dax0.0/mapping1/end", "0x1801fffff");
	attribute("bus/dax/devices/dax0.0/mapping1/page_offset", "0x0");
	assert_int_equal(dp_ranges_of_dax(root, "dax0.0", &ranges), 0);
	assert_true(ranges.ordered);
	assert_int_equal(ranges.count, 2);
	assert_true(dp_ranges_find(&ranges, 4096, &phys));
	assert_int_equal(phys, 0x180001000);
	assert_true(dp_ranges_find(&ranges, 2 << 20, &phys));
	assert_int_equal(phys, 0x140000000);
	assert_false(dp_ranges_find(&ranges, 4 << 20, &phys));
}

static void has_a_resource_before_5_10(void **state)
{
	struct dp_ranges ranges;

	(void)state;
	attribute("bus/dax/devices/dax1.0/resource", "0x20000000");
	attribute("bus/dax/devices/dax1.0/size", "4096");
	assert_int_equal(dp_ranges_of_dax(root, "dax1.0", &ranges), 0);
	assert_true(dp_ranges_hold(&ranges, 0x20000fff));
	assert_false(dp_ranges_hold(&ranges, 0x20001000));
	assert_int_not_equal(dp_ranges_of_dax(root, "dax9.9", &ranges), 0);
	attribute("bus/dax/devices/dax2.0/size", "4096");
	assert_int_not_equal(dp_ranges_of_dax(root, "dax2.0", &ranges), 0);
}

static void sums_up_a_node(void **state)
{
	struct dp_ranges ranges;

	(void)state;
	folder("bus/dax/drivers/kmem");
	for (int i = 0; i < 3; i++) {
		char name[80], value[32];

		snprintf(name, sizeof(name), "bus/dax/devices/dax5.%d/resource", i);
		snprintf(value, sizeof(value), "0x%d0000000", i + 1);
		attribute(name, value);
		snprintf(name, sizeof(name), "bus/dax/devices/dax5.%d/size", i);
		attribute(name, "4096");
		snprintf(name, sizeof(name), "bus/dax/devices/dax5.%d/target_node", i);
		attribute(name, i < 2 ? "3" : "4");
		snprintf(name, sizeof(name), "bus/dax/devices/dax5.%d/driver", i);
		link_to(name, "bus/dax/drivers/kmem");
	}
	assert_int_equal(dp_ranges_of_node(root, 3, &ranges), 0);
	assert_int_equal(ranges.count, 2);
	assert_true(dp_ranges_hold(&ranges, 0x20000000));
	assert_false(dp_ranges_hold(&ranges, 0x30000000));
	assert_int_not_equal(dp_ranges_of_node(root, 7, &ranges), 0);
}

/* ---- disks -------------------------------------------------------------------------------- */

#define NFIT   "devices/LNXSYSTM:00/ACPI0012:00/ndbus0/region0"
#define LEGACY "devices/platform/e820_pmem/ndbus1/region1"

/* A disk on a pfn device, one on a namespace of legacy memory, and partitions of it. */
static void make_disks(void)
{
	attribute(NFIT "/resource", "0x140000000");
	attribute(NFIT "/size", "1073741824");
	attribute(NFIT "/pfn0.1/resource", "0x140200000");
	attribute(NFIT "/pfn0.1/size", "264241152");
	folder(NFIT "/pfn0.1/block/pmem0/slaves");
	link_to(NFIT "/pfn0.1/block/pmem0/device", NFIT "/pfn0.1");
	link_to("dev/block/259:0", NFIT "/pfn0.1/block/pmem0");

	attribute(LEGACY "/resource", "0x20000000");
	attribute(LEGACY "/size", "335544320");
	attribute(LEGACY "/namespace1.0/resource", "0x20000000");
	attribute(LEGACY "/namespace1.0/size", "335544320");
	link_to(LEGACY "/namespace1.0/block/pmem1/device", LEGACY "/namespace1.0");
	attribute(LEGACY "/namespace1.0/block/pmem1/pmem1p1/partition", "1");
	attribute(LEGACY "/namespace1.0/block/pmem1/pmem1p1/start", "4096");
	attribute(LEGACY "/namespace1.0/block/pmem1/pmem1p1/size", "8192");
	link_to("dev/block/259:1", LEGACY "/namespace1.0/block/pmem1");
	link_to("dev/block/259:2", LEGACY "/namespace1.0/block/pmem1/pmem1p1");
}

static void finds_the_memory_of_disks(void **state)
{
	struct dp_ranges ranges;

	(void)state;
	make_disks();
	assert_int_equal(dp_ranges_of_block(root, makedev(259, 0), &ranges), 0);
	assert_true(ranges.ordered);
	assert_int_equal(ranges.list[0].start, 0x140200000);
	assert_int_equal(ranges.list[0].len, 264241152);
	assert_int_equal(dp_ranges_of_block(root, makedev(259, 1), &ranges), 0);
	assert_int_equal(ranges.list[0].start, 0x20000000);
	assert_int_equal(dp_ranges_of_block(root, makedev(259, 2), &ranges), 0);
	assert_true(ranges.ordered);
	assert_int_equal(ranges.list[0].start, 0x20200000);
	assert_int_equal(ranges.list[0].len, 4 << 20);
	assert_int_not_equal(dp_ranges_of_block(root, makedev(1, 1), &ranges), 0);
}

static void finds_the_memory_of_what_is_mapped_on(void **state)
{
	struct dp_ranges ranges;

	(void)state;
	link_to("devices/virtual/block/dm-0/slaves/pmem0", NFIT "/pfn0.1/block/pmem0");
	link_to("devices/virtual/block/dm-0/slaves/pmem1p1",
		LEGACY "/namespace1.0/block/pmem1/pmem1p1");
	link_to("devices/virtual/block/dm-1/slaves/dm-0", "devices/virtual/block/dm-0");
	link_to("dev/block/253:0", "devices/virtual/block/dm-0");
	link_to("dev/block/253:1", "devices/virtual/block/dm-1");
	for (unsigned int minor = 0; minor < 2; minor++) {
		assert_int_equal(dp_ranges_of_block(root, makedev(253, minor), &ranges), 0);
		assert_false(ranges.ordered);
		assert_int_equal(ranges.count, 2);
		assert_true(dp_ranges_hold(&ranges, 0x140200000));
		assert_true(dp_ranges_hold(&ranges, 0x20200000));
		assert_false(dp_ranges_hold(&ranges, 0x20000000));
	}
	/* A loop of disks, which a tree that is hostile may have, ends. */
	link_to("devices/virtual/block/dm-2/slaves/dm-2", "devices/virtual/block/dm-2");
	link_to("dev/block/253:2", "devices/virtual/block/dm-2");
	assert_int_not_equal(dp_ranges_of_block(root, makedev(253, 2), &ranges), 0);
}

/* virtio-pmem is below a PCI device, whose "resource" is no number; CXL's region has one. */
static void looks_at_what_it_is_part_of(void **state)
{
	struct dp_ranges ranges;

	(void)state;
	attribute("devices/pci0000:00/0000:00:04.0/resource",
		  "0x00000000fe000000 0x00000000fe003fff 0x0000000000140204");
	folder("devices/pci0000:00/0000:00:04.0/virtio1/block/disk");
	link_to("devices/pci0000:00/0000:00:04.0/virtio1/block/disk/device",
		"devices/pci0000:00/0000:00:04.0/virtio1");
	link_to("dev/block/254:0", "devices/pci0000:00/0000:00:04.0/virtio1/block/disk");
	assert_int_not_equal(dp_ranges_of_block(root, makedev(254, 0), &ranges), 0);

	attribute("devices/platform/ACPI0017:00/region7/resource", "0x490000000");
	attribute("devices/platform/ACPI0017:00/region7/size", "0x10000000");
	folder("devices/platform/ACPI0017:00/region7/pmem_region7/block/disk");
	link_to("devices/platform/ACPI0017:00/region7/pmem_region7/block/disk/device",
		"devices/platform/ACPI0017:00/region7/pmem_region7");
	link_to("dev/block/254:1", "devices/platform/ACPI0017:00/region7/pmem_region7/block/disk");
	assert_int_equal(dp_ranges_of_block(root, makedev(254, 1), &ranges), 0);
	assert_false(ranges.ordered);
	assert_int_equal(ranges.list[0].len, 256 << 20);
}

static void finds_bars(void **state)
{
	struct dp_ranges ranges;

	(void)state;
	attribute("bus/pci/devices/0000:01:00.0/resource",
		  "0x00000000fe000000 0x00000000fe003fff 0x0000000000140204\n"
		  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		  "0x0000000800000000 0x0000000803ffffff 0x000000000014220c");
	assert_int_equal(dp_ranges_of_pci(root, "0000:01:00.0", &ranges), 0);
	assert_int_equal(ranges.count, 2);
	assert_true(dp_ranges_hold(&ranges, 0x800000000));
	assert_int_not_equal(dp_ranges_of_pci(root, "0000:02:00.0", &ranges), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_mappings_in_their_order),
		cmocka_unit_test(has_a_resource_before_5_10),
		cmocka_unit_test(sums_up_a_node),
		cmocka_unit_test(finds_the_memory_of_disks),
		cmocka_unit_test(finds_the_memory_of_what_is_mapped_on),
		cmocka_unit_test(looks_at_what_it_is_part_of),
		cmocka_unit_test(finds_bars),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
