// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "node.h"

#include "daxpin/campaign.h"
#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/site.h"
#include "daxpin/text.h"

#define DEFAULT_SITE  "/etc/daxpin/site.conf"
#define DEFAULT_LIMIT 20000
#define MAX_GLOBS     16

/* The tables that it shares with check fill the first member. */
struct node_options {
	struct cli_check_options check;
	const char *site;
	uint64_t limit_ms;
	unsigned int drain_on; /* exit codes, as bits; 0: all */
	bool record;
};

/* A node that is asked. */
struct node {
	struct node_options *options;
	struct dp_site site;
	struct dp_policy policy;
	struct dp_plan plan;
	struct json_object *inventory;
	struct dp_run_record run;
	struct cli_verdict verdict;
	uint64_t until;
};

static void clear(struct node *n)
{
	dp_site_clear(&n->site);
	dp_policy_clear(&n->policy);
	dp_plan_clear(&n->plan);
	json_object_put(n->inventory);
	dp_run_clear(&n->run);
}

/* ---- what is asked ------------------------------------------------------------------------ */

static const char *policy_of(const struct node *n)
{
	return n->options->check.policy ? n->options->check.policy : n->site.policy;
}

static int read_files(struct node *n, struct dp_error *err)
{
	struct cli_check_options *check = &n->options->check;
	const char *site = n->options->site;
	int rc = 0;

	if (!site && !n->options->record && dp_exists(DEFAULT_SITE))
		site = DEFAULT_SITE;
	if (site)
		rc = dp_site_load(site, &n->site, err);
	for (size_t i = 0; i < n->site.ndirs && check->ndirs < CLI_MAX_LIST; i++)
		check->dirs[check->ndirs++] = n->site.dirs[i];
	return rc ? rc : dp_policy_load(policy_of(n), &n->policy, err);
}

struct globs {
	const char *list[MAX_GLOBS + CLI_MAX_LIST];
	size_t count;
};

static void add_glob(struct globs *globs, const char *glob)
{
	if (globs->count < DP_ARRAY_SIZE(globs->list))
		globs->list[globs->count++] = glob;
}

static bool has(struct json_object *list, const char *key, const char *text)
{
	for (size_t i = 0; i < dp_json_count(list); i++) {
		const char *value = dp_json_text(json_object_array_get_idx(list, i), key);

		if (value && !strcmp(value, text))
			return true;
	}
	return false;
}

static bool has_device(struct json_object *dax, int64_t align)
{
	for (size_t i = 0; i < dp_json_count(dax); i++) {
		struct json_object *device = json_object_array_get_idx(dax, i);
		const char *driver = dp_json_text(device, "driver");

		if (driver && !strcmp(driver, "device_dax") &&
		    dp_json_int_or(device, "align", 0) == align)
			return true;
	}
	return false;
}

/* The mappings of what is here, and anonymous memory to compare them with. */
static void glob_devices(struct json_object *inventory, struct globs *globs)
{
	struct json_object *dax = dp_json_array(inventory, "dax");
	struct json_object *mounts = dp_json_array(inventory, "mounts");

	add_glob(globs, "anon");
	if (has_device(dax, 4 << 10))
		add_glob(globs, "devdax-4K");
	if (has_device(dax, 2 << 20))
		add_glob(globs, "devdax-2M");
	if (has_device(dax, 1 << 30))
		add_glob(globs, "devdax-1G");
	if (has(mounts, "fs", "ext4"))
		add_glob(globs, "fsdax-ext4-*");
	if (has(mounts, "fs", "xfs"))
		add_glob(globs, "fsdax-xfs-*");
	if (has(dax, "driver", "kmem"))
		add_glob(globs, "kmem*");
}

/* Devices that are not known are not asked, which is not as good as that there are none. */
static void tell_unread(struct node *n, enum dp_site_list list)
{
	char text[64];

	/* What the site file has is told by dp_site_judge(). */
	if (n->site.lists[list].named || dp_json_array(n->inventory, dp_site_list_source(list)))
		return;
	snprintf(text, sizeof(text), "%s: cannot be read", dp_site_list_name(list));
	cli_verdict_add(&n->verdict, false, text);
}

static int make_plan(struct node *n, struct dp_error *err)
{
	const struct cli_check_options *check = &n->options->check;
	struct globs globs = { 0 };

	if (check->nonly)
		return dp_plan_make(check->only, check->nonly, &n->plan, err);
	tell_unread(n, DP_SITE_DAX);
	tell_unread(n, DP_SITE_MOUNTS);
	glob_devices(n->inventory, &globs);
	for (size_t i = 0; i < n->site.nanswered; i++)
		add_glob(&globs, n->site.answered[i]);
	return dp_plan_make(globs.list, globs.count, &n->plan, err);
}

/* ---- the answer --------------------------------------------------------------------------- */

static void take_finding(void *arg, bool broken, const char *text)
{
	cli_verdict_add(arg, broken, text);
}

/* An adapter that is not there, or a device that hangs, is no mistake of whoever asks. */
static int untold(struct node *n, int rc, struct dp_error *err)
{
	if (!rc || err->input)
		return rc;
	cli_verdict_add(&n->verdict, false, err->what);
	*err = (struct dp_error){ 0 };
	return 0;
}

static int ask(struct node *n, struct dp_error *err)
{
	struct dp_ask ask = cli_ask(&n->options->check, &n->policy);
	const struct dp_host host = cli_host(&n->options->check, NULL);
	int rc;

	ask.progress = NULL;
	ask.until = n->until;
	rc = untold(n, dp_host_check(&host, &n->plan, &ask, &n->run, err), err);
	if (!rc && n->run.count) {
		cli_verdict_add_run(&n->verdict, &n->run);
		cli_verdict_add_unasked(&n->verdict, &n->site, &n->run,
					n->options->check.nonly > 0);
	}
	return rc;
}

/* The site says so: then there is nobody who could be asked. */
static bool has_no_adapters(const struct dp_site *site)
{
	const struct dp_site_rows *rows = &site->lists[DP_SITE_ADAPTERS];

	return rows->named && !rows->count;
}

static int look(struct node *n, struct dp_error *err)
{
	int rc = dp_host_inventory(n->site.memlock_of, n->until, &n->inventory, err);

	if (rc)
		return untold(n, rc, err);
	dp_site_judge(&n->site, n->inventory, take_finding, &n->verdict);
	if (has_no_adapters(&n->site))
		return 0;
	rc = make_plan(n, err);
	return rc ? rc : ask(n, err);
}

static int verdict_code(const struct cli_verdict *v)
{
	return v->broken ? 1 : v->untold ? 3 : 0;
}

static int write_reports(struct node *n, const char *line, struct dp_error *err)
{
	int code;

	if (!n->run.count || !n->options->check.outputs.count)
		return verdict_code(&n->verdict);
	if (line[0])
		snprintf(n->run.note, sizeof(n->run.note), "%.*s", CLI_NODE_LINE, line);
	code = cli_report(&n->options->check, &n->run, 1, err);
	return code < 0 || (code == 3 && !n->verdict.broken) ? code : verdict_code(&n->verdict);
}

/* A node that is not good is no model. */
static int conclude(struct node *n, struct dp_error *err)
{
	char line[CLI_NODE_LINE + 32];
	int code;

	cli_verdict_line(&n->verdict, line);
	code = write_reports(n, line, err);
	if (line[0])
		fprintf(n->options->record ? stderr : stdout, "daxpin: %s\n", line);
	if (!code && n->options->record)
		cli_record_site(stdout, n->inventory, &n->run, &n->options->check, policy_of(n));
	return code;
}

static int run(struct cli_call *call)
{
	struct node_options options = { .limit_ms = DEFAULT_LIMIT };
	dp_cleanup(clear) struct node node = { .options = &options };
	struct dp_error err = { 0 };
	int rc;

	node.until = dp_now_ms();
	rc = cli_parse(call, &options, &err);
	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc)
		rc = cli_operands_end(call, 0, &err);
	if (rc)
		return cli_exit_code(rc, false, &err);
	node.until += options.limit_ms;
	rc = read_files(&node, &err);
	if (!rc)
		rc = look(&node, &err);
	if (!rc)
		rc = conclude(&node, &err);
	cli_report_close(&options.check);
	rc = cli_exit_code(rc, false, &err);
	return !options.drain_on || options.drain_on & 1U << rc ? rc : 0;
}

/* ---- options ------------------------------------------------------------------------------ */

static int take_codes(void *field, const char *text, struct dp_error *err)
{
	unsigned int *codes = field;

	*codes = 0;
	for (const char *at = text;; at++) {
		if (*at < '1' || *at > '3' || (at[1] && at[1] != ','))
			return dp_bad_input(err,
					    "--drain-on wants exit codes such as 1 or 1,3, not "
					    "\"%s\"",
					    text);
		*codes |= 1U << (*at - '0');
		if (!*++at)
			return 0;
	}
}

#define CLI_OPTIONS struct node_options

static const struct cli_option node_options[] = {
	OPT_STRING("site", 0, "FILE", site,
		   "What each node of this class has. Default: " DEFAULT_SITE
		   ", if it is there; without, the policy alone decides.",
		   .source = CLI_FILES),
	OPT_SECONDS("limit", 0, "SECONDS", limit_ms,
		    "Give up after this time; what has no answer by then is said.",
		    .initial = "20s"),
	OPT_CALLBACK("drain-on", 0, "CODES", drain_on, take_codes,
		     "Exit with these codes only, such as 1 or 1,3, and otherwise with 0: for "
		     "schedulers that drain a node for any other. The line is printed all the "
		     "same. Default: every code."),
	OPT_FLAG("record", 0, record,
		 "Print a site file of what this node has, if it is good by the policy."),
	OPT_CALLBACK("output", 'o', "FORMAT=FILE", check.outputs, cli_take_output,
		     "Write a report to a file. May be repeated.", .source = CLI_REPORTS),
	CLI_END,
};

const struct cli_command cli_node = {
	.name = "node",
	.brief = "check a node for its scheduler",
	.usage = CLI_USAGE("node [OPTIONS]", "node --record [OPTIONS]"),
	.about =
		"Compares the devices, the adapters, the mounts and the limit of locked memory of this "
		"machine with a site file, and checks the mappings of its DAX devices. Prints nothing "
		"if all is as it should be, and otherwise one line. See docs/node.md.\n\n"
		"It changes nothing: it reads, and registers temporary memory. It needs no "
		"privilege, but sees more as root.",
	.notes = "Exit codes: 0 the node is good, 1 something is not as it should be (drain it), 2 "
		 "bad usage or a bad file, 3 it cannot be told (do not drain it, tell somebody).",
	.groups = CLI_GROUPS({ .options = node_options }, { .options = cli_case_options },
			     { .options = cli_region_options }, { .options = cli_policy_options },
			     { .options = cli_folder_options }),
	.run = run,
};
