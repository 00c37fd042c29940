// SPDX-License-Identifier: GPL-2.0-or-later
/* The parser of options, and that each row of each command says what it has to. */
#include <ctype.h>

#include "test.h"

#include "../../src/cli/cli.h"

#include "daxpin/report.h"

struct values {
	bool flag, json;
	const char *text, *list[CLI_MAX_LIST], *choice, *format, *host, *bare;
	size_t nlist;
	uint64_t number, ms, bytes;
	unsigned int jobs;
};

#define CLI_OPTIONS struct values

static const struct cli_option rows[] = {
	OPT_FLAG("flag", 'f', flag, "Set it."),
	OPT_STRING("text", 't', "TEXT", text, "Any text."),
	OPT_LIST("list", 0, "WORD", list, nlist, "Many."),
	OPT_STRING("choice", 0, "CHOICE", choice, "One of some.", .choices = "ab, c",
		   .initial = "c"),
	OPT_STRING("report", 0, "FORMAT", format, "A format.", .source = CLI_FORMATS),
	OPT_NUMBER("number", 0, "N", number, 1, 10, "A number.", .initial = "7"),
	OPT_NUMBER("jobs", 0, "N", jobs, 0, 64, "Another."),
	OPT_SECONDS("seconds", 0, "S", ms, "A time."),
	OPT_SIZE("size", 0, "SIZE", bytes, "A size.", .initial = "2M"),
	OPT_STRING("bare", 0, "WHAT", bare, "A value or none.", .choices = "x, y", .bare = "x"),
	OPT_JSON(json),
	CLI_END,
};

static const struct cli_option host_rows[] = {
	OPT_STRING("host", 0, "NAME", host, "Of the host."),
	CLI_END,
};

static const struct cli_command command = {
	.name = "try",
	.usage = CLI_USAGE("try [OPTIONS]"),
	.about = "Tries.",
	.groups = CLI_GROUPS({ .options = rows },
			     { .options = host_rows, .host_only = "it has none" }),
};

static const struct cli_command guest = {
	.name = "guest",
	.usage = CLI_USAGE("guest try"),
	.about = "Holds it.",
	.commands = CLI_SUBCOMMANDS(&command),
};

/* Parses a line of words as those of "try"; @call keeps what is left. */
static int parse(const char *line, const struct cli_command *parent, struct cli_call *call,
		 struct values *values, struct dp_error *err)
{
	static char text[512];
	static char *words[64];
	char *rest = text;

	snprintf(text, sizeof(text), "%s", line);
	*call = (struct cli_call){
		.command = &command, .parent = parent, .name = "try", .words = words
	};
	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		words[call->count++] = word;
	*values = (struct values){ 0 };
	*err = (struct dp_error){ 0 };
	return cli_parse(call, values, err);
}

static void reads_values(void **state)
{
	struct cli_call call;
	struct values v;
	struct dp_error err;

	(void)state;
	assert_int_equal(parse("one --flag --text=a=b two --list x --list=y --number 10 --jobs 3 "
			       "--seconds 2 --size 64K --choice ab --format json --report tap -- "
			       "--flag",
			       NULL, &call, &v, &err),
			 0);
	assert_true(v.flag && v.json);
	assert_string_equal(v.text, "a=b");
	assert_int_equal(v.nlist, 2);
	assert_string_equal(v.list[1], "y");
	assert_int_equal(v.number, 10);
	assert_int_equal(v.jobs, 3);
	assert_int_equal(v.ms, 2000);
	assert_int_equal(v.bytes, 65536);
	assert_string_equal(v.choice, "ab");
	assert_int_equal(call.count, 3);
	assert_string_equal(call.words[0], "one");
	assert_string_equal(call.words[1], "two");
	assert_string_equal(call.words[2], "--flag");

	assert_int_equal(parse("-f -tx - -t -3", NULL, &call, &v, &err), 0);
	assert_true(v.flag);
	assert_string_equal(v.text, "-3");
	assert_int_equal(call.count, 1);
	assert_string_equal(call.words[0], "-");

	/* A value that may be left out is never the next word. */
	assert_int_equal(parse("--bare y", NULL, &call, &v, &err), 0);
	assert_string_equal(v.bare, "x");
	assert_int_equal(call.count, 1);
	assert_int_equal(parse("--bare=y", NULL, &call, &v, &err), 0);
	assert_string_equal(v.bare, "y");
	assert_int_equal(parse("x", NULL, &call, &v, &err), 0);
	assert_null(v.bare);
}

static void sets_defaults(void **state)
{
	struct cli_call call;
	struct values v;
	struct dp_error err;

	(void)state;
	assert_int_equal(parse("x", NULL, &call, &v, &err), 0);
	assert_int_equal(v.number, 7);
	assert_int_equal(v.bytes, 2 << 20);
	assert_string_equal(v.choice, "c");
	assert_false(v.json || v.flag);
	assert_null(v.text);
}

static void refuses(void **state)
{
	static const struct {
		const char *line, *what;
	} bad[] = {
		{ "--frob", "unknown option \"--frob\"" },
		{ "--fla", "did you mean --flag?" },
		{ "--", NULL },
		{ "--=x", "unknown option \"--\"" },
		{ "-x", "unknown option \"-x\"" },
		{ "--flag=yes", "--flag takes no value" },
		{ "--help=yes", "--help takes no value" },
		{ "-fx", "-f takes no value" },
		{ "--text", "--text lacks its value (--text TEXT)" },
		{ "-t", "-t lacks its value (-t TEXT)" },
		{ "--text --flag", "--text lacks its value" },
		{ "--text=", "the value of --text is empty" },
		{ "--bare=", "the value of --bare is empty" },
		{ "--bare=z", "--bare wants one of x, y, not \"z\"" },
		{ "--choice a", "--choice wants one of ab, c, not \"a\"" },
		{ "--choice ab,c", "--choice wants one of" },
		{ "--report pdf", "--report wants one of" },
		{ "--number 0", "--number wants a whole number from 1 to 10, not \"0\"" },
		{ "--number 11", "from 1 to 10" },
		{ "--number 1x", "from 1 to 10" },
		{ "--number +1", "from 1 to 10" },
		{ "--jobs -1", "from 0 to 64" },
		{ "--jobs 99999999999999999999", "from 0 to 64" },
		{ "--seconds 0", "--seconds wants seconds from 1 to 86400, not \"0\"" },
		{ "--seconds 86401", "--seconds wants seconds" },
		{ "--size big", "--size wants a size such as 4096, 64K or 2M, not \"big\"" },
		{ "--format yaml", "--format wants one of text, json" },
	};
	struct cli_call call;
	struct values v;
	struct dp_error err;

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++) {
		assert_int_equal(parse(bad[i].line, NULL, &call, &v, &err),
				 bad[i].what ? -EINVAL : 0);
		if (!bad[i].what)
			continue;
		assert_true(err.input);
		assert_says(&err, bad[i].what);
		assert_says(&err, "daxpin try --help");
	}
}

/* A command returns it where it would return an exit code, up to 255. */
static void tells_that_help_was_answered(void **state)
{
	struct cli_call call;
	struct values v;
	struct dp_error err;
	int rc;

	(void)state;
	rc = parse("--help", NULL, &call, &v, &err);
	assert_int_equal(rc, CLI_ANSWERED);
	assert_true(rc > 255);
	assert_int_equal(parse("--flag -h --frob", NULL, &call, &v, &err), CLI_ANSWERED);
}

static void repeats_so_often(void **state)
{
	char word[] = "--list=x";
	char *words[CLI_MAX_LIST + 1];
	struct cli_call call = { .command = &command, .words = words, .count = CLI_MAX_LIST };
	struct values v = { 0 };
	struct dp_error err = { 0 };

	(void)state;
	for (int i = 0; i <= CLI_MAX_LIST; i++)
		words[i] = word;
	assert_int_equal(cli_parse(&call, &v, &err), 0);
	assert_int_equal(v.nlist, CLI_MAX_LIST);
	for (int i = 0; i <= CLI_MAX_LIST; i++)
		words[i] = word;
	call.count = CLI_MAX_LIST + 1;
	v = (struct values){ 0 };
	assert_int_equal(cli_parse(&call, &v, &err), -EINVAL);
	assert_says(&err, "--list is repeated more than 64 times");
}

static void knows_the_guest(void **state)
{
	struct cli_call call;
	struct values v;
	struct dp_error err;

	(void)state;
	assert_int_equal(parse("--host x", NULL, &call, &v, &err), 0);
	assert_string_equal(v.host, "x");
	assert_int_equal(parse("--host x", &guest, &call, &v, &err), -EINVAL);
	assert_says(&err, "--host is for the host: it has none");
	assert_int_equal(parse("--hos x", &guest, &call, &v, &err), -EINVAL);
	assert_says(&err, "unknown option \"--hos\"");
}

/* ---- the tables of the program ----------------------------------------------------------- */

static bool is_sentence(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return len > 2 && !islower((unsigned char)text[0]) && text[len - 1] == '.';
}

static void check_row(const struct cli_call *call, const struct cli_option *o)
{
	const struct cli_option *first;

	if (!is_sentence(o->help))
		fail_msg("%s --%s: the help is no sentence: %s", call->name, o->name, o->help);
	if (!o->variable != (o->kind == CLI_FLAG))
		fail_msg("%s --%s: a flag has no value, and everything else has one", call->name,
			 o->name);
	if (o->kind == CLI_NUMBER)
		assert_true(o->max > o->min && (o->size == 8 || o->size == 4));
	if (!strcmp(o->name, "help") || o->letter == 'h')
		fail_msg("%s --%s: --help and -h are taken", call->name, o->name);
	first = cli_option_find(call->command->groups, o->name, strlen(o->name), false, NULL);
	if (first != o)
		fail_msg("%s: there are two --%s", call->name, o->name);
	if (o->letter)
		first = cli_option_find(call->command->groups, &o->letter, 1, true, NULL);
	if (first != o)
		fail_msg("%s: there are two -%c", call->name, o->letter);
}

static void check_command(const struct cli_call *call, void *arg)
{
	const struct cli_command *c = call->command;
	size_t *commands = arg;

	++*commands;
	assert_non_null(c->usage[0]);
	assert_true(is_sentence(c->about));
	if (call->parent && (!c->brief || !islower((unsigned char)c->brief[0])))
		fail_msg("%s: there is no line for the list of commands", call->name);
	for (const char *const *u = c->usage; *u; u++)
		if (call->parent && !strstr(*u, c->name))
			fail_msg("%s: the usage is of another command: %s", call->name, *u);
	for (const struct cli_group *g = c->groups; g && g->options; g++)
		for (const struct cli_option *o = g->options; o->name; o++)
			check_row(call, o);
}

static void describes_everything(void **state)
{
	const struct cli_call root = { .command = &cli_daxpin };
	size_t commands = 0;

	(void)state;
	cli_walk(&root, check_command, &commands);
	assert_true(commands > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_values),
		cmocka_unit_test(sets_defaults),
		cmocka_unit_test(refuses),
		cmocka_unit_test(repeats_so_often),
		cmocka_unit_test(tells_that_help_was_answered),
		cmocka_unit_test(knows_the_guest),
		cmocka_unit_test(describes_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
