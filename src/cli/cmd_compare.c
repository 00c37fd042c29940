// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/cleanup.h"
#include "daxpin/confine.h"
#include "daxpin/json.h"
#include "daxpin/results.h"

struct compare_options {
	bool json;
};

/* Two runs side by side; one of them may be missing. */
struct pair {
	const struct dp_run_record *old, *new;
};

struct comparison {
	struct dp_results old, new;
	size_t counts[DP_CHANGES];
	size_t steady, sometimes; /* of the new ids that were asked several times */
	struct json_object *list; /* of changes, NULL for text */
};

static void clear(struct comparison *c)
{
	dp_results_clear(&c->old);
	dp_results_clear(&c->new);
	json_object_put(c->list);
}

/*
 * "pass (allowed)", "fail (C1 C2, oops in FUNCTION)"; of what was asked several times, "sometimes:
 * 10 of 20 fail (C8), 10 of 20 pass"
 */
static void describe(const struct dp_result *r, char *text, size_t size)
{
	char kind[512];

	if (!r) {
		snprintf(text, size, "not there");
		return;
	}
	if (r->nrounds) {
		dp_result_answers(r, kind, sizeof(kind));
		snprintf(text, size, "%s: %.480s", dp_result_differs(r) ? "sometimes" : "steady",
			 kind);
		return;
	}
	dp_result_kind(r, kind, sizeof(kind));
	snprintf(text, size, "%s%s%.200s%s", dp_status_name(r->status), kind[0] ? " (" : "", kind,
		 kind[0] ? ")" : "");
}

static struct json_object *side(const struct dp_run_record *run, const struct dp_result *r)
{
	struct json_object *obj;
	char kind[512];

	if (!run || !r)
		return NULL;
	obj = json_object_new_object();
	dp_result_kind(r, kind, sizeof(kind));
	dp_json_add_text(obj, "kernel", run->subject.kernel);
	dp_json_add_text(obj, "status", dp_status_name(r->status));
	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "why", r->why);
	if (r->nrounds) {
		dp_json_add_bool(obj, "steady", !dp_result_differs(r));
		dp_result_answers(r, kind, sizeof(kind));
		dp_json_add_text(obj, "answers", kind);
	}
	return obj;
}

static void tell(struct comparison *c, const struct pair *pair, enum dp_change change,
		 const struct dp_result *before, const struct dp_result *after)
{
	const char *id = before ? before->id : after->id;
	char was[512], is[512];

	c->counts[change]++;
	if (after && after->nrounds && dp_result_differs(after))
		c->sometimes++;
	else if (after && after->nrounds)
		c->steady++;
	if (change == DP_CHANGE_SAME)
		return;
	if (c->list) {
		struct json_object *obj = json_object_new_object();

		dp_json_add_text(obj, "id", id);
		dp_json_add_text(obj, "change", dp_change_name(change));
		json_object_object_add(obj, "old", side(pair->old, before));
		json_object_object_add(obj, "new", side(pair->new, after));
		json_object_array_add(c->list, obj);
		return;
	}
	describe(before, was, sizeof(was));
	describe(after, is, sizeof(is));
	printf("%-9s %-46s %s -> %s\n", dp_change_name(change), id, was, is);
}

static void compare_pair(struct comparison *c, const struct pair *pair)
{
	const struct dp_run_record *old = pair->old, *new = pair->new;

	if (!c->list)
		printf("%s -> %s\n", old ? old->subject.kernel : "(not there)",
		       new ? new->subject.kernel : "(not there)");
	for (size_t i = 0; old && i < old->count; i++) {
		const struct dp_result *after = new ? dp_run_find(new, old->results[i].id) : NULL;

		tell(c, pair, dp_result_change(&old->results[i], after), &old->results[i], after);
	}
	for (size_t i = 0; new &&i < new->count; i++)
		if (!old || !dp_run_find(old, new->results[i].id))
			tell(c, pair, DP_CHANGE_APPEARED, NULL, &new->results[i]);
}

/* Each run of the old ones with its partner, then those that only the new ones have. */
static void compare_all(struct comparison *c)
{
	bool alone = c->old.count == 1 && c->new.count == 1;

	for (size_t i = 0; i < c->old.count; i++)
		compare_pair(c, &(struct pair){ &c->old.runs[i],
						dp_run_partner(&c->old.runs[i], &c->new, alone) });
	for (size_t i = 0; i < c->new.count; i++)
		if (!dp_run_partner(&c->new.runs[i], &c->old, alone))
			compare_pair(c, &(struct pair){ NULL, &c->new.runs[i] });
}

static int report(struct comparison *c)
{
	struct json_object *root;

	if (!c->list) {
		for (int i = 0; i < DP_CHANGES; i++)
			printf("%s%zu %s", i ? ", " : "", c->counts[i], dp_change_name(i));
		if (c->steady + c->sometimes)
			printf("; %zu steady, %zu sometimes", c->steady, c->sometimes);
		printf("\n");
		return c->counts[DP_CHANGE_WORSE] > 0;
	}
	root = json_object_new_object();
	dp_json_add_text(root, "schema", "daxpin-compare/1");
	json_object_object_add(root, "changes", json_object_get(c->list));
	for (int i = 0; i < DP_CHANGES; i++)
		dp_json_add_int(root, dp_change_name(i), (int64_t)c->counts[i]);
	dp_json_add_int(root, "steady", (int64_t)c->steady);
	dp_json_add_int(root, "sometimes", (int64_t)c->sometimes);
	cli_print_json(root);
	json_object_put(root);
	return c->counts[DP_CHANGE_WORSE] > 0;
}

#define CLI_OPTIONS struct compare_options

static const struct cli_option options[] = { OPT_JSON(json), CLI_END };

static int run(struct cli_call *call)
{
	dp_cleanup(clear) struct comparison c = { 0 };
	struct compare_options o = { 0 };
	struct dp_error err = { 0 };
	int rc = cli_parse(call, &o, &err);

	if (rc == CLI_ANSWERED)
		return 0;
	if (!rc && call->count < 2)
		rc = dp_bad_input(&err, "compare wants two files of results, the old and the new; "
					"see daxpin compare --help");
	if (!rc)
		rc = cli_operands_end(call, 2, &err);
	/* Where it cannot be confined it is read as well. */
	dp_confine();
	if (!rc)
		rc = dp_results_load(call->words[0], &c.old, &err);
	if (!rc)
		rc = dp_results_load(call->words[1], &c.new, &err);
	if (rc)
		return cli_error_print(&err);
	c.list = o.json ? json_object_new_array() : NULL;
	compare_all(&c);
	return report(&c);
}

const struct cli_command cli_compare = {
	.name = "compare",
	.brief = "compare two stored results",
	.usage = CLI_USAGE("compare OLD NEW [--format FORMAT]"),
	.about = "Compares two files that --format json or --format jsonl has written, kernel by "
		 "kernel. Prints which results got better, got worse, changed their answer, "
		 "appeared and disappeared. If each file has one kernel, these two are compared, "
		 "whatever their versions are. Of results of --repeat, the sets of answers are "
		 "compared, and what may be chance is no change. The exit code is 1 if anything "
		 "got worse.",
	.groups = CLI_GROUPS({ .options = options }),
	.operand = CLI_FILES,
	.run = run,
};
