// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <elf.h>
#include <limits.h>
#include <unistd.h>

#include "daxpin/agent.h"
#include "daxpin/file.h"
#include "daxpin/image.h"
#include "daxpin/kernel.h"

/* The kernel that the modules of tests/modules are for; each of them is as small as can be. */
#define RELEASE "6.0-test"

static const struct {
	const char *object, *path;
} files[] = {
	{ TEST_MODULES "/base.ko", "kernel/nvdimm/libnvdimm.ko" },
	{ TEST_MODULES "/middle.ko", "kernel/nvdimm/nd_btt.ko" },
	{ TEST_MODULES "/top.ko", "kernel/nvdimm/nd_pmem.ko" },
	{ TEST_MODULES "/alias.ko", "kernel/crypto/crc32c-intel.ko" },
	{ TEST_MODULES "/soft.ko", "kernel/fs/jbd2.ko" },
	{ TEST_MODULES "/ring_a.ko", "kernel/ring/ring_a.ko" },
	{ TEST_MODULES "/ring_b.ko", "kernel/ring/ring_b.ko" },
};

/* What depmod makes of them, in a folder of the test's own. */
struct folder {
	char *root;
	char dir[PATH_MAX];
};

static void remove_folder(struct folder *f)
{
	if (f->root)
		dp_remove_tree(f->root);
	free(f->root);
}

static void copy_file(const char *from, const char *to)
{
	dp_autofree char *data = NULL;
	size_t len;

	assert_int_equal(dp_read_file(from, 1 << 20, &data, &len, NULL), 0);
	write_file(to, data, len);
}

static struct folder make_modules(void)
{
	static const char builtin[] = "kernel/fs/ext4/ext4.ko\nkernel/drivers/virtio-blk.ko\n";
	struct folder f = { .root = make_folder() };
	struct dp_error err = { 0 };
	char path[2 * PATH_MAX];

	snprintf(f.dir, sizeof(f.dir), "%s/lib/modules/" RELEASE, f.root);
	for (size_t i = 0; i < DP_ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", f.dir, files[i].path);
		*strrchr(path, '/') = '\0';
		assert_int_equal(dp_mkdir_p(path, NULL), 0);
		path[strlen(path)] = '/';
		copy_file(files[i].object, path);
	}
	snprintf(path, sizeof(path), "%s/modules.builtin", f.dir);
	write_file(path, builtin, strlen(builtin));
	snprintf(path, sizeof(path), "%s/modules.order", f.dir);
	write_file(path, "", 0);
	if (dp_depmod(f.root, RELEASE, &err))
		fail_msg("%s; %s", err.what, err.hint);
	return f;
}

/* Replaces text in an index by text of the same length, so that the rest stays as it is. */
static void forge(const struct folder *f, const char *index, const char *old, const char *new)
{
	dp_autofree char *data = NULL;
	char path[2 * PATH_MAX], *at;
	size_t len;

	assert_int_equal(strlen(old), strlen(new));
	snprintf(path, sizeof(path), "%s/%s", f->dir, index);
	assert_int_equal(dp_read_file(path, 1 << 20, &data, &len, NULL), 0);
	at = memmem(data, len, old, strlen(old));
	assert_non_null(at);
	memcpy(at, new, strlen(new));
	write_file(path, data, len);
}

static int order(const struct folder *f, const char *const *names, size_t count,
		 struct dp_modules *modules, struct dp_error *err)
{
	const struct dp_module_group group = { .modules = names, .count = count };

	return dp_modules_order(f->dir, &group, 1, modules, err);
}

static void assert_order(const struct folder *f, const char *const *names, size_t count,
			 const char *expected)
{
	dp_autofree struct dp_modules *modules = malloc(sizeof(*modules));
	struct dp_error err = { 0 };
	char found[512] = "", *at = found;

	if (order(f, names, count, modules, &err))
		fail_msg("%s; %s", err.what, err.hint);
	for (size_t i = 0; i < modules->count; i++) {
		at += sprintf(at, "%s ", modules->list[i].name);
		assert_true(dp_exists("%s/%s", f->dir, modules->list[i].path));
	}
	assert_string_equal(found, expected);
}

static void assert_refused(const struct folder *f, const char *name, const char *says)
{
	dp_autofree struct dp_modules *modules = malloc(sizeof(*modules));
	struct dp_error err = { 0 };

	assert_int_equal(order(f, &name, 1, modules, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, says);
}

static void orders_dependencies_first(void **state)
{
	static const char *const names[] = { "nd_pmem", "?libnvdimm", "?nothing", "nd_btt" };
	dp_cleanup(remove_folder) struct folder f = make_modules();

	(void)state;
	assert_order(&f, names, DP_ARRAY_SIZE(names), "libnvdimm nd_btt nd_pmem ");
}

/* By the alias under which it is asked for; one that the kernel does not have is left out. */
static void takes_soft_dependencies(void **state)
{
	static const char *const names[] = { "jbd2" };
	dp_cleanup(remove_folder) struct folder f = make_modules();

	(void)state;
	assert_order(&f, names, 1, "crc32c_intel jbd2 ");
}

static void leaves_a_ring_of_soft_dependencies(void **state)
{
	static const char *const names[] = { "ring_a" };
	dp_cleanup(remove_folder) struct folder f = make_modules();

	(void)state;
	assert_order(&f, names, 1, "ring_b ring_a ");
}

static void knows_what_is_built_in(void **state)
{
	static const char *const names[] = { "ext4", "?virtio_blk", "nd_btt" };
	dp_cleanup(remove_folder) struct folder f = make_modules();

	(void)state;
	assert_order(&f, names, DP_ARRAY_SIZE(names), "libnvdimm nd_btt ");
}

/* Of all groups; each has its own list. */
static void names_all_that_is_missing(void **state)
{
	static const char *const one[] = { "rdma_rxe", "nd_btt", "ext4", "?xfs" };
	static const char *const other[] = { "veth", "nd_pmem" };
	const struct dp_module_group groups[] = { { .modules = one + 1, .count = 2 },
						  { .modules = other + 1, .count = 1 },
						  { .modules = one, .count = 4 },
						  { .modules = other, .count = 2 } };
	dp_cleanup(remove_folder) struct folder f = make_modules();
	dp_autofree struct dp_modules *lists = calloc(4, sizeof(*lists));
	struct dp_error err = { 0 };

	(void)state;
	assert_int_equal(dp_modules_order(f.dir, groups, 2, lists, NULL), 0);
	assert_int_equal(lists[0].count, 2);
	assert_int_equal(lists[1].count, 3);
	assert_int_equal(dp_modules_order(f.dir, groups, 4, lists, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, "lacks: rdma_rxe veth");
}

static void wants_an_index(void **state)
{
	dp_cleanup(remove_folder) struct folder f = make_modules();
	char path[2 * PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s/modules.dep.bin", f.dir);
	assert_int_equal(unlink(path), 0);
	assert_refused(&f, "?nd_pmem", "modules.dep.bin");
	assert_refused(&f, "?nd_pmem", "run depmod");
}

static void refuses_paths_that_lead_out(void **state)
{
	static const char *const bad[] = {
		"/a/b/c/d/e/ff/nd_btt.ko:",
		"../../../../d/nd_btt.ko:",
		"kernel/../../../nbtt.ko:",
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++) {
		dp_cleanup(remove_folder) struct folder f = make_modules();

		forge(&f, "modules.dep.bin", "kernel/nvdimm/nd_btt.ko:", bad[i]);
		assert_refused(&f, "nd_btt", "outside");
	}
}

static void refuses_a_dependency_that_is_not_there(void **state)
{
	dp_cleanup(remove_folder) struct folder f = make_modules();
	char path[2 * PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s/kernel/nvdimm/nd_btt.ko", f.dir);
	assert_int_equal(unlink(path), 0);
	assert_refused(&f, "nd_pmem", "nd_btt.ko");
}

/* Whatever is cut off: the answer is refused, or what is said is in the folder. */
static void survives_damage(void **state)
{
	static const char *const names[] = { "?nd_pmem", "?jbd2" };
	dp_cleanup(remove_folder) struct folder f = make_modules();
	dp_autofree struct dp_modules *modules = malloc(sizeof(*modules));
	dp_autofree char *whole = NULL;
	char path[2 * PATH_MAX];
	size_t len;

	(void)state;
	snprintf(path, sizeof(path), "%s/modules.dep.bin", f.dir);
	assert_int_equal(dp_read_file(path, 1 << 20, &whole, &len, NULL), 0);
	for (size_t cut = 0; cut < len; cut++) {
		struct dp_error err = { 0 };

		write_file(path, whole, cut);
		if (order(&f, names, 2, modules, &err))
			assert_true(err.input);
		else
			for (size_t i = 0; i < modules->count; i++)
				assert_null(strstr(modules->list[i].path, ".."));
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
		cmocka_unit_test(takes_soft_dependencies),
		cmocka_unit_test(leaves_a_ring_of_soft_dependencies),
		cmocka_unit_test(knows_what_is_built_in),
		cmocka_unit_test(names_all_that_is_missing),
		cmocka_unit_test(wants_an_index),
		cmocka_unit_test(refuses_paths_that_lead_out),
		cmocka_unit_test(refuses_a_dependency_that_is_not_there),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(strips_the_signature),
		cmocka_unit_test(mutes_what_is_slow_and_nothing_else),
		cmocka_unit_test(leaves_hostile_modules_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
