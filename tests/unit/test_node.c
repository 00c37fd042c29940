// SPDX-License-Identifier: GPL-2.0-or-later
/* What "daxpin node" says of a node: its line, and the site file that it records. */
#include "test.h"

#include "../../src/cli/cli.h"
#include "../../src/cli/node.h"

#include "daxpin/json.h"
#include "daxpin/run.h"
#include "daxpin/site.h"

static struct dp_result answer(const char *id, enum dp_status status, int err)
{
	struct dp_result r = { .status = status,
			       .observed = true,
			       .expected = true,
			       .cell = { .outcome = DP_ANSWERED, .err = err } };

	snprintf(r.id, sizeof(r.id), "%s", id);
	snprintf(r.cell.id, sizeof(r.cell.id), "%s", id);
	snprintf(r.why, sizeof(r.why), "the reason");
	return r;
}

static void says_line(const struct cli_verdict *v, const char *wanted)
{
	char line[CLI_NODE_LINE + 32];

	cli_verdict_line(v, line);
	assert_string_equal(line, wanted);
}

static void what_fails_in_one_way_is_said_once(void **state)
{
	struct dp_result results[] = {
		answer("check/anon/local-read", DP_PASS, 0),
		answer("check/devdax-2M/local-read", DP_FAIL, EFAULT),
		answer("check/devdax-2M/local-write", DP_FAIL, EFAULT),
		answer("check/devdax-2M/remote-read", DP_FAIL, EINVAL),
		answer("check/devdax-4K/remote-read", DP_FAIL, EINVAL),
	};
	const struct dp_run_record run = { .results = results, .count = DP_ARRAY_SIZE(results) };
	struct cli_verdict v = { 0 };

	(void)state;
	cli_verdict_add_run(&v, &run);
	assert_true(v.broken);
	assert_false(v.untold);
	says_line(&v, "check/devdax-2M/local-read and 1 more of it: rejected EFAULT instead of "
		      "allowed; check/devdax-2M/remote-read: rejected EINVAL instead of allowed; "
		      "check/devdax-4K/remote-read: rejected EINVAL instead of allowed");
}

static void what_has_no_answer_is_said(void **state)
{
	struct dp_result results[] = {
		answer("check/anon/local-read", DP_ERROR, 0),
		answer("check/anon/local-write", DP_ERROR, 0),
		answer("check/devdax-2M/local-read", DP_SKIP_STATUS, 0),
	};
	const struct dp_run_record run = { .results = results, .count = DP_ARRAY_SIZE(results) };
	char *answered[] = { "devdax-2M", "kmem" };
	const struct dp_site site = { .answered = answered, .nanswered = 2 };
	struct cli_verdict v = { 0 }, all = { 0 };

	(void)state;
	cli_verdict_add_run(&v, &run);
	cli_verdict_add_unasked(&v, &site, &run, true);
	assert_false(v.broken);
	assert_true(v.untold);
	says_line(&v, "no answer to check/anon/local-read and 1 more: the reason; "
		      "devdax-2M has no answer: the reason");
	cli_verdict_add_unasked(&all, &site, &run, false);
	says_line(&all, "devdax-2M has no answer: the reason; kmem has no answer: was not asked");
}

static void a_line_is_one_line_and_not_long(void **state)
{
	struct cli_verdict v = { 0 };
	char line[CLI_NODE_LINE + 32];

	(void)state;
	for (int i = 0; i < 20; i++)
		cli_verdict_add(&v, i == 19, "something of thirty letters \033[1m");
	assert_true(v.broken && v.untold);
	cli_verdict_line(&v, line);
	assert_true(strlen(line) < sizeof(line));
	assert_non_null(strstr(line, "; and "));
	assert_null(strchr(line, '\033'));
}

static void hear(void *arg, bool broken, const char *text)
{
	cli_verdict_add(arg, broken, text);
}

/* What a node records of itself, it is good by. */
static void a_node_is_good_by_its_own_record(void **state)
{
	dp_autojson struct json_object *node = dp_json_parse(
		"{\"namespaces\":[{\"mode\":\"devdax\",\"align\":2097152},{\"mode\":\"raw\"},"
		"{\"mode\":\"devdax\",\"align\":2097152}],\"dax\":[{\"driver\":\"kmem\"}],"
		"\"rdma\":[{\"provider\":\"mlx5\",\"odp\":true}],"
		"\"mounts\":[{\"dir\":\"/mnt/a \\\" \\\\ \\u00e4\",\"fs\":\"xfs\"}],"
		"\"memlock\":[{\"of\":null,\"pid\":1,\"soft\":8388608}]}");
	struct dp_result results[] = { answer("check/anon/local-read", DP_PASS, 0),
				       answer("check/anon/local-write", DP_PASS, 0),
				       answer("check/kmem/local-read", DP_SKIP_STATUS, 0) };
	const struct dp_run_record run = { .results = results, .count = DP_ARRAY_SIZE(results) };
	const struct cli_check_options asked = { .dirs = { "/mnt/a" }, .ndirs = 1 };
	dp_cleanup(dp_site_clear) struct dp_site site;
	dp_autofree char *text = NULL;
	struct cli_verdict v = { 0 };
	struct dp_error err = { 0 };
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	cli_record_site(out, node, &run, &asked, "/a.policy");
	fclose(out);
	if (dp_site_parse(text, "site", &site, &err))
		fail_msg("%s: %s", err.what, text);
	assert_int_equal(site.lists[DP_SITE_NAMESPACES].count, 2);
	assert_int_equal(site.lists[DP_SITE_NAMESPACES].list[0].count, 2);
	assert_int_equal(site.nanswered, 1);
	assert_string_equal(site.answered[0], "anon");
	assert_string_equal(site.policy, "/a.policy");
	assert_string_equal(site.dirs[0], "/mnt/a");
	assert_int_equal(site.memlock, 8 << 20);
	dp_site_judge(&site, node, hear, &v);
	says_line(&v, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fails_in_one_way_is_said_once),
		cmocka_unit_test(what_has_no_answer_is_said),
		cmocka_unit_test(a_line_is_one_line_and_not_long),
		cmocka_unit_test(a_node_is_good_by_its_own_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
