// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The policy file, in the syntax of libconfig, which knows the line of each setting. See
 * docs/policy-file.md.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/config.h"
#include "daxpin/embed.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/policy.h"

#define POLICY_LIMIT (1 << 20)

/* The default policy. */
DP_EMBED(default_policy, DP_DEFAULT_POLICY);

struct loader {
	const char *name;
	struct dp_error *err;
};

static int bad_setting(const struct loader *l, const config_setting_t *at, const char *what,
		       const char *key)
{
	return dp_bad_input(l->err, "%s:%u: %s \"%s\"", l->name, config_setting_source_line(at),
			    what, key);
}

static const char *text_of(const config_setting_t *rule, const char *key)
{
	const char *text = NULL;

	config_setting_lookup_string(rule, key, &text);
	return text;
}

/* Of the rules, and of those for evidence. */
enum list {
	LIST_RULES,
	LIST_EVIDENCE,
};

static const char *const lists[] = { [LIST_RULES] = "rules", [LIST_EVIDENCE] = "evidence" };

static bool is_key_of(enum list list, const char *key)
{
	static const char *const both[] = { "mapping", "access",  "provider", "odp",      "pinner",
					    "kernel",  "verdict", "why",      "reference" };
	static const char *const answers[] = { "errno", "persistent", "moved", "refused_by",
					       "path" };

	for (size_t i = 0; i < DP_ARRAY_SIZE(both); i++)
		if (!strcmp(key, both[i]))
			return true;
	for (size_t i = 0; i < DP_ARRAY_SIZE(answers) && list == LIST_RULES; i++)
		if (!strcmp(key, answers[i]))
			return true;
	for (int i = 0; i < DP_AMOUNTS && list == LIST_EVIDENCE; i++)
		if (!strcmp(key, dp_amount_name(i)))
			return true;
	return false;
}

static int check_keys(const struct loader *l, const config_setting_t *rule, enum list list)
{
	for (int i = 0; i < config_setting_length(rule); i++) {
		const config_setting_t *member = config_setting_get_elem(rule, (unsigned int)i);
		const char *key = config_setting_name(member);

		if (!is_key_of(list, key))
			return bad_setting(l, member, "unknown key", key);
		if (config_setting_type(member) != CONFIG_TYPE_STRING)
			return bad_setting(l, member, "text is wanted for", key);
	}
	return 0;
}

/* "6.1", "5.10-6.4", "6.5-" or "-6.4" */
static int parse_range(const char *text, struct dp_rule *rule)
{
	const struct dp_series first = { 0, 0 }, last = { UINT_MAX, UINT_MAX };

	rule->from = first;
	rule->to = last;
	if (*text != '-' && dp_parse_series(text, &rule->from, &text))
		return -EINVAL;
	if (!*text) {
		rule->to = rule->from;
		return 0;
	}
	if (*text++ != '-')
		return -EINVAL;
	if (*text && (dp_parse_series(text, &rule->to, &text) || *text))
		return -EINVAL;
	return dp_compare_series(rule->from, rule->to) > 0 ? -EINVAL : 0;
}

static int parse_odp(const char *text, struct dp_rule *rule)
{
	rule->odp = !text ? -1 : !strcmp(text, "yes");
	return !text || rule->odp || !strcmp(text, "no") ? 0 : -EINVAL;
}

static int parse_known(const char *text, enum dp_known *known)
{
	*known = !text ? DP_UNKNOWN : !strcmp(text, "yes") ? DP_YES : DP_NO;
	return !text || *known == DP_YES || !strcmp(text, "no") ? 0 : -EINVAL;
}

static int parse_verdict(const struct loader *l, const config_setting_t *at, struct dp_rule *rule)
{
	const char *verdict = text_of(at, "verdict"), *name = text_of(at, "errno");

	if (!verdict)
		return bad_setting(l, at, "a rule lacks the key", "verdict");
	rule->unknown = !strcmp(verdict, "unknown");
	if (!rule->unknown && strcmp(verdict, "allowed") && strcmp(verdict, "rejected"))
		return bad_setting(l, config_setting_lookup((config_setting_t *)at, "verdict"),
				   "\"allowed\", \"rejected\" or \"unknown\" is wanted for",
				   "verdict");
	if (strcmp(verdict, "rejected"))
		return name ? bad_setting(l, at, "only a rule that rejects has the key", "errno")
			    : 0;
	if (!name)
		return bad_setting(l, at, "a rule that rejects lacks the key", "errno");
	rule->any_errno = !strcmp(name, "*");
	rule->err = rule->any_errno ? -1 : dp_errno_from_name(name);
	return rule->err ? 0
			 : bad_setting(l, config_setting_lookup((config_setting_t *)at, "errno"),
				       "no such error name in", "errno");
}

static int need(const struct loader *l, const config_setting_t *at, const char *key, char **copy)
{
	const char *text = text_of(at, key);

	if (!text || !*text)
		return bad_setting(l, at, "a rule lacks the key", key);
	*copy = strdup(text);
	return *copy ? 0 : -ENOMEM;
}

/* What the witness must have seen. */
static int parse_evidence(const struct loader *l, const config_setting_t *at, struct dp_rule *rule)
{
	const char *refused_by = text_of(at, "refused_by"), *path = text_of(at, "path");

	if (rule->moved != DP_UNKNOWN && (rule->err || rule->unknown))
		return bad_setting(l, at, "only a rule that allows has the key", "moved");
	if (refused_by && !rule->err)
		return bad_setting(l, at, "only a rule that rejects has the key", "refused_by");
	rule->refused_by = refused_by ? strdup(refused_by) : NULL;
	rule->path = path ? strdup(path) : NULL;
	return (refused_by && !rule->refused_by) || (path && !rule->path) ? -ENOMEM : 0;
}

/* What the witness must have counted: of answers that are right, so no errno is named. */
static int parse_amounts(const struct loader *l, const config_setting_t *at, struct dp_rule *rule)
{
	const char *verdict = text_of(at, "verdict");
	bool asked = false;

	if (!verdict || (strcmp(verdict, "allowed") && strcmp(verdict, "rejected")))
		return bad_setting(l, at, "\"allowed\" or \"rejected\" is wanted for", "verdict");
	rule->any_errno = !strcmp(verdict, "rejected");
	rule->err = rule->any_errno ? -1 : 0;
	for (int i = 0; i < DP_AMOUNTS; i++) {
		const char *key = dp_amount_name(i), *text = text_of(at, key);

		if (text && dp_amount_parse(text, &rule->amounts[i]))
			return bad_setting(l, config_setting_lookup((config_setting_t *)at, key),
					   "\"0\", \"1 per page\" or \"1 per 512 pages\" is "
					   "wanted for",
					   key);
		asked |= text != NULL;
	}
	return asked ? 0 : bad_setting(l, at, "a rule counts nothing in", "evidence");
}

static int parse_answer(const struct loader *l, const config_setting_t *at, struct dp_rule *rule)
{
	int rc = parse_verdict(l, at, rule);

	return rc ? rc : parse_evidence(l, at, rule);
}

static int bad_choice(const struct loader *l, const config_setting_t *at, const char *key)
{
	return bad_setting(l, config_setting_lookup((config_setting_t *)at, key),
			   "\"yes\" or \"no\" is wanted for", key);
}

static int parse_choices(const struct loader *l, const config_setting_t *at, struct dp_rule *rule)
{
	if (parse_odp(text_of(at, "odp"), rule))
		return bad_choice(l, at, "odp");
	if (parse_known(text_of(at, "persistent"), &rule->persistent))
		return bad_choice(l, at, "persistent");
	return parse_known(text_of(at, "moved"), &rule->moved) ? bad_choice(l, at, "moved") : 0;
}

static int parse_rule(const struct loader *l, const config_setting_t *at, enum list list,
		      struct dp_rule *rule)
{
	const char *range = text_of(at, "kernel"), *provider = text_of(at, "provider");
	const char *pinner = text_of(at, "pinner");
	int rc;

	if (!config_setting_is_group(at))
		return bad_setting(l, at, "each rule is a group { … } in", lists[list]);
	rule->line = config_setting_source_line(at);
	rc = check_keys(l, at, list);
	if (!rc)
		rc = need(l, at, "mapping", &rule->mapping);
	if (!rc)
		rc = need(l, at, "access", &rule->access);
	if (!rc)
		rc = need(l, at, "why", &rule->why);
	if (!rc)
		rc = need(l, at, "reference", &rule->reference);
	if (rc)
		return rc;
	if (parse_range(range ? range : "-", rule))
		return bad_setting(l, config_setting_lookup((config_setting_t *)at, "kernel"),
				   "\"6.1\", \"5.10-6.4\", \"6.5-\" or \"-6.4\" is wanted for",
				   "kernel");
	rc = parse_choices(l, at, rule);
	if (rc)
		return rc;
	rule->provider = strdup(provider ? provider : "*");
	rule->pinner = pinner ? strdup(pinner) : NULL;
	if (!rule->provider || (pinner && !rule->pinner))
		return -ENOMEM;
	return list == LIST_EVIDENCE ? parse_amounts(l, at, rule) : parse_answer(l, at, rule);
}

static int parse_list(const struct loader *l, config_setting_t *at, enum list list,
		      struct dp_rule **rules, size_t *count)
{
	int length = config_setting_length(at), rc = 0;

	*rules = calloc((size_t)length, sizeof(**rules));
	if (!*rules)
		return -ENOMEM;
	for (int i = 0; i < length && !rc; i++)
		rc = parse_rule(l, config_setting_get_elem(at, (unsigned int)i), list,
				&(*rules)[(*count)++]);
	return rc;
}

static int parse_rules(const struct loader *l, config_t *config, struct dp_policy *policy)
{
	config_setting_t *root = config_root_setting(config);
	config_setting_t *rules = config_lookup(config, lists[LIST_RULES]);
	config_setting_t *evidence = config_lookup(config, lists[LIST_EVIDENCE]);
	int rc;

	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *member = config_setting_get_elem(root, (unsigned int)i);
		const char *name = config_setting_name(member);

		if (strcmp(name, lists[LIST_RULES]) && strcmp(name, lists[LIST_EVIDENCE]))
			return bad_setting(l, member, "unknown key", name);
	}
	if (!rules || !config_setting_is_list(rules) || !config_setting_length(rules))
		return dp_bad_input(l->err, "%s: no list \"rules = ( … );\" with rules in it",
				    l->name);
	if (evidence && (!config_setting_is_list(evidence) || !config_setting_length(evidence)))
		return bad_setting(l, evidence, "a list ( … ) with rules is wanted for",
				   lists[LIST_EVIDENCE]);
	rc = parse_list(l, rules, LIST_RULES, &policy->rules, &policy->count);
	if (!rc && evidence)
		rc = parse_list(l, evidence, LIST_EVIDENCE, &policy->evidence, &policy->nevidence);
	return rc;
}

int dp_policy_parse(const char *text, const char *name, struct dp_policy *policy,
		    struct dp_error *err)
{
	dp_cleanup(config_destroy) config_t config;
	struct loader l = { .name = name, .err = err };
	int rc = dp_config_parse(text, name, "policy file", &config, err);

	memset(policy, 0, sizeof(*policy));
	if (!rc)
		rc = parse_rules(&l, &config, policy);
	if (rc)
		dp_policy_clear(policy);
	return rc;
}

int dp_policy_load(const char *path, struct dp_policy *policy, struct dp_error *err)
{
	dp_autofree char *text = NULL;
	int rc;

	if (!path)
		return dp_policy_parse(default_policy, "the default policy", policy, err);
	rc = dp_config_load(path, "policy file", POLICY_LIMIT, &text, err);
	return rc ? rc : dp_policy_parse(text, path, policy, err);
}

static void clear_list(struct dp_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rules[i].mapping);
		free(rules[i].access);
		free(rules[i].pinner);
		free(rules[i].provider);
		free(rules[i].why);
		free(rules[i].reference);
		free(rules[i].refused_by);
		free(rules[i].path);
	}
	free(rules);
}

void dp_policy_clear(struct dp_policy *policy)
{
	clear_list(policy->rules, policy->count);
	clear_list(policy->evidence, policy->nevidence);
	memset(policy, 0, sizeof(*policy));
}
