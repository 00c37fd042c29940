// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "test.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/vma.h"

static const char smaps[] =
	"7f0000000000-7f0000200000 rw-s 00000000 00:06 371                        /dev/dax0.0\n"
	"Size:               2048 kB\n"
	"KernelPageSize:     2048 kB\n"
	"MMUPageSize:        2048 kB\n"
	"VmFlags: rd wr sh mr mw me ms hg \n"
	"7f0000400000-7f0000401000 rw-s 00003000 00:0f 4567     /sys/devices/a b/resource0\n"
	"KernelPageSize:        4 kB\n"
	"VmFlags: rd wr sh mr mw me ms pf io de dd \n"
	"7f0000600000-7f0000601000 r--p 00000000 00:00 0 \n"
	"KernelPageSize:        4 kB\n"
	"ProtectionKey:         0\n"
	"VmFlags: rd mr mw me \n";

static void reads_mappings(void **state)
{
	dp_autofree struct dp_vma *list = NULL;
	size_t count;

	(void)state;
	assert_int_equal(dp_vmas_parse(smaps, &list, &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_string_equal(list[0].path, "/dev/dax0.0");
	assert_string_equal(list[0].perms, "rw-s");
	assert_int_equal(list[0].page_size, 2 << 20);
	assert_string_equal(list[1].path, "/sys/devices/a b/resource0");
	assert_int_equal(list[1].dev, makedev(0, 15));
	assert_int_equal(list[1].inode, 4567);
	assert_int_equal(list[1].offset, 0x3000);
	assert_true(dp_vma_has(&list[1], "pf"));
	assert_false(dp_vma_has(&list[0], "pf"));
	assert_string_equal(list[2].path, "");
	assert_ptr_equal(dp_vma_find(list, count, 0x7f0000400fff), &list[1]);
	assert_null(dp_vma_find(list, count, 0x7f0000401000));
}

static void refuses_what_is_none(void **state)
{
	static const char *const wrong[] = { "Size: 4 kB\n", "nonsense\n",
					     "2000-1000 rw-p 0 0:0 0\n", "1000-2000 rw\n",
					     "1000-2000 rw-p 0\n" };
	struct dp_vma *list;
	size_t count;

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(wrong); i++) {
		assert_int_equal(dp_vmas_parse(wrong[i], &list, &count, NULL), -EBADMSG);
		assert_null(list);
		assert_int_equal(count, 0);
	}
	assert_int_equal(dp_vmas_parse("", &list, &count, NULL), 0);
	assert_int_equal(count, 0);
}

static void reads_its_own(void **state)
{
	dp_autofree struct dp_vma *list = NULL;
	const struct dp_vma *found;
	size_t count;

	(void)state;
	assert_int_equal(dp_vmas_read(0, &list, &count, NULL), 0);
	/* Not of the stack: a sanitizer may have that in memory of its own. */
	found = dp_vma_find(list, count, (uintptr_t)reads_its_own);
	assert_non_null(found);
	assert_non_null(strstr(found->path, "/test_vma"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_mappings),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(reads_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
