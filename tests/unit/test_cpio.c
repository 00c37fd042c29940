// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <sys/stat.h>

#include "daxpin/file.h"
#include "daxpin/image.h"

static void writes_what_the_kernel_reads(void **state)
{
	dp_autofree char *dir = make_folder();
	dp_autofree char *data = NULL;
	char path[64];
	struct archive *a;
	size_t len;

	(void)state;
	snprintf(path, sizeof(path), "%s/image", dir);
	assert_int_equal(dp_cpio_open(path, &a, NULL), 0);
	assert_int_equal(dp_cpio_add(a, "dev", S_IFDIR | 0755, NULL, 0, NULL), 0);
	assert_int_equal(dp_cpio_add(a, "init", S_IFREG | 0755, "hello", 5, NULL), 0);
	assert_int_equal(dp_cpio_add(a, "empty", S_IFREG | 0644, NULL, 0, NULL), 0);
	assert_int_equal(dp_cpio_close(a, NULL), 0);
	assert_int_equal(dp_read_file(path, 1 << 20, &data, &len, NULL), 0);
	/* newc: "070701", thirteen fields of eight digits; mode is the second, size the seventh. */
	assert_memory_equal(data, "070701", 6);
	assert_memory_equal(data + 6 + 8, "000041ed", 8);
	char *init = memmem(data, len, "init", 5);

	assert_non_null(init);
	assert_memory_equal(init - 110 + 6 + 8, "000081ed", 8);
	assert_memory_equal(init - 110 + 6 + 6 * 8, "00000005", 8);
	/* 110 bytes of header and "init\0" make 115; the data begins at the next multiple of 4. */
	assert_memory_equal(init + 6, "hello", 5);
	assert_non_null(memmem(data, len, "TRAILER!!!", 10));
	dp_remove_tree(dir);
}

static void reports_a_full_disk(void **state)
{
	static const char block[65536];
	struct dp_error err = { 0 };
	struct archive *a;
	int rc = 0;

	(void)state;
	assert_int_equal(dp_cpio_open("/dev/full", &a, NULL), 0);
	for (int i = 0; i < 4 && !rc; i++)
		rc = dp_cpio_add(a, "file", S_IFREG | 0644, block, sizeof(block), &err);
	rc = dp_cpio_close(a, &err) || rc;
	assert_true(rc);
	assert_says(&err, "cannot write the image");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_the_kernel_reads),
		cmocka_unit_test(reports_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
