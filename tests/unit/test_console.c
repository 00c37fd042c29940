// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "../../src/machine/console.h"

#include "daxpin/kernel.h"

static void feed(struct dp_console *console, const char *text)
{
	dp_console_feed(console, text, strlen(text));
}

static size_t take(struct dp_console *console, char ***lines)
{
	size_t count = dp_console_take(console, lines);

	dp_console_clear(console);
	return count;
}

static void keeps_the_last_lines(void **state)
{
	struct dp_console console = { 0 };
	char text[32], **lines;

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "line %d\r\n", i);
		feed(&console, text);
	}
	feed(&console, "unfinished");
	assert_int_equal(take(&console, &lines), DP_CONSOLE_KEEP);
	assert_string_equal(lines[DP_CONSOLE_KEEP - 1], "unfinished");
	assert_string_equal(lines[DP_CONSOLE_KEEP - 2], "line 99");
	dp_strings_free(lines, DP_CONSOLE_KEEP);
}

static void recognises_the_first_splat(void **state)
{
	static const char *const splats[] = {
		"[    5.1] BUG: unable to handle page fault for address: ffffea0004000034",
		"[    5.1] WARNING: CPU: 0 PID: 1 at mm/gup.c:1",
		"[    5.1] INFO: task daxpin:1 blocked for more than 120 seconds.",
		"[    5.1] watchdog: BUG: soft lockup - CPU#0 stuck for 26s!",
		"[    5.1] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
		"[    5.1] Oops: 0000 [#1] PREEMPT SMP PTI",
		"[    5.1] general protection fault, probably for non-canonical address",
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(splats); i++) {
		struct dp_console console = { 0 };

		feed(&console, "[    5.0] all is well\n");
		assert_string_equal(console.splat, "");
		feed(&console, splats[i]);
		feed(&console, "\n[    5.2] WARNING: CPU: 0 PID: 2 at mm/gup.c:2 later+0x1/0x2\n");
		assert_string_equal(console.splat, splats[i]);
		assert_false(console.recogniser.panicked);
		feed(&console, "[    6.0] Kernel panic - not syncing: sysrq triggered crash\n");
		assert_true(console.recogniser.panicked);
		dp_console_clear(&console);
	}
}

static void lets_nothing_but_text_through(void **state)
{
	struct dp_console console = { 0 };
	char flood[2000], **lines;
	size_t count;

	(void)state;
	feed(&console, "\033[2J\007evil\n");
	memset(flood, 'x', sizeof(flood));
	dp_console_feed(&console, flood, sizeof(flood));
	count = take(&console, &lines);
	assert_string_equal(lines[0], "?[2J?evil");
	for (size_t i = 0; i < count; i++)
		assert_true(strlen(lines[i]) < 256);
	dp_strings_free(lines, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_last_lines),
		cmocka_unit_test(recognises_the_first_splat),
		cmocka_unit_test(lets_nothing_but_text_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
