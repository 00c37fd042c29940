// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "options.h"

#define WIDTH  80
#define COLUMN 26 /* where the help of an option begins */

/* Columns of a text in UTF-8. */
static int columns(const char *text, size_t len)
{
	int n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* Prints words from column @at on, and goes on at @indent in further lines. */
static void print_wrapped(FILE *out, const char *text, size_t size, int indent, int at)
{
	const char *end = text + size;
	bool first = true;

	while (text < end) {
		size_t len = strcspn(text, " \n");
		int width = columns(text, len);

		if (!first && at + 1 + width > WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
			first = true;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", (int)len, text);
		at += width + !first;
		first = false;
		text += len;
		text += strspn(text, " \n");
	}
	putc('\n', out);
}

/* What is longer than the column has a line of its own. */
static void end_column(FILE *out, int at)
{
	if (at + 2 > COLUMN) {
		putc('\n', out);
		at = 0;
	}
	fprintf(out, "%*s", COLUMN - at, "");
}

static void print_paragraphs(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n"), term = strcspn(text, "\t\n");

		if (term < len) {
			end_column(out, fprintf(out, "  %.*s", (int)term, text));
			print_wrapped(out, text + term + 1, len - term - 1, COLUMN, COLUMN);
		} else if (len) {
			print_wrapped(out, text, len, 0, 0);
		} else {
			putc('\n', out);
		}
		text += len + (text[len] == '\n');
	}
}

static void print_option(FILE *out, const struct cli_option *option, const struct cli_group *group)
{
	char text[1024];
	int at = option->letter ? fprintf(out, "  -%c, --%s", option->letter, option->name)
				: fprintf(out, "      --%s", option->name);

	if (option->variable)
		at += fprintf(out, option->bare ? "[=%s]" : " %s", option->variable);
	end_column(out, at);
	cli_option_text(option, group, text, sizeof(text));
	print_wrapped(out, text, strlen(text), COLUMN, COLUMN);
}

static void print_group(FILE *out, const struct cli_group *group)
{
	for (const struct cli_option *o = group->options; o->name; o++)
		print_option(out, o, group);
}

/* Those of the command itself, then those that it shares with others. */
static void print_options(FILE *out, const struct cli_call *call)
{
	static const struct cli_option help[] = {
		{ .name = "help", .letter = 'h', .help = "Print this help." },
		CLI_END,
	};

	fprintf(out, "\nOptions:\n");
	for (const struct cli_group *g = call->command->groups; g && g->options; g++)
		if (!g->title && cli_group_applies(g, call))
			print_group(out, g);
	print_group(out, &(struct cli_group){ .options = help });
	for (const struct cli_group *g = call->command->groups; g && g->options; g++) {
		if (!g->title || !cli_group_applies(g, call))
			continue;
		fprintf(out, "\n%s:\n", g->title);
		print_group(out, g);
	}
}

static void print_commands(FILE *out, const struct cli_command *const *commands)
{
	fprintf(out, "\nCommands:\n");
	for (; *commands; commands++) {
		fprintf(out, "  %-12s", (*commands)->name);
		print_wrapped(out, (*commands)->brief, strlen((*commands)->brief), 14, 14);
	}
}

void cli_help(FILE *out, const struct cli_call *call)
{
	const struct cli_command *command = call->command;

	for (const char *const *usage = command->usage; *usage; usage++)
		fprintf(out, "%s daxpin %s\n", usage == command->usage ? "Usage:" : "      ",
			*usage);
	putc('\n', out);
	print_paragraphs(out, command->about);
	if (command->commands)
		print_commands(out, command->commands);
	print_options(out, call);
	if (command->notes) {
		putc('\n', out);
		print_paragraphs(out, command->notes);
	}
}
