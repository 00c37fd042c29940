// SPDX-License-Identifier: GPL-2.0-or-later
/* Which features mkfs.xfs must leave off for the kernel that mounts what it makes. */
#include "test.h"

#include <limits.h>
#include <unistd.h>

#include "../../src/dax/mkfs.h"

#include "daxpin/file.h"

/* "-m bigtime=0 -i sparse=1" */
static const char *text_of(const struct dp_mkfs_options *options, char text[512])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < options->count && used < 512; i++)
		used += (size_t)snprintf(text + used, 512 - used, "%s%s %s", used ? " " : "",
					 options->list[i].letter, options->list[i].text);
	return text;
}

static void a_file_becomes_words(void **state)
{
	char text[512], file[] = "# a remark\n[metadata]\nbigtime=0\n  crc=1 # on\r\n\nreflink=1\n"
				 "[unheard]\nof=1\n[inode]\nsparse=1\nno_value\n[data]\nsu=4k\n"
				 "sunit=8\n[log]\nsize=1\n";
	struct dp_mkfs_options options;

	(void)state;
	dp_mkfs_parse(file, &options);
	/* What daxpin sets itself (reflink, su, size) is not said twice. */
	assert_string_equal(text_of(&options, text),
			    "-m bigtime=0 -m crc=1 -i sparse=1 -d sunit=8");
}

static void a_file_with_too_much_is_cut_off(void **state)
{
	char file[8192] = "[metadata]\n";
	struct dp_mkfs_options options;
	size_t used = strlen(file);

	(void)state;
	for (int i = 0; i < 500; i++)
		used += (size_t)snprintf(file + used, sizeof(file) - used, "f%d=0\n", i);
	dp_mkfs_parse(file, &options);
	assert_int_equal(options.count, DP_MKFS_OPTIONS);
	strcpy(file, "[metadata]\n");
	memset(file + strlen(file), 'x', 4000);
	file[4000] = '=';
	file[4001] = '\0';
	dp_mkfs_parse(file, &options);
	assert_int_equal(options.count, 0);
}

static void without_a_file_what_is_newer_is_off(void **state)
{
	struct dp_mkfs_options options;
	char text[512];

	(void)state;
	dp_mkfs_by_hand((struct dp_series){ 5, 10 }, &options);
	assert_string_equal(text_of(&options, text),
			    "-i nrext64=0 -i exchange=0 -n parent=0 -m metadir=0");
	dp_mkfs_by_hand((struct dp_series){ 5, 9 }, &options);
	assert_non_null(strstr(text_of(&options, text), "-m bigtime=0"));
	dp_mkfs_by_hand((struct dp_series){ 99, 0 }, &options);
	assert_int_equal(options.count, 0);
}

static const char *file_for(const char *dir, unsigned int major, unsigned int minor)
{
	static char path[PATH_MAX];

	if (dp_mkfs_conf(dir, (struct dp_series){ major, minor }, path, sizeof(path)))
		return "none";
	return strrchr(path, '/') + 1;
}

static void the_latest_that_is_not_newer_is_taken(void **state)
{
	static const char *const names[] = { "lts_4.19.conf", "lts_5.4.conf",  "lts_5.10.conf",
					     "lts_6.1.conf",  "lts_6.12.conf", "lts_x.conf",
					     "dax.conf" };
	char dir[] = "/tmp/daxpin-test-XXXXXX", path[PATH_MAX];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_string_equal(file_for(dir, 6, 1), "none");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		fclose(fopen(path, "w"));
	}
	assert_string_equal(file_for(dir, 4, 18), "none");
	assert_string_equal(file_for(dir, 4, 19), "lts_4.19.conf");
	assert_string_equal(file_for(dir, 5, 9), "lts_5.4.conf");
	assert_string_equal(file_for(dir, 5, 10), "lts_5.10.conf");
	assert_string_equal(file_for(dir, 6, 11), "lts_6.1.conf");
	assert_string_equal(file_for(dir, 6, 12), "lts_6.12.conf");
	assert_string_equal(file_for(dir, 19, 4), "lts_6.12.conf");
	assert_int_equal(dp_remove_tree(dir), 0);
}

static void what_mkfs_does_not_know_is_forgotten(void **state)
{
	char text[512], file[] = "[metadata]\nnrext64=0\nbigtime=0\n[inode]\nnrext64=0\n";
	struct dp_mkfs_options options;

	(void)state;
	dp_mkfs_parse(file, &options);
	assert_false(dp_mkfs_forget(&options, NULL));
	assert_false(dp_mkfs_forget(&options, "no space left"));
	assert_false(dp_mkfs_forget(&options, "unknown option "));
	assert_false(dp_mkfs_forget(&options, "unknown option -m nrext64=01\n"));
	assert_true(dp_mkfs_forget(&options, "unknown option -m nrext64=0\nUsage: mkfs.xfs\n"));
	assert_false(dp_mkfs_forget(&options, "unknown option -m nrext64=0\n"));
	assert_string_equal(text_of(&options, text), "-m bigtime=0 -i nrext64=0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_becomes_words),
		cmocka_unit_test(a_file_with_too_much_is_cut_off),
		cmocka_unit_test(without_a_file_what_is_newer_is_off),
		cmocka_unit_test(the_latest_that_is_not_newer_is_taken),
		cmocka_unit_test(what_mkfs_does_not_know_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
