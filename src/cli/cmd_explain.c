// SPDX-License-Identifier: GPL-2.0-or-later
/* Why can this be registered, or why not? Answered from what the path is and from the policy. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli.h"
#include "explain.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/confine.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/look.h"
#include "daxpin/rdma.h"
#include "daxpin/text.h"

static const char *advice_for(enum dp_family family)
{
	switch (family) {
	case DP_FAMILY_FSDAX:
		return "Use device-dax for memory that stays registered, or an on-demand MR "
		       "(IBV_ACCESS_ON_DEMAND) on an adapter that can; rxe can from Linux 6.15.";
	case DP_FAMILY_PAGECACHE:
		return "Registering for reading works with most adapters. For writing, register "
		       "anonymous memory, a memfd or tmpfs and copy, or put the data on "
		       "device-dax.";
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

/* The first adapter here, of a provider if one is asked for. */
static struct json_object *find_adapter(struct json_object *list, const char *provider)
{
	for (size_t i = 0; i < dp_json_count(list); i++) {
		struct json_object *adapter = json_object_array_get_idx(list, i);
		const char *name = dp_json_text(adapter, "provider");

		if (!provider[0] || (name && !strcmp(name, provider)))
			return adapter;
	}
	return NULL;
}

/* Commits d03fb5c6599e and 2fae67ab63db: rxe_odp.c came with 6.15. */
static bool rxe_pages_on_demand(const char *kernel)
{
	const struct dp_series since = { 6, 15 };
	struct dp_series series;

	return !dp_parse_series(kernel, &series, NULL) && dp_compare_series(series, since) >= 0;
}

/*
 * The adapter that is here, or soft-RoCE. What an adapter here can do is asked of itself, if it is
 * this kernel that is meant; otherwise the kernel release tells.
 */
static void default_subject(struct dp_subject *subject)
{
	struct json_object *list = dp_inventory_rdma(),
			   *adapter = find_adapter(list, subject->provider);
	const char *provider = adapter ? dp_json_text(adapter, "provider") : "rxe";
	struct utsname uts;

	uname(&uts);
	if (!subject->kernel[0])
		snprintf(subject->kernel, sizeof(subject->kernel), "%s", uts.release);
	if (!subject->provider[0])
		snprintf(subject->provider, sizeof(subject->provider), "%s",
			 provider ? provider : "unknown");
	subject->odp_seen = adapter && !strcmp(subject->kernel, uts.release);
	if (subject->odp_seen)
		subject->odp = dp_json_bool_or(adapter, "odp", false);
	else
		subject->odp =
			!strcmp(subject->provider, "mlx5") ||
			(!strcmp(subject->provider, "rxe") && rxe_pages_on_demand(subject->kernel));
	json_object_put(list);
}

/* Of a vendor's kernel that runs here: whether check_vma_flags() looks at the file's mapping. */
static bool guards_pagecache(const struct dp_subject *subject)
{
	dp_autofree char *symbols = NULL;
	struct utsname uts;

	uname(&uts);
	return dp_kernel_vendor(subject->kernel) && !strcmp(subject->kernel, uts.release) &&
	       !dp_read_file("/proc/kallsyms", 256 << 20, &symbols, NULL, NULL) &&
	       strstr(symbols, " vma_needs_dirty_tracking\n");
}

static int print_text(const struct explain_options *o, const struct dp_policy *policy,
		      const char *path, const struct dp_look *look)
{
	int code;

	printf("%s is %s%s%s%s\n", path, look->what, look->mapping[0] ? " (" : "", look->mapping,
	       look->mapping[0] ? ")" : "");
	if (look->unmappable)
		printf("It cannot be mapped: %s.\n", dp_errno_name(look->unmappable));
	if (look->empty)
		printf("There is no byte in it yet.\n");
	cli_explain_print_subject(o);
	putchar('\n');
	code = cli_explain_print(o, policy, look, NULL);
	if (!look->unmappable && look->mapping[0])
		printf("\n%s\n", advice_for(look->family));
	return code;
}

static int print_json(const struct explain_options *o, const struct dp_policy *policy,
		      const char *path, const struct dp_look *look)
{
	struct json_object *root = json_object_new_object();
	int code = 0;

	dp_json_add_text(root, "schema", "daxpin-explain/1");
	dp_json_add_text(root, "path", path);
	dp_json_add_text(root, "mapping", look->mapping[0] ? look->mapping : NULL);
	dp_json_add_text(root, "what", look->what);
	dp_json_add_text(root, "unmappable",
			 look->unmappable ? dp_errno_name(look->unmappable) : NULL);
	dp_json_add_text(root, "unknown", look->unknown[0] ? look->unknown : NULL);
	dp_json_add_text(root, "kernel", o->subject.kernel);
	dp_json_add_text(root, "provider", o->subject.provider);
	dp_json_add_bool(root, "odp", o->subject.odp);
	json_object_object_add(root, "accesses",
			       cli_explain_accesses(o, policy, look, NULL, &code));
	dp_json_add_text(root, "advice", advice_for(look->family));
	cli_print_json(root);
	json_object_put(root);
	return code;
}

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
	char known[256];

	snprintf(subject->provider, sizeof(subject->provider), "%s", value);
	if (dp_provider_known(value))
		return 0;
	if (dp_provider_meant(value))
		return dp_bad_input(err,
				    "\"%s\" is no provider, but a module or a device of one: "
				    "\"%s\" is probably meant",
				    value, dp_provider_meant(value));
	dp_provider_list(known, sizeof(known));
	return dp_bad_input(err, "there is no provider \"%s\"; there are %s", value, known);
}

static int take_access(void *field, const char *value, struct dp_error *err)
{
	const char **access = field;
	size_t count;
	const struct dp_access *all = dp_accesses(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i].name, value)) {
			*access = all[i].name;
			return 0;
		}
	return dp_bad_input(err, "there is no access \"%s\"; daxpin list --ids names them", value);
}

#define CLI_OPTIONS struct explain_options

static const struct cli_option options[] = {
	OPT_CALLBACK("kernel", 0, "RELEASE", subject, take_release,
		     "Answer for this kernel release, such as 6.12. Default: the running kernel."),
	OPT_CALLBACK("provider", 0, "PROVIDER", subject, take_provider,
		     "Answer for this RDMA provider, such as rxe or mlx5. Default: that of the "
		     "first RDMA device here, or rxe."),
	OPT_CALLBACK("access", 0, "ACCESS", access, take_access,
		     "Answer for this access mode only. The exit code is the answer: 0 allowed, 1 "
		     "rejected, 3 unknown."),
	OPT_NUMBER("pid", 0, "PID", pid, 1, INT_MAX,
		   "Explain an address of this process, as in its \"ibv_reg_mr failed\": which "
		   "mappings the range covers, and what each would get."),
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
				  o->from  ? "an id"
				  : o->pid ? "an address"
					   : "a path, or an id and --from");
	return rc ? rc : cli_operands_end(call, 1, err);
}

static int explain(const struct explain_options *o, const char *operand, struct dp_error *err)
{
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 };
	struct dp_look look;
	int rc = dp_policy_load(o->policy, &policy, err);

	if (!rc && o->pid)
		return cli_explain_range(o, &policy, operand, err);
	if (!rc)
		rc = dp_look_path(operand, &look, err);
	if (rc)
		return rc;
	return (o->json ? print_json : print_text)(o, &policy, operand, &look);
}

static int run(struct cli_call *call)
{
	struct explain_options o = { 0 };
	struct dp_error err = { 0 };
	int rc = parse(call, &o, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc && o.from) {
		/* Where it cannot be confined it is read as well. */
		dp_confine();
		rc = cli_timeline(o.from, call->words[0], o.json, &err);
		return rc ? cli_error_print(&err) : 0;
	}
	default_subject(&o.subject);
	o.guards_pagecache = guards_pagecache(&o.subject);
	if (!rc)
		rc = explain(&o, call->words[0], &err);
	if (rc < 0)
		return cli_error_print(&err);
	return o.access ? rc : 0;
}

const struct cli_command cli_explain = {
	.name = "explain",
	.brief = "explain whether a path or an address can be registered, or a result",
	.usage = CLI_USAGE("explain PATH [OPTIONS]", "explain --pid PID ADDRESS[:LENGTH] [OPTIONS]",
			   "explain ID --from RESULTS [--format FORMAT]"),
	.about = "Tells what a file, a folder or a device is mapped as, whether a memory region "
		 "can be registered over it with each access mode, why, and what to do instead. "
		 "Asks the kernel what mmap() would give. Nothing is written, allocated or "
		 "registered, and the times of files stay as they are.\n\n"
		 "With --pid, explains what a process has mapped at an address.\n\n"
		 "With --from, prints one stored result step by step, such as "
		 "teardown/devdax-2M/devdax-unbind/dereg, and what the kernel logged.",
	.groups = CLI_GROUPS({ .options = options }),
	.operand = CLI_FILES,
	.run = run,
};
