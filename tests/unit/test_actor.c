// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "daxpin/actor.h"

#define LIMIT_MS 60000

static void answer_and_go(int fd, void *arg)
{
	struct dp_reply reply = { .number = *(int *)arg };

	if (write(fd, &reply, sizeof(reply)) < 0)
		_exit(1);
}

static void go(int fd, void *arg)
{
	(void)fd;
	(void)arg;
}

static void sleep_for_ever(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	for (;;)
		pause();
}

/* Whether it is looked at before, between or after its answer and its end. */
static void hears_who_answers_and_goes(void **state)
{
	(void)state;
	for (int i = 0; i < 200; i++) {
		struct dp_actor actor = DP_NO_ACTOR;
		struct dp_reply reply;

		assert_int_equal(dp_actor_start(&actor, answer_and_go, &i), 0);
		if (i % 2)
			usleep((useconds_t)i * 20);
		assert_int_equal(dp_actor_wait(&actor, LIMIT_MS, &reply), DP_DONE);
		assert_int_equal(reply.number, i);
		dp_actor_clear(&actor);
	}
}

static void tells_death_from_waiting(void **state)
{
	struct dp_actor actor = DP_NO_ACTOR;
	struct dp_reply reply;

	(void)state;
	assert_int_equal(dp_actor_start(&actor, go, NULL), 0);
	assert_int_equal(dp_actor_wait(&actor, LIMIT_MS, &reply), DP_DIED);
	dp_actor_clear(&actor);

	assert_int_equal(dp_actor_start(&actor, sleep_for_ever, NULL), 0);
	assert_int_equal(dp_actor_wait(&actor, LIMIT_MS, &reply), DP_WAITS);
	kill(actor.pid, SIGKILL);
	assert_int_equal(dp_actor_wait_end(&actor, LIMIT_MS), DP_DIED);
	assert_false(dp_actor_tell(&actor, 'x'));
	dp_actor_clear(&actor);
}

/* Hardly ever elsewhere than in the kernel, and never asleep. */
static void stay_in_the_kernel(int fd, void *arg)
{
	static char buf[1 << 20];

	(void)fd;
	(void)arg;
	for (;;)
		if (getrandom(buf, sizeof(buf), 0) < 0)
			_exit(1);
}

static void tells_where_a_task_runs(void **state)
{
	struct dp_actor actor = DP_NO_ACTOR;
	char text[640];

	(void)state;
	dp_actor_where(getpid(), text, sizeof(text));
	if (!text[0])
		skip(); /* no root, or a kernel without CONFIG_STACKTRACE */
	assert_int_equal(dp_actor_start(&actor, stay_in_the_kernel, NULL), 0);
	usleep(50000);
	dp_actor_look(actor.pid, text, sizeof(text));
	dp_actor_clear(&actor);
	assert_non_null(strstr(text, "random"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hears_who_answers_and_goes),
		cmocka_unit_test(tells_death_from_waiting),
		cmocka_unit_test(tells_where_a_task_runs),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
