// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What contradicts itself is no evidence. Recordings of real guests that pass are made to say what
 * no guest says: a member of another type, below zero or null; a step twice, in another order, left
 * out although it was due, or left out as well. Then there is no verdict any more.
 */
#include "recorded.h"

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

/* What is done to a recording; the number of lies that were believed is added up. */
struct lies {
	const char *kernel;
	const struct recorded *r;
	size_t told, believed;
};

typedef void lie_fn(struct lies *l, size_t i, struct json_object *line);

/* @may_fail: a clause can be found broken by it. */
static void tell(struct lies *l, bool may_fail, const char *what, struct json_object *line,
		 const char *key)
{
	const char *step = dp_json_text(line, "step");
	char why[768];
	enum dp_status status = status_of(l->r->id, l->r->lines, WHOLE, &policy, why, sizeof(why));

	l->told++;
	if (status == DP_ERROR || (may_fail && status == DP_FAIL))
		return;
	print_error("%s: %s is %s with %s %s.%s: %s\n", l->kernel, l->r->id, dp_status_name(status),
		    what, step ? step : "", key ? key : "", why);
	l->believed++;
}

static void tell_member(struct lies *l, bool may_fail, const char *what, struct json_object *line,
			const char *key, struct json_object *lie)
{
	struct json_object *truth = json_object_get(json_object_object_get(line, key));

	json_object_object_add(line, key, lie);
	tell(l, may_fail, what, line, key);
	json_object_object_add(line, key, truth);
}

static void have_other_types(struct lies *l, size_t i, struct json_object *line)
{
	dp_autojson struct json_object *whole = NULL;

	(void)i;
	assert_int_equal(json_object_deep_copy(line, &whole, NULL), 0);
	json_object_object_foreach (whole, key, value) {
		if (is_remark(l->r->id, line, key))
			continue;
		tell_member(l, false, "another type of", line, key,
			    json_object_is_type(value, json_type_array) ? json_object_new_object()
									: json_object_new_array());
	}
}

/* What is null is not known, but where that is a meaning of its own. */
static void are_null(struct lies *l, size_t i, struct json_object *line)
{
	static const char *const meant[] = { "device",     "zone_before", "zone_after", "where",
					     "events",     "resource",    "start",      "first",
					     "proof_text", "text",        "status_text" };
	dp_autojson struct json_object *whole = NULL;

	(void)i;
	assert_int_equal(json_object_deep_copy(line, &whole, NULL), 0);
	json_object_object_foreach (whole, key, value) {
		bool is_meant = !value;

		for (size_t k = 0; k < DP_ARRAY_SIZE(meant); k++)
			is_meant |= !strcmp(key, meant[k]);
		/* A registration on a dying mapping may succeed, too. What owns a leaf of 1 GiB
		 * may be unknown with its page size. */
		is_meant |= is(line, "step", "register-again") && !strcmp(key, "errno");
		/* A call that is granted may have moved nothing. */
		is_meant |= is(line, "step", "change") && !strcmp(key, "errno");
		is_meant |= strstr(l->r->id, "/devdax-1G/") &&
			    (!strcmp(key, "owner") || !strcmp(key, "outside") ||
			     !strcmp(key, "displaced") || !strcmp(key, "persistent"));
		if (!is_meant && !is_remark(l->r->id, line, key))
			tell_member(l, !strcmp(key, "errno"), "null for", line, key, NULL);
	}
}

static void are_below_zero(struct lies *l, size_t i, struct json_object *line)
{
	dp_autojson struct json_object *whole = NULL;

	(void)i;
	assert_int_equal(json_object_deep_copy(line, &whole, NULL), 0);
	json_object_object_foreach (whole, key, value) {
		/* Any number is a seed, and VmPin is a difference; so is what a node counts that
		 * goes. */
		bool is_signed = !strcmp(key, "seed") || !strcmp(key, "lost") ||
				 !strcmp(key, "vmpin_held_kib") ||
				 (!strcmp(key, "pins_held") && strstr(l->r->id, "/kmem-offline/"));

		if (json_object_is_type(value, json_type_int) && !is_signed &&
		    json_object_get_int64(value) >= 0 && !is_remark(l->r->id, line, key))
			tell_member(l, true, "less than zero in", line, key,
				    json_object_new_int(-7));
	}
}

/* ---- whole steps -------------------------------------------------------------------------- */

/* Steps that a case can take once only. */
static bool is_single(const struct lies *l, struct json_object *line)
{
	bool flies = json_object_array_length(l->r->lines) && strstr(l->r->id, "traffic/") &&
		     (is(line, "step", "event") || is(line, "step", "in-flight") ||
		      is(line, "step", "release") || is(line, "step", "event-end") ||
		      is(line, "step", "undo") || is(line, "step", "canary"));

	/* Of the calls of a state there are several. */
	return is(line, "kind", "step") && !is(line, "step", "race") &&
	       !is(line, "step", "change") &&
	       (flies || !strstr(l->r->id, "traffic/") || is(line, "step", "taint") ||
		is(line, "step", "legs"));
}

static struct json_object *left_out(struct json_object *line)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "left-out");
	dp_json_add_text(obj, "step", dp_json_text(line, "step"));
	dp_json_add_text(obj, "text", "there was no time");
	return obj;
}

static void insert(struct json_object *lines, size_t at, struct json_object *line)
{
	json_object_array_add(lines, NULL);
	for (size_t i = json_object_array_length(lines) - 1; i > at; i--)
		json_object_array_put_idx(lines, i,
					  json_object_get(json_object_array_get_idx(lines, i - 1)));
	json_object_array_put_idx(lines, at, line);
}

static void are_twice(struct lies *l, size_t i, struct json_object *line)
{
	if (!is_single(l, line))
		return;
	insert(l->r->lines, i, json_object_get(line));
	tell(l, false, "twice", line, NULL);
	json_object_array_del_idx(l->r->lines, i, 1);
}

static void are_left_out(struct lies *l, size_t i, struct json_object *line)
{
	if (!is_single(l, line))
		return;
	json_object_get(line);
	json_object_array_put_idx(l->r->lines, i, left_out(line));
	tell(l, false, "left out", line, NULL);
	json_object_array_put_idx(l->r->lines, i, line);
}

static void are_left_out_as_well(struct lies *l, size_t i, struct json_object *line)
{
	if (!is_single(l, line))
		return;
	insert(l->r->lines, i, left_out(line));
	tell(l, false, "left out as well", line, NULL);
	json_object_array_del_idx(l->r->lines, i, 1);
}

/* The step after it comes before it. */
static void are_exchanged(struct lies *l, size_t i, struct json_object *line)
{
	struct json_object *lines = l->r->lines;
	size_t k = i + 1, count = json_object_array_length(lines);

	while (k < count && !is(json_object_array_get_idx(lines, k), "kind", "step"))
		k++;
	if (k == count || !is_single(l, line) || strstr(l->r->id, "traffic/") || is_check(l->r->id))
		return;
	json_object_get(line);
	json_object_array_put_idx(lines, i, json_object_get(json_object_array_get_idx(lines, k)));
	json_object_array_put_idx(lines, k, json_object_get(line));
	tell(l, false, "exchanged", line, NULL);
	json_object_array_put_idx(lines, k, json_object_get(json_object_array_get_idx(lines, i)));
	json_object_array_put_idx(lines, i, line);
}

/* ---- all recordings ----------------------------------------------------------------------- */

static void lie_about(const char *kernel, const struct recorded *r, lie_fn *lie, struct lies *sum)
{
	struct lies l = { kernel, r, sum->told, sum->believed };
	char why[768];

	if (status_of(r->id, r->lines, WHOLE, &policy, why, sizeof(why)) != DP_PASS)
		return;
	for (size_t i = 0; i < json_object_array_length(r->lines); i++) {
		struct json_object *line = json_object_array_get_idx(r->lines, i);

		if (!is_aside(r->id, line) && !comes_again(r->lines, i))
			lie(&l, i, line);
	}
	sum->told = l.told;
	sum->believed = l.believed;
}

static void expect_disbelief(lie_fn *lie)
{
	struct lies sum = { 0 };

	for (size_t k = 0; k < DP_ARRAY_SIZE(kernels); k++) {
		dp_cleanup(recording_clear) struct recording r = recording_load(kernels[k]);

		for (size_t i = 0; i < r.count; i++)
			lie_about(kernels[k], &r.list[i], lie, &sum);
	}
	print_message("%zu lies\n", sum.told);
	assert_true(sum.told > 100);
	assert_int_equal(sum.believed, 0);
}

static void believes_no_other_type(void **state)
{
	(void)state;
	expect_disbelief(have_other_types);
}

static void believes_no_null(void **state)
{
	(void)state;
	expect_disbelief(are_null);
}

static void believes_nothing_below_zero(void **state)
{
	(void)state;
	expect_disbelief(are_below_zero);
}

static void believes_nothing_twice(void **state)
{
	(void)state;
	expect_disbelief(are_twice);
}

static void believes_no_excuse(void **state)
{
	(void)state;
	expect_disbelief(are_left_out);
	expect_disbelief(are_left_out_as_well);
}

static void believes_no_other_order(void **state)
{
	(void)state;
	expect_disbelief(are_exchanged);
}

/* More executed than there was, functions without instructions, a class less: no registration. */
static void believes_no_other_log(void **state)
{
	static const char id[] = "bench/devdax-2M/64K/functions";
	static const struct {
		const char *member, *text;
	} lies[] = {
		{ "functions", "[{\"name\":\"f\",\"calls\":1,\"own\":10000000}]" },
		{ "functions", "[{\"name\":\"f\",\"calls\":1,\"own\":0}]" },
		{ "functions", "[{\"calls\":1,\"own\":5}]" },
		{ "functions", "[]" },
		{ "classes", "{\"walk\":1}" },
		{ "executed", "5" },
		{ "counted", "5" },
		{ "pages", "8" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(lies); i++) {
		dp_autojson struct json_object *lines = recorded_lines("6.1", id);
		struct json_object *step =
			json_object_array_get_idx(lines, find_step(lines, "functions"));
		char why[768];

		assert_int_equal(status_of(id, lines, WHOLE, &policy, why, sizeof(why)), DP_PASS);
		json_object_object_add(step, lies[i].member, json_tokener_parse(lies[i].text));
		assert_int_equal(status_of(id, lines, WHOLE, &policy, why, sizeof(why)), DP_ERROR);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(believes_no_other_type),
		cmocka_unit_test(believes_no_null),
		cmocka_unit_test(believes_nothing_below_zero),
		cmocka_unit_test(believes_nothing_twice),
		cmocka_unit_test(believes_no_excuse),
		cmocka_unit_test(believes_no_other_order),
		cmocka_unit_test(believes_no_other_log),
	};

	return cmocka_run_group_tests(tests, load_policy, clear_policy);
}
