// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The completion for bash: a table, which is written here, and the functions that read it, from
 * complete.bash. The table is a function that sets, for a path such as " guest check":
 *
 *     commands   that may follow
 *     options    as they are written, with "=SOURCE" if they take a value; where only some values
 *                are accepted, SOURCE is "a,b,c"; "?=SOURCE" if the value may be left out
 *     operand    the source of the words that are neither
 */
#include "options.h"

#include "daxpin/embed.h"
#include "daxpin/report.h"

/* The functions. */
DP_EMBED(complete_bash, DP_COMPLETE_BASH);

struct writer {
	FILE *out;
	const struct cli_call *root;
};

/* "a, b" as "a,b": bash splits the options at blanks. */
static void print_list(FILE *out, const char *list)
{
	for (; *list; list++)
		if (*list != ' ')
			putc(*list, out);
}

static void print_value(FILE *out, const struct cli_option *option)
{
	char choices[CLI_CHOICES];

	if (!option->variable)
		return;
	fputs(option->bare ? "?=" : "=", out);
	if (cli_choices(option, choices, sizeof(choices)))
		print_list(out, choices);
	else
		fputs(cli_source_name(option->source), out);
}

static void print_options(FILE *out, const struct cli_call *call)
{
	fprintf(out, "\t\toptions='--help");
	for (const struct cli_group *g = call->command->groups; g && g->options; g++)
		for (const struct cli_option *o = g->options; o->name; o++) {
			if (!cli_group_applies(g, call))
				continue;
			fprintf(out, " --%s", o->name);
			print_value(out, o);
			if (!o->letter)
				continue;
			fprintf(out, " -%c", o->letter);
			print_value(out, o);
		}
	fprintf(out, "'\n");
}

static void print_entry(const struct cli_call *call, void *arg)
{
	const struct writer *w = arg;
	const char *space = call->name[0] ? " " : "";
	bool restarts = call->command->operand == CLI_COMMANDS;
	const struct cli_command *const *c =
		restarts ? w->root->command->commands : call->command->commands;

	fprintf(w->out, "\t'%s%s')\n\t\tcommands='", space, call->name);
	for (; c && *c; c++)
		if (*c != call->parent)
			fprintf(w->out, "%s%s", (*c)->name, c[1] ? " " : "");
	fprintf(w->out, "'\n");
	print_options(w->out, call);
	fprintf(w->out, "\t\toperand='%s'\n\t\t;;\n", cli_source_name(cli_operand(call)));
	if (restarts)
		fprintf(w->out, "\t'%s%s '*) _daxpin_table \"${1#'%s%s'}\" ;;\n", space, call->name,
			space, call->name);
}

void cli_complete_bash(FILE *out, const struct cli_call *root)
{
	char formats[128];

	dp_format_names(formats, sizeof(formats));
	fprintf(out,
		"# bash completion for daxpin(1)                            -*- shell-script -*-\n"
		"# Written by \"daxpin completion bash\".\n"
		"# shellcheck shell=bash disable=SC2034\n\n"
		"# Sets the commands, the options and the operand that follow the commands $1.\n"
		"_daxpin_table() {\n"
		"\tformats='");
	print_list(out, formats);
	fprintf(out, "'\n\tcase $1 in\n");
	cli_walk(root, print_entry, &(struct writer){ out, root });
	fprintf(out, "\tesac\n}\n\n%s", complete_bash);
}
