// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

#include "../../src/machine/extents.h"
#include "../../src/machine/verify.h"

#define SIZE  (8 << 20)
#define BLOCK (64 << 10)

static int make_file(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	return fd;
}

static void put(int fd, off_t at, const void *data, size_t len)
{
	assert_int_equal(pwrite(fd, data, len, at), len);
}

struct seen {
	off_t at[8];
	size_t count;
	int rc;
};

static int see(void *arg, off_t at, const char *data, size_t len)
{
	struct seen *seen = arg;

	(void)data;
	assert_true(len && seen->count < DP_ARRAY_SIZE(seen->at));
	seen->at[seen->count++] = at;
	return seen->rc;
}

static void skips_holes_and_zeros(void **state)
{
	static const char zeros[BLOCK];
	dp_autofd int fd = make_file();
	struct seen seen = { 0 };

	(void)state;
	put(fd, 3 * BLOCK + 17, "x", 1);
	put(fd, 9 * BLOCK, zeros, sizeof(zeros));
	put(fd, SIZE - 1, "y", 1);
	assert_int_equal(dp_extents_walk(fd, see, &seen), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.at[0], 3 * BLOCK);
	assert_int_equal(seen.at[1], SIZE - BLOCK);
	/* Whoever takes may end it. */
	seen = (struct seen){ .rc = -ENOSPC };
	assert_int_equal(dp_extents_walk(fd, see, &seen), -ENOSPC);
	assert_int_equal(seen.count, 1);
}

static void hashes_what_is_held(void **state)
{
	static const char zeros[BLOCK];
	dp_autofd int fd = make_file(), copy = make_file();
	char first[33], second[33];
	char byte;

	(void)state;
	put(fd, 5 * BLOCK - 1, "ab", 2);
	assert_int_equal(dp_content_hash(fd, copy, first), 0);
	assert_int_equal(pread(copy, &byte, 1, 5 * BLOCK), 1);
	assert_int_equal(byte, 'b');
	assert_int_equal(dp_content_hash(copy, -1, second), 0);
	assert_string_equal(first, second);
	/* A hole or zeros are the same, another byte or another place is not. */
	put(copy, 20 * BLOCK, zeros, sizeof(zeros));
	assert_int_equal(dp_content_hash(copy, -1, second), 0);
	assert_string_equal(first, second);
	put(copy, 20 * BLOCK, "a", 1);
	assert_int_equal(dp_content_hash(copy, -1, second), 0);
	assert_string_not_equal(first, second);
	put(copy, 20 * BLOCK, zeros, 1);
	put(copy, 5 * BLOCK, "c", 1);
	assert_int_equal(dp_content_hash(copy, -1, second), 0);
	assert_string_not_equal(first, second);
}

static void verifies_saved_files(void **state)
{
	dp_autofree char *folder = make_folder();
	char manifest[64], wanted[DP_SAVED_FILES][33];
	struct dp_verification *v;
	int fds[DP_SAVED_FILES];

	(void)state;
	snprintf(manifest, sizeof(manifest), "%s/manifest", folder);
	write_file(manifest, "{}", 2);
	for (int i = 0; i < DP_SAVED_FILES; i++) {
		fds[i] = make_file();
		put(fds[i], i * BLOCK, "z", 1);
		assert_int_equal(dp_content_hash(fds[i], -1, wanted[i]), 0);
	}
	v = dp_verify_begin(fds, wanted, manifest);
	assert_true(dp_verified(v));
	dp_verify_end(v);
	assert_int_equal(access(manifest, F_OK), 0);

	put(fds[DP_SAVED_FILES - 1], SIZE / 2, "!", 1);
	v = dp_verify_begin(fds, wanted, manifest);
	assert_false(dp_verified(v));
	/* Each guest that is restored asks. */
	assert_false(dp_verified(v));
	dp_verify_end(v);
	assert_int_not_equal(access(manifest, F_OK), 0);
	for (int i = 0; i < DP_SAVED_FILES; i++)
		close(fds[i]);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(skips_holes_and_zeros),
		cmocka_unit_test(hashes_what_is_held),
		cmocka_unit_test(verifies_saved_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
