// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts of daxpin(1) that come from the tables. The rest of the page is written by hand. */
#include <string.h>

#include "options.h"

#define MAX_SHARED 16

/* A table that several commands share, with their names. */
struct shared {
	const struct cli_group *group;
	char users[256];
};

struct page {
	FILE *out;
	const struct cli_call *root;
	struct shared shared[MAX_SHARED];
	size_t nshared;
	bool begun; /* a line of the synopsis was printed */
};

/* Text as roff takes it: a minus that can be copied, no escapes, each sentence on a line. */
static void print_inline(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (i && text[i] == ' ' && text[i - 1] == '.')
			putc('\n', out);
		else if (text[i] == '\\')
			fputs("\\e", out);
		else if (text[i] == '-')
			fputs("\\-", out);
		else
			putc(text[i], out);
}

/* At the beginning of a line, where a request could stand. */
static void print_text(FILE *out, const char *text, size_t len)
{
	if (len && (*text == '.' || *text == '\''))
		fputs("\\&", out);
	print_inline(out, text, len);
}

/* Usage: what is typed as it is in bold, what stands for something in italics. */
static void print_usage(FILE *out, const char *usage, size_t size)
{
	static const char bold[] = "abcdefghijklmnopqrstuvwxyz-";
	static const char italic[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
	const char *end = usage + size;

	while (usage < end) {
		size_t typed = strspn(usage, bold), stands = strspn(usage, italic);
		size_t len = typed > stands ? typed : stands;

		if (len)
			fprintf(out, "\\f%c", typed > stands ? 'B' : 'I');
		print_inline(out, usage, len ? len : 1);
		if (len)
			fputs("\\fR", out);
		usage += len ? len : 1;
	}
}

/* As they are in struct cli_command. */
static void print_paragraphs(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n"), term = strcspn(text, "\t\n");

		if (term < len) {
			fputs(".TP\n", out);
			print_usage(out, text, term);
			putc('\n', out);
			print_text(out, text + term + 1, len - term - 1);
		} else {
			print_text(out, text, len);
		}
		putc('\n', out);
		text += len;
		fputs(!strncmp(text, "\n\n", 2) ? ".PP\n" : "", out);
		text += strspn(text, "\n");
	}
}

static void print_option(FILE *out, const struct cli_option *option, const struct cli_group *group)
{
	char text[1024];

	fputs(".TP\n", out);
	if (option->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", option->letter);
	fputs("\\fB\\-\\-", out);
	print_inline(out, option->name, strlen(option->name));
	fputs("\\fR", out);
	if (option->variable)
		fprintf(out, option->bare ? "[=\\fI%s\\fR]" : " \\fI%s\\fR", option->variable);
	putc('\n', out);
	cli_option_text(option, group, text, sizeof(text));
	print_paragraphs(out, text);
}

static void print_table(FILE *out, const struct cli_group *group)
{
	for (const struct cli_option *o = group->options; o->name; o++)
		print_option(out, o, group);
}

/* Notes that a command has the table. Return: false if it has to be printed with the command. */
static bool share(struct page *page, const struct cli_group *group, const char *user)
{
	struct shared *s = page->shared;
	size_t used;

	if (!group->title)
		return false;
	while (s < page->shared + page->nshared && s->group->options != group->options)
		s++;
	if (s == page->shared + MAX_SHARED)
		return false;
	if (s == page->shared + page->nshared)
		page->shared[page->nshared++] = (struct shared){ .group = group };
	used = strlen(s->users);
	snprintf(s->users + used, sizeof(s->users) - used, "%s%s", used ? ", " : "", user);
	return true;
}

/* The guest's commands that the host has as well are described with those. */
static bool is_described(const struct page *page, const struct cli_call *call)
{
	const struct cli_command *const *c = page->root->command->commands;

	if (call->parent == page->root->command)
		return false;
	for (; *c; c++)
		if (*c == call->command)
			return true;
	return false;
}

static void print_command(const struct cli_call *call, void *arg)
{
	struct page *page = arg;
	const struct cli_command *command = call->command;
	size_t titles = 0;

	if (!command->groups || is_described(page, call))
		return;
	fprintf(page->out, ".SS %s\n", call->name[0] ? call->name : "Every command");
	if (!call->name[0])
		print_option(page->out,
			     &(struct cli_option){
				     .name = "help", .letter = 'h', .help = "Print the options." },
			     &(struct cli_group){ 0 });
	for (const struct cli_group *g = command->groups; g->options; g++)
		if (!share(page, g, call->name))
			print_table(page->out, g);
	for (const struct cli_group *g = command->groups; g->options; g++)
		if (g->title)
			fprintf(page->out, "%s %s", titles++ ? "," : ".PP\nSee also", g->title);
	fputs(titles ? ", below.\n" : "", page->out);
	if (command->notes && call->name[0]) {
		fputs(".PP\n", page->out);
		print_paragraphs(page->out, command->notes);
	}
}

static void print_options(FILE *out, const struct cli_call *root)
{
	struct page page = { .out = out, .root = root };

	cli_walk(root, print_command, &page);
	for (size_t i = 0; i < page.nshared; i++) {
		fprintf(out, ".SS %s\nFor %s.\n", page.shared[i].group->title,
			page.shared[i].users);
		print_table(out, page.shared[i].group);
	}
}

static void print_synopsis(const struct cli_call *call, void *arg)
{
	struct page *page = arg;

	const struct cli_command *command = call->command;

	if (is_described(page, call) || !call->name[0] || (command->commands && !command->run))
		return;
	for (const char *const *usage = command->usage; *usage; usage++) {
		fprintf(page->out, "%s.B daxpin\n", page->begun ? ".br\n" : "");
		print_usage(page->out, *usage, strlen(*usage));
		putc('\n', page->out);
		page->begun = true;
	}
}

static void print_line(FILE *out, const char *line)
{
	static const char mark[] = "@VERSION@";
	const char *at = strstr(line, mark);

	if (at)
		fprintf(out, "%.*s%s%s", (int)(at - line), line, DP_VERSION, at + sizeof(mark) - 1);
	else
		fputs(line, out);
}

void cli_fill_man(FILE *out, FILE *in, const struct cli_call *root)
{
	struct page page = { .out = out, .root = root };
	char line[1024];

	while (fgets(line, sizeof(line), in))
		if (!strcmp(line, "@SYNOPSIS@\n"))
			cli_walk(root, print_synopsis, &page);
		else if (!strcmp(line, "@OPTIONS@\n"))
			print_options(out, root);
		else
			print_line(out, line);
}
