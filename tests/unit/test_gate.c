// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may start a guest. */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daxpin/gate.h"

static void set(struct dp_gate *gate, const unsigned int *wanted, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		gate->places[i] = (struct dp_gate_place){ .taken = true, .wanted = wanted[i] };
	gate->inside = count;
}

static void test_room(void **state)
{
	static const unsigned int waiting[] = { 100, 200, 0, 1100 }, busy[] = { 1000, 600 };
	struct dp_gate gate;

	(void)state;
	dp_gate_init(&gate, 1, 6);
	gate.processors = 2;
	assert_true(dp_gate_room(&gate));
	/* Four that want 1.4 processors of 2: a fifth one; two that want 1.6: no third one. */
	set(&gate, waiting, 4);
	assert_true(dp_gate_room(&gate));
	set(&gate, busy, 2);
	gate.places[2] = gate.places[3] = (struct dp_gate_place){ 0 };
	assert_false(dp_gate_room(&gate));
	/* Fewer than the least may always; the most never more, whatever they want. */
	gate.least = 3;
	assert_true(dp_gate_room(&gate));
	set(&gate, waiting, 4);
	gate.most = 4;
	assert_false(dp_gate_room(&gate));
	/* The same guests on a larger computer. */
	gate.most = 64;
	gate.least = 1;
	set(&gate, busy, 2);
	gate.places[2] = gate.places[3] = (struct dp_gate_place){ 0 };
	gate.processors = 64;
	assert_true(dp_gate_room(&gate));
}

static void test_places(void **state)
{
	struct dp_gate gate;
	int first, second;

	(void)state;
	dp_gate_init(&gate, 2, 2);
	first = dp_gate_enter(&gate, NULL);
	second = dp_gate_enter(&gate, NULL);
	assert_int_equal(first, 0);
	assert_int_equal(second, 1);
	assert_false(dp_gate_room(&gate));
	dp_gate_is(&gate, first, getpid());
	dp_gate_leave(&gate, first);
	dp_gate_leave(&gate, -EINTR);
	assert_int_equal(gate.inside, 1);
	assert_int_equal(dp_gate_enter(&gate, NULL), 0);
	assert_int_equal(gate.peak, 2);
	assert_int_equal(dp_gate_enter(NULL, NULL), 0);
}

/* A process that sleeps holds nobody up, one that computes does: by the accounts of this kernel. */
static void test_sleeper(void **state)
{
	struct dp_gate gate;
	pid_t sleeper = fork();
	int place;

	(void)state;
	if (!sleeper)
		for (;;)
			pause();
	dp_gate_init(&gate, 1, 2);
	gate.processors = 1;
	place = dp_gate_enter(&gate, NULL);
	dp_gate_is(&gate, place, sleeper);
	if (!gate.places[place].ns) {
		kill(sleeper, SIGKILL);
		waitpid(sleeper, NULL, 0);
		skip();
	}
	/* Returns once the first one was seen to want nothing. */
	assert_int_equal(dp_gate_enter(&gate, NULL), 1);
	assert_true(gate.places[place].wanted < DP_PROCESSOR / 2);
	kill(sleeper, SIGKILL);
	waitpid(sleeper, NULL, 0);
}

static void test_schedstat(void **state)
{
	(void)state;
	assert_int_equal(dp_schedstat_parse("4032481869 30192113630 5453\n"), 34224595499);
	assert_int_equal(dp_schedstat_parse("0 0 0\n"), 0);
	assert_int_equal(dp_schedstat_parse("12"), 0);
	assert_int_equal(dp_schedstat_parse(""), 0);
	assert_int_equal(dp_schedstat_parse("none"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_sleeper),
		cmocka_unit_test(test_schedstat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
