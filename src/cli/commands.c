// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands of daxpin, and the one that makes completion and manual page from their tables. */
#include "cli.h"

static const struct cli_call root = { .command = &cli_daxpin };

/* Return: whether there is nothing else to print. */
static int begin(struct cli_call *call, struct dp_error *err)
{
	int rc = cli_parse(call, NULL, err);

	return rc ? rc : cli_operands_end(call, 0, err);
}

static int run_bash(struct cli_call *call)
{
	struct dp_error err = { 0 };
	int rc = begin(call, &err);

	if (!rc)
		cli_complete_bash(stdout, &root);
	return rc < 0 ? cli_error_print(&err) : 0;
}

static int run_zsh(struct cli_call *call)
{
	struct dp_error err = { 0 };
	int rc = begin(call, &err);

	if (!rc)
		cli_complete_zsh(stdout, &root);
	return rc < 0 ? cli_error_print(&err) : 0;
}

static int run_man(struct cli_call *call)
{
	struct dp_error err = { 0 };
	int rc = begin(call, &err);

	if (!rc)
		cli_fill_man(stdout, stdin, &root);
	return rc < 0 ? cli_error_print(&err) : 0;
}

static const struct cli_command bash = {
	.name = "bash",
	.brief = "print the completion script for bash",
	.usage = CLI_USAGE("completion bash"),
	.about = "Prints the completion script for bash, for \"source <(daxpin completion bash)\".",
	.run = run_bash,
};

static const struct cli_command zsh = {
	.name = "zsh",
	.brief = "print the completion script for zsh",
	.usage = CLI_USAGE("completion zsh"),
	.about = "Prints the completion script for zsh. It belongs into a file _daxpin in a folder "
		 "of $fpath.",
	.run = run_zsh,
};

static const struct cli_command man = {
	.name = "man",
	.brief = "fill in the options in the source of daxpin(1)",
	.usage = CLI_USAGE("completion man <daxpin.1.in >daxpin.1"),
	.about = "Copies the source of the manual page from standard input to standard output, and "
		 "puts the synopsis and the options where it says @SYNOPSIS@ and @OPTIONS@. The "
		 "build uses this.",
	.run = run_man,
};

static const struct cli_command completion = {
	.name = "completion",
	.brief = "print the completion script for a shell",
	.usage = CLI_USAGE("completion COMMAND"),
	.about = "Prints what is made from the tables of commands and options.",
	.commands = CLI_SUBCOMMANDS(&bash, &zsh, &man),
};

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
	return rc ? cli_error_print(&err) : cli_dispatch(&sub);
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
	.commands = CLI_SUBCOMMANDS(&cli_guest, &cli_check, &cli_node, &cli_limit, &cli_teardown,
				    &cli_traffic, &cli_pinner, &cli_bench, &cli_judge, &cli_compare,
				    &cli_collect, &cli_explain, &cli_list, &cli_kernels, &cli_cache,
				    &completion),
	.run = run,
};
