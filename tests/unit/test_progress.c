// SPDX-License-Identifier: GPL-2.0-or-later
/* The line that says how a run gets on, on a pseudo-terminal. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "test.h"

#include "../../src/cli/progress.h"

#include "daxpin/file.h"

/* Longer than the shortest time between two lines, us. */
#define PAUSE_US 80000
/* Until nothing more comes, ms. */
#define QUIET_MS 50

#define READ  "check/devdax-4K/local-read"
#define WRITE "check/devdax-4K/local-write"

/* The terminal is stderr while a test runs. */
struct terminal {
	char *cache;
	int master, kept;
	char text[8192]; /* what was written to it */
	size_t len;
};

static void resize(const struct terminal *t, unsigned short columns)
{
	const struct winsize size = { .ws_row = 24, .ws_col = columns };

	assert_int_equal(ioctl(t->master, TIOCSWINSZ, &size), 0);
}

static int set_up(void **state)
{
	struct terminal *t = calloc(1, sizeof(*t));
	int slave;

	t->cache = make_folder();
	setenv("XDG_CACHE_HOME", t->cache, 1);
	setenv("TERM", "xterm", 1);
	if (openpty(&t->master, &slave, NULL, NULL, NULL))
		return -1;
	resize(t, 80);
	t->kept = dup(STDERR_FILENO);
	dup2(slave, STDERR_FILENO);
	close(slave);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct terminal *t = *state;

	dup2(t->kept, STDERR_FILENO);
	close(t->kept);
	close(t->master);
	dp_remove_tree(t->cache);
	free(t->cache);
	free(t);
	return 0;
}

/* What was written since the last time. */
static const char *hear(struct terminal *t)
{
	struct pollfd p = { .fd = t->master, .events = POLLIN };
	ssize_t n;

	t->len = 0;
	while (poll(&p, 1, QUIET_MS) > 0) {
		n = read(t->master, t->text + t->len, sizeof(t->text) - t->len - 1);
		if (n <= 0)
			break;
		t->len += (size_t)n;
	}
	t->text[t->len] = '\0';
	return t->text;
}

/* The line that was drawn last; how often it was is a matter of time. */
static void assert_drawn(struct terminal *t, const char *line)
{
	const char *last = strrchr(hear(t), '\r');

	assert_string_equal(last ? last + 1 : "", line);
}

static void tick(const struct dp_progress *told)
{
	usleep(PAUSE_US);
	dp_progress_tick(told);
}

static void the_line_says_what_how_many_and_what_failed(void **state)
{
	dp_cleanup(cli_progress_end) struct cli_progress progress = { 0 };
	const struct dp_progress *told = cli_progress_begin(&progress);

	assert_non_null(told);
	dp_progress_id(told, READ, DP_ID_WANTED);
	dp_progress_id(told, WRITE, DP_ID_WANTED);
	dp_progress_id(told, READ, DP_ID_BEGUN);
	assert_drawn(*state, "0 of 2: " READ "\033[K");
	dp_progress_id(told, READ, DP_ID_ANSWERED);
	dp_progress_id(told, READ, DP_ID_FAILED);
	dp_progress_id(told, WRITE, DP_ID_BEGUN);
	tick(told);
	assert_drawn(*state, "1 of 2, 1 failed: " WRITE "\033[K");
	/* Nothing has changed. */
	tick(told);
	tick(told);
	assert_string_equal(hear(*state), "");
	dp_progress_id(told, WRITE, DP_ID_ERROR);
	tick(told);
	assert_drawn(*state, "2 of 2, 1 failed, 1 error: " WRITE "\033[K");
	/* Something else is printed: the line is gone, and comes again. */
	cli_progress_pause(&progress);
	assert_string_equal(hear(*state), "\r\033[K");
	tick(told);
	assert_string_equal(hear(*state), "\r2 of 2, 1 failed, 1 error: " WRITE "\033[K");
	cli_progress_end(&progress);
	assert_string_equal(hear(*state), "\r\033[K");
	cli_progress_end(&progress);
	assert_string_equal(hear(*state), "");
}

static void the_time_is_rounded(void **state)
{
	static const struct {
		const char *last, *said;
	} cases[] = {
		{ "400", ", about 1 s left" },         { "8700", ", about 9 s left" },
		{ "41000", ", about 45 s left" },      { "118000", ", about 120 s left" },
		{ "119100", ", about 2 min left" },    { "200000", ", about 4 min left" },
		{ "7200000", ", about 121 min left" },
	};

	for (size_t i = 0; i < DP_ARRAY_SIZE(cases); i++) {
		dp_cleanup(cli_progress_end) struct cli_progress progress = { 0 };
		dp_cleanup(cli_times_clear) struct cli_times times;
		const struct dp_progress *told;
		char text[96];

		snprintf(text, sizeof(text), "%s " READ, cases[i].last);
		cli_times_parse(text, &times);
		cli_times_store("", &times);
		told = cli_progress_begin(&progress);
		dp_progress_id(told, READ, DP_ID_WANTED);
		dp_progress_tick(told);
		snprintf(text, sizeof(text), "\r0 of 1%s\033[K", cases[i].said);
		assert_string_equal(hear(*state), text);
		cli_progress_end(&progress);
		hear(*state);
	}
}

/* No line is wider than the terminal, less what it echoes for Ctrl-C: it would be wrapped. */
static void a_narrow_terminal_gets_a_short_line(void **state)
{
	dp_cleanup(cli_progress_end) struct cli_progress progress = { 0 };
	const struct dp_progress *told = cli_progress_begin(&progress);

	resize(*state, 20);
	dp_progress_id(told, READ, DP_ID_WANTED);
	dp_progress_id(told, READ, DP_ID_BEGUN);
	assert_string_equal(hear(*state), "\r0 of 1: check/dev\033[K");
	/* What does not fit as a whole is left out. */
	dp_progress_id(told, READ, DP_ID_FAILED);
	tick(told);
	assert_drawn(*state, "1 of 1, 1 failed\033[K");
	resize(*state, 12);
	tick(told);
	assert_string_equal(hear(*state), "\r1 of 1\033[K");
	resize(*state, 1);
	tick(told);
	assert_string_equal(hear(*state), "\r\033[K");
	/* One that does not tell has 80. */
	resize(*state, 0);
	tick(told);
	assert_string_equal(hear(*state), "\r1 of 1, 1 failed: " READ "\033[K");
}

/* A kernel is named as the user named it, which may be anything. */
static void what_a_terminal_would_obey_is_not_written(void **state)
{
	dp_cleanup(cli_progress_end) struct cli_progress progress = { 0 };
	const struct dp_progress *told = cli_progress_begin(&progress);
	struct dp_progress first = *told, second = *told;

	first.kernel = "a\033[2J\303\251";
	second.number = 1;
	dp_progress_id(&second, READ, DP_ID_WANTED);
	dp_progress_id(&first, READ, DP_ID_WANTED);
	dp_progress_id(&first, READ, DP_ID_BEGUN);
	assert_string_equal(hear(*state), "\r0 of 2: a?[2J?? " READ "\033[K");
}

static void without_a_terminal_nobody_is_told(void **state)
{
	struct cli_progress progress = { 0 };
	int fds[2], terminal = dup(STDERR_FILENO);
	const struct dp_progress *told;

	(void)state;
	setenv("TERM", "dumb", 1);
	assert_null(cli_progress_begin(&progress));
	setenv("TERM", "xterm", 1);
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	told = cli_progress_begin(&progress);
	cli_progress_pause(&progress);
	cli_progress_end(&progress);
	dup2(terminal, STDERR_FILENO);
	assert_null(told);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(fds[0], &(char){ 0 }, 1), -1);
	close(fds[0]);
	close(fds[1]);
	close(terminal);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_line_says_what_how_many_and_what_failed),
		TEST(the_time_is_rounded),
		TEST(a_narrow_terminal_gets_a_short_line),
		TEST(what_a_terminal_would_obey_is_not_written),
		TEST(without_a_terminal_nobody_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
