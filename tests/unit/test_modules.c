// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <elf.h>

#include "daxpin/image.h"

static const char good[] = "kernel/drivers/nvdimm/libnvdimm.ko:\n"
			   "kernel/drivers/nvdimm/nd_pmem.ko.xz: kernel/drivers/nvdimm/nd_btt.ko "
			   "kernel/drivers/nvdimm/libnvdimm.ko\n"
			   "kernel/drivers/nvdimm/nd_btt.ko: kernel/drivers/nvdimm/libnvdimm.ko\n"
			   "kernel/crypto/crc32c-intel.ko:\n";

static void orders_dependencies_first(void **state)
{
	static const char *const names[] = { "nd_pmem", "?crc32c_intel", "?nothing" };
	static const char *const expected[] = { "libnvdimm", "nd_btt", "nd_pmem", "crc32c_intel" };
	dp_cleanup(dp_modules_clear) struct dp_modules modules = { 0 };
	size_t order[8], norder = 0;

	(void)state;
	assert_int_equal(dp_modules_parse(good, &modules, NULL), 0);
	assert_int_equal(modules.count, 4);
	assert_int_equal(dp_modules_order(&modules, names, 3, order, &norder, NULL), 0);
	assert_int_equal(norder, DP_ARRAY_SIZE(expected));
	for (size_t i = 0; i < norder; i++)
		assert_string_equal(modules.list[order[i]].name, expected[i]);
}

static void names_all_that_is_missing(void **state)
{
	static const char *const names[] = { "rdma_rxe", "nd_pmem", "ext4", "veth" };
	dp_cleanup(dp_modules_clear) struct dp_modules modules = { 0 };
	struct dp_error err = { 0 };
	size_t order[8], norder = 0;

	(void)state;
	assert_int_equal(dp_modules_parse(good, &modules, NULL), 0);
	modules.builtin = strdup("kernel/fs/ext4/ext4.ko\n");
	assert_int_equal(dp_modules_order(&modules, names, 4, order, &norder, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, "rdma_rxe veth");
}

static void refuses_hostile_lines(void **state)
{
	static const char *const bad[] = {
		"no colon here\n",        "/etc/shadow.ko:\n",
		"../../etc/shadow.ko:\n", "kernel/../../etc/shadow.ko:\n",
		"kernel/not-a-module:\n", ":\n",
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++) {
		struct dp_modules modules = { 0 };
		struct dp_error err = { 0 };

		if (dp_modules_parse(bad[i], &modules, &err) != -EINVAL)
			fail_msg("accepted \"%s\"", bad[i]);
		assert_true(err.input);
		assert_null(modules.list);
	}
}

static void refuses_a_dependency_that_is_not_listed(void **state)
{
	static const char *const names[] = { "a" };
	dp_cleanup(dp_modules_clear) struct dp_modules modules = { 0 };
	struct dp_error err = { 0 };
	size_t order[4], norder = 0;

	(void)state;
	assert_int_equal(dp_modules_parse("a.ko: b.ko\n", &modules, NULL), 0);
	assert_int_equal(dp_modules_order(&modules, names, 1, order, &norder, &err), -EINVAL);
	assert_says(&err, "b.ko");
}

static void survives_every_truncation(void **state)
{
	static const char *const names[] = { "?nd_pmem" };

	(void)state;
	for (size_t len = 0; len < sizeof(good); len++) {
		dp_autofree char *text = exact_copy(good, len + 1);
		dp_cleanup(dp_modules_clear) struct dp_modules modules = { 0 };
		size_t order[8], norder = 0;

		text[len] = '\0';
		if (!dp_modules_parse(text, &modules, NULL))
			dp_modules_order(&modules, names, 1, order, &norder, NULL);
	}
}

static void strips_the_signature(void **state)
{
	static const char marker[] = "~Module signature appended~\n";
	uint8_t module[200] = "code";
	size_t size = 4 + 20 + 12 + strlen(marker);

	(void)state;
	module[4 + 20 + 11] = 20;
	memcpy(module + 4 + 20 + 12, marker, strlen(marker));
	assert_int_equal(dp_module_strip(module, size), 4);
	/* A signature larger than the file is none. */
	module[4 + 20 + 8] = 0xff;
	assert_int_equal(dp_module_strip(module, size), size);
	assert_int_equal(dp_module_strip(module, 3), 3);
	assert_int_equal(dp_module_strip(module, 0), 0);
}

struct tiny_module {
	Elf64_Ehdr eh;
	char names[64];
	Elf64_Shdr sh[4];
};

static struct tiny_module make_module(void)
{
	struct tiny_module m = { .eh = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
						      ELFCLASS64 },
					 .e_shoff = offsetof(struct tiny_module, sh),
					 .e_shentsize = sizeof(Elf64_Shdr),
					 .e_shnum = 4,
					 .e_shstrndx = 1 } };

	/* As linkers do: one name is the tail of another. */
	memcpy(m.names, "\0.rela_ftrace_events\0.text\0__mcount_loc", 40);
	m.sh[1] = (Elf64_Shdr){ .sh_offset = offsetof(struct tiny_module, names),
				.sh_size = sizeof(m.names) };
	m.sh[2].sh_name = 6;
	m.sh[3].sh_name = 21;
	m.sh[0].sh_name = 27;
	return m;
}

static void mutes_what_is_slow_and_nothing_else(void **state)
{
	struct tiny_module m = make_module();

	(void)state;
	assert_int_equal(dp_module_mute((uint8_t *)&m, sizeof(m), false), 1);
	assert_string_equal(m.names + m.sh[2].sh_name, "ftrace_events");
	assert_string_equal(m.names + m.sh[3].sh_name, ".text");
	assert_string_equal(m.names + m.sh[0].sh_name, "__mcount_loc");
	assert_int_equal(dp_module_mute((uint8_t *)&m, sizeof(m), true), 1);
	assert_string_equal(m.names + m.sh[0].sh_name, "_mcount_loc");
	assert_int_equal(dp_module_mute((uint8_t *)&m, sizeof(m), true), 0);
}

static void leaves_hostile_modules_alone(void **state)
{
	struct tiny_module m;

	(void)state;
	for (size_t len = 0; len < sizeof(m); len++) {
		m = make_module();
		dp_autofree uint8_t *cut = exact_copy(&m, len);

		assert_int_equal(dp_module_mute(cut, len, true), 0);
	}
	for (size_t at = 0; at < sizeof(m); at++) {
		m = make_module();
		((uint8_t *)&m)[at] ^= 0xff;
		dp_autofree uint8_t *copy = exact_copy(&m, sizeof(m));

		dp_module_mute(copy, sizeof(m), true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_dependencies_first),
		cmocka_unit_test(names_all_that_is_missing),
		cmocka_unit_test(refuses_hostile_lines),
		cmocka_unit_test(refuses_a_dependency_that_is_not_listed),
		cmocka_unit_test(survives_every_truncation),
		cmocka_unit_test(strips_the_signature),
		cmocka_unit_test(mutes_what_is_slow_and_nothing_else),
		cmocka_unit_test(leaves_hostile_modules_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
