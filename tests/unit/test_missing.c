// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The judge fails closed: from recordings of real guests, each observation that a verdict rests on
 * is taken away, whole lines and single members; then there is no verdict any more.
 */
#include "recorded.h"

#include "daxpin/report.h"
#include "daxpin/results.h"

static const char *const kernels[] = { "5.10", "6.1", "7.2" };
static struct dp_policy policy;

static int load_policy(void **state)
{
	(void)state;
	return dp_policy_load(NULL, &policy, NULL);
}

static int clear_policy(void **state)
{
	(void)state;
	dp_policy_clear(&policy);
	return 0;
}

/* Without an observation there is no verdict, neither "pass" nor "fail". */
static size_t is_judged(const char *kernel, const char *id, struct json_object *lines,
			size_t without, const char *what, const char *key)
{
	char why[768];
	enum dp_status status = status_of(id, lines, without, &policy, why, sizeof(why));

	if (status == DP_ERROR)
		return 0;
	print_error("%s: %s is %s without %s%s%s: %s\n", kernel, id, dp_status_name(status), what,
		    key ? " of " : "", key ? key : "", why);
	return 1;
}

/* Each member of a line, and of the objects in its lists, is taken away and put back. */
static size_t take_members(const char *kernel, const struct recorded *r, size_t i,
			   struct json_object *obj, size_t *taken)
{
	struct json_object *line = json_object_array_get_idx(r->lines, i);
	const char *step = dp_json_text(line, "step"), *kind = dp_json_text(line, "kind");
	char name[32];
	dp_autojson struct json_object *whole = NULL;
	size_t wrong = 0;

	snprintf(name, sizeof(name), "%s", step ? step : kind);
	assert_int_equal(json_object_deep_copy(obj, &whole, NULL), 0);
	json_object_object_foreach (whole, key, value) {
		if (is_remark(r->id, line, key))
			continue;
		json_object_object_del(obj, key);
		wrong += is_judged(kernel, r->id, r->lines, WHOLE, key, name);
		json_object_object_add(obj, key, json_object_get(value));
		(*taken)++;
	}
	return wrong;
}

/* Each object of a list, and each member of it. */
static size_t take_list(const char *kernel, const struct recorded *r, size_t i,
			struct json_object *list, size_t *taken)
{
	size_t wrong = 0, length;

	if (!json_object_is_type(list, json_type_array))
		return 0;
	length = json_object_array_length(list);
	for (size_t k = 0; k < length; k++) {
		struct json_object *one = json_object_get(json_object_array_get_idx(list, k));

		wrong += take_members(kernel, r, i, one, taken);
		json_object_array_put_idx(list, k, NULL);
		wrong += is_judged(kernel, r->id, r->lines, WHOLE, "an object", "a list");
		json_object_array_put_idx(list, k, one);
		(*taken)++;
	}
	return wrong;
}

static size_t take_nested(const char *kernel, const struct recorded *r, size_t i, size_t *taken)
{
	static const char *const lists[] = { "routes", "moves", "control" };
	struct json_object *line = json_object_array_get_idx(r->lines, i), *counts;
	size_t wrong = 0;

	counts = json_object_object_get(line, "counts");
	if (json_object_is_type(counts, json_type_object))
		wrong += take_members(kernel, r, i, counts, taken);
	for (size_t l = 0; l < DP_ARRAY_SIZE(lists); l++)
		wrong += take_list(kernel, r, i, json_object_object_get(line, lists[l]), taken);
	return wrong;
}

static size_t take_each(const char *kernel, const struct recorded *r, size_t *taken)
{
	size_t wrong = 0;

	for (size_t i = 0; i < json_object_array_length(r->lines); i++) {
		struct json_object *line = json_object_array_get_idx(r->lines, i);

		if (is_aside(r->id, line) || comes_again(r->lines, i))
			continue;
		wrong += is_judged(kernel, r->id, r->lines, i, dp_json_text(line, "kind"),
				   dp_json_text(line, "step"));
		(*taken)++;
		wrong += take_members(kernel, r, i, line, taken);
		wrong += take_nested(kernel, r, i, taken);
	}
	return wrong;
}

static void judges_nothing_that_was_not_seen(void **state)
{
	size_t wrong = 0, passed = 0, taken = 0;

	(void)state;
	for (size_t k = 0; k < DP_ARRAY_SIZE(kernels); k++) {
		dp_cleanup(recording_clear) struct recording r = recording_load(kernels[k]);

		for (size_t i = 0; i < r.count; i++) {
			char why[768];

			if (status_of(r.list[i].id, r.list[i].lines, WHOLE, &policy, why,
				      sizeof(why)) != DP_PASS)
				continue;
			passed++;
			wrong += take_each(kernels[k], &r.list[i], &taken);
		}
	}
	print_message("%zu results that pass, %zu observations taken away\n", passed, taken);
	assert_true(passed > 100);
	assert_int_equal(wrong, 0);
}

/* ---- stored documents --------------------------------------------------------------------- */

/* The result of some lines, as it stands in a document. */
static struct json_object *document_of(const struct recorded *r)
{
	dp_cleanup(dp_collect_clear) struct dp_collect collect = { 0 };
	const struct dp_report_options how = { 0 };
	dp_autofree char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct json_object *root;

	replay(r->id, r->lines, WHOLE, &policy, &collect);
	snprintf(collect.run.where, sizeof(collect.run.where), "guest");
	assert_non_null(out);
	assert_int_equal(dp_format_find("json")->write(out, &collect.run, 1, &how), 0);
	assert_int_equal(fclose(out), 0);
	root = json_tokener_parse(text);
	assert_non_null(root);
	return root;
}

/* What "daxpin judge" makes of a document: the status, and the exit code. */
static enum dp_status judge_document(struct json_object *root, int *code)
{
	dp_cleanup(dp_results_clear) struct dp_results results = { 0 };

	assert_int_equal(dp_results_parse(root, "test", &results, NULL), 0);
	dp_results_judge(&results, &policy);
	*code = dp_runs_exit_code(results.runs, results.count);
	return results.runs[0].results[0].status;
}

/* Members of a result that the judge makes itself, or that explain something to people. */
static bool is_made(const char *key)
{
	static const char *const made[] = { "id",        "status",  "why",          "expected",
					    "reference", "facts",   "violates",     "proven",
					    "ended",     "missing", "attempts_text" };

	for (size_t i = 0; i < DP_ARRAY_SIZE(made); i++)
		if (!strcmp(key, made[i]))
			return true;
	return false;
}

static size_t take_from_document(const char *id, struct json_object *root, struct json_object *obj,
				 const char *group)
{
	dp_autojson struct json_object *whole = NULL;
	size_t wrong = 0;
	int code;

	assert_int_equal(json_object_deep_copy(obj, &whole, NULL), 0);
	json_object_object_foreach (whole, key, value) {
		if (is_made(key) || is_remark(id, obj, key))
			continue;
		json_object_object_del(obj, key);
		if (judge_document(root, &code) != DP_ERROR || code != 3) {
			print_error("%s: no error without %s of %s\n", id, key, group);
			wrong++;
		}
		json_object_object_add(obj, key, json_object_get(value));
	}
	return wrong;
}

static size_t take_from_result(const struct recorded *r)
{
	static const char *const groups[] = { "pins", "vmpin_kib", "us", "proof" };
	dp_autojson struct json_object *root = document_of(r);
	struct json_object *result, *steps;
	size_t wrong = 0;
	int code;

	result = json_object_array_get_idx(
		json_object_object_get(
			json_object_array_get_idx(json_object_object_get(root, "runs"), 0),
			"results"),
		0);
	assert_int_equal(judge_document(root, &code), DP_PASS);
	assert_int_equal(code, 0);
	wrong += take_from_document(r->id, root, result, "the result");
	for (size_t i = 0; i < DP_ARRAY_SIZE(groups); i++)
		if (json_object_object_get(result, groups[i]))
			wrong += take_from_document(
				r->id, root, json_object_object_get(result, groups[i]), groups[i]);
	steps = json_object_object_get(result, "steps");
	for (size_t i = 0; steps && i < json_object_array_length(steps); i++) {
		struct json_object *step = json_object_get(json_object_array_get_idx(steps, i));

		wrong += take_from_document(r->id, root, step, dp_json_text(step, "step"));
		json_object_array_put_idx(steps, i, NULL);
		if (judge_document(root, &code) != DP_ERROR || code != 3) {
			print_error("%s: no error without step %zu\n", r->id, i);
			wrong++;
		}
		json_object_array_put_idx(steps, i, step);
	}
	return wrong;
}

/* "daxpin judge" over a stored document misses the same. One id of each kind and each release. */
static void judges_no_document_that_lacks_something(void **state)
{
	static const char *const ids[] = {
		"check/devdax-2M/remote-write",
		"check/fsdax-xfs-2M/local-read",
		"limit/memlock-fork",
		"teardown/devdax-2M/devdax-unbind/dereg",
		"teardown/devdax-2M/devdax-unbind/none",
		"teardown/anon/owner-killed/none",
		"race/devdax-2M/devdax-unbind",
		"traffic/devdax-2M/write",
		"traffic/devdax-2M/power-loss",
		"traffic/devdax-2M/devdax-unbind",
		"traffic/pfnmap/read",
		"bench/devdax-2M/2M",
		"bench/fsdax-xfs-2M/64K",
		"bench/devdax-2M/64K/traffic",
	};
	dp_cleanup(recording_clear) struct recording r = recording_load("5.10");
	size_t wrong = 0, seen = 0;

	(void)state;
	for (size_t i = 0; i < r.count; i++)
		for (size_t k = 0; k < DP_ARRAY_SIZE(ids); k++) {
			char why[768];

			if (strcmp(r.list[i].id, ids[k]) ||
			    status_of(ids[k], r.list[i].lines, WHOLE, &policy, why, sizeof(why)) !=
				    DP_PASS)
				continue;
			wrong += take_from_result(&r.list[i]);
			seen++;
		}
	assert_true(seen >= 10);
	assert_int_equal(wrong, 0);
}

static void has_every_kind_of_question(void **state)
{
	static const char *const questions[] = { "check/", "limit/",   "teardown/",
						 "race/",  "traffic/", "bench/" };

	(void)state;
	for (size_t k = 0; k < DP_ARRAY_SIZE(kernels); k++) {
		dp_cleanup(recording_clear) struct recording r = recording_load(kernels[k]);

		for (size_t q = 0; q < DP_ARRAY_SIZE(questions); q++) {
			size_t count = 0;

			for (size_t i = 0; i < r.count; i++)
				count += !strncmp(r.list[i].id, questions[q], strlen(questions[q]));
			assert_true(count > 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_every_kind_of_question),
		cmocka_unit_test(judges_nothing_that_was_not_seen),
		cmocka_unit_test(judges_no_document_that_lacks_something),
	};

	return cmocka_run_group_tests(tests, load_policy, clear_policy);
}
