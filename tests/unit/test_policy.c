// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/check.h"
#include "daxpin/file.h"
#include "daxpin/policy.h"

#define RULE(extra)                                                                                \
	"rules = (\n { mapping = \"anon\"; access = \"*\";\n verdict = \"allowed\"; why = \"w\"; " \
	"reference = \"r\";\n" extra " } );\n"

static void reads_a_rule(void **state)
{
	dp_cleanup(dp_policy_clear) struct dp_policy policy;

	(void)state;
	assert_int_equal(dp_policy_parse("rules = ( { mapping = \"fsdax-*\"; access = \"local-*\"; "
					 "provider = \"rxe\"; odp = \"no\"; kernel = \"5.10-6.4\"; "
					 "verdict = \"rejected\"; errno = \"EFAULT\"; why = \"w\"; "
					 "reference = \"r\"; } );",
					 "test", &policy, NULL),
			 0);
	assert_int_equal(policy.count, 1);
	assert_int_equal(policy.rules[0].err, EFAULT);
	assert_int_equal(policy.rules[0].from.minor, 10);
	assert_int_equal(policy.rules[0].to.major, 6);
	assert_int_equal(policy.rules[0].odp, 0);
}

#define COUNTED(amount)                                                                            \
	RULE("")                                                                                   \
	"evidence = (\n { mapping = \"devdax-*\"; access = \"*\"; kernel = \"6.1\"; why = \"w\"; " \
	"reference = \"r\";\n" amount " } );\n"

static void reads_what_is_counted(void **state)
{
	dp_cleanup(dp_policy_clear) struct dp_policy policy;
	static const struct dp_subject old = { .kernel = "6.1.0", .provider = "rxe" },
				       young = { .kernel = "6.12.0", .provider = "rxe" };
	const struct dp_rule *rule;

	(void)state;
	assert_int_equal(
		dp_policy_parse(COUNTED("verdict = \"rejected\"; taken = \"0\"; lookups = "
					"\"2 per page\"; references = \"1 per 512 pages\";"),
				"test", &policy, NULL),
		0);
	assert_int_equal(policy.nevidence, 1);
	rule = policy.evidence;
	assert_true(rule->err);
	assert_false(rule->amounts[DP_AMOUNT_CALLS].asked);
	assert_true(rule->amounts[DP_AMOUNT_TAKEN].asked);
	assert_int_equal(rule->amounts[DP_AMOUNT_TAKEN].count, 0);
	assert_int_equal(rule->amounts[DP_AMOUNT_LOOKUPS].count, 2);
	assert_int_equal(rule->amounts[DP_AMOUNT_LOOKUPS].per, 1);
	assert_int_equal(rule->amounts[DP_AMOUNT_REFERENCES].per, 512);
	assert_true(dp_policy_covers(rule, &old, "devdax-2M", "local-read"));
	assert_false(dp_policy_covers(rule, &young, "devdax-2M", "local-read"));
	assert_false(dp_policy_covers(rule, &old, "anon", "local-read"));
}

static void names_line_and_key_of_a_mistake(void **state)
{
	static const struct {
		const char *text, *says[2];
	} mistakes[] = {
		{ "rules = (\n { mapping = \"a\" access }", { "test:2", "syntax" } },
		{ RULE("mappings = \"x\";"), { "test:4", "mappings" } },
		{ RULE("kernel = \"six\";"), { "test:4", "kernel" } },
		{ RULE("kernel = \"6.5-6.1\";"), { "test:4", "kernel" } },
		{ RULE("kernel = 6.1;"), { "test:4", "kernel" } },
		{ RULE("errno = \"EFAULT\";"), { "test:2", "errno" } },
		{ RULE("odp = \"maybe\";"), { "test:4", "odp" } },
		{ RULE("moved = \"some\";"), { "test:4", "moved" } },
		{ "rules = ( { mapping = \"a\"; access = \"b\"; why = \"w\"; reference = \"r\";\n"
		  "verdict = \"perhaps\"; } );",
		  { "test:2", "verdict" } },
		{ "rules = ( { mapping = \"a\"; access = \"b\"; why = \"w\"; reference = \"r\";\n"
		  "verdict = \"rejected\"; errno = \"EWHAT\"; } );",
		  { "test:2", "errno" } },
		{ "rules = (\n { mapping = \"a\"; verdict = \"allowed\"; why = \"w\"; "
		  "reference = \"r\"; } );",
		  { "test:2", "access" } },
		{ "rules = ( { mapping = \"a\"; access = \"b\"; verdict = \"allowed\"; "
		  "why = \"\"; reference = \"r\"; } );",
		  { "test:1", "why" } },
		{ "rules = ( 12 );", { "test:1", "rules" } },
		{ "rules = ();", { "test", "rules" } },
		{ "", { "test", "rules" } },
		{ "other = 1;\n" RULE(""), { "test:1", "other" } },
		{ "@include \"/etc/passwd\"\n", { "test", "@include" } },
		{ RULE("lookups = \"0\";"), { "test:4", "lookups" } },
		{ RULE("") "evidence = ();", { "test:5", "evidence" } },
		{ RULE("") "evidence = 3;", { "test:5", "evidence" } },
		{ COUNTED("verdict = \"allowed\";"), { "test:6", "evidence" } },
		{ COUNTED("lookups = \"0\";"), { "test:6", "verdict" } },
		{ COUNTED("verdict = \"unknown\"; lookups = \"0\";"), { "test:6", "verdict" } },
		{ COUNTED("verdict = \"allowed\"; path = \"fast\";"), { "test:7", "path" } },
		{ COUNTED("verdict = \"allowed\"; lookups = 0;"), { "test:7", "lookups" } },
		{ COUNTED("verdict = \"allowed\"; lookups = \"\";"), { "test:7", "lookups" } },
		{ COUNTED("verdict = \"allowed\"; lookups = \"-1\";"), { "test:7", "lookups" } },
		{ COUNTED("verdict = \"allowed\"; calls = \"1 per 0 pages\";"),
		  { "test:7", "calls" } },
		{ COUNTED("verdict = \"allowed\"; calls = \"1 per 2 page\";"),
		  { "test:7", "calls" } },
		{ COUNTED("verdict = \"allowed\"; calls = \"1 per pages\";"),
		  { "test:7", "calls" } },
		{ COUNTED("verdict = \"allowed\"; taken = \"1 per page \";"),
		  { "test:7", "taken" } },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(mistakes); i++) {
		struct dp_policy policy;
		struct dp_error err = { 0 };

		if (dp_policy_parse(mistakes[i].text, "test", &policy, &err) != -EINVAL)
			fail_msg("accepted: %s", mistakes[i].text);
		assert_true(err.input);
		assert_says(&err, mistakes[i].says[0]);
		assert_says(&err, mistakes[i].says[1]);
		assert_null(policy.rules);
	}
}

static void survives_every_truncation(void **state)
{
	static const char good[] = RULE("kernel = \"6.1-\"; provider = \"*\";");

	(void)state;
	for (size_t len = 0; len < sizeof(good); len++) {
		dp_autofree char *text = exact_copy(good, len + 1);
		struct dp_policy policy;

		text[len] = '\0';
		if (!dp_policy_parse(text, "test", &policy, NULL))
			dp_policy_clear(&policy);
	}
}

static void refuses_files_that_are_no_text(void **state)
{
	dp_autofree char *dir = make_folder();
	struct dp_policy policy;
	struct dp_error err = { 0 };
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/policy", dir);
	write_file(path, "rules\0= ();", 11);
	assert_int_equal(dp_policy_load(path, &policy, &err), -EINVAL);
	assert_says(&err, "zero bytes");
	err = (struct dp_error){ 0 };
	assert_true(dp_policy_load("/no/such/policy", &policy, &err) < 0);
	assert_true(err.input);
	dp_remove_tree(dir);
}

/* No kernel from 5.10 to 7.3, with or without on-demand paging, meets a cell without a rule. */
static void default_covers_everything(void **state)
{
	static const char *const kernels[] = { "5.10.0-32-amd64", "5.15", "6.1.0-56-amd64",
					       "6.2.1",           "6.4",  "6.5",
					       "6.12.1+deb13",    "6.16", "7.3-rc1" };
	static const char *const providers[] = { "rxe",  "mlx5", "siw",     "mlx4", "cxgb4",
						 "qedr", "efa",  "bnxt_re", "mana", "usnic" };
	const size_t count = DP_ARRAY_SIZE(providers);
	dp_cleanup(dp_policy_clear) struct dp_policy policy;
	dp_cleanup(dp_plan_clear) struct dp_plan plan;

	(void)state;
	assert_int_equal(dp_policy_load(NULL, &policy, NULL), 0);
	assert_int_equal(dp_plan_make(NULL, 0, &plan, NULL), 0);
	for (size_t k = 0; k < DP_ARRAY_SIZE(kernels) * count * 2; k++) {
		struct dp_subject subject = { .odp = k & 1, .persistent = k & 1 ? DP_YES : DP_NO };
		const char *kernel = kernels[k / 2 / count];
		bool p2pdma = strcmp(kernel, "6.2") >= 0;

		strcpy(subject.kernel, kernel);
		strcpy(subject.provider, providers[k / 2 % count]);
		for (size_t i = 0; i < plan.count; i++)
			if (!dp_policy_find(&policy, &subject, plan.list[i].mapping->name,
					    plan.list[i].access->name) &&
			    (p2pdma || strcmp(plan.list[i].mapping->name, "p2pdma")))
				fail_msg("%s: no rule for %s with %s", plan.list[i].id,
					 subject.kernel, subject.provider);
	}
}

static const struct dp_rule *find(const struct dp_policy *policy, const char *kernel,
				  const char *mapping, const char *access)
{
	struct dp_subject subject = { .provider = "rxe", .persistent = DP_YES };

	strcpy(subject.kernel, kernel);
	return dp_policy_find(policy, &subject, mapping, access);
}

static void default_knows_when_the_kernel_changed(void **state)
{
	dp_cleanup(dp_policy_clear) struct dp_policy policy;

	(void)state;
	assert_int_equal(dp_policy_load(NULL, &policy, NULL), 0);
	assert_int_equal(find(&policy, "6.4.16", "pagecache-ext4", "remote-write")->err, 0);
	assert_int_equal(find(&policy, "6.5.0", "pagecache-ext4", "remote-write")->err, EFAULT);
	assert_int_equal(find(&policy, "6.5.0", "pagecache-ext4", "remote-read")->err, 0);
	assert_int_equal(find(&policy, "6.1.0", "devdax-2M", "flush-persistent")->err, EINVAL);
	assert_int_equal(find(&policy, "6.2.0", "devdax-2M", "flush-persistent")->err, 0);
	assert_int_equal(find(&policy, "6.1.0", "fsdax-xfs-2M", "local-read")->err, EOPNOTSUPP);
}

/* What drivers take, and what they make of a pin that is refused; by release. */
static void default_knows_the_drivers(void **state)
{
	static const struct {
		const char *provider, *kernel, *mapping, *access;
		int err;
	} cells[] = {
		{ "efa", "6.12.0", "anon", "remote-atomic", EOPNOTSUPP },
		{ "efa", "6.12.0", "anon", "remote-write", 0 },
		{ "efa", "6.3.0", "anon", "remote-write", EOPNOTSUPP },
		{ "efa", "6.4.0", "anon", "remote-write", 0 },
		{ "efa", "6.1.0", "anon", "remote-read", 0 },
		{ "mana", "6.12.0", "anon", "remote-atomic", EINVAL },
		{ "mana", "6.16.0", "anon", "remote-atomic", 0 },
		{ "mlx5", "6.12.0", "anon", "remote-atomic", 0 },
		{ "qedr", "6.12.0", "fsdax-xfs-2M", "local-read", EFAULT },
		{ "ocrdma", "5.10.0", "fsdax-ext4", "remote-write", EFAULT },
		{ "bnxt_re", "6.5.0", "fsdax-xfs-2M", "local-read", EFAULT },
		{ "bnxt_re", "6.6.0", "fsdax-xfs-2M", "local-read", EOPNOTSUPP },
		{ "cxgb4", "6.12.0", "fsdax-xfs-2M", "local-read", ENOMEM },
		{ "cxgb4", "6.12.0", "secretmem", "remote-read", ENOMEM },
		{ "hns", "6.12.0", "pfnmap", "local-read", ENOMEM },
		{ "hns", "6.12.0", "pagecache-ext4", "remote-write", ENOMEM },
		{ "hns", "6.12.0", "pagecache-ext4", "remote-read", 0 },
		{ "hns", "6.12.0", "pagecache-private", "remote-write", 0 },
		{ "hns", "6.4.0", "pagecache-ext4", "remote-write", 0 },
		{ "mlx4", "6.12.0", "pagecache-ext4", "local-read", EFAULT },
		{ "mlx4", "6.4.0", "pagecache-ext4", "local-read", 0 },
		{ "mlx4", "6.12.0", "anon", "local-read", 0 },
		{ "siw", "6.12.0", "fsdax-xfs-2M", "local-read", EOPNOTSUPP },
		{ "mlx5", "6.1.0", "anon", "on-demand", EINVAL },
		{ "mlx5", "6.2.0", "anon", "on-demand", EOPNOTSUPP },
		{ "cxgb4", "6.12.0", "fsdax-xfs-2M", "flush-global", EOPNOTSUPP },
		{ "unknown", "6.12.0", "fsdax-xfs-2M", "local-read", -1 },
		{ "unknown", "6.12.0", "p2pdma", "local-read", -1 },
		{ "unknown(99)", "6.12.0", "fsdax-xfs-2M", "local-read", EOPNOTSUPP },
		{ "unknown(99)", "6.12.0", "anon", "remote-atomic", 0 },
	};
	dp_cleanup(dp_policy_clear) struct dp_policy policy;

	(void)state;
	assert_int_equal(dp_policy_load(NULL, &policy, NULL), 0);
	for (size_t i = 0; i < DP_ARRAY_SIZE(cells); i++) {
		struct dp_subject subject = { .persistent = DP_YES };
		const struct dp_rule *rule;

		strcpy(subject.provider, cells[i].provider);
		strcpy(subject.kernel, cells[i].kernel);
		rule = dp_policy_find(&policy, &subject, cells[i].mapping, cells[i].access);
		if (!rule || rule->unknown || rule->err != cells[i].err)
			fail_msg("%s on %s, %s with %s: %d", cells[i].provider, cells[i].kernel,
				 cells[i].mapping, cells[i].access, rule ? rule->err : -2);
	}
}

static void takes_several_globs(void **state)
{
	static const struct {
		const char *provider;
		bool is_for;
	} cases[] = { { "siw", true },
		      { "rxe", true },
		      { "mlx5", true },
		      { "mlx", false },
		      { "siw|rxe", false } };
	dp_cleanup(dp_policy_clear) struct dp_policy policy, other;

	(void)state;
	assert_int_equal(
		dp_policy_parse(RULE("provider = \"|siw|rxe|mlx?\";"), "test", &policy, NULL), 0);
	assert_int_equal(
		dp_policy_parse(RULE("provider = \"!siw|rxe|mlx?\";"), "test", &other, NULL), 0);
	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		struct dp_subject subject = { .kernel = "6.12" };

		strcpy(subject.provider, cases[i].provider);
		assert_int_equal(!!dp_policy_find(&policy, &subject, "anon", "local-read"),
				 cases[i].is_for);
		assert_int_equal(!!dp_policy_find(&other, &subject, "anon", "local-read"),
				 !cases[i].is_for);
	}
}

/* Before the longterm check nothing is known, and the release from which it is can be told. */
static void knows_where_it_begins(void **state)
{
	dp_cleanup(dp_policy_clear) struct dp_policy policy;
	struct dp_subject subject = { .kernel = "4.14.0", .provider = "mlx5" };
	struct dp_series from;

	(void)state;
	assert_int_equal(dp_policy_load(NULL, &policy, NULL), 0);
	assert_null(dp_policy_find(&policy, &subject, "fsdax-xfs-2M", "local-read"));
	from = dp_policy_known_from(&policy, &subject, "fsdax-xfs-2M", "local-read");
	assert_int_equal(from.major, 4);
	assert_int_equal(from.minor, 15);
	strcpy(subject.kernel, "4.18.0-553.el8_10.x86_64");
	assert_int_equal(dp_policy_find(&policy, &subject, "fsdax-xfs", "local-read")->err,
			 EOPNOTSUPP);
	assert_true(dp_policy_find(&policy, &subject, "anon", "flush-global")->unknown);
}

/* What depends on the provider is not answered for one that is not known. */
static void guesses_no_provider(void **state)
{
	static const char *const providers[] = { "unknown", "unknown(99)", "" };
	dp_cleanup(dp_policy_clear) struct dp_policy policy, local;
	struct dp_subject subject = { .kernel = "6.12.0" };

	(void)state;
	assert_int_equal(dp_policy_load(NULL, &policy, NULL), 0);
	assert_int_equal(dp_policy_parse(RULE("provider = \"unknown*\";"), "test", &local, NULL),
			 0);
	for (size_t i = 0; i < DP_ARRAY_SIZE(providers); i++) {
		strcpy(subject.provider, providers[i]);
		assert_null(dp_policy_find(&policy, &subject, "devdax-2M", "flush-global"));
		assert_null(dp_policy_find(&policy, &subject, "anon", "flush-persistent"));
		assert_non_null(dp_policy_find(&policy, &subject, "anon", "remote-write"));
		/* Its errno depends on the driver. */
		assert_int_equal(!!dp_policy_find(&policy, &subject, "fsdax-xfs-2M", "local-read"),
				 !!providers[i][0]);
	}
	strcpy(subject.provider, "unknown");
	assert_ptr_equal(dp_policy_find(&local, &subject, "anon", "remote-write"), local.rules);
	strcpy(subject.provider, "mlx5");
	assert_null(dp_policy_find(&local, &subject, "anon", "remote-write"));
	assert_non_null(dp_policy_find(&policy, &subject, "devdax-2M", "flush-global"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_rule),
		cmocka_unit_test(reads_what_is_counted),
		cmocka_unit_test(names_line_and_key_of_a_mistake),
		cmocka_unit_test(survives_every_truncation),
		cmocka_unit_test(refuses_files_that_are_no_text),
		cmocka_unit_test(default_covers_everything),
		cmocka_unit_test(default_knows_when_the_kernel_changed),
		cmocka_unit_test(default_knows_the_drivers),
		cmocka_unit_test(takes_several_globs),
		cmocka_unit_test(knows_where_it_begins),
		cmocka_unit_test(guesses_no_provider),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
