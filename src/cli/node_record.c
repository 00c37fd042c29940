// SPDX-License-Identifier: GPL-2.0-or-later
/* A site file from a good node. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli.h"
#include "node.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/question.h"
#include "daxpin/run.h"
#include "daxpin/site.h"
#include "daxpin/text.h"

/* As libconfig reads it. */
static void write_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ')
			fprintf(out, "\\x%02x", (unsigned char)*text);
		else
			fputc(*text, out);
	fputc('"', out);
}

static bool are_alike(enum dp_site_list list, struct json_object *a, struct json_object *b)
{
	char values[2][128];

	for (size_t i = 0; i < DP_SITE_KEYS; i++) {
		bool known = dp_site_value(list, i, a, values[0], sizeof(values[0]));

		if (known != dp_site_value(list, i, b, values[1], sizeof(values[1])) ||
		    strcmp(values[0], values[1]) != 0)
			return false;
	}
	return true;
}

static void write_row(FILE *out, enum dp_site_list list, struct json_object *entry, size_t count)
{
	char value[128];

	fputs("  {", out);
	for (size_t i = 0; i < DP_SITE_KEYS; i++) {
		if (!dp_site_value(list, i, entry, value, sizeof(value)) || !value[0])
			continue;
		fprintf(out, " %s = ", dp_site_key(list, i));
		write_text(out, value);
		fputc(';', out);
	}
	fprintf(out, " count = %zu; }", count);
}

/* A row cannot be without its first key. */
static bool can_be_named(enum dp_site_list list, struct json_object *entry)
{
	char value[128];

	return dp_site_value(list, 0, entry, value, sizeof(value)) && value[0];
}

static void write_list(FILE *out, enum dp_site_list list, struct json_object *have)
{
	size_t rows = 0;

	fprintf(out, "%s = (", dp_site_list_name(list));
	for (size_t i = 0; i < dp_json_count(have); i++) {
		struct json_object *entry = json_object_array_get_idx(have, i);
		size_t before = 0, count = 0;

		for (size_t k = 0; k < dp_json_count(have); k++) {
			bool alike = are_alike(list, entry, json_object_array_get_idx(have, k));

			before += alike && k < i;
			count += alike;
		}
		if (before || !can_be_named(list, entry))
			continue;
		fputs(rows++ ? ",\n" : "\n", out);
		write_row(out, list, entry, count);
	}
	fputs(rows ? "\n);\n" : ");\n", out);
}

static void write_memlock(FILE *out, struct json_object *limits)
{
	char size[32];
	int64_t soft;

	if (dp_json_int(json_object_array_get_idx(limits, 0), "soft", &soft))
		return;
	fputs("# Of the process that asks; for that of another program, name it: memlock_of = "
	      "\"slurmd\";\n",
	      out);
	fprintf(out, "memlock = \"%s\";\n",
		soft < 0 ? "unlimited" : dp_format_size((uint64_t)soft, size, sizeof(size)));
}

static void write_answered(FILE *out, const struct dp_run_record *run)
{
	char last[64] = "";
	size_t count = 0;

	fputs("answered = [", out);
	for (size_t i = 0; i < run->count; i++) {
		size_t len;
		const char *mapping = dp_question_mapping(run->results[i].id, &len);
		char name[64];

		if (run->results[i].status != DP_PASS || !len)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)len, mapping);
		if (!strcmp(name, last))
			continue;
		fputs(count++ ? ", " : " ", out);
		write_text(out, name);
		memcpy(last, name, sizeof(last));
	}
	fputs(count ? " ];\n" : "];\n", out);
}

static void write_dirs(FILE *out, const struct cli_check_options *asked)
{
	if (!asked->ndirs)
		return;
	fputs("# Folders for temporary files.\ndirs = [", out);
	for (size_t i = 0; i < asked->ndirs; i++) {
		fputs(i ? ", " : " ", out);
		write_text(out, asked->dirs[i]);
	}
	fputs(" ];\n", out);
}

void cli_record_site(FILE *out, struct json_object *inventory, const struct dp_run_record *run,
		     const struct cli_check_options *asked, const char *policy)
{
	dp_autofree char *whole = policy ? realpath(policy, NULL) : NULL;
	struct utsname uts;

	uname(&uts);
	fprintf(out, "# What a node of this class has: %.64s, Linux %.64s, daxpin %s.\n",
		uts.nodename, uts.release, DP_VERSION);
	for (int i = 0; i < DP_SITE_LISTS; i++)
		write_list(out, i, dp_json_array(inventory, dp_site_list_source(i)));
	write_memlock(out, dp_json_array(inventory, "memlock"));
	fputs("# Mappings that must have been answered.\n", out);
	write_answered(out, run);
	write_dirs(out, asked);
	if (!policy)
		return;
	fputs("policy = ", out);
	write_text(out, whole ? whole : policy);
	fputs(";\n", out);
}
