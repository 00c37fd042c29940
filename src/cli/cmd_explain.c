// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why can this be registered, or why not? Answered from what the path is and from the policy: it
 * is looked at, and neither opened for writing nor mapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/mapping.h"
#include "daxpin/rdma.h"
#include "daxpin/text.h"

struct subject_path {
	const char *path;
	enum dp_family family;
	char mapping[64]; /* the mapping's fixed name, or one made like it */
	char what[160];   /* what it is, for people */
};

static bool dax_folder(const char *path)
{
	dp_autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct fsxattr attr;

	return fd >= 0 && ioctl(fd, FS_IOC_FSGETXATTR, &attr) == 0 &&
	       (attr.fsx_xflags & FS_XFLAG_DAX);
}

/* A mount with dax or dax=always makes DAX files everywhere. */
static bool dax_mount(const struct stat *st)
{
	dp_autofree char *text = NULL;
	char device[32], *rest;

	if (dp_read_file("/proc/self/mountinfo", 8 << 20, &text, NULL, NULL))
		return false;
	snprintf(device, sizeof(device), " %u:%u ", major(st->st_dev), minor(st->st_dev));
	rest = text;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (strstr(line, device) &&
		    (strstr(line, ",dax=always") || strstr(line, ",dax,") ||
		     (strlen(line) > 4 && !strcmp(line + strlen(line) - 4, ",dax"))))
			return true;
	return false;
}

static bool is_dax(const char *path, const struct stat *st)
{
	struct statx stx;

	if (S_ISDIR(st->st_mode))
		return dax_folder(path) || dax_mount(st);
	return statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &stx) == 0 &&
	       (stx.stx_attributes & STATX_ATTR_DAX);
}

static const char *fs_name(const char *path)
{
	static const struct {
		long magic;
		const char *name;
	} known[] = {
		{ EXT4_SUPER_MAGIC, "ext4" },           { 0x58465342, "xfs" },
		{ BTRFS_SUPER_MAGIC, "btrfs" },         { TMPFS_MAGIC, "tmpfs" },
		{ HUGETLBFS_MAGIC, "hugetlbfs" },       { NFS_SUPER_MAGIC, "nfs" },
		{ OVERLAYFS_SUPER_MAGIC, "overlayfs" }, { SYSFS_MAGIC, "sysfs" },
		{ PROC_SUPER_MAGIC, "proc" },
	};
	struct statfs fs;

	if (statfs(path, &fs))
		return "unknown";
	for (size_t i = 0; i < DP_ARRAY_SIZE(known); i++)
		if (fs.f_type == known[i].magic)
			return known[i].name;
	return "other";
}

/* Not only mappings that daxpin can make: the policy has rules for other file systems, too. */
__attribute__((format(printf, 3, 4))) static void
name_mapping(struct subject_path *s, enum dp_family family, const char *fmt, ...)
{
	va_list ap;

	s->family = family;
	va_start(ap, fmt);
	vsnprintf(s->mapping, sizeof(s->mapping), fmt, ap);
	va_end(ap);
}

static int classify_file(struct subject_path *s, const struct stat *st, struct dp_error *err)
{
	const char *fs = fs_name(s->path),
		   *kind = S_ISDIR(st->st_mode) ? "a folder on" : "a file on";

	if (!strcmp(fs, "sysfs") && strstr(s->path, "/p2pmem/allocate"))
		name_mapping(s, DP_FAMILY_P2PDMA, "p2pdma");
	else if (!strcmp(fs, "sysfs") && strstr(s->path, "/resource"))
		name_mapping(s, DP_FAMILY_PFNMAP, "pfnmap");
	else if (!strcmp(fs, "sysfs") || !strcmp(fs, "proc"))
		return dp_bad_input(err, "%s is on %s, which is not memory for RDMA", s->path, fs);
	else if (!strcmp(fs, "tmpfs"))
		name_mapping(s, DP_FAMILY_SHMEM, "tmpfs");
	else if (!strcmp(fs, "hugetlbfs"))
		name_mapping(s, DP_FAMILY_HUGETLB, "hugetlb-2M");
	else if (is_dax(s->path, st))
		name_mapping(s, DP_FAMILY_FSDAX, "fsdax-%s-4K", fs);
	else
		name_mapping(s, DP_FAMILY_PAGECACHE, "pagecache-%s", fs);
	snprintf(s->what, sizeof(s->what), "%s %s%s", kind, fs,
		 s->family == DP_FAMILY_FSDAX       ? " with DAX"
		 : s->family == DP_FAMILY_PAGECACHE ? " without DAX"
						    : "");
	return 0;
}

static int classify_char(struct subject_path *s, const struct stat *st, struct dp_error *err)
{
	char name[64], align[32], size[16];
	uint64_t bytes;

	if (dp_link_name(name, sizeof(name), "/sys/dev/char/%u:%u", major(st->st_rdev),
			 minor(st->st_rdev)) ||
	    dp_read_attr(align, sizeof(align), "/sys/bus/dax/devices/%s/align", name))
		return dp_bad_input(err, "%s is a character device, but not device-dax", s->path);
	bytes = strtoull(align, NULL, 0);
	dp_format_size(bytes, size, sizeof(size));
	name_mapping(s, DP_FAMILY_DEVDAX, "devdax-%s", size);
	snprintf(s->what, sizeof(s->what), "device-dax, aligned to %s", size);
	return 0;
}

static int classify(struct subject_path *s, struct dp_error *err)
{
	struct stat st;

	if (stat(s->path, &st)) {
		dp_fail(err, -errno, "cannot look at %s", s->path);
		err->input = true;
		return -EINVAL;
	}
	if (S_ISCHR(st.st_mode))
		return classify_char(s, &st, err);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return classify_file(s, &st, err);
	if (!S_ISBLK(st.st_mode))
		return dp_bad_input(err, "%s is neither a file, a folder nor a device", s->path);
	name_mapping(s, DP_FAMILY_PAGECACHE, "blockdev");
	snprintf(s->what, sizeof(s->what), "a block device, mapped through the page cache");
	return 0;
}

static const char *advice_for(enum dp_family family)
{
	switch (family) {
	case DP_FAMILY_FSDAX:
		return "Use device-dax for memory that stays registered, or an on-demand MR "
		       "(IBV_ACCESS_ON_DEMAND) on an adapter that can; rxe can from Linux 6.16.";
	case DP_FAMILY_PAGECACHE:
		return "Registering for reading works everywhere. For writing, register anonymous "
		       "memory, a memfd or tmpfs and copy, or put the data on device-dax.";
	case DP_FAMILY_DEVDAX:
		return "Nothing to do. But do not unbind, disable or reconfigure the device while "
		       "it is registered: from 6.1 on the kernel does not wait for the pins.";
	case DP_FAMILY_P2PDMA:
	case DP_FAMILY_PFNMAP:
		return "Export the device's memory as a dma-buf and register that "
		       "(ibv_reg_dmabuf_mr()), if its driver can.";
	default:
		return "Nothing to do.";
	}
}

/* The adapter that is here, or soft-RoCE, of which the kernel release tells what it can. */
static void default_subject(struct dp_subject *subject)
{
	struct json_object *list = dp_inventory_rdma(), *first;
	const char *provider;
	struct utsname uts;

	uname(&uts);
	if (!subject->kernel[0])
		snprintf(subject->kernel, sizeof(subject->kernel), "%s", uts.release);
	if (!subject->provider[0] && dp_json_count(list)) {
		first = json_object_array_get_idx(list, 0);
		provider = dp_json_text(first, "provider");
		snprintf(subject->provider, sizeof(subject->provider), "%s",
			 provider ? provider : "unknown");
		subject->odp = dp_json_bool_or(first, "odp", false);
	} else {
		const struct dp_series odp_since = { 6, 16 };
		struct dp_series series = { 0, 0 };

		if (!subject->provider[0])
			snprintf(subject->provider, sizeof(subject->provider), "rxe");
		dp_parse_series(subject->kernel, &series, NULL);
		subject->odp = !strcmp(subject->provider, "mlx5") ||
			       (!strcmp(subject->provider, "rxe") &&
				dp_compare_series(series, odp_since) >= 0);
	}
	json_object_put(list);
}

static void answer(const struct dp_rule *rule, char *text, size_t size)
{
	if (!rule)
		snprintf(text, size, "unknown");
	else if (!rule->err)
		snprintf(text, size, "allowed");
	else
		snprintf(text, size, "%s", rule->any_errno ? "rejected" : dp_errno_name(rule->err));
}

static void print_text(const struct subject_path *s, const struct dp_subject *subject,
		       const struct dp_policy *policy)
{
	size_t count;
	const struct dp_access *accesses = dp_accesses(&count);
	const struct dp_rule *last = NULL;
	char text[32];

	printf("%s is %s (%s)\n", s->path, s->what, s->mapping);
	printf("With kernel %s and provider %s (%s):\n\n", subject->kernel, subject->provider,
	       subject->odp ? "on-demand paging" : "no on-demand paging");
	for (size_t i = 0; i < count; i++) {
		const struct dp_rule *rule =
			dp_policy_find(policy, subject, s->mapping, accesses[i].name);

		answer(rule, text, sizeof(text));
		printf("  %-17s %-11s %s\n", accesses[i].name, text,
		       !rule          ? "no rule of the policy covers it"
		       : rule == last ? "(the same)"
				      : rule->why);
		last = rule;
	}
	printf("\n%s\n", advice_for(s->family));
}

static void print_json(const struct subject_path *s, const struct dp_subject *subject,
		       const struct dp_policy *policy)
{
	size_t count;
	const struct dp_access *accesses = dp_accesses(&count);
	struct json_object *root = json_object_new_object(), *list = json_object_new_array();
	char text[32];

	dp_json_add_text(root, "schema", "daxpin-explain/1");
	dp_json_add_text(root, "path", s->path);
	dp_json_add_text(root, "mapping", s->mapping);
	dp_json_add_text(root, "kernel", subject->kernel);
	dp_json_add_text(root, "provider", subject->provider);
	dp_json_add_bool(root, "odp", subject->odp);
	for (size_t i = 0; i < count; i++) {
		const struct dp_rule *rule =
			dp_policy_find(policy, subject, s->mapping, accesses[i].name);
		struct json_object *obj = json_object_new_object();

		answer(rule, text, sizeof(text));
		dp_json_add_text(obj, "access", accesses[i].name);
		dp_json_add_text(obj, "answer", text);
		dp_json_add_text(obj, "why", rule ? rule->why : NULL);
		dp_json_add_text(obj, "reference", rule ? rule->reference : NULL);
		json_object_array_add(list, obj);
	}
	json_object_object_add(root, "accesses", list);
	dp_json_add_text(root, "advice", advice_for(s->family));
	cli_print_json(root);
	json_object_put(root);
}

struct explain_options {
	struct dp_subject subject;
	const char *policy;
	const char *from;
	bool json;
};

static int take_release(void *field, const char *value, struct dp_error *err)
{
	struct dp_subject *subject = field;
	struct dp_series series;

	snprintf(subject->kernel, sizeof(subject->kernel), "%s", value);
	return dp_parse_series(value, &series, NULL)
		       ? dp_bad_input(err, "\"%s\" is not a kernel release", value)
		       : 0;
}

static int take_provider(void *field, const char *value, struct dp_error *err)
{
	struct dp_subject *subject = field;

	(void)err;
	snprintf(subject->provider, sizeof(subject->provider), "%s", value);
	return 0;
}

#define CLI_OPTIONS struct explain_options

static const struct cli_option options[] = {
	OPT_CALLBACK("kernel", 0, "RELEASE", subject, take_release,
		     "Answer for this kernel release, such as 6.12. Default: the running kernel."),
	OPT_CALLBACK("provider", 0, "PROVIDER", subject, take_provider,
		     "Answer for this RDMA provider, such as rxe or mlx5. Default: that of the "
		     "first RDMA device here, or rxe."),
	OPT_STRING("policy", 0, "FILE", policy,
		   "Answer by the expectations in this file, see daxpin-policy(5).",
		   .source = CLI_FILES),
	OPT_STRING("from", 0, "RESULTS", from,
		   "Print the result ID of this file, which --format json has written.",
		   .source = CLI_FILES),
	OPT_JSON(json),
	CLI_END,
};

static int parse(struct cli_call *call, struct explain_options *o, struct dp_error *err)
{
	int rc = cli_parse(call, o, err);

	if (!rc && !call->count)
		rc = dp_bad_input(err, "explain wants %s; see daxpin explain --help",
				  o->from ? "an id" : "a path, or an id and --from");
	return rc ? rc : cli_operands_end(call, 1, err);
}

static int run(struct cli_call *call)
{
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	struct explain_options o = { 0 };
	struct subject_path subject = { 0 };
	struct dp_error err = { 0 };
	int rc = parse(call, &o, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc && o.from) {
		rc = cli_timeline(o.from, call->words[0], o.json, &err);
		return rc ? cli_error_print(&err) : 0;
	}
	if (!rc)
		rc = dp_policy_load(o.policy, &policy, &err);
	subject.path = call->words[0];
	if (!rc)
		rc = classify(&subject, &err);
	if (rc)
		return cli_error_print(&err);
	default_subject(&o.subject);
	if (o.json)
		print_json(&subject, &o.subject, &policy);
	else
		print_text(&subject, &o.subject, &policy);
	return 0;
}

const struct cli_command cli_explain = {
	.name = "explain",
	.brief = "explain whether a path can be registered, or one stored result",
	.usage = CLI_USAGE("explain PATH [OPTIONS]", "explain ID --from RESULTS [--format FORMAT]"),
	.about = "Tells what a file, a folder or a device is mapped as, whether a memory region "
		 "can be registered over it with each access mode, why, and what to do instead. "
		 "Nothing is written, mapped or registered.\n\n"
		 "With --from, prints one stored result step by step, such as "
		 "teardown/devdax-2M/devdax-unbind/dereg, and what the kernel logged.",
	.groups = CLI_GROUPS({ .options = options }),
	.operand = CLI_FILES,
	.run = run,
};
