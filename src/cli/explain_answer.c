// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <infiniband/verbs.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explain.h"

#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/text.h"

#define WRITES (IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC)

__attribute__((format(printf, 4, 5))) static void say(struct explain_answer *a, int code,
						      const char *text, const char *fmt, ...)
{
	va_list ap;

	a->code = code;
	snprintf(a->text, sizeof(a->text), "%s", text);
	va_start(ap, fmt);
	vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
}

/*
 * ib_umem_get() asks for FOLL_WRITE for reading too, before 6.2, and then with FOLL_FORCE: that
 * helps private mappings, whose pages are copied (check_vma_flags() in mm/gup.c).
 */
static bool forces(const struct dp_subject *subject, const struct dp_access *access)
{
	const struct dp_series since = { 6, 2 };
	struct dp_series series;

	return !(access->flags & WRITES) && !dp_parse_series(subject->kernel, &series, NULL) &&
	       dp_compare_series(series, since) < 0;
}

static bool refuses_protection(const struct dp_subject *subject, const char *perms,
			       const struct dp_access *access, struct explain_answer *a)
{
	bool forced = forces(subject, access), write = forced || (access->flags & WRITES);

	if (!perms || !strcmp(access->name, "on-demand") || (forced && perms[3] == 'p'))
		return false;
	if (write ? perms[1] == 'w' : perms[0] == 'r')
		return false;
	if (write)
		say(a, 1, "EFAULT", "the mapping may not be written to (%s), and this access %s",
		    perms, forced ? "asks for a writable page before 6.2" : "writes");
	else
		say(a, 1, "EFAULT", "the mapping may not be read (%s)", perms);
	a->reference = "check_vma_flags(), mm/gup.c: VM_WRITE, VM_READ";
	return true;
}

static void say_no_rule(const struct dp_policy *policy, const struct dp_subject *subject,
			const struct dp_look *look, const struct dp_access *access,
			struct explain_answer *a)
{
	struct dp_series from = dp_policy_known_from(policy, subject, look->mapping, access->name);
	struct dp_subject other = *subject;

	other.persistent = DP_NO;
	if (subject->persistent == DP_UNKNOWN &&
	    dp_policy_find(policy, &other, look->mapping, access->name))
		say(a, 3, "unknown",
		    "it depends on whether the memory is persistent, which only root is told");
	else if (from.major != UINT_MAX)
		say(a, 3, "unknown", "not known before Linux %u.%u", from.major, from.minor);
	else
		say(a, 3, "unknown", "no rule of the policy covers it");
}

static void say_rule(const struct dp_rule *rule, struct explain_answer *a)
{
	if (rule->unknown)
		say(a, 3, "unknown", "%s", rule->why);
	else if (!rule->err)
		say(a, 0, "allowed", "%s", rule->why);
	else
		say(a, 1, rule->any_errno ? "rejected" : dp_errno_name(rule->err), "%s", rule->why);
	a->reference = rule->reference;
}

void cli_explain_answer(const struct dp_policy *policy, const struct dp_subject *run,
			const struct dp_look *look, const char *perms,
			const struct dp_access *access, struct explain_answer *a)
{
	struct dp_subject subject = *run;
	const struct dp_rule *rule;
	bool pinned; /* what the rule refuses comes before the pages */

	*a = (struct explain_answer){ 0 };
	subject.persistent = look->persistent < 0 ? DP_UNKNOWN : look->persistent ? DP_YES : DP_NO;
	rule = dp_policy_find(policy, &subject, look->mapping, access->name);
	pinned = !rule || (!rule->err && !rule->unknown);
	if (look->unmappable)
		say(a, 1, dp_errno_name(look->unmappable),
		    look->hole ? "nothing is mapped there" : "it cannot be mapped");
	else if (look->unknown[0])
		say(a, 3, "unknown", "%s", look->unknown);
	else if (pinned && look->empty && strcmp(access->name, "on-demand"))
		say(a, 1, "EFAULT", "%s: past its end nothing can be pinned",
		    perms ? "its file ends before it" : "there is no byte in it yet");
	else if (pinned && refuses_protection(&subject, perms, access, a))
		return;
	else if (rule)
		say_rule(rule, a);
	else
		say_no_rule(policy, &subject, look, access, a);
}

bool cli_explain_asks(const struct explain_options *o, const struct dp_access *access)
{
	return !o->access || !strcmp(o->access, access->name);
}

/* What one part refuses is refused, whatever is not known of the others. */
int cli_explain_worse(int code, int other)
{
	if (code == 1 || other == 1)
		return 1;
	return code > other ? code : other;
}

/* What the running kernel shows to be backported is taken from the series that it came with. */
static struct dp_subject subject_for(const struct explain_options *o, const struct dp_look *look)
{
	const struct dp_series since = { 6, 5 };
	struct dp_subject subject = o->subject;
	struct dp_series series;

	if (o->guards_pagecache && look->family == DP_FAMILY_PAGECACHE &&
	    !dp_parse_series(subject.kernel, &series, NULL) && dp_compare_series(series, since) < 0)
		snprintf(subject.kernel, sizeof(subject.kernel), "6.5");
	return subject;
}

int cli_explain_print(const struct explain_options *o, const struct dp_policy *policy,
		      const struct dp_look *look, const char *perms)
{
	size_t count;
	const struct dp_access *all = dp_accesses(&count);
	const struct dp_subject subject = subject_for(o, look);
	char last[sizeof(((struct explain_answer *)0)->why)] = "";
	int worst = 0;

	for (size_t i = 0; i < count; i++) {
		struct explain_answer a;

		if (!cli_explain_asks(o, &all[i]))
			continue;
		cli_explain_answer(policy, &subject, look, perms, &all[i], &a);
		printf("  %-17s %-11s %s\n", all[i].name, a.text,
		       strcmp(a.why, last) ? a.why : "(the same)");
		snprintf(last, sizeof(last), "%s", a.why);
		worst = cli_explain_worse(worst, a.code);
	}
	return worst;
}

struct json_object *cli_explain_accesses(const struct explain_options *o,
					 const struct dp_policy *policy, const struct dp_look *look,
					 const char *perms, int *code)
{
	size_t count;
	const struct dp_access *all = dp_accesses(&count);
	const struct dp_subject subject = subject_for(o, look);
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *obj;
		struct explain_answer a;

		if (!cli_explain_asks(o, &all[i]))
			continue;
		cli_explain_answer(policy, &subject, look, perms, &all[i], &a);
		obj = json_object_new_object();
		dp_json_add_text(obj, "access", all[i].name);
		dp_json_add_text(obj, "answer", a.text);
		dp_json_add_text(obj, "why", a.why);
		dp_json_add_text(obj, "reference", a.reference);
		json_object_array_add(list, obj);
		*code = cli_explain_worse(*code, a.code);
	}
	return list;
}

void cli_explain_print_subject(const struct explain_options *o)
{
	const struct dp_subject *subject = &o->subject;
	const char *vendor = dp_kernel_vendor(subject->kernel);
	/* internal_fill_odp_caps() of mlx5 asks the firmware. */
	bool assumed = subject->odp && !subject->odp_seen && strcmp(subject->provider, "rxe");

	printf("With kernel %s and provider %s (%s%s):\n", subject->kernel, subject->provider,
	       subject->odp ? "on-demand paging" : "no on-demand paging",
	       assumed ? ", if the adapter's firmware has it" : "");
	if (vendor)
		printf("(%s backports to its kernels: this is what the series of that number does "
		       "upstream. On such a machine, daxpin check asks the kernel itself.)\n",
		       vendor);
	if (o->guards_pagecache)
		printf("(This one has vma_needs_dirty_tracking(), which came with 6.5: of the "
		       "page cache it is said what 6.5 does.)\n");
}
