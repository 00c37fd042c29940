// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The initramfs: daxpin itself as /init, the shared libraries it needs, the verbs provider of rxe,
 * the two mkfs programs (and ib_write_bw where that is wanted), and the modules, decompressed and
 * in the order of loading. Nothing else: no shell, no distribution.
 *
 * First a manifest is made, of what goes where; its key names the image in the cache; then, if the
 * cache has none, the image is written.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daxpin/agent.h"
#include "daxpin/archive.h"
#include "daxpin/cache.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/image.h"
#include "daxpin/kernel.h"
#include "daxpin/proc.h"

#define MAX_ENTRIES 512
/* A library or module that does not fit is not one. */
#define FILE_LIMIT    (256 << 20)
#define LOADER        "/lib64/ld-linux-x86-64.so.2"
#define LIST_LIMIT_MS 10000
#define LIST_LIMIT    65536
#define CONFIG_LIMIT  (4 << 20)
#define PROVIDER_DIRS                                                                              \
	{                                                                                          \
		"/usr/lib/x86_64-linux-gnu/libibverbs", "/usr/lib64/libibverbs"                    \
	}

/* The init for --bare, put into the program by the assembler. */
__asm__(".section .rodata\n"
	"bare_init: .incbin \"" DP_BARE_INIT "\"\n"
	"bare_init_end:\n"
	".previous\n");
extern const char bare_init[], bare_init_end[];

struct entry {
	char name[256];        /* in the image, without leading slash */
	char source[PATH_MAX]; /* file to copy, or "" */
	char *text;            /* content if there is no source */
	bool module;           /* decompress, and leave the signature behind */
	bool carrier;          /* of a group that need not be traceable */
};

struct manifest {
	struct entry list[MAX_ENTRIES];
	size_t count;
};

static void free_manifest(struct manifest **m)
{
	for (size_t i = 0; *m && i < (*m)->count; i++)
		free((*m)->list[i].text);
	free(*m);
}

static struct entry *add_entry(struct manifest *m, const char *name, struct dp_error *err)
{
	while (*name == '/')
		name++;
	for (size_t i = 0; i < m->count; i++)
		if (!strcmp(m->list[i].name, name))
			return &m->list[i];
	if (m->count == MAX_ENTRIES || strlen(name) >= sizeof(m->list[0].name)) {
		dp_fail(err, -E2BIG, "too much for the image: %s", name);
		return NULL;
	}
	strcpy(m->list[m->count].name, name);
	return &m->list[m->count++];
}

static int add_file(struct manifest *m, const char *name, const char *source, struct dp_error *err)
{
	struct entry *entry = add_entry(m, name, err);

	if (!entry)
		return -E2BIG;
	snprintf(entry->source, sizeof(entry->source), "%s", source);
	return 0;
}

/* Lines of the loader's list: "NAME => PATH (ADDRESS)", or "PATH (ADDRESS)" for the loader. */
static int add_listed(struct manifest *m, char *list, struct dp_error *err)
{
	for (char *line = strsep(&list, "\n"); line; line = strsep(&list, "\n")) {
		char *path = strchr(line, '/');
		int rc;

		if (strstr(line, "not found"))
			return dp_report(err, -ENOENT, "a shared library is missing:%s", line);
		if (!path)
			continue;
		path[strcspn(path, " ")] = '\0';
		rc = add_file(m, path, path, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* Where the loader's answer is kept: it stays the same as long as the program and the loader's
 * own cache do. */
static int known_list(const char *source, char *path, size_t size)
{
	const char *const dirs = getenv("LD_LIBRARY_PATH");
	struct dp_key key;
	char hex[33];

	dp_key_begin(&key, "libraries");
	dp_key_text(&key, dirs ? dirs : "");
	if (dp_key_file(&key, source) || dp_key_file(&key, "/etc/ld.so.cache"))
		return -ENOENT;
	dp_key_end(&key, hex);
	return dp_cache_path(path, size, NULL, "hashes/libraries-%s", hex);
}

/* The libraries that a program or library needs, as the loader lists them. */
static int list_libraries(const char *source, char **list, struct dp_error *err)
{
	const char *argv[] = { LOADER, "--list", source, NULL };
	char known[PATH_MAX];
	bool memo = !known_list(source, known, sizeof(known));
	int rc;

	if (memo && !dp_read_file(known, LIST_LIMIT, list, NULL, NULL))
		return 0;
	rc = dp_run(argv, LIST_LIMIT_MS, list, err);
	if (!rc && memo)
		dp_cache_note(known, *list);
	return rc;
}

/* A program or library and all that it needs. */
static int add_with_libraries(struct manifest *m, const char *name, const char *source,
			      struct dp_error *err)
{
	dp_autofree char *list = NULL;
	int rc = add_file(m, name, source, err);

	if (!rc)
		rc = list_libraries(source, &list, err);
	return rc ? rc : add_listed(m, list, err);
}

static int add_program(struct manifest *m, const char *program, const char *package,
		       struct dp_error *err)
{
	char path[PATH_MAX], name[64];

	if (dp_find_program(program, path, sizeof(path))) {
		dp_report(err, -ENOENT, "the program %s is missing", program);
		return dp_hint(err, "install the package %s", package);
	}
	snprintf(name, sizeof(name), "sbin/%s", program);
	return add_with_libraries(m, name, path, err);
}

static int add_provider(struct manifest *m, struct dp_error *err)
{
	static const char *const dirs[] = PROVIDER_DIRS;
	char path[PATH_MAX];
	int rc;

	for (size_t i = 0; i < DP_ARRAY_SIZE(dirs); i++) {
		/* The number is libibverbs' private ABI, 34 in rdma-core 26 to 44 and beyond. */
		for (int abi = 34; abi < 100; abi++) {
			snprintf(path, sizeof(path), "%s/librxe-rdmav%d.so", dirs[i], abi);
			if (!dp_exists("%s", path))
				continue;
			rc = add_with_libraries(m, path, path, err);
			return rc ? rc
				  : add_file(m, "etc/libibverbs.d/rxe.driver",
					     "/etc/libibverbs.d/rxe.driver", err);
		}
	}
	dp_report(err, -ENOENT, "the verbs provider of rxe is missing");
	return dp_hint(err, "install the package ibverbs-providers");
}

/* The name that the kernel gives to a module's file: "crc32-pclmul.ko.xz" is crc32_pclmul. */
static void module_name(const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/');

	snprintf(name, size, "%s", slash ? slash + 1 : path);
	name[strcspn(name, ".")] = '\0';
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : *c;
}

/* The user's own file for a module; NULL without one. */
static const char *replacement(const struct dp_kernel *kernel, const char *name)
{
	char other[64];

	for (size_t i = 0; i < kernel->nreplacements; i++) {
		module_name(kernel->replacements[i], other, sizeof(other));
		if (!strcmp(other, name))
			return kernel->replacements[i];
	}
	return NULL;
}

/* A file that replaces nothing would have its user believe that it was tried. */
static int check_replacements(const struct manifest *m, const struct dp_kernel *kernel,
			      struct dp_error *err)
{
	char name[64], entry[80];

	for (size_t i = 0; i < kernel->nreplacements; i++) {
		bool found = false;

		module_name(kernel->replacements[i], name, sizeof(name));
		snprintf(entry, sizeof(entry), "modules/%s.ko", name);
		for (size_t k = 0; k < m->count && !found; k++)
			found = !strcmp(m->list[k].name, entry);
		if (!found) {
			dp_bad_input(err,
				     "no module %s is loaded in the guest, so %s replaces none",
				     name, kernel->replacements[i]);
			return dp_hint(err, "it may be built into this kernel, or not be needed");
		}
	}
	return 0;
}

static int add_text(struct manifest *m, const char *name, char *text, struct dp_error *err)
{
	struct entry *entry = text ? add_entry(m, name, err) : NULL;

	if (!entry) {
		free(text);
		return text ? -E2BIG : -ENOMEM;
	}
	free(entry->text);
	entry->text = text;
	return 0;
}

static int add_module(struct manifest *m, const struct dp_kernel *kernel,
		      const struct dp_module *module, bool carrier, struct dp_error *err)
{
	const char *local = replacement(kernel, module->name);
	char name[DP_MODULE_NAME + 16];
	struct entry *entry;

	snprintf(name, sizeof(name), "modules/%s.ko", module->name);
	entry = add_entry(m, name, err);
	if (!entry)
		return -E2BIG;
	/* Of several groups, one that must be traceable decides. */
	entry->carrier = carrier && (entry->carrier || !entry->module);
	entry->module = true;
	snprintf(entry->source, sizeof(entry->source), "%s", local ? local : module->path);
	return 0;
}

static int add_group(struct manifest *m, const struct dp_kernel *kernel,
		     const struct dp_module_group *group, struct dp_error *err)
{
	dp_autofree struct dp_modules *modules = malloc(sizeof(*modules));
	char name[64], *text = NULL;
	size_t len = 0;
	FILE *list;
	int rc = modules ? dp_modules_order(kernel->modules, group->modules, group->count, modules,
					    err)
			 : -ENOMEM;

	if (rc)
		return rc;
	list = open_memstream(&text, &len);
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < modules->count && !rc; i++) {
		rc = add_module(m, kernel, &modules->list[i], group->carrier, err);
		fprintf(list, "/modules/%s.ko\n", modules->list[i].name);
	}
	fclose(list);
	snprintf(name, sizeof(name), "modules/%s", group->name);
	if (!rc)
		return add_text(m, name, text, err);
	free(text);
	return rc;
}

static int add_modules(struct manifest *m, const struct dp_kernel *kernel, struct dp_error *err)
{
	size_t count;
	const struct dp_module_group *groups = dp_module_groups(&count);
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++)
		rc = add_group(m, kernel, &groups[i], err);
	return rc ? rc : check_replacements(m, kernel, err);
}

/* A sanitizer cannot run before /proc is mounted; such builds name another daxpin for the guest. */
static int add_init(struct manifest *m, struct dp_error *err)
{
	const char *other = getenv("DAXPIN_INIT");
	char self[PATH_MAX] = "";

	if (other)
		return add_with_libraries(m, "init", other, err);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return dp_fail(err, -errno, "cannot read /proc/self/exe");
	return add_with_libraries(m, "init", self, err);
}

/* Of the kernel's configuration, what the guest asks for: reading all of it takes long there. */
static int add_config(struct manifest *m, const char *path, struct dp_error *err)
{
	static const char option[] = "\nCONFIG_PCI_P2PDMA=y\n";
	dp_autofree char *text = NULL;
	struct entry *entry;
	int rc = dp_read_file(path, CONFIG_LIMIT, &text, NULL, err);

	if (rc)
		return rc;
	entry = add_entry(m, "boot/config", err);
	if (!entry)
		return -E2BIG;
	entry->text = strdup(strstr(text, option) ? option : "\n");
	return entry->text ? 0 : -ENOMEM;
}

static int make_manifest(struct manifest *m, const struct dp_kernel *kernel, struct dp_error *err)
{
	int rc = add_modules(m, kernel, err);

	if (!rc)
		rc = add_init(m, err);
	if (!rc)
		rc = add_provider(m, err);
	if (!rc)
		rc = add_program(m, "mkfs.ext4", "e2fsprogs", err);
	if (!rc)
		rc = add_program(m, "mkfs.xfs", "xfsprogs", err);
	if (!rc && kernel->perftest)
		rc = add_program(m, "ib_write_bw", "perftest", err);
	return rc || !kernel->config[0] ? rc : add_config(m, kernel->config, err);
}

/* Modules come plain, or as .xz, .zst or .gz. */
static int read_module(const char *path, bool carrier, char **data, size_t *len,
		       struct dp_error *err)
{
	dp_autoreader struct archive *a = archive_read_new();
	dp_autofree char *buf = NULL;
	struct archive_entry *entry;
	size_t used = 0;

	if (!a)
		return -ENOMEM;
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_filename(a, path, 65536) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return dp_bad_input(err, "cannot read the module %s: %s", path,
				    archive_error_string(a));
	for (;;) {
		char *grown = realloc(buf, used + (1 << 20));
		ssize_t n;

		if (!grown)
			return -ENOMEM;
		buf = grown;
		n = archive_read_data(a, buf + used, 1 << 20);
		if (n < 0 || used + (size_t)n > FILE_LIMIT)
			return dp_bad_input(err, "the module %s is damaged", path);
		if (n == 0)
			break;
		used += (size_t)n;
	}
	*data = dp_take_ptr(buf);
	*len = dp_module_strip((const uint8_t *)*data, used);
	dp_module_mute((uint8_t *)*data, *len, carrier);
	return 0;
}

static int write_parents(struct archive *a, const struct manifest *m, size_t index,
			 struct dp_error *err)
{
	const char *name = m->list[index].name;

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t len = (size_t)(slash - name) + 1;
		bool seen = false;
		char dir[256];
		int rc;

		for (size_t i = 0; i < index && !seen; i++)
			seen = !strncmp(m->list[i].name, name, len);
		if (seen)
			continue;
		snprintf(dir, sizeof(dir), "%.*s", (int)len - 1, name);
		rc = dp_cpio_add(a, dir, S_IFDIR | 0755, NULL, 0, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int write_entry(struct archive *a, const struct entry *entry, struct dp_error *err)
{
	dp_autofree char *data = NULL;
	size_t len = 0;
	int rc;

	if (entry->text)
		return dp_cpio_add(a, entry->name, S_IFREG | 0644, entry->text, strlen(entry->text),
				   err);
	rc = entry->module ? read_module(entry->source, entry->carrier, &data, &len, err)
			   : dp_read_file(entry->source, FILE_LIMIT, &data, &len, err);
	return rc ? rc : dp_cpio_add(a, entry->name, S_IFREG | 0755, data, len, err);
}

static int write_all(struct archive *a, const struct manifest *m, struct dp_error *err)
{
	static const char *const dirs[] = { "dev", "proc", "sys", "run", "tmp", "mnt" };
	int rc = 0;

	for (size_t i = 0; i < DP_ARRAY_SIZE(dirs) && !rc; i++)
		rc = dp_cpio_add(a, dirs[i], S_IFDIR | 0755, NULL, 0, err);
	for (size_t i = 0; i < m->count && !rc; i++) {
		rc = write_parents(a, m, i, err);
		if (!rc)
			rc = write_entry(a, &m->list[i], err);
	}
	return rc;
}

/* Under another name first: an image that is there is whole. */
static int write_image(const struct manifest *m, const char *path, struct dp_error *err)
{
	char draft[PATH_MAX + 8];
	struct archive *a;
	int rc, rc2;

	snprintf(draft, sizeof(draft), "%s.new", path);
	rc = dp_cpio_open(draft, &a, err);
	if (rc)
		return rc;
	rc = write_all(a, m, err);
	rc2 = dp_cpio_close(a, err);
	rc = rc ? rc : rc2;
	if (!rc && rename(draft, path))
		rc = dp_fail(err, -errno, "cannot rename %s", draft);
	if (rc)
		unlink(draft);
	return rc;
}

static int manifest_key(const struct manifest *m, char hex[33], struct dp_error *err)
{
	struct dp_key key;

	dp_key_begin(&key, "image");
	for (size_t i = 0; i < m->count; i++) {
		const struct entry *entry = &m->list[i];

		dp_key_text(&key, entry->name);
		if (entry->text)
			dp_key_text(&key, entry->text);
		else if (dp_key_file(&key, entry->source))
			return dp_fail(err, -ENOENT, "cannot find %s", entry->source);
	}
	dp_key_end(&key, hex);
	return 0;
}

static int from_cache(const struct manifest *m, char *path, size_t size, struct dp_error *err)
{
	dp_autofd int lock = -1;
	char hex[33];
	int rc = manifest_key(m, hex, err);

	if (!rc)
		rc = dp_cache_path(path, size, err, "images/%s.cpio", hex);
	if (rc)
		return rc;
	dp_cache_use(path);
	if (dp_exists("%s", path))
		return 0;
	lock = dp_cache_lock("images", err);
	if (lock < 0)
		return lock;
	return dp_exists("%s", path) ? 0 : write_image(m, path, err);
}

int dp_image_build(const struct dp_kernel *kernel, char *path, size_t size, struct dp_error *err)
{
	dp_cleanup(free_manifest) struct manifest *m = calloc(1, sizeof(*m));
	int rc = m ? make_manifest(m, kernel, err) : -ENOMEM;

	return rc ? rc : from_cache(m, path, size, err);
}

int dp_image_bare(char *path, size_t size, struct dp_error *err)
{
	char draft[PATH_MAX + 8];
	dp_autofd int lock = -1;
	struct archive *a;
	int rc = dp_cache_path(path, size, err, "images/bare-%s.cpio", DP_VERSION);

	if (rc || dp_exists("%s", path))
		return rc;
	lock = dp_cache_lock("images", err);
	if (lock < 0)
		return lock;
	snprintf(draft, sizeof(draft), "%s.new", path);
	rc = dp_cpio_open(draft, &a, err);
	if (rc)
		return rc;
	rc = dp_cpio_add(a, "init", S_IFREG | 0755, bare_init, (size_t)(bare_init_end - bare_init),
			 err);
	if (dp_cpio_close(a, err) || rc)
		return rc ? rc : err->code;
	return rename(draft, path) ? dp_fail(err, -errno, "cannot rename %s", draft) : 0;
}
