// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <sys/socket.h>

#include "../../src/machine/gdb.h"

/* Both ends of a stub. */
struct talk {
	struct dp_gdb gdb;
	int ours, theirs;
};

static int begin(void **state)
{
	struct talk *t = calloc(1, sizeof(*t));
	int pair[2];

	if (!t || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	t->ours = pair[0];
	t->theirs = pair[1];
	*state = t;
	return 0;
}

static int end(void **state)
{
	struct talk *t = *state;

	dp_closep(&t->ours);
	dp_closep(&t->theirs);
	free(t);
	return 0;
}

static void feed(struct talk *t, const char *text)
{
	dp_gdb_feed(&t->gdb, t->ours, text, strlen(text));
}

/* What the stub has been sent so far. */
static const char *sent(const struct talk *t)
{
	static char text[256];
	ssize_t n = recv(t->theirs, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void takes_packets(void **state)
{
	struct talk *t = *state;

	assert_null(dp_gdb_take(&t->gdb));
	feed(t, "+$O");
	assert_null(dp_gdb_take(&t->gdb));
	feed(t, "K#9");
	feed(t, "a");
	assert_string_equal(dp_gdb_take(&t->gdb), "OK");
	assert_null(dp_gdb_take(&t->gdb));
	assert_string_equal(sent(t), "+");
	/* Of two the last. */
	feed(t, "$OK#9a$E22#a9");
	assert_string_equal(dp_gdb_take(&t->gdb), "E22");
}

static void refuses_noise(void **state)
{
	struct talk *t = *state;

	feed(t, "$OK#00");
	assert_null(dp_gdb_take(&t->gdb));
	assert_string_equal(sent(t), "-");
	feed(t, "no packet at all");
	feed(t, "$OK#9a");
	assert_string_equal(dp_gdb_take(&t->gdb), "OK");
}

static void survives_floods(void **state)
{
	struct talk *t = *state;
	char *flood = malloc(100001);

	assert_non_null(flood);
	memset(flood, 'x', 100000);
	flood[0] = '$';
	flood[100000] = '\0';
	feed(t, flood);
	assert_null(dp_gdb_take(&t->gdb));
	feed(t, "#00$OK#9a");
	assert_string_equal(dp_gdb_take(&t->gdb), "OK");
	free(flood);
}

static void sends_packets(void **state)
{
	struct talk *t = *state;
	char text[2000];

	assert_int_equal(dp_gdb_send(t->ours, "g"), 0);
	assert_string_equal(sent(t), "$g#67");
	assert_int_equal(dp_gdb_break(t->ours), 0);
	assert_string_equal(sent(t), "\x03");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(dp_gdb_send(t->ours, text), -E2BIG);
}

static void reads_digits(void **state)
{
	unsigned char bytes[3];
	char text[7];

	(void)state;
	assert_true(dp_gdb_bytes("00fFa5ff", bytes, 3));
	assert_int_equal(bytes[0], 0);
	assert_int_equal(bytes[1], 0xff);
	assert_int_equal(bytes[2], 0xa5);
	assert_false(dp_gdb_bytes("00ff", bytes, 3));
	assert_false(dp_gdb_bytes("00fx00", bytes, 3));
	assert_false(dp_gdb_bytes("E22", bytes, 2));
	dp_gdb_hex(bytes, 3, text);
	assert_int_equal(strlen(text), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_packets, begin, end),
		cmocka_unit_test_setup_teardown(refuses_noise, begin, end),
		cmocka_unit_test_setup_teardown(survives_floods, begin, end),
		cmocka_unit_test_setup_teardown(sends_packets, begin, end),
		cmocka_unit_test(reads_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
