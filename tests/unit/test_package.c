// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/file.h"
#include "daxpin/kernel.h"

/* One file of a tar archive: a header of 512 bytes, and the content padded to as many. */
static size_t add_to_tar(uint8_t *tar, size_t at, const char *name, const char *text)
{
	char *header = (char *)tar + at;
	unsigned int sum = 0;

	memset(header, 0, 1024);
	snprintf(header, 100, "%s", name);
	strcpy(header + 100, "0000644");
	snprintf(header + 124, 12, "%011o", (unsigned int)(strlen(text) & 0xffff));
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	memset(header + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (uint8_t)header[i];
	snprintf(header + 148, 8, "%06o", sum & 0777777);
	strcpy(header + 512, text);
	return at + 1024;
}

/* One file of an ar archive: a header of 60 bytes, and the content padded to even length. */
static size_t add_to_ar(uint8_t *ar, size_t at, const char *name, const void *data, size_t len)
{
	char header[61];

	snprintf(header, sizeof(header), "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name, 0, 0, 0, "100644",
		 len);
	memcpy(ar + at, header, 60);
	memcpy(ar + at + 60, data, len);
	return at + 60 + len + len % 2;
}

/* A package with a kernel, and with names that want to get out of the folder. */
static size_t make_package(uint8_t *out)
{
	static uint8_t tar[65536];
	size_t n = 0, at = 8;

	n = add_to_tar(tar, n, "./boot/vmlinuz-6.1", "kernel");
	n = add_to_tar(tar, n, "./usr/lib/modules/6.1/kernel/fs/xfs/xfs.ko", "module");
	n = add_to_tar(tar, n, "./lib/modules/6.1/kernel/sound/core/snd.ko", "sound");
	n = add_to_tar(tar, n, "./lib/modules/../../../../tmp/daxpin-escaped", "evil");
	n = add_to_tar(tar, n, "/lib/modules/6.1/absolute", "evil");
	n = add_to_tar(tar, n, "./etc/passwd", "other");
	memset(tar + n, 0, 1024);
	memcpy(out, "!<arch>\n", 8);
	at = add_to_ar(out, at, "debian-binary", "2.0\n", 4);
	return add_to_ar(out, at, "data.tar", tar, n + 1024);
}

static void takes_only_what_a_guest_needs(void **state)
{
	static uint8_t package[131072];
	dp_autofree char *dir = make_folder();
	size_t len = make_package(package);
	char path[64], out[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/k.deb", dir);
	snprintf(out, sizeof(out), "%s/out", dir);
	write_file(path, package, len);
	assert_int_equal(dp_package_extract(path, out, NULL), 0);
	assert_true(dp_exists("%s/boot/vmlinuz-6.1", out));
	assert_true(dp_exists("%s/lib/modules/6.1/kernel/fs/xfs/xfs.ko", out));
	assert_false(dp_exists("%s/lib/modules/6.1/kernel/sound", out));
	assert_false(dp_exists("%s/etc", out));
	assert_false(dp_exists("/tmp/daxpin-escaped"));
	assert_false(dp_exists("/lib/modules/6.1/absolute"));
	dp_remove_tree(dir);
}

static void refuses_truncated_packages(void **state)
{
	static uint8_t package[131072];
	dp_autofree char *dir = make_folder();
	size_t len = make_package(package);
	char path[64], out[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/k.deb", dir);
	snprintf(out, sizeof(out), "%s/out", dir);
	/* The last KiB is the tar archive's end mark, which says nothing. */
	for (size_t cut = 0; cut < len - 1024; cut += 37) {
		struct dp_error err = { 0 };

		write_file(path, package, cut);
		if (dp_package_extract(path, out, &err) != -EINVAL)
			fail_msg("accepted %zu of %zu bytes", cut, len);
		assert_true(err.input);
		assert_says(&err, "truncated, damaged or no Debian package");
	}
	dp_remove_tree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_only_what_a_guest_needs),
		cmocka_unit_test(refuses_truncated_packages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
