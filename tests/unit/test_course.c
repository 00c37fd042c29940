// SPDX-License-Identifier: GPL-2.0-or-later
/* How far a run is, how long it will take yet, and what of it is kept for the next one. */
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#include "../../src/cli/course.h"

#include "daxpin/cache.h"
#include "daxpin/file.h"

static const struct dp_progress old = { .kernel = "debian:5.10", .number = 0 };
static const struct dp_progress new = { .kernel = "debian:6.1", .number = 1 };

#define READ    "check/anon/local-read"
#define WRITE   "check/anon/local-write"
#define ATOMIC  "check/anon/remote-atomic"
#define UNBIND  "teardown/devdax-2M/devdax-unbind/dereg"
#define BOOTING "booting the guest"

/* A cache of the test's own. */
static int set_up(void **state)
{
	*state = make_folder();
	return setenv("XDG_CACHE_HOME", *state, 1);
}

static int tear_down(void **state)
{
	dp_remove_tree(*state);
	free(*state);
	return 0;
}

static void remember(const char *kernel, const char *text)
{
	dp_cleanup(cli_times_clear) struct cli_times times;

	cli_times_parse(text, &times);
	cli_times_store(kernel, &times);
}

static void answer(struct cli_course *c, const struct dp_progress *from, const char *id,
		   uint64_t begun, uint64_t now)
{
	cli_course_id(c, from, id, DP_ID_BEGUN, begun);
	cli_course_id(c, from, id, DP_ID_ANSWERED, now);
	cli_course_id(c, from, id, DP_ID_GOOD, now);
}

static void assert_left(const struct cli_course *c, uint64_t now, uint64_t least, uint64_t most)
{
	uint64_t ms;

	assert_true(cli_course_left(c, now, &ms));
	assert_in_range(ms, least, most);
}

static void answers_and_failures_are_counted(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };
	struct cli_counts n;

	(void)state;
	cli_course_id(&c, &old, READ, DP_ID_WANTED, 1);
	cli_course_id(&c, &old, WRITE, DP_ID_WANTED, 1);
	cli_course_id(&c, &new, READ, DP_ID_WANTED, 1);
	cli_course_id(&c, &old, READ, DP_ID_BEGUN, 2);
	cli_course_count(&c, &n);
	assert_int_equal(n.wanted, 3);
	assert_int_equal(n.answered, 0);
	cli_course_id(&c, &old, READ, DP_ID_ANSWERED, 3);
	cli_course_id(&c, &old, READ, DP_ID_FAILED, 3);
	/* It was not answered: its guest died. */
	cli_course_id(&c, &old, WRITE, DP_ID_ERROR, 4);
	cli_course_count(&c, &n);
	assert_int_equal(n.answered, 2);
	assert_int_equal(n.failed, 1);
	assert_int_equal(n.errors, 1);
	/* Asked again, and answered. */
	answer(&c, &old, WRITE, 5, 6);
	cli_course_count(&c, &n);
	assert_int_equal(n.answered, 2);
	assert_int_equal(n.failed, 1);
	assert_int_equal(n.errors, 0);
}

static void what_is_asked_several_times_counts_as_often(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };
	struct cli_counts n;

	(void)state;
	for (int i = 0; i < 3; i++)
		cli_course_id(&c, &old, READ, DP_ID_WANTED, 1);
	answer(&c, &old, READ, 1, 2);
	cli_course_id(&c, &old, READ, DP_ID_ANSWERED, 3);
	cli_course_id(&c, &old, READ, DP_ID_FAILED, 3);
	cli_course_count(&c, &n);
	assert_int_equal(n.wanted, 3);
	assert_int_equal(n.answered, 2);
	/* What failed once has failed. */
	answer(&c, &old, READ, 4, 5);
	cli_course_count(&c, &n);
	assert_int_equal(n.answered, 3);
	assert_int_equal(n.failed, 1);
}

/* Of traffic, the other end may know what is asked. */
static void what_begins_unannounced_is_wanted(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };
	struct cli_counts n;

	(void)state;
	cli_course_id(&c, &old, READ, DP_ID_BEGUN, 1);
	cli_course_count(&c, &n);
	assert_int_equal(n.wanted, 1);
}

static void the_last_run_says_how_long(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };

	(void)state;
	remember("debian:5.10", "3000 " READ "\n40000 " WRITE "\n1000 " BOOTING);
	cli_course_id(&c, &old, READ, DP_ID_WANTED, 1000);
	cli_course_id(&c, &old, WRITE, DP_ID_WANTED, 1000);
	assert_left(&c, 1000, 43000, 43000);
	/* Booting comes on top, and passes. */
	cli_course_phase(&c, &old, BOOTING, -1, 1000);
	assert_left(&c, 1000, 44000, 44000);
	assert_left(&c, 1600, 43400, 43400);
	assert_left(&c, 9000, 43000, 43000);
	cli_course_phase(&c, &old, NULL, -1, 9000);
	/* So does the id that is asked now, but no more than it takes. */
	cli_course_id(&c, &old, READ, DP_ID_BEGUN, 10000);
	assert_left(&c, 12000, 41000, 41000);
	assert_left(&c, 60000, 40000, 40000);
}

static void a_slower_run_takes_longer(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };

	(void)state;
	remember("debian:5.10", "20000 " READ "\n40000 " WRITE);
	cli_course_id(&c, &old, READ, DP_ID_WANTED, 1);
	cli_course_id(&c, &old, WRITE, DP_ID_WANTED, 1);
	answer(&c, &old, READ, 1000, 61000);
	/* 65 s instead of 25 s, with the time to settle. */
	assert_left(&c, 61000, 103000, 105000);
}

static void what_is_not_known_takes_as_long_as_the_others(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };
	uint64_t ms;

	(void)state;
	cli_course_id(&c, &old, READ, DP_ID_WANTED, 1);
	cli_course_id(&c, &old, WRITE, DP_ID_WANTED, 1);
	cli_course_id(&c, &old, ATOMIC, DP_ID_WANTED, 1);
	cli_course_id(&c, &old, UNBIND, DP_ID_WANTED, 1);
	assert_false(cli_course_left(&c, 1, &ms));
	/* An instant is nothing to judge by. */
	answer(&c, &old, READ, 1000, 2000);
	assert_false(cli_course_left(&c, 2000, &ms));
	answer(&c, &old, WRITE, 2000, 5000);
	/* 2 s for each: there is nothing better for the teardown. */
	assert_left(&c, 5000, 4000, 4000);
	remember("debian:6.1", "30000 " UNBIND);
	cli_course_id(&c, &new, UNBIND, DP_ID_WANTED, 1);
	/* Now there is. */
	assert_left(&c, 5000, 62000, 62000);
}

/* Two kernels: one after the other, or side by side. */
static void kernels_side_by_side_share_the_time(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };

	(void)state;
	remember("debian:5.10", "20000 " READ);
	remember("debian:6.1", "30000 " READ);
	cli_course_id(&c, &old, READ, DP_ID_WANTED, 1);
	cli_course_id(&c, &new, READ, DP_ID_WANTED, 1);
	assert_left(&c, 1000, 50000, 50000);
	cli_course_id(&c, &old, READ, DP_ID_BEGUN, 1000);
	assert_left(&c, 1000, 50000, 50000);
	cli_course_id(&c, &new, READ, DP_ID_BEGUN, 1000);
	assert_left(&c, 1000, 30000, 30000);
}

static void what_runs_names_the_kernel_if_there_are_several(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };
	const struct dp_progress before = { 0 };
	char text[160];

	(void)state;
	cli_course_what(&c, text, sizeof(text));
	assert_string_equal(text, "");
	cli_course_phase(&c, &before, "downloading the kernel", 12, 1);
	cli_course_what(&c, text, sizeof(text));
	assert_string_equal(text, "downloading the kernel, 12%");
	cli_course_phase(&c, &before, NULL, -1, 2);
	cli_course_what(&c, text, sizeof(text));
	assert_string_equal(text, "");
	cli_course_id(&c, &old, READ, DP_ID_WANTED, 3);
	cli_course_phase(&c, &old, BOOTING, -1, 3);
	cli_course_what(&c, text, sizeof(text));
	assert_string_equal(text, BOOTING);
	cli_course_id(&c, &new, READ, DP_ID_WANTED, 3);
	cli_course_id(&c, &new, READ, DP_ID_BEGUN, 4);
	cli_course_what(&c, text, sizeof(text));
	assert_string_equal(text, "debian:6.1 " READ);
	/* It is through; the other one still boots. */
	cli_course_id(&c, &new, READ, DP_ID_ANSWERED, 5);
	cli_course_what(&c, text, sizeof(text));
	assert_string_equal(text, "debian:5.10 " BOOTING);
	cli_course_phase(&c, &old, "saving the guest", -1, 5);
	cli_course_what(&c, text, sizeof(text));
	assert_string_equal(text, "debian:5.10 saving the guest");
}

/* The shares of a run; what was not asked this time stays, what was not answered is not kept. */
static void times_are_kept_for_each_kernel(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };
	dp_cleanup(cli_times_clear) struct cli_times times = { 0 }, others = { 0 };
	uint64_t ms;

	(void)state;
	remember("debian:5.10", "7 " UNBIND "\n9 " READ "\n11 " ATOMIC);
	cli_course_phase(&c, &old, BOOTING, -1, 1000);
	cli_course_phase(&c, &old, NULL, -1, 4000);
	/* Both at once: the second counts from the first on. */
	cli_course_id(&c, &old, READ, DP_ID_BEGUN, 5000);
	cli_course_id(&c, &old, WRITE, DP_ID_BEGUN, 5000);
	cli_course_id(&c, &old, READ, DP_ID_ANSWERED, 5100);
	cli_course_id(&c, &old, WRITE, DP_ID_ANSWERED, 5130);
	cli_course_id(&c, &old, ATOMIC, DP_ID_ERROR, 9000);
	cli_course_keep(&c);
	cli_times_load("debian:5.10", &times);
	assert_int_equal(times.count, 5);
	assert_true(cli_times_find(&times, READ, &ms));
	assert_int_equal(ms, 100);
	assert_true(cli_times_find(&times, WRITE, &ms));
	assert_int_equal(ms, 30);
	assert_true(cli_times_find(&times, ATOMIC, &ms));
	assert_int_equal(ms, 11);
	assert_true(cli_times_find(&times, UNBIND, &ms));
	assert_int_equal(ms, 7);
	assert_true(cli_times_find(&times, BOOTING, &ms));
	assert_int_equal(ms, 3000);
	cli_times_load("debian:6.1", &others);
	assert_int_equal(others.count, 0);
}

static void a_damaged_file_costs_what_is_damaged(void **state)
{
	dp_cleanup(cli_times_clear) struct cli_times times;
	static const char text[] = "12 " READ "\n\n-5 a\n 5 b\nx\n5\n5 \n99999999999999999999 c\n"
				   "86400001 d\n5 \033[2J\n5 caf\303\251\n17 " WRITE "\n13 " READ;
	uint64_t ms;

	(void)state;
	cli_times_parse(text, &times);
	assert_int_equal(times.count, 2);
	assert_true(cli_times_find(&times, READ, &ms));
	assert_int_equal(ms, 13);
	assert_true(cli_times_find(&times, WRITE, &ms));
	assert_int_equal(ms, 17);
}

/* A folder in place of the file, a cache that is none: nothing is known, and nothing is said. */
static void no_file_is_no_error(void **state)
{
	dp_cleanup(cli_course_clear) struct cli_course c = { 0 };
	dp_cleanup(cli_times_clear) struct cli_times times = { 0 };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/daxpin", (char *)*state);
	write_file(path, "", 0);
	answer(&c, &old, READ, 1, 2);
	cli_course_keep(&c);
	cli_times_load("debian:5.10", &times);
	assert_int_equal(times.count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(answers_and_failures_are_counted),
		TEST(what_is_asked_several_times_counts_as_often),
		TEST(what_begins_unannounced_is_wanted),
		TEST(the_last_run_says_how_long),
		TEST(a_slower_run_takes_longer),
		TEST(what_is_not_known_takes_as_long_as_the_others),
		TEST(kernels_side_by_side_share_the_time),
		TEST(what_runs_names_the_kernel_if_there_are_several),
		TEST(times_are_kept_for_each_kernel),
		TEST(a_damaged_file_costs_what_is_damaged),
		TEST(no_file_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
