// SPDX-License-Identifier: GPL-2.0-or-later
/* Which rule of a policy is for a cell. */
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/policy.h"

bool dp_policy_matches(const char *globs, const char *name)
{
	bool found = false;

	for (const char *next; globs && !found; globs = next) {
		size_t len = strcspn(globs, "|");
		dp_autofree char *glob = strndup(globs, len);

		found = glob && !fnmatch(glob, name, 0);
		next = globs[len] ? globs + len + 1 : NULL;
	}
	return found;
}

static bool is_for(const struct dp_rule *rule, const char *provider)
{
	bool other = rule->provider[0] == '!';

	return other != dp_policy_matches(rule->provider + other, provider);
}

/* Names, without "!" or a glob. */
static bool names_providers(const struct dp_rule *rule)
{
	return !strpbrk(rule->provider, "!*?[");
}

/*
 * Whether it cannot be said if a rule is for this memory, or for this adapter: "!rxe" is neither
 * for nor against a provider that is not known. A rule for "unknown*" is meant for those. An id
 * that has no name here, "unknown(99)", is none of those that are named.
 */
static bool undecided(const struct dp_rule *rule, const struct dp_subject *subject)
{
	bool known = subject->provider[0] && strncmp(subject->provider, "unknown", 7);

	if (rule->persistent && !subject->persistent && is_for(rule, subject->provider))
		return true;
	if (!strncmp(subject->provider, "unknown(", 8) && names_providers(rule))
		return false;
	return !known && strcmp(rule->provider, "*") && strncmp(rule->provider, "unknown", 7);
}

/* A rule that names no pinner is for the verbs, and for nobody else. */
static bool is_of(const struct dp_rule *rule, const char *pinner)
{
	return rule->pinner && pinner ? dp_policy_matches(rule->pinner, pinner)
				      : !rule->pinner && !pinner;
}

struct dp_series dp_policy_known_from(const struct dp_policy *policy,
				      const struct dp_subject *subject, const char *mapping,
				      const char *access)
{
	struct dp_series least = { UINT_MAX, UINT_MAX }, series;

	if (dp_parse_series(subject->kernel, &series, NULL))
		return least;
	for (size_t i = 0; i < policy->count; i++) {
		const struct dp_rule *rule = &policy->rules[i];

		if (dp_policy_matches(rule->mapping, mapping) &&
		    dp_policy_matches(rule->access, access) && is_for(rule, subject->provider) &&
		    is_of(rule, subject->pinner) && dp_compare_series(series, rule->from) < 0 &&
		    dp_compare_series(rule->from, least) < 0)
			least = rule->from;
	}
	return least;
}

/* But for the provider. */
static bool is_about(const struct dp_rule *rule, const struct dp_subject *subject,
		     struct dp_series series, const char *mapping, const char *access)
{
	return is_of(rule, subject->pinner) && dp_compare_series(series, rule->from) >= 0 &&
	       dp_compare_series(series, rule->to) <= 0 &&
	       (rule->odp < 0 || rule->odp == subject->odp) &&
	       (!rule->persistent || !subject->persistent ||
		rule->persistent == subject->persistent) &&
	       dp_policy_matches(rule->mapping, mapping) && dp_policy_matches(rule->access, access);
}

bool dp_policy_covers(const struct dp_rule *rule, const struct dp_subject *subject,
		      const char *mapping, const char *access)
{
	struct dp_series series;

	return !dp_parse_series(subject->kernel, &series, NULL) &&
	       is_about(rule, subject, series, mapping, access) && !undecided(rule, subject) &&
	       is_for(rule, subject->provider);
}

const struct dp_rule *dp_policy_find(const struct dp_policy *policy,
				     const struct dp_subject *subject, const char *mapping,
				     const char *access)
{
	struct dp_series series;

	if (dp_parse_series(subject->kernel, &series, NULL))
		return NULL;
	for (size_t i = 0; i < policy->count; i++) {
		const struct dp_rule *rule = &policy->rules[i];

		if (!is_about(rule, subject, series, mapping, access))
			continue;
		if (undecided(rule, subject))
			return NULL;
		if (is_for(rule, subject->provider))
			return rule;
	}
	return NULL;
}
