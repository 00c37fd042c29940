// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands of daxpin. */
#include "cli.h"

struct daxpin_options {
	bool version;
};

#define CLI_OPTIONS struct daxpin_options

static const struct cli_option options[] = {
	OPT_FLAG("version", 0, version, "Print the version."),
	CLI_END,
};

static int run(struct cli_call *call)
{
	struct daxpin_options o = { 0 };
	struct cli_call sub;
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &o, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc && o.version) {
		printf("daxpin %s\n", DP_VERSION);
		return 0;
	}
	if (!rc)
		rc = cli_descend(call, &sub, &err);
	return rc ? dp_error_print(&err) : cli_dispatch(&sub);
}

const struct cli_command cli_daxpin = {
	.name = "",
	.usage = CLI_USAGE("COMMAND [OPTIONS]"),
	.about = "Registers RDMA memory regions over DAX and other kinds of mappings, and judges "
		 "what the kernel does.",
	.notes =
		"\"daxpin COMMAND --help\" prints the options of a command; daxpin(1) describes "
		"them all.\n\n"
		"Exit codes: 0 nothing failed, 1 something failed, 2 bad usage or input, 3 the run "
		"could not be carried out.",
	.groups = CLI_GROUPS({ .options = options }),
	.commands =
		CLI_SUBCOMMANDS(&cli_guest, &cli_check, &cli_teardown, &cli_traffic, &cli_judge,
				&cli_compare, &cli_explain, &cli_list, &cli_kernels, &cli_cache),
	.run = run,
};
