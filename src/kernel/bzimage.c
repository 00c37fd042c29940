// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bzImage (Documentation/arch/x86/boot.rst). Its first sector holds the setup header. These of
 * its fields are used, little-endian:
 *
 *   0x1f1  u8   setup_sects      sectors of real-mode code after the first; 0 means 4
 *   0x202  "HdrS"
 *   0x206  u16  version          0x208 and above have a payload, 0x20c and above xloadflags
 *   0x236  u16  xloadflags       bit 0: a 64-bit kernel
 *   0x248  u32  payload_offset   from the beginning of the protected-mode code
 *   0x24c  u32  payload_length
 *
 * The payload is the compressed vmlinux. Unless it is gzip, the build appends the uncompressed size
 * as a u32. It is decompressed here once, so that the guest need not do so under emulation at each
 * boot. QEMU enters a vmlinux through its PVH note: an ELF note with the name "Xen" and type 18
 * (XEN_ELFNOTE_PHYS32_ENTRY).
 */
#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "daxpin/archive.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"

#define HEADER_END 0x250
#define SECTOR     512
#define XEN_PHYS32 18
/* A vmlinux has 60 to 100 MiB; a larger payload is an attack on the disk. */
#define VMLINUX_LIMIT (1ULL << 30)
/* The notes of a kernel have a few hundred bytes. */
#define NOTES_LIMIT 65536

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) | (uint32_t)get16(p + 2) << 16;
}

static const struct magic {
	const char *name;
	uint8_t bytes[6];
	size_t len;
} magics[] = {
	{ "gzip", { 0x1f, 0x8b }, 2 },
	{ "xz", { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6 },
	{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4 },
	{ "lz4", { 0x02, 0x21, 0x4c, 0x18 }, 4 },
	{ "lzma", { 0x5d, 0, 0 }, 3 },
	{ "bzip2", { 'B', 'Z', 'h' }, 3 },
};

static const char *compression_of(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(magics); i++)
		if (len >= magics[i].len && !memcmp(data, magics[i].bytes, magics[i].len))
			return magics[i].name;
	return NULL;
}

int dp_bzimage_parse(const uint8_t *data, size_t len, struct dp_bzimage *image,
		     struct dp_error *err)
{
	unsigned int sectors;
	uint64_t start, length;

	memset(image, 0, sizeof(*image));
	if (len < HEADER_END || memcmp(data + 0x202, "HdrS", 4))
		return dp_bad_input(err, "not a Linux kernel (no bzImage header)");
	if (get16(data + 0x206) < 0x20c)
		return dp_bad_input(err, "boot protocol %x is older than Linux 3.8",
				    get16(data + 0x206));
	if (!(get16(data + 0x236) & 1))
		return dp_bad_input(err, "a kernel for another architecture than x86-64");
	sectors = data[0x1f1] ? data[0x1f1] : 4;
	start = (uint64_t)(sectors + 1) * SECTOR + get32(data + 0x248);
	length = get32(data + 0x24c);
	if (!length || start > len || length > len - start)
		return dp_bad_input(err, "a kernel image that is cut short");
	image->compression = compression_of(data + start, length);
	if (!image->compression)
		return dp_bad_input(err, "a kernel whose compression is unknown");
	if (strcmp(image->compression, "gzip")) {
		if (length <= 4)
			return dp_bad_input(err, "a kernel image that is cut short");
		length -= 4;
	}
	image->offset = start;
	image->length = length;
	return 0;
}

static struct archive *open_payload(const uint8_t *data, size_t len)
{
	dp_autoreader struct archive *a = archive_read_new();
	struct archive_entry *entry;

	if (!a)
		return NULL;
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_memory(a, data, len) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return NULL;
	return dp_take_ptr(a);
}

static int unpack_payload(const uint8_t *data, const struct dp_bzimage *image, int fd,
			  struct dp_error *err)
{
	dp_autoreader struct archive *a = open_payload(data + image->offset, image->length);
	uint64_t total = 0;

	while (a) {
		char buf[65536];
		ssize_t n = archive_read_data(a, buf, sizeof(buf));
		int rc;

		if (n == 0 && total)
			return 0;
		if (n <= 0)
			break;
		total += (uint64_t)n;
		if (total > VMLINUX_LIMIT)
			return dp_bad_input(err, "its vmlinux has more than 1 GiB");
		rc = dp_write_all(fd, buf, (size_t)n);
		if (rc)
			return dp_fail(err, rc, "cannot write the unpacked kernel");
	}
	return dp_bad_input(err, "a kernel whose %s payload is damaged", image->compression);
}

static bool notes_have_pvh(const uint8_t *notes, size_t len)
{
	size_t at = 0;

	while (len - at >= 12) {
		uint32_t namesz = get32(notes + at), descsz = get32(notes + at + 4);
		uint64_t size =
			12 + (((uint64_t)namesz + 3) & ~3ULL) + (((uint64_t)descsz + 3) & ~3ULL);

		if (size > len - at)
			return false;
		if (get32(notes + at + 8) == XEN_PHYS32 && namesz == 4 &&
		    !memcmp(notes + at + 12, "Xen", 4))
			return true;
		at += size;
	}
	return false;
}

static bool segment_has_pvh(int fd, const Elf64_Phdr *ph)
{
	dp_autofree uint8_t *notes = NULL;

	if (ph->p_type != PT_NOTE || !ph->p_filesz || ph->p_filesz > NOTES_LIMIT)
		return false;
	notes = malloc(ph->p_filesz);
	if (!notes || pread(fd, notes, ph->p_filesz, (off_t)ph->p_offset) != (ssize_t)ph->p_filesz)
		return false;
	return notes_have_pvh(notes, ph->p_filesz);
}

int dp_elf_has_pvh(int fd)
{
	Elf64_Ehdr eh;

	if (pread(fd, &eh, sizeof(eh), 0) != sizeof(eh) || memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_machine != EM_X86_64)
		return -EINVAL;
	for (unsigned int i = 0; i < eh.e_phnum && eh.e_phentsize == sizeof(Elf64_Phdr); i++) {
		Elf64_Phdr ph;

		if (pread(fd, &ph, sizeof(ph), (off_t)(eh.e_phoff + i * sizeof(ph))) != sizeof(ph))
			break;
		if (segment_has_pvh(fd, &ph))
			return 1;
	}
	return 0;
}

struct view {
	uint8_t *data;
	size_t len;
};

static void unmap(struct view *view)
{
	if (view->data)
		munmap(view->data, view->len);
}

/* A bzImage has up to 20 MiB, of which only parts are looked at: it is mapped, not read. */
static int map_file(const char *path, struct view *view, struct dp_error *err)
{
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st)) {
		dp_fail(err, -errno, "cannot open the kernel %s", path);
		if (err)
			err->input = true;
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return dp_bad_input(err, "the kernel %s is not a file, or is empty", path);
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return dp_fail(err, -errno, "cannot map %s", path);
	view->data = data;
	view->len = (size_t)st.st_size;
	return 0;
}

int dp_bzimage_unpack(const char *path, const char *out, bool *pvh, struct dp_error *err)
{
	dp_cleanup(unmap) struct view view = { 0 };
	struct dp_bzimage image;
	struct dp_error cause = { 0 };
	dp_autofd int fd = -1;
	int rc = map_file(path, &view, err);

	if (rc)
		return rc;
	rc = dp_bzimage_parse(view.data, view.len, &image, &cause);
	if (rc)
		return dp_bad_input(err, "%s: %s", path, cause.what);
	fd = open(out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return dp_fail(err, -errno, "cannot write %s", out);
	rc = unpack_payload(view.data, &image, fd, &cause);
	if (!rc && (rc = dp_elf_has_pvh(fd)) < 0)
		rc = dp_bad_input(&cause, "its vmlinux is not ELF for x86-64");
	if (rc < 0) {
		unlink(out);
		return cause.input ? dp_bad_input(err, "%s: %s", path, cause.what)
				   : dp_fail(err, rc, "%s", cause.what);
	}
	*pvh = rc;
	return 0;
}
