// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <elf.h>
#include <fcntl.h>
#include <lzma.h>
#include <zlib.h>

#include "daxpin/file.h"
#include "daxpin/kernel.h"

#define SETUP_SECTORS 1
#define PAYLOAD       ((SETUP_SECTORS + 1) * 512)

/* A header that is right, with room for a payload after it. */
static size_t make_bzimage(uint8_t *image, size_t room, const void *payload, size_t len, bool sized)
{
	uint32_t total = (uint32_t)len + (sized ? 4 : 0), zero = 0;

	assert_true(PAYLOAD + total <= room);
	memset(image, 0, room);
	image[0x1f1] = SETUP_SECTORS;
	memcpy(image + 0x202, "HdrS", 4);
	image[0x206] = 0x0f;
	image[0x207] = 0x02;
	image[0x236] = 1;
	memcpy(image + 0x248, &zero, 4);
	memcpy(image + 0x24c, &total, 4);
	memcpy(image + PAYLOAD, payload, len);
	return PAYLOAD + total;
}

/* The smallest vmlinux: an ELF header, one program header, one note. */
static size_t make_vmlinux(uint8_t *elf, uint16_t machine, uint32_t note_type)
{
	Elf64_Ehdr eh = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64 },
			  .e_machine = machine,
			  .e_phoff = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 1 };
	Elf64_Phdr ph = { .p_type = PT_NOTE, .p_offset = sizeof(eh) + sizeof(ph), .p_filesz = 24 };
	uint32_t note[6] = { 4, 8, note_type, 0, 0, 0 };

	memcpy(&note[3], "Xen", 4);
	memcpy(elf, &eh, sizeof(eh));
	memcpy(elf + sizeof(eh), &ph, sizeof(ph));
	memcpy(elf + sizeof(eh) + sizeof(ph), note, sizeof(note));
	return sizeof(eh) + sizeof(ph) + sizeof(note);
}

static size_t compress_xz(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
	size_t used = 0;

	assert_int_equal(
		lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, NULL, in, len, out, &used, room),
		LZMA_OK);
	return used;
}

static size_t compress_gzip(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (uint8_t *)in,
		       .avail_in = (uInt)len,
		       .next_out = out,
		       .avail_out = (uInt)room };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static int unpack(const uint8_t *image, size_t len, bool *pvh, struct dp_error *err)
{
	dp_autofree char *dir = make_folder();
	char in[64], out[64];
	int rc;

	snprintf(in, sizeof(in), "%s/bzImage", dir);
	snprintf(out, sizeof(out), "%s/vmlinux", dir);
	write_file(in, image, len);
	rc = dp_bzimage_unpack(in, out, pvh, err);
	/* Nothing half-made is left behind. */
	assert_int_equal(dp_exists("%s", out), rc == 0);
	dp_remove_tree(dir);
	return rc;
}

static void reads_the_header(void **state)
{
	static const uint8_t xz[] = { 0xfd, '7', 'z', 'X', 'Z', 0, 1, 2 };
	uint8_t image[4096];
	struct dp_bzimage parsed;
	size_t len = make_bzimage(image, sizeof(image), xz, sizeof(xz), true);

	(void)state;
	assert_int_equal(dp_bzimage_parse(image, len, &parsed, NULL), 0);
	assert_string_equal(parsed.compression, "xz");
	assert_int_equal(parsed.offset, PAYLOAD);
	assert_int_equal(parsed.length, sizeof(xz));
}

static void unpacks_xz_and_gzip(void **state)
{
	uint8_t elf[256], packed[1024], image[8192];
	bool pvh = false;
	size_t len = make_vmlinux(elf, EM_X86_64, 18);
	size_t n = compress_xz(elf, len, packed, sizeof(packed));

	(void)state;
	assert_int_equal(
		unpack(image, make_bzimage(image, sizeof(image), packed, n, true), &pvh, NULL), 0);
	assert_true(pvh);
	n = compress_gzip(elf, len, packed, sizeof(packed));
	assert_int_equal(
		unpack(image, make_bzimage(image, sizeof(image), packed, n, false), &pvh, NULL), 0);
	assert_true(pvh);
}

static void sees_that_there_is_no_pvh_note(void **state)
{
	uint8_t elf[256], packed[1024], image[8192];
	bool pvh = true;
	size_t n = compress_xz(elf, make_vmlinux(elf, EM_X86_64, 17), packed, sizeof(packed));

	(void)state;
	assert_int_equal(
		unpack(image, make_bzimage(image, sizeof(image), packed, n, true), &pvh, NULL), 0);
	assert_false(pvh);
}

static void refuses_another_architecture(void **state)
{
	uint8_t elf[256], packed[1024], image[8192];
	struct dp_error err = { 0 };
	struct dp_bzimage parsed;
	bool pvh;
	size_t n = compress_xz(elf, make_vmlinux(elf, EM_AARCH64, 18), packed, sizeof(packed));
	size_t len = make_bzimage(image, sizeof(image), packed, n, true);

	(void)state;
	assert_int_equal(unpack(image, len, &pvh, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, "x86-64");
	image[0x236] = 0;
	err = (struct dp_error){ 0 };
	assert_int_equal(dp_bzimage_parse(image, len, &parsed, &err), -EINVAL);
	assert_says(&err, "another architecture");
}

static void refuses_lies_about_the_payload(void **state)
{
	static const uint32_t lies[][2] = { { 0xffffffff, 8 },
					    { 0, 0xffffffff },
					    { 0, 0 },
					    { 0x7fffffff, 0x7fffffff },
					    { 4096, 8 } };
	static const uint8_t xz[] = { 0xfd, '7', 'z', 'X', 'Z', 0, 1, 2 };
	uint8_t image[4096];
	struct dp_bzimage parsed;
	size_t len = make_bzimage(image, sizeof(image), xz, sizeof(xz), true);

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(lies); i++) {
		dp_autofree uint8_t *copy = exact_copy(image, len);

		memcpy(copy + 0x248, lies[i], 8);
		assert_int_equal(dp_bzimage_parse(copy, len, &parsed, NULL), -EINVAL);
	}
}

static void refuses_a_damaged_payload(void **state)
{
	uint8_t elf[256], packed[1024], image[8192];
	struct dp_error err = { 0 };
	bool pvh;
	size_t n = compress_xz(elf, make_vmlinux(elf, EM_X86_64, 18), packed, sizeof(packed));
	size_t len = make_bzimage(image, sizeof(image), packed, n, true);

	(void)state;
	memset(image + PAYLOAD + n / 2, 0x5a, n / 2);
	assert_int_equal(unpack(image, len, &pvh, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, "damaged");
}

static void survives_every_truncation(void **state)
{
	uint8_t elf[256], packed[1024], image[8192];
	size_t n = compress_xz(elf, make_vmlinux(elf, EM_X86_64, 18), packed, sizeof(packed));
	size_t len = make_bzimage(image, sizeof(image), packed, n, true);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		dp_autofree uint8_t *copy = exact_copy(image, cut);
		struct dp_bzimage parsed;

		assert_int_equal(dp_bzimage_parse(copy, cut, &parsed, NULL), -EINVAL);
	}
}

static void reads_hostile_notes(void **state)
{
	uint8_t elf[256];
	size_t len = make_vmlinux(elf, EM_X86_64, 17);
	dp_autofree char *dir = make_folder();
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/elf", dir);
	for (size_t at = sizeof(Elf64_Ehdr); at < len; at++) {
		uint8_t copy[256];

		memcpy(copy, elf, len);
		copy[at] = 0xff;
		write_file(path, copy, len);
		dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);

		assert_int_equal(dp_elf_has_pvh(fd), 0);
	}
	dp_remove_tree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_header),
		cmocka_unit_test(unpacks_xz_and_gzip),
		cmocka_unit_test(sees_that_there_is_no_pvh_note),
		cmocka_unit_test(refuses_another_architecture),
		cmocka_unit_test(refuses_lies_about_the_payload),
		cmocka_unit_test(refuses_a_damaged_payload),
		cmocka_unit_test(survives_every_truncation),
		cmocka_unit_test(reads_hostile_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
