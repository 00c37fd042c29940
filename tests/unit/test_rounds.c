// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <json-c/json.h>
#include <unistd.h>

#include "daxpin/report.h"
#include "daxpin/results.h"

#define C6 DP_CLAUSE_BIT(DP_C6)
#define C8 DP_CLAUSE_BIT(DP_C8)

/* One letter for each round: p pass, 6 and 8 fail, e error, s skip. */
static struct dp_result round_of(char letter, unsigned int round)
{
	struct dp_result r = { .id = "teardown/a/b/c", .round = round };

	r.status = letter == 'p' ? DP_PASS : letter == 'e' ? DP_ERROR : DP_FAIL;
	if (letter == 's')
		r.status = DP_SKIP_STATUS;
	r.violates = letter == '6' ? C6 : letter == '8' ? C8 : 0;
	snprintf(r.why, sizeof(r.why), "because %c", letter);
	return r;
}

/* A run in which one id was asked as often as there are letters; once, if there is one. */
static struct dp_run_record run_of(const char *letters)
{
	struct dp_run_record run = { .count = strlen(letters) };

	strcpy(run.subject.kernel, "6.1.0");
	strcpy(run.where, "guest");
	run.results = calloc(run.count, sizeof(*run.results));
	assert_non_null(run.results);
	for (size_t i = 0; i < run.count; i++)
		run.results[i] = round_of(letters[i], run.count > 1 ? (unsigned int)i + 1 : 0);
	run.repeat = run.count > 1 ? (unsigned int)run.count : 0;
	assert_int_equal(dp_run_fold(&run), 0);
	assert_int_equal(run.count, 1);
	return run;
}

static void counts_the_answers(void **state)
{
	static const struct {
		const char *letters, *answers;
		enum dp_status status;
		int code;
	} cases[] = {
		{ "p", "1 of 1 pass", DP_PASS, 0 },
		{ "ppp", "3 of 3 pass", DP_PASS, 0 },
		{ "p8p8p", "2 of 5 fail (C8), 3 of 5 pass", DP_FAIL, 1 },
		{ "p868", "2 of 4 fail (C8), 1 of 4 fail (C6), 1 of 4 pass", DP_FAIL, 1 },
		{ "pep", "1 of 3 error, 2 of 3 pass", DP_ERROR, 3 },
		{ "se8", "1 of 3 fail (C8), 1 of 3 error, 1 of 3 skip", DP_FAIL, 1 },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		dp_cleanup(dp_run_clear) struct dp_run_record run = run_of(cases[i].letters);
		char text[256];

		dp_result_answers(&run.results[0], text, sizeof(text));
		assert_string_equal(text, cases[i].answers);
		assert_int_equal(run.results[0].status, cases[i].status);
		assert_int_equal(dp_runs_exit_code(&run, 1), cases[i].code);
	}
}

/* What one of them is, of two ids whose rounds came in any order. */
static void gathers_what_belongs_together(void **state)
{
	dp_cleanup(dp_run_clear) struct dp_run_record run = { .count = 5, .repeat = 2 };

	(void)state;
	run.results = calloc(run.count, sizeof(*run.results));
	assert_non_null(run.results);
	for (size_t i = 0; i < 4; i++) {
		run.results[i] = round_of("p8ee"[i], i < 2 ? 2 : 1);
		run.results[i].id[9] = i % 2 ? 'x' : 'y';
	}
	run.results[4] = round_of('p', 0);
	assert_int_equal(dp_run_fold(&run), 0);
	assert_int_equal(run.count, 3);
	assert_string_equal(run.results[0].id, "teardown/y/b/c");
	assert_int_equal(run.results[0].nrounds, 2);
	assert_int_equal(run.results[0].rounds[0].status, DP_ERROR);
	assert_int_equal(run.results[0].rounds[1].status, DP_PASS);
	assert_string_equal(run.results[1].id, "teardown/x/b/c");
	assert_int_equal(run.results[1].status, DP_FAIL);
	assert_int_equal(run.results[2].nrounds, 0);
}

static void owes_each_round(void **state)
{
	dp_cleanup(dp_run_clear) struct dp_run_record run = { .count = 2, .repeat = 3 };

	(void)state;
	run.results = calloc(run.count, sizeof(*run.results));
	assert_non_null(run.results);
	run.results[0] = round_of('p', 1);
	run.results[1] = round_of('p', 3);
	assert_int_equal(dp_run_fold(&run), 0);
	assert_int_equal(run.results[0].status, DP_ERROR);
	assert_non_null(strstr(run.results[0].why, "not observed: round 2"));
	assert_int_equal(dp_runs_exit_code(&run, 1), 3);
}

#define TWENTY(a) a a a a a a a a a a a a a a a a a a a a
#define HALF      "p8p8p8p8p8p8p8p8p8p8"

static void tells_what_changed(void **state)
{
	static const struct {
		const char *before, *after;
		enum dp_change change;
	} cases[] = {
		{ HALF, HALF, DP_CHANGE_SAME },
		{ HALF, "p", DP_CHANGE_SAME },
		{ HALF, "8", DP_CHANGE_SAME },
		{ HALF, "ppp", DP_CHANGE_SAME },
		{ HALF, TWENTY("p"), DP_CHANGE_BETTER },
		{ HALF, TWENTY("8"), DP_CHANGE_WORSE },
		{ HALF, "6", DP_CHANGE_WORSE },
		{ HALF, "e", DP_CHANGE_OTHER },
		{ HALF, "p8p6", DP_CHANGE_WORSE },
		{ "pppp8", TWENTY("p"), DP_CHANGE_SAME },
		{ TWENTY("p"), "p", DP_CHANGE_SAME },
		{ TWENTY("p"), "8", DP_CHANGE_WORSE },
		{ TWENTY("p"), "e", DP_CHANGE_WORSE },
		{ TWENTY("8"), "p", DP_CHANGE_OTHER },
		{ TWENTY("8"), TWENTY("p"), DP_CHANGE_BETTER },
		{ TWENTY("8"), TWENTY("6"), DP_CHANGE_WORSE },
		{ "p", "pppp", DP_CHANGE_SAME },
		{ "p", HALF, DP_CHANGE_WORSE },
		{ "8", TWENTY("8"), DP_CHANGE_SAME },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		dp_cleanup(dp_run_clear) struct dp_run_record old = run_of(cases[i].before);
		dp_cleanup(dp_run_clear) struct dp_run_record new = run_of(cases[i].after);
		enum dp_change change = dp_result_change(&old.results[0], &new.results[0]);

		if (change != cases[i].change)
			fail_msg("%s -> %s is %s", cases[i].before, cases[i].after,
				 dp_change_name(change));
	}
}

static void knows_what_comes_sometimes(void **state)
{
	static const struct {
		const char *before, *after;
		enum dp_baseline baseline;
		int code;
	} cases[] = {
		{ HALF, HALF, DP_KNOWN, 0 },    { HALF, "8", DP_KNOWN, 0 },
		{ HALF, "p", DP_SOMETIMES, 0 }, { HALF, TWENTY("p"), DP_FIXED, 0 },
		{ HALF, "6", DP_OTHER, 1 },     { HALF, "p86", DP_OTHER, 1 },
		{ HALF, "p8e", DP_UNSEEN, 3 },  { HALF, "e", DP_UNSEEN, 3 },
		{ "p86", "6", DP_KNOWN, 0 },    { "p86", "e86", DP_UNSEEN, 3 },
		{ "pp", "p8", DP_NEW, 1 },      { "8", "p8", DP_KNOWN, 0 },
		{ "8", "p", DP_FIXED, 0 },      { "p", "pp", DP_NO_BASELINE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		dp_cleanup(dp_run_clear) struct dp_run_record old = run_of(cases[i].before);
		dp_cleanup(dp_run_clear) struct dp_run_record new = run_of(cases[i].after);
		struct dp_results baseline = { .runs = &old, .count = 1 };

		assert_int_equal(dp_run_hold_against(&new, &baseline, true, NULL), 0);
		if (new.results[0].baseline != cases[i].baseline)
			fail_msg("%s against %s is %s", cases[i].after, cases[i].before,
				 dp_baseline_name(new.results[0].baseline));
		assert_int_equal(dp_runs_exit_code(&new, 1), cases[i].code);
	}
}

/* ---- in a file --------------------------------------------------------------------------- */

static void write_as(const char *format, const struct dp_run_record *run, const char *path)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_int_equal(
		dp_format_find(format)->write(out, run, 1, &(struct dp_report_options){ 0 }), 0);
	assert_int_equal(fclose(out), 0);
}

static void is_read_as_it_was_written(void **state)
{
	static const char *const formats[] = { "json", "jsonl" };

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(formats); i++) {
		dp_cleanup(dp_run_clear) struct dp_run_record run = run_of("p86e");
		dp_cleanup(dp_results_clear) struct dp_results read = { 0 };
		dp_autofree char *folder = make_folder();
		char path[64], text[256];

		snprintf(path, sizeof(path), "%s/results", folder);
		write_as(formats[i], &run, path);
		assert_int_equal(dp_results_load(path, &read, NULL), 0);
		assert_int_equal(unlink(path) | rmdir(folder), 0);
		assert_int_equal(read.count, 1);
		assert_int_equal(read.runs[0].count, 1);
		assert_int_equal(read.runs[0].repeat, 4);
		assert_int_equal(read.runs[0].results[0].nrounds, 4);
		dp_result_answers(&read.runs[0].results[0], text, sizeof(text));
		assert_string_equal(text, "1 of 4 fail (C6), 1 of 4 fail (C8), 1 of 4 error, "
					  "1 of 4 pass");
	}
}

/* However often it is stored and read: those that are missing are one round. */
static void stays_incomplete(void **state)
{
	static const char *const formats[] = { "json", "jsonl" };

	(void)state;
	for (size_t i = 0; i < 2 * DP_ARRAY_SIZE(formats); i++) {
		dp_cleanup(dp_run_clear) struct dp_run_record run = { .count = 1, .repeat = 4 };
		dp_cleanup(dp_results_clear) struct dp_results read = { 0 }, again = { 0 };
		dp_autofree char *folder = make_folder();
		char path[64], text[256];

		snprintf(path, sizeof(path), "%s/results", folder);
		run.results = calloc(run.count, sizeof(*run.results));
		assert_non_null(run.results);
		run.results[0] = round_of('p', 2);
		assert_int_equal(dp_run_fold(&run), 0);
		write_as(formats[i / 2], &run, path);
		assert_int_equal(dp_results_load(path, &read, NULL), 0);
		write_as(formats[i % 2], &read.runs[0], path);
		assert_int_equal(dp_results_load(path, &again, NULL), 0);
		assert_int_equal(unlink(path) | rmdir(folder), 0);
		dp_result_answers(&again.runs[0].results[0], text, sizeof(text));
		assert_string_equal(text, "1 of 2 error, 1 of 2 pass");
	}
}

#define DOCUMENT(repeat, result)                                                                   \
	"{\"schema\":\"daxpin/1\",\"runs\":[{\"kernel\":\"6.1.0\",\"repeat\":" repeat              \
	",\"results\":[" result "]}]}"
#define ROUND(id, n) "{\"id\":\"" id "\",\"round\":" n ",\"status\":\"pass\"}"

static void believes_nothing(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ DOCUMENT("2", "{\"rounds\":[" ROUND("race/a/b", "1") "]}"), "no id" },
		{ DOCUMENT("1", "{\"id\":\"race/a/b\",\"rounds\":[7]}"), "no numbers" },
		{ DOCUMENT("1", "{\"id\":\"race/a/b\",\"rounds\":[" ROUND("race/a/b", "0") "]}"),
		  "no numbers" },
		{ DOCUMENT("1", "{\"id\":\"race/a/b\",\"rounds\":[" ROUND("race/a/b", "9999") "]}"),
		  "no numbers" },
		{ DOCUMENT("2", "{\"id\":\"race/a/b\",\"rounds\":[" ROUND(
					"race/a/b", "1") "," ROUND("race/a/b", "1") "]}"),
		  "no numbers" },
		{ DOCUMENT("1", "{\"id\":\"race/a/b\",\"rounds\":[" ROUND("race/a/c", "1") "]}"),
		  "a round of" },
		{ DOCUMENT("1",
			   "{\"id\":\"race/a/b\",\"rounds\":[{\"round\":1,\"id\":\"race/a/b\"}]}"),
		  "no status" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++) {
		struct json_object *root = json_tokener_parse(bad[i].text);
		struct dp_results r = { 0 };
		struct dp_error err = { 0 };

		assert_non_null(root);
		assert_int_equal(dp_results_parse(root, "test", &r, &err), -EINVAL);
		assert_says(&err, bad[i].says);
		json_object_put(root);
	}
}

/* The verdict beside the rounds is not believed, and what is missing is an error. */
static void is_no_better_than_its_rounds(void **state)
{
	static const struct {
		const char *text, *answers;
	} cases[] = {
		{ DOCUMENT("2", "{\"id\":\"race/a/b\",\"status\":\"pass\",\"rounds\":[" ROUND(
					"race/a/b", "2") "]}"),
		  "1 of 2 error, 1 of 2 pass" },
		{ DOCUMENT("2", "{\"id\":\"race/a/b\",\"status\":\"pass\",\"rounds\":[]}"),
		  "1 of 1 error" },
		{ DOCUMENT("2", "{\"id\":\"race/a/b\",\"status\":\"pass\"}"), "1 of 1 error" },
		{ DOCUMENT("1", "{\"id\":\"race/a/b\",\"status\":\"fail\",\"rounds\":[" ROUND(
					"race/a/b", "1") "]}"),
		  "1 of 1 pass" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		struct json_object *root = json_tokener_parse(cases[i].text);
		dp_cleanup(dp_results_clear) struct dp_results r = { 0 };
		char text[256];

		assert_non_null(root);
		assert_int_equal(dp_results_parse(root, "test", &r, NULL), 0);
		json_object_put(root);
		dp_result_answers(&r.runs[0].results[0], text, sizeof(text));
		assert_string_equal(text, cases[i].answers);
	}
}

/* Who has refused is not known without a witness: that is no difference. */
static void agrees_as_far_as_both_tell(void **state)
{
	static const struct {
		const char *a, *b;
		bool agree;
	} cases[] = {
		{ "rejected EFAULT", "rejected EFAULT", true },
		{ "rejected EFAULT", "rejected EFAULT by check_vma_flags", true },
		{ "rejected EFAULT by check_vma_flags", "rejected EFAULT by check_vma_flags",
		  true },
		{ "rejected EFAULT by check_vma_flags", "rejected EFAULT by ib_umem_get", false },
		{ "rejected EFAULT", "rejected EINVAL by check_vma_flags", false },
		{ "rejected EFAULT", "rejected EFAULTS", false },
		{ "rejected EFAULT, C1", "rejected EFAULT by check_vma_flags, C1", true },
		{ "rejected EFAULT, C1", "rejected EFAULT by check_vma_flags, C2", false },
		{ "rejected EFAULT", "rejected EFAULT by check_vma_flags, C2", false },
		{ "C1, oops by somebody", "C1, oops", false },
		{ "allowed", "allowed", true },
		{ "", "", true },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		assert_int_equal(dp_kinds_agree(cases[i].a, cases[i].b), cases[i].agree);
		assert_int_equal(dp_kinds_agree(cases[i].b, cases[i].a), cases[i].agree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_the_answers),
		cmocka_unit_test(gathers_what_belongs_together),
		cmocka_unit_test(owes_each_round),
		cmocka_unit_test(tells_what_changed),
		cmocka_unit_test(knows_what_comes_sometimes),
		cmocka_unit_test(is_read_as_it_was_written),
		cmocka_unit_test(stays_incomplete),
		cmocka_unit_test(believes_nothing),
		cmocka_unit_test(is_no_better_than_its_rounds),
		cmocka_unit_test(agrees_as_far_as_both_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
