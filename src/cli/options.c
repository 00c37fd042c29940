// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#include "daxpin/text.h"

#define LONGEST_WAIT 86400 /* seconds: a day */

/* An option as it was written. */
struct given {
	const struct cli_option *option; /* NULL for --help */
	const char *value;               /* NULL if the word has none */
	char name[64];                   /* "--only", "-o": as messages name it */
};

/* ---- one value --------------------------------------------------------------------------- */

static int take_number(const struct cli_option *o, const char *name, const char *value, void *field,
		       struct dp_error *err)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(value, &end, 10);
	end += *end == 's';
	if (errno || *end || !isdigit((unsigned char)*value) || n < o->min || n > o->max)
		return o->max == INT64_MAX
			       ? dp_bad_input(
					 err,
					 "%s wants a whole number of at least %llu, not \"%s\"",
					 name, (unsigned long long)o->min, value)
			       : dp_bad_input(
					 err,
					 "%s wants a whole number from %llu to %llu, not \"%s\"",
					 name, (unsigned long long)o->min,
					 (unsigned long long)o->max, value);
	if (o->size == sizeof(uint64_t))
		*(uint64_t *)field = n;
	else
		*(unsigned int *)field = (unsigned int)n;
	return 0;
}

static int take_seconds(const char *name, const char *value, uint64_t *ms, struct dp_error *err)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(value, &end, 10);
	end += *end == 's';
	if (errno || *end || !isdigit((unsigned char)*value) || !n || n > LONGEST_WAIT)
		return dp_bad_input(err, "%s wants seconds from 1 to %d, not \"%s\"", name,
				    LONGEST_WAIT, value);
	*ms = n * 1000;
	return 0;
}

static int take_size(const char *name, const char *value, uint64_t *bytes, struct dp_error *err)
{
	if (!dp_parse_size(value, bytes))
		return 0;
	return dp_bad_input(err, "%s wants a size such as 4096, 64K or 2M, not \"%s\"", name,
			    value);
}

static int take_one_more(const char *name, const char *value, const char **list, size_t *count,
			 struct dp_error *err)
{
	if (*count == CLI_MAX_LIST)
		return dp_bad_input(err, "%s is repeated more than %d times", name, CLI_MAX_LIST);
	list[(*count)++] = value;
	return 0;
}

static bool is_choice(const char *choices, const char *value)
{
	size_t len = strlen(value);

	for (const char *c = choices; *c; c += strspn(c, ", ")) {
		size_t n = strcspn(c, ",");

		if (n == len && !strncmp(c, value, n))
			return true;
		c += n;
	}
	return false;
}

static int store(const struct given *given, void *options, struct dp_error *err)
{
	const struct cli_option *o = given->option;
	void *field = (char *)options + o->field;
	char choices[CLI_CHOICES];

	if (cli_choices(o, choices, sizeof(choices)) && !is_choice(choices, given->value))
		return dp_bad_input(err, "%s wants one of %s, not \"%s\"", given->name, choices,
				    given->value);
	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)field = true;
		return 0;
	case CLI_STRING:
		*(const char **)field = given->value;
		return 0;
	case CLI_NUMBER:
		return take_number(o, given->name, given->value, field, err);
	case CLI_SECONDS:
		return take_seconds(given->name, given->value, field, err);
	case CLI_SIZE:
		return take_size(given->name, given->value, field, err);
	case CLI_LIST:
		return take_one_more(given->name, given->value, field,
				     (size_t *)((char *)options + o->count), err);
	case CLI_CALLBACK:
		return o->take(field, given->value, err);
	}
	return -EINVAL;
}

int cli_take_json(void *field, const char *value, struct dp_error *err)
{
	(void)err;
	*(bool *)field = !strcmp(value, "json");
	return 0;
}

/* ---- one option -------------------------------------------------------------------------- */

/* The only option of the command whose name begins so. */
static const char *abbreviated(const struct cli_call *call, const char *name, size_t len)
{
	const char *found = NULL;

	for (const struct cli_group *g = call->command->groups; g && g->options; g++)
		for (const struct cli_option *o = g->options; o->name; o++) {
			if (!cli_group_applies(g, call) || strncmp(o->name, name, len) != 0)
				continue;
			if (found)
				return NULL;
			found = o->name;
		}
	return found;
}

/* One of several commands that has the option. */
static const struct cli_command *owner(const struct cli_command *const *commands, const char *name,
				       size_t len, bool brief)
{
	for (; commands && *commands; commands++)
		if (cli_option_find((*commands)->groups, name, len, brief, NULL))
			return *commands;
	return NULL;
}

/* It may be one of another command: people write an option on the wrong side of a command. */
static int refuse(const struct cli_call *call, const char *as, const char *name, size_t len,
		  bool brief, struct dp_error *err)
{
	const struct cli_command *parent = call->parent, *other;
	const char *whole = brief || !len ? NULL : abbreviated(call, name, len);

	if (whole)
		return dp_bad_input(err, "unknown option \"%s\" (did you mean --%s?)", as, whole);
	if (parent && cli_option_find(parent->groups, name, len, brief, NULL))
		return dp_bad_input(err, "%s is an option of \"%s\": write it before \"%s\"", as,
				    parent->name, call->command->name);
	other = owner(call->command->commands, name, len, brief);
	if (other)
		return dp_bad_input(err, "%s is an option of \"%s\": write it after that", as,
				    cli_call_of(call, other).name);
	/* Of daxpin's own commands, too many have one of that name. */
	other = parent && parent->name[0] ? owner(parent->commands, name, len, brief) : NULL;
	if (other)
		return dp_bad_input(err, "%s is an option of \"%s %s\"", as, parent->name,
				    other->name);
	return dp_bad_input(err, "unknown option \"%s\"", as);
}

static int find(const struct cli_call *call, const char *word, const char *name, size_t len,
		struct given *given, struct dp_error *err)
{
	const struct cli_group *group = NULL;
	bool brief = word[1] != '-';

	snprintf(given->name, sizeof(given->name), "%.*s", (int)(name - word + (ptrdiff_t)len),
		 word);
	if (brief ? *name == 'h' : len == 4 && !strncmp(name, "help", 4))
		return 0;
	given->option = cli_option_find(call->command->groups, name, len, brief, &group);
	if (!given->option)
		return refuse(call, brief ? word : given->name, name, len, brief, err);
	if (!cli_group_applies(group, call))
		return dp_bad_input(err, "%s is for the host: %s", given->name, group->host_only);
	return 0;
}

static int read_word(const struct cli_call *call, const char *word, struct given *given,
		     struct dp_error *err)
{
	bool brief = word[1] != '-';
	const char *name = brief ? word + 1 : word + 2;
	size_t len = brief ? 1 : strcspn(name, "=");
	const char *rest = name + len;

	*given = (struct given){ 0 };
	if (brief)
		given->value = *rest ? rest : NULL;
	else if (*rest == '=')
		given->value = rest + 1;
	return find(call, word, name, len, given, err);
}

/* A value may be the next word, unless that is a long option. */
static int find_value(struct given *given, char *const *next, size_t left, size_t *used,
		      struct dp_error *err)
{
	const char *variable = given->option ? given->option->variable : NULL;

	if (!variable)
		return given->value ? dp_bad_input(err, "%s takes no value", given->name) : 0;
	if (!given->value && given->option)
		given->value = given->option->bare;
	if (!given->value && left && strncmp(*next, "--", 2) != 0) {
		given->value = *next;
		*used = 1;
	}
	if (!given->value)
		return dp_bad_input(err, "%s lacks its value (%s %s)", given->name, given->name,
				    variable);
	return *given->value ? 0
			     : dp_bad_input(err, "the value of %s is empty (%s %s)", given->name,
					    given->name, variable);
}

/* ---- all of them ------------------------------------------------------------------------- */

static int hint(const struct cli_call *call, struct dp_error *err)
{
	return dp_hint(err, "see daxpin %s%s--help", call->name, call->name[0] ? " " : "");
}

static void set_defaults(const struct cli_command *command, void *options)
{
	for (const struct cli_group *g = command->groups; g && g->options; g++)
		for (const struct cli_option *o = g->options; o->name; o++)
			if (o->initial)
				store(&(struct given){ .option = o, .value = o->initial }, options,
				      NULL);
}

int cli_parse(struct cli_call *call, void *options, struct dp_error *err)
{
	int count = call->count, kept = 0, i = 0, rc = 0;
	bool stops = call->command->commands || call->command->stops;

	set_defaults(call->command, options);
	for (; i < count && !rc; i++) {
		const char *word = call->words[i];
		struct given given;
		size_t used = 0;

		if (word[0] != '-' || !word[1]) {
			if (stops)
				break;
			call->words[kept++] = call->words[i];
			continue;
		}
		if (!strcmp(word, "--")) {
			i++;
			break;
		}
		rc = read_word(call, word, &given, err);
		if (!rc)
			rc = find_value(&given, call->words + i + 1, (size_t)(count - i - 1), &used,
					err);
		if (!rc && !given.option) {
			cli_help(stdout, call);
			return CLI_ANSWERED;
		}
		if (!rc)
			rc = store(&given, options, err);
		i += (int)used;
	}
	for (; i < count; i++)
		call->words[kept++] = call->words[i];
	call->count = kept;
	return rc ? hint(call, err) : 0;
}

int cli_operands_end(const struct cli_call *call, int most, struct dp_error *err)
{
	if (call->count <= most)
		return 0;
	dp_bad_input(err, "unexpected \"%s\"", call->words[most]);
	return hint(call, err);
}

/* ---- commands of commands ---------------------------------------------------------------- */

static const struct cli_command *find_command(const struct cli_command *const *commands,
					      const char *name)
{
	for (; commands && *commands; commands++)
		if (!strcmp((*commands)->name, name))
			return *commands;
	return NULL;
}

static int refuse_command(const struct cli_call *call, const char *name, struct dp_error *err)
{
	const char *space = call->name[0] ? " " : "";

	dp_bad_input(err, "unknown command \"%s%s%s\"", call->name, space, name);
	for (const struct cli_command *const *c = call->command->commands; *c; c++)
		if (find_command((*c)->commands, name))
			return dp_hint(err, "there is \"daxpin%s%s %s %s\"", space, call->name,
				       (*c)->name, name);
	return dp_hint(err, "daxpin %s%s--help lists the commands", call->name, space);
}

int cli_descend(const struct cli_call *call, struct cli_call *sub, struct dp_error *err)
{
	const struct cli_command *command;

	if (!call->count) {
		if (call->name[0])
			dp_bad_input(err, "a command is missing after \"%s\"", call->name);
		else
			dp_bad_input(err, "a command is missing");
		return dp_hint(err, "daxpin %s%s--help lists them", call->name,
			       call->name[0] ? " " : "");
	}
	command = find_command(call->command->commands, call->words[0]);
	if (!command)
		return refuse_command(call, call->words[0], err);
	*sub = cli_call_of(call, command);
	sub->words = call->words + 1;
	sub->count = call->count - 1;
	return 0;
}

int cli_dispatch(struct cli_call *call)
{
	struct cli_call sub;
	struct dp_error err = { 0 };
	int rc;

	if (call->command->run)
		return call->command->run(call);
	rc = cli_parse(call, NULL, &err);
	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc)
		rc = cli_descend(call, &sub, &err);
	return rc ? cli_error_print(&err) : cli_dispatch(&sub);
}
