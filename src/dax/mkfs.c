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

static const char ext4_features[] =
	"none,has_journal,ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super,"
	"large_file,huge_file,dir_nlink,extra_isize,metadata_csum";

/*
 * Both lay extents out in units of 2 MiB, so that a file of that size can be mapped by PMD. The
 * logs are small, because writing them takes most of the time of mkfs.
 */
static const char *const mkfs_ext4[] = {
	"mkfs.ext4",
	"-q",
	"-F",
	"-b",
	"4096",
	"-O",
	ext4_features,
	"-J",
	"size=4",
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

static int run(const char *const *words, size_t count, const struct dp_mkfs_options *options,
	       const char *device, char **output, struct dp_error *err)
{
	const char *argv[DP_ARRAY_SIZE(mkfs_ext4) + 2 * DP_MKFS_OPTIONS + 2];
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		argv[n++] = words[i];
	for (size_t i = 0; options && i < options->count; i++) {
		argv[n++] = options->list[i].letter;
		argv[n++] = options->list[i].text;
	}
	argv[n++] = device;
	argv[n] = NULL;
	return dp_run(argv, MKFS_LIMIT_MS, output, err);
}

/*
 * A mkfs does not switch on what it does not know. That of 6.1 does not know an option of its own
 * files, which have nrext64 in the wrong section.
 */
static int format_xfs(const char *device, struct dp_error *err)
{
	struct dp_mkfs_options options;

	find_options(&options);
	for (;;) {
		dp_autofree char *output = NULL;
		struct dp_error why = { 0 };
		int rc = run(mkfs_xfs, DP_ARRAY_SIZE(mkfs_xfs), &options, device, &output, &why);

		if (rc && dp_mkfs_forget(&options, output))
			continue;
		return rc ? dp_report(err, rc, "%s", why.what) : 0;
	}
}

int dp_fs_format(const char *fs, const char *device, struct dp_error *err)
{
	return strcmp(fs, "xfs") ? run(mkfs_ext4, DP_ARRAY_SIZE(mkfs_ext4), NULL, device, NULL, err)
				 : format_xfs(device, err);
}
