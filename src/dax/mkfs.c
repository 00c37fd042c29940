// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * File systems for the kernel that is going to mount them, which is the one that runs. A mkfs
 * switches on what the kernels of its own time can do, and an older kernel refuses to mount that.
 *
 * For ext4 the features are named one by one, all of them older than the mount option dax=inode
 * (5.8). For xfs there are the files that xfsprogs ships, one for each long-term kernel:
 *
 *     # V5 features that were the mkfs defaults when the upstream Linux 5.10 LTS …
 *     [metadata]
 *     bigtime=0
 *     reflink=1
 *     [inode]
 *     sparse=1
 *
 * The latest that is not newer than the kernel is taken. Its options become words of the command
 * line, because mkfs.xfs refuses an option that is there as well as in its file; what daxpin says
 * itself comes first.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "mkfs.h"

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/proc.h"

/* Time limit of mkfs, ms. It takes half a second under emulation. */
#define MKFS_LIMIT_MS 60000
#define CONF_LIMIT    65536

#define EXT2 "none,ext_attr,dir_index,filetype,sparse_super,large_file"
#define EXT3 EXT2 ",has_journal"
#define EXT4 EXT3 ",extent,64bit,flex_bg,huge_file,dir_nlink,extra_isize,metadata_csum"

/* What the driver ext4 mounts, by its name: they differ in what is switched on. */
static const struct {
	const char *fs, *features;
} ext[] = { { "ext4", EXT4 }, { "ext3", EXT3 }, { "ext2", EXT2 } };

static const char *const journal[] = { "-J", "size=4" };

/*
 * Both lay extents out in units of 2 MiB, so that a file of that size can be mapped by PMD. The
 * logs are small, because writing them takes most of the time of mkfs.
 */
static const char *const mkfs_ext[] = {
	"mkfs.ext4",
	"-q",
	"-F",
	"-b",
	"4096",
	"-N",
	"64",
	"-E",
	"stride=512,stripe_width=512,lazy_itable_init=1,lazy_journal_init=1,nodiscard",
};
/* --unsupported allows a size below 300 MiB and a log below 64 MiB. No data is kept on it. */
static const char *const mkfs_xfs[] = {
	"mkfs.xfs",
	"--unsupported",
	"-q",
	"-f",
	"-K",
	"-m",
	"reflink=0",
	"-d",
	"su=2m,sw=1,agcount=2,extszinherit=512",
	"-l",
	"size=24m,su=32k",
};
/* Its options are the folder whose files it takes. */
static const char *const mkfs_erofs[] = { "mkfs.erofs", "-d0" };

/* More words than daxpin's own, an option of each kind, and the device. */
#define MAX_ARGUMENTS (32 + 2 * DP_MKFS_OPTIONS + DP_MKFS_WORDS)

struct arguments {
	const char *argv[MAX_ARGUMENTS];
	size_t count;
};

/* For kernels that are older than all files: what was switched on since the first of them. */
static const struct {
	char letter;
	const char *option;
	struct dp_series since;
} newer[] = {
	{ 'i', "sparse=0", { 4, 2 } },      { 'm', "rmapbt=0", { 4, 8 } },
	{ 'm', "inobtcount=0", { 5, 10 } }, { 'm', "bigtime=0", { 5, 10 } },
	{ 'i', "nrext64=0", { 5, 19 } },    { 'i', "exchange=0", { 6, 10 } },
	{ 'n', "parent=0", { 6, 10 } },     { 'm', "metadir=0", { 6, 13 } },
};

static bool names(const char *word, const char *key, size_t len)
{
	for (const char *at = word; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, key, len) && at[len] == '=')
			return true;
	}
	return false;
}

/* Whether daxpin sets "key=" of this letter itself. */
static bool is_ours(char letter, const char *key, size_t len)
{
	for (size_t i = 0; i + 1 < DP_ARRAY_SIZE(mkfs_xfs); i++)
		if (mkfs_xfs[i][0] == '-' && mkfs_xfs[i][1] == letter && !mkfs_xfs[i][2] &&
		    names(mkfs_xfs[i + 1], key, len))
			return true;
	return false;
}

static void add(struct dp_mkfs_options *options, char letter, const char *text)
{
	size_t len = strcspn(text, "=");
	struct dp_mkfs_option *o = &options->list[options->count];

	if (!text[len] || is_ours(letter, text, len) || options->count == DP_MKFS_OPTIONS ||
	    dp_path(o->text, sizeof(o->text), NULL, "%s", text))
		return;
	snprintf(o->letter, sizeof(o->letter), "-%c", letter);
	options->count++;
}

/* The letter of a section: "[metadata]" is -m; 0 for one that is not known. */
static char letter_of(const char *line)
{
	static const char *const sections[] = { "block",    "data",   "inode",    "log",
						"metadata", "naming", "realtime", "sector" };

	for (size_t i = 0; i < DP_ARRAY_SIZE(sections); i++)
		if (!strncmp(line + 1, sections[i], strlen(sections[i])) &&
		    line[1 + strlen(sections[i])] == ']')
			return sections[i][0];
	return 0;
}

void dp_mkfs_parse(char *text, struct dp_mkfs_options *options)
{
	char letter = 0;

	options->count = 0;
	for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
		line += strspn(line, " \t");
		line[strcspn(line, "# \t\r")] = '\0';
		if (*line == '[')
			letter = letter_of(line);
		else if (*line && letter)
			add(options, letter, line);
	}
}

void dp_mkfs_by_hand(struct dp_series kernel, struct dp_mkfs_options *options)
{
	options->count = 0;
	for (size_t i = 0; i < DP_ARRAY_SIZE(newer); i++)
		if (dp_compare_series(kernel, newer[i].since) < 0)
			add(options, newer[i].letter, newer[i].option);
}

int dp_mkfs_conf(const char *dir, struct dp_series kernel, char *path, size_t size)
{
	struct dp_series best = { 0, 0 }, series;
	glob_t found = { 0 };
	char pattern[PATH_MAX];
	int rc = dp_path(pattern, sizeof(pattern), NULL, "%s/lts_*.conf", dir);

	if (!rc)
		rc = glob(pattern, 0, NULL, &found) ? -ENOENT : 0;
	path[0] = '\0';
	for (size_t i = 0; i < found.gl_pathc && !rc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + strlen("/lts_");

		if (dp_parse_series(name, &series, NULL) || dp_compare_series(series, kernel) > 0 ||
		    dp_compare_series(series, best) < 0)
			continue;
		best = series;
		rc = dp_path(path, size, NULL, "%s", found.gl_pathv[i]);
	}
	globfree(&found);
	return rc ? rc : path[0] ? 0 : -ENOENT;
}

static void find_options(struct dp_mkfs_options *options)
{
	dp_autofree char *text = NULL;
	struct dp_series kernel;
	struct utsname uts;
	char path[PATH_MAX];

	options->count = 0;
	uname(&uts);
	if (dp_parse_series(uts.release, &kernel, NULL))
		return;
	if (!dp_mkfs_conf(DP_MKFS_CONFS, kernel, path, sizeof(path)) &&
	    !dp_read_file(path, CONF_LIMIT, &text, NULL, NULL))
		dp_mkfs_parse(text, options);
	else
		dp_mkfs_by_hand(kernel, options);
}

bool dp_mkfs_forget(struct dp_mkfs_options *options, const char *output)
{
	static const char begin[] = "unknown option ";
	const char *at = output ? strstr(output, begin) : NULL;

	for (size_t i = 0; at && i < options->count; i++) {
		const struct dp_mkfs_option *o = &options->list[i];
		const char *rest = at + strlen(begin);
		size_t len = strlen(o->text);

		if (strncmp(rest, o->letter, 2) || rest[2] != ' ' ||
		    strncmp(rest + 3, o->text, len) ||
		    (rest[3 + len] && !strchr("\n ", rest[3 + len])))
			continue;
		memmove(&options->list[i], &options->list[i + 1],
			(--options->count - i) * sizeof(*o));
		return true;
	}
	return false;
}

static void add_words(struct arguments *a, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		a->argv[a->count++] = words[i];
}

static int run(struct arguments *a, char **output, struct dp_error *err)
{
	a->argv[a->count] = NULL;
	return dp_run(a->argv, MKFS_LIMIT_MS, output, err);
}

/* ---- ext4 -------------------------------------------------------------------------------- */

static int format_ext(const char *features, const char *device, const char *const *words,
		      size_t count, struct dp_error *err)
{
	struct arguments a = { 0 };

	add_words(&a, mkfs_ext, DP_ARRAY_SIZE(mkfs_ext));
	add_words(&a, (const char *const[]){ "-O", features }, 2);
	if (strstr(features, "has_journal"))
		add_words(&a, journal, DP_ARRAY_SIZE(journal));
	add_words(&a, words, count);
	add_words(&a, &device, 1);
	return run(&a, NULL, err);
}

/* ---- xfs --------------------------------------------------------------------------------- */

/* Whether one of the options that were asked for, "-m", "reflink=1", replaces this one of ours. */
static bool is_replaced(const char *const *words, size_t count, const char *letter,
			const char *text)
{
	for (size_t i = 0; i + 1 < count; i++)
		if (!strcmp(words[i], letter) &&
		    names(text, words[i + 1], strcspn(words[i + 1], "=")))
			return true;
	return false;
}

static void add_own(struct arguments *a, const char *const *words, size_t count)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(mkfs_xfs); i++) {
		bool pair = i + 1 < DP_ARRAY_SIZE(mkfs_xfs) && mkfs_xfs[i + 1][0] != '-';

		if (!pair || !is_replaced(words, count, mkfs_xfs[i], mkfs_xfs[i + 1]))
			add_words(a, &mkfs_xfs[i], 1 + pair);
		i += pair;
	}
}

/*
 * A mkfs does not switch on what it does not know. That of 6.1 does not know an option of its own
 * files, which have nrext64 in the wrong section.
 */
static int format_xfs(const char *device, const char *const *words, size_t count,
		      struct dp_error *err)
{
	struct dp_mkfs_options options;

	find_options(&options);
	for (;;) {
		dp_autofree char *output = NULL;
		struct arguments a = { 0 };
		struct dp_error why = { 0 };
		int rc;

		add_own(&a, words, count);
		for (size_t i = 0; i < options.count; i++) {
			a.argv[a.count++] = options.list[i].letter;
			a.argv[a.count++] = options.list[i].text;
		}
		add_words(&a, words, count);
		add_words(&a, &device, 1);
		rc = run(&a, &output, &why);
		if (rc && dp_mkfs_forget(&options, output))
			continue;
		return rc ? dp_report(err, rc, "%s", why.what) : 0;
	}
}

/* ---- erofs ------------------------------------------------------------------------------- */

static int format_erofs(const char *device, const char *const *words, size_t count,
			struct dp_error *err)
{
	struct arguments a = { 0 };
	char path[PATH_MAX];

	if (dp_find_program(mkfs_erofs[0], path, sizeof(path)))
		return dp_skip(
			err, "there is no mkfs.erofs: the package erofs-utils has to be installed");
	add_words(&a, mkfs_erofs, DP_ARRAY_SIZE(mkfs_erofs));
	add_words(&a, &device, 1);
	add_words(&a, words, count);
	return run(&a, NULL, err);
}

int dp_fs_format(const char *fs, const char *device, const char *const *words, size_t count,
		 struct dp_error *err)
{
	if (count > DP_MKFS_WORDS)
		return dp_fail(err, -E2BIG, "too many options for a file system");
	for (size_t i = 0; i < DP_ARRAY_SIZE(ext); i++)
		if (!strcmp(fs, ext[i].fs))
			return format_ext(ext[i].features, device, words, count, err);
	if (!strcmp(fs, "xfs"))
		return format_xfs(device, words, count, err);
	if (!strcmp(fs, "erofs"))
		return format_erofs(device, words, count, err);
	return dp_bad_input(err, "a file system %s is not made here", fs);
}
