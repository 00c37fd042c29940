// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths that do not fit are refused, never cut. */
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "daxpin/cache.h"
#include "daxpin/file.h"
#include "daxpin/proc.h"

static void a_path_that_fits_is_made(void **state)
{
	struct dp_error err = { 0 };
	char path[8];

	(void)state;
	assert_int_equal(dp_path(path, sizeof(path), &err, "%s/%d", "abcd", 12), 0);
	assert_string_equal(path, "abcd/12");
	assert_int_equal(err.code, 0);
}

static void a_path_that_does_not_fit_is_refused(void **state)
{
	struct dp_error err = { 0 };
	char path[8] = "before";

	(void)state;
	assert_int_equal(dp_path(path, sizeof(path), &err, "%s/%d", "abcd", 123), -ENAMETOOLONG);
	assert_string_equal(path, "");
	assert_int_equal(err.code, -ENAMETOOLONG);
	assert_true(err.input);
	assert_says(&err, "abcd/12");
	assert_int_equal(dp_path(path, sizeof(path), NULL, "%s", "12345678"), -ENAMETOOLONG);
}

/* The first error is the one to read, and whose fault it was. */
static void an_error_that_is_there_stays(void **state)
{
	struct dp_error err = { 0 };
	char path[4];

	(void)state;
	dp_fail(&err, -EIO, "the disk");
	assert_int_equal(dp_path(path, sizeof(path), &err, "12345"), -ENAMETOOLONG);
	assert_int_equal(err.code, -EIO);
	assert_false(err.input);
}

/* A folder whose path, cut after PATH_MAX - 1 bytes, exists, while the whole path does not. */
static void attributes_refuse_what_they_cannot_name(void **state)
{
	char slashes[PATH_MAX + 8], buf[8] = "x";

	(void)state;
	memset(slashes, '/', sizeof(slashes));
	memcpy(slashes + sizeof(slashes) - 8, "missing", 8);
	assert_false(dp_exists("%s", slashes));
	assert_int_equal(dp_read_attr(buf, sizeof(buf), "%s", slashes), -ENAMETOOLONG);
	assert_int_equal(dp_write_attr("1", "%s", slashes), -ENAMETOOLONG);
	assert_int_equal(dp_link_name(buf, sizeof(buf), "%s", slashes), -ENAMETOOLONG);
	assert_int_equal(dp_mkdir_p(slashes, NULL), -ENAMETOOLONG);
}

static void the_name_behind_a_link_is_not_cut(void **state)
{
	dp_autofree char *dir = make_folder();
	char path[64], name[8], small[7];

	(void)state;
	assert_int_equal(dp_path(path, sizeof(path), NULL, "%s/link", dir), 0);
	assert_int_equal(symlink("../drivers/longish", path), 0);
	assert_int_equal(dp_link_name(name, sizeof(name), "%s", path), 0);
	assert_string_equal(name, "longish");
	assert_int_equal(dp_link_name(small, sizeof(small), "%s", path), -ENAMETOOLONG);
	assert_string_equal(small, "");
	dp_remove_tree(dir);
}

static void the_cache_refuses_a_folder_that_is_too_deep(void **state)
{
	char deep[PATH_MAX], path[PATH_MAX];
	struct dp_error err = { 0 };
	dp_autofree char *before =
		getenv("XDG_CACHE_HOME") ? strdup(getenv("XDG_CACHE_HOME")) : NULL;

	(void)state;
	memset(deep, 'a', sizeof(deep));
	deep[0] = '/';
	deep[sizeof(deep) - 10] = '\0';
	setenv("XDG_CACHE_HOME", deep, 1);
	assert_int_equal(dp_cache_path(path, sizeof(path), &err, "images/%s", "one"),
			 -ENAMETOOLONG);
	assert_true(err.input);
	if (before)
		setenv("XDG_CACHE_HOME", before, 1);
	else
		unsetenv("XDG_CACHE_HOME");
}

static void programs_are_found_in_a_long_path(void **state)
{
	size_t len = 3 * PATH_MAX;
	dp_autofree char *long_path = malloc(len);
	dp_autofree char *before = strdup(getenv("PATH") ? getenv("PATH") : "");
	char path[PATH_MAX], small[4];

	(void)state;
	memset(long_path, 'a', len);
	strcpy(long_path + len - 6, ":/bin");
	setenv("PATH", long_path, 1);
	assert_int_equal(dp_find_program("sh", path, sizeof(path)), 0);
	assert_string_equal(path, "/bin/sh");
	assert_int_equal(dp_find_program("sh", small, sizeof(small)), -ENOENT);
	assert_int_equal(dp_find_program("/bin/sh", small, sizeof(small)), -ENOENT);
	setenv("PATH", before, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_that_fits_is_made),
		cmocka_unit_test(a_path_that_does_not_fit_is_refused),
		cmocka_unit_test(an_error_that_is_there_stays),
		cmocka_unit_test(attributes_refuse_what_they_cannot_name),
		cmocka_unit_test(the_name_behind_a_link_is_not_cut),
		cmocka_unit_test(the_cache_refuses_a_folder_that_is_too_deep),
		cmocka_unit_test(programs_are_found_in_a_long_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
