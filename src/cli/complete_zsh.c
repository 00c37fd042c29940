// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The completion for zsh: for each command a function that tells _arguments(1) its options, and the
 * functions that complete values, from complete.zsh.
 */
#include <string.h>

#include "options.h"

#include "daxpin/embed.h"
#include "daxpin/report.h"

/* The functions for values. */
DP_EMBED(complete_zsh, DP_COMPLETE_ZSH);

struct writer {
	FILE *out;
	const struct cli_call *root;
};

/* Within single quotes, in a specification: brackets and colons would end the text. */
static void print_text(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'')
			fputs("'\\'", out);
		else if (strchr("[]:\\", text[i]))
			putc('\\', out);
		putc(text[i], out);
	}
}

/* The first sentence, without its full stop. */
static size_t sentence(const char *text)
{
	const char *end = strstr(text, ". ");

	return end ? (size_t)(end - text) : strlen(text) - 1;
}

/* "_daxpin_guest_check" for "guest check", "_daxpin_" for daxpin itself. */
static void print_function(FILE *out, const char *name)
{
	fputs("_daxpin_", out);
	for (; *name; name++)
		putc(*name == ' ' || *name == '-' ? '_' : *name, out);
}

/* "a, b" as " a b". */
static void print_words(FILE *out, const char *list)
{
	putc(' ', out);
	for (; *list; list++)
		if (*list != ',')
			putc(*list, out);
}

/* What completes a value: a function, or the values. */
static void print_action(FILE *out, const struct cli_call *call, const struct cli_option *option)
{
	char choices[CLI_CHOICES];

	if (cli_choices(option, choices, sizeof(choices))) {
		putc('(', out);
		print_words(out, choices);
		putc(')', out);
		return;
	}
	if (option->source == CLI_NOTHING) {
		putc(' ', out);
		return;
	}
	fprintf(out, "_daxpin-%s", cli_source_name(option->source));
	if (option->source == CLI_IDS)
		fprintf(out, " %s", call->command->name);
}

static void print_option(FILE *out, const struct cli_call *call, const struct cli_option *option,
			 bool brief)
{
	bool repeats = option->kind == CLI_LIST || option->source == CLI_REPORTS;

	fprintf(out, " \\\n\t\t'%s", repeats ? "*" : "");
	if (brief)
		fprintf(out, "-%c%s[", option->letter, option->variable ? "+" : "");
	else
		fprintf(out, "--%s%s[", option->name,
			option->bare       ? "=-"
			: option->variable ? "="
					   : "");
	print_text(out, option->help, sentence(option->help));
	putc(']', out);
	if (option->variable) {
		fputs(option->bare ? "::" : ":", out);
		print_text(out, option->variable, strlen(option->variable));
		putc(':', out);
		print_action(out, call, option);
	}
	putc('\'', out);
}

static void print_options(FILE *out, const struct cli_call *call)
{
	fprintf(out, " \\\n\t\t'(- *)'{-h,--help}'[Print this help]'");
	for (const struct cli_group *g = call->command->groups; g && g->options; g++)
		for (const struct cli_option *o = g->options; o->name; o++) {
			if (!cli_group_applies(g, call))
				continue;
			print_option(out, call, o, false);
			if (o->letter)
				print_option(out, call, o, true);
		}
}

/* Commands may follow; each has a function, whose name begins as that of @above. */
static void print_commands(FILE *out, const char *above, const struct cli_command *const *commands)
{
	const char *space = above[0] ? "_" : "";

	fprintf(out, " \\\n\t\t'1:command:((");
	for (const struct cli_command *const *c = commands; *c; c++) {
		fprintf(out, "%s%s\\:\"", c == commands ? "" : " ", (*c)->name);
		print_text(out, (*c)->brief, strlen((*c)->brief));
		putc('"', out);
	}
	fprintf(out, "))' \\\n\t\t'*::word:->rest' && return\n\t[[ $state != rest ]] || ");
	print_function(out, above);
	fprintf(out, "%s${line[1]//-/_} 2>/dev/null\n", space);
}

static void print_entry(const struct cli_call *call, void *arg)
{
	const struct writer *w = arg;
	const struct cli_command *command = call->command;

	print_function(w->out, call->name);
	fprintf(w->out, "() {\n\tlocal curcontext=$curcontext state line\n\ttypeset -A opt_args\n"
			"\t_arguments -C -S");
	print_options(w->out, call);
	if (command->operand == CLI_COMMANDS)
		print_commands(w->out, "", w->root->command->commands);
	else if (command->commands)
		print_commands(w->out, call->name, command->commands);
	else if (cli_operand(call) != CLI_NOTHING)
		fprintf(w->out, " \\\n\t\t'*:operand:_daxpin-%s'\n",
			cli_source_name(cli_operand(call)));
	else
		fprintf(w->out, "\n");
	fprintf(w->out, "}\n\n");
}

void cli_complete_zsh(FILE *out, const struct cli_call *root)
{
	char formats[128];

	dp_format_names(formats, sizeof(formats));
	fprintf(out, "#compdef daxpin\n# Written by \"daxpin completion zsh\".\n\n");
	fprintf(out, "_daxpin-formats() { compadd \"$@\" --");
	print_words(out, formats);
	fprintf(out, " }\n\n");
	cli_walk(root, print_entry, &(struct writer){ out, root });
	fputs(complete_zsh, out);
}
