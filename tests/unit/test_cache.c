// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "daxpin/cache.h"
#include "daxpin/file.h"

static void add_entry(const char *name, char *path)
{
	static const char bytes[16384];

	assert_int_equal(dp_cache_path(path, PATH_MAX, NULL, "images/%s", name), 0);
	write_file(path, bytes, sizeof(bytes));
}

/* What a run will boot again stays, however long ago it was used, and whoever trims. */
static void trims_nothing_that_is_held(void **state)
{
	dp_autofree char *folder = make_folder();
	char held[PATH_MAX], unused[PATH_MAX], kept[PATH_MAX];
	int fd;

	(void)state;
	setenv("XDG_CACHE_HOME", folder, 1);
	setenv("DAXPIN_CACHE_LIMIT", "4096", 1);
	add_entry("held", held);
	add_entry("unused", unused);
	add_entry("kept", kept);
	fd = dp_cache_hold(held);
	assert_true(fd >= 0);
	dp_cache_trim(kept);
	assert_int_equal(access(held, F_OK), 0);
	assert_int_equal(access(kept, F_OK), 0);
	assert_int_not_equal(access(unused, F_OK), 0);
	close(fd);
	dp_cache_trim(kept);
	assert_int_not_equal(access(held, F_OK), 0);
	assert_int_equal(dp_cache_hold(held), -1);
	assert_int_equal(dp_remove_tree(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(trims_nothing_that_is_held) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
