// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "options.h"

#include "daxpin/carrier.h"
#include "daxpin/report.h"

struct cli_call cli_call_of(const struct cli_call *call, const struct cli_command *command)
{
	struct cli_call sub = { .command = command, .parent = call->command };

	snprintf(sub.name, sizeof(sub.name), "%.31s%s%.31s", call->name, call->name[0] ? " " : "",
		 command->name);
	return sub;
}

static bool in_guest(const struct cli_call *call)
{
	return call->parent && !strcmp(call->parent->name, "guest");
}

bool cli_group_applies(const struct cli_group *group, const struct cli_call *call)
{
	return !group->host_only || !in_guest(call);
}

/* Devices are named on the host only. */
enum cli_source cli_operand(const struct cli_call *call)
{
	enum cli_source source = call->command->operand;

	return source == CLI_DEVICES && in_guest(call) ? CLI_NOTHING : source;
}

const struct cli_option *cli_option_find(const struct cli_group *groups, const char *name,
					 size_t len, bool brief, const struct cli_group **group)
{
	for (const struct cli_group *g = groups; g && g->options; g++)
		for (const struct cli_option *o = g->options; o->name; o++) {
			if (brief ? o->letter != *name
				  : strlen(o->name) != len || strncmp(o->name, name, len) != 0)
				continue;
			if (group)
				*group = g;
			return o;
		}
	return NULL;
}

bool cli_choices(const struct cli_option *option, char *text, size_t size)
{
	if (option->choices)
		snprintf(text, size, "%s", option->choices);
	else if (option->source == CLI_FORMATS)
		dp_format_names(text, size);
	else if (option->source == CLI_CARRIERS)
		dp_carrier_names(text, size);
	else
		return false;
	return true;
}

const char *cli_source_name(enum cli_source source)
{
	static const char *const names[] = {
		[CLI_NOTHING] = "",        [CLI_FILES] = "files",     [CLI_FOLDERS] = "folders",
		[CLI_IDS] = "ids",         [CLI_KERNELS] = "kernels", [CLI_ADAPTERS] = "adapters",
		[CLI_PINNERS] = "pinners", [CLI_DEVICES] = "devices", [CLI_FORMATS] = "formats",
		[CLI_REPORTS] = "reports", [CLI_CARRIERS] = "",       [CLI_COMMANDS] = "",
	};

	return names[source];
}

void cli_option_text(const struct cli_option *option, const struct cli_group *group, char *text,
		     size_t size)
{
	char choices[CLI_CHOICES] = "";
	bool any = !cli_choices(option, choices, sizeof(choices));

	snprintf(text, size, "%s%s%s%s%s%s%s%s", option->help, any ? "" : " One of ", choices,
		 any ? "" : ".", option->initial ? " Default: " : "",
		 option->initial ? option->initial : "", option->initial ? "." : "",
		 group->host_only ? " On the host only." : "");
}

void cli_walk(const struct cli_call *call, void (*visit)(const struct cli_call *call, void *arg),
	      void *arg)
{
	const struct cli_command *const *list = call->command->commands;

	visit(call, arg);
	for (; list && *list; list++) {
		struct cli_call sub = cli_call_of(call, *list);

		cli_walk(&sub, visit, arg);
	}
}
