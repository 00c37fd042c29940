// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Vendors take what later series do into kernels with an older number: there the number says what
 * must be expected at least, and an answer that a later series gives is right, too.
 */
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/policy.h"

/* How the releases of vendors' kernels end, or what is in them. */
const char *dp_kernel_vendor(const char *release)
{
	static const struct {
		const char *mark, *vendor;
	} known[] = {
		{ ".el7", "Red Hat" },    { ".el8", "Red Hat" }, { ".el9", "Red Hat" },
		{ ".el10", "Red Hat" },   { ".fc", "Fedora" },   { "-default", "SUSE" },
		{ "-generic", "Ubuntu" }, { "-aws", "Ubuntu" },  { "-azure", "Ubuntu" },
		{ "-gcp", "Ubuntu" },     { ".amzn", "Amazon" }, { "uek", "Oracle" },
		{ ".oe", "openEuler" },   { ".an", "Anolis" },
	};

	for (size_t i = 0; i < DP_ARRAY_SIZE(known); i++)
		if (strstr(release, known[i].mark))
			return known[i].vendor;
	return NULL;
}

static bool expects(const struct dp_rule *rule, int err)
{
	return rule && !rule->unknown && (rule->any_errno ? err > 0 : rule->err == err);
}

const struct dp_rule *dp_policy_backported(const struct dp_policy *policy,
					   const struct dp_subject *subject, const char *mapping,
					   const char *access, int err, struct dp_series *since)
{
	const struct dp_rule *found = NULL;
	struct dp_subject later = *subject;
	struct dp_series series;

	if (!dp_kernel_vendor(subject->kernel) || dp_parse_series(subject->kernel, &series, NULL))
		return NULL;
	for (size_t i = 0; i < policy->count; i++) {
		const struct dp_series from = policy->rules[i].from;
		const struct dp_rule *rule;

		if (dp_compare_series(from, series) <= 0 ||
		    (found && dp_compare_series(from, *since) >= 0))
			continue;
		snprintf(later.kernel, sizeof(later.kernel), "%u.%u", from.major, from.minor);
		rule = dp_policy_find(policy, &later, mapping, access);
		if (!expects(rule, err))
			continue;
		found = rule;
		*since = from;
	}
	return found;
}
