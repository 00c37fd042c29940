// SPDX-License-Identifier: GPL-2.0-or-later
/* A policy: one that can be read, written down and read again, is the same. */
#include <limits.h>

#include "fuzz.h"

#include "daxpin/policy.h"

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the string it is reading when the input ends inside of it. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

static void print_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, "  %s = \"", key);
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (isprint((unsigned char)*text))
			fputc(*text, out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*text);
	fputs("\";\n", out);
}

static void print_range(FILE *out, const struct dp_rule *rule)
{
	char from[32] = "", to[32] = "", text[80];

	if (rule->from.major || rule->from.minor)
		snprintf(from, sizeof(from), "%u.%u", rule->from.major, rule->from.minor);
	if (rule->to.major != UINT_MAX || rule->to.minor != UINT_MAX)
		snprintf(to, sizeof(to), "%u.%u", rule->to.major, rule->to.minor);
	snprintf(text, sizeof(text), "%s-%s", from, to);
	print_text(out, "kernel", text);
}

static void print_rule(FILE *out, const struct dp_rule *rule)
{
	print_text(out, "mapping", rule->mapping);
	print_text(out, "access", rule->access);
	print_text(out, "provider", rule->provider);
	print_range(out, rule);
	if (rule->odp >= 0)
		print_text(out, "odp", rule->odp ? "yes" : "no");
	if (rule->persistent)
		print_text(out, "persistent", rule->persistent == DP_YES ? "yes" : "no");
	print_text(out, "verdict", rule->unknown ? "unknown" : rule->err ? "rejected" : "allowed");
	if (rule->err)
		print_text(out, "errno", rule->any_errno ? "*" : dp_errno_name(rule->err));
	print_text(out, "why", rule->why);
	print_text(out, "reference", rule->reference);
}

static char *print_policy(const struct dp_policy *policy)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		exit(1);
	fputs("rules = (\n", out);
	for (size_t i = 0; i < policy->count; i++) {
		fprintf(out, "%s{\n", i ? ",\n" : "");
		print_rule(out, &policy->rules[i]);
		fputs("}", out);
	}
	fputs(");\n", out);
	fclose(out);
	return text;
}

static void check_rule(const struct dp_rule *rule)
{
	HOLDS(rule->mapping[0] && rule->access[0] && rule->why[0] && rule->reference[0]);
	HOLDS(dp_compare_series(rule->from, rule->to) <= 0);
	HOLDS(rule->odp >= -1 && rule->odp <= 1);
	HOLDS(rule->any_errno ? rule->err == -1 : rule->err >= 0);
	HOLDS(!rule->unknown || !rule->err);
}

static void check_same(const struct dp_rule *a, const struct dp_rule *b)
{
	HOLDS(!strcmp(a->mapping, b->mapping));
	HOLDS(!strcmp(a->access, b->access));
	HOLDS(!strcmp(a->provider, b->provider));
	HOLDS(!strcmp(a->why, b->why));
	HOLDS(!strcmp(a->reference, b->reference));
	HOLDS(!dp_compare_series(a->from, b->from) && !dp_compare_series(a->to, b->to));
	HOLDS(a->odp == b->odp && a->err == b->err && a->any_errno == b->any_errno);
	HOLDS(a->persistent == b->persistent && a->unknown == b->unknown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_cleanup(dp_policy_clear) struct dp_policy policy = { 0 }, again = { 0 };
	dp_autofree char *text = fuzz_text(data, size);
	dp_autofree char *printed = NULL;
	struct dp_subject subject = { .kernel = "6.12", .provider = "rxe" };
	struct dp_error err = { 0 };

	if (dp_policy_parse(text, "fuzz", &policy, &err)) {
		HOLDS(err.input && err.what[0]);
		HOLDS(!policy.rules && !policy.count);
		return 0;
	}
	HOLDS(policy.count > 0);
	printed = print_policy(&policy);
	HOLDS(!dp_policy_parse(printed, "again", &again, &err));
	HOLDS(again.count == policy.count);
	dp_policy_find(&policy, &subject, "anon", "remote-write");
	for (size_t i = 0; i < policy.count; i++) {
		check_rule(&policy.rules[i]);
		check_same(&policy.rules[i], &again.rules[i]);
	}
	return 0;
}
