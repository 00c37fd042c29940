// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/error.h"
#include "daxpin/layout.h"

static void reads_all_settings(void **state)
{
	static const char text[] = "about = \"a machine\";\n"
				   "cmdline = \"memmap=320M!512M\";\n"
				   "ram = \"2G\";\n"
				   "nvdimms = [ \"256M\", \"1G\" ];\n"
				   "qemu = [ \"-device\", \"virtio-rng-pci\" ];\n"
				   "prepare = [ \"labels 0\", \"namespace 0 fsdax 2M 64M\" ];\n";
	struct dp_layout layout;

	(void)state;
	assert_int_equal(dp_layout_parse(text, "x", &layout, NULL), 0);
	assert_string_equal(layout.cmdline, "memmap=320M!512M");
	assert_int_equal(layout.memories[DP_RAM], 2ULL << 30);
	assert_int_equal(layout.memories[1], 256ULL << 20);
	assert_int_equal(layout.memories[2], 1ULL << 30);
	assert_int_equal(layout.memories[3], 0);
	assert_int_equal(layout.qemu.count, 2);
	assert_int_equal(layout.steps.count, 2);
	assert_string_equal(layout.steps.list[1], "namespace 0 fsdax 2M 64M");
	dp_layout_clear(&layout);
}

static void has_defaults(void **state)
{
	struct dp_layout layout;

	(void)state;
	assert_int_equal(dp_layout_parse("", "x", &layout, NULL), 0);
	assert_int_equal(layout.memories[DP_RAM], dp_memory_size(NULL, DP_RAM));
	for (int i = DP_RAM + 1; i < DP_MEMORIES; i++)
		assert_int_equal(layout.memories[i], 0);
	assert_string_equal(layout.cmdline, "");
	dp_layout_clear(&layout);
}

/* What is wrong is named with its line. */
static void refuses_others(void **state)
{
	static const struct {
		const char *text, *what;
	} wrong[] = {
		{ "ram = \"1M\";", "x:1: a size" },
		{ "ram = 1;", "x:1: a size" },
		{ "ram = \"0\";", "x:1: a size" },
		{ "ram = \"100G\";", "x:1: a size" },
		{ "\nnvdimms = [ \"1G\", \"1G\", \"1G\", \"1G\" ];", "x:2: an array of at most 3" },
		{ "nvdimms = \"1G\";", "x:1: an array" },
		{ "nvdimms = [ \"x\" ];", "x:1: a size" },
		{ "cmdline = [ \"a\" ];", "x:1: a text" },
		{ "qemu = \"-s\";", "x:1: an array of texts" },
		{ "prepare = [ 1 ];", "x:1: an array of texts" },
		{ "prepare = [ \"\" ];", "x:1: an array of texts" },
		{ "about = 1;", "x:1: a text" },
		{ "memory = \"1G\";", "x:1: unknown key \"memory\"" },
		{ "ram = ", "x:1: syntax error" },
		{ "@include \"/etc/passwd\"", "@include" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct dp_layout layout;
		struct dp_error err = { 0 };

		assert_int_equal(dp_layout_parse(wrong[i].text, "x", &layout, &err), -EINVAL);
		assert_true(err.input);
		if (!strstr(err.what, wrong[i].what))
			fail_msg("%s: %s", wrong[i].text, err.what);
		assert_int_equal(layout.steps.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_settings),
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(refuses_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
