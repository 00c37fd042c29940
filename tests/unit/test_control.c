// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <fcntl.h>

#include "daxpin/control.h"
#include "daxpin/observe.h"

static bool parse(const char *line, struct dp_control *control)
{
	size_t len = strlen(line);
	dp_autofree char *copy = exact_copy(line, len);

	return dp_control_parse(copy, len, control);
}

/* What an executor writes into a pipe, without the newline. */
static const char *written(int fd)
{
	static char line[4096];
	ssize_t n = read(fd, line, sizeof(line));

	assert_true(n > 0);
	line[n - 1] = '\0';
	return line;
}

static void reads_what_an_executor_writes(void **state)
{
	static const char *const plain[] = { "hello",   "modules", "ready",  "taken",
					     "request", "alive",   "failed", "done" };
	struct dp_error error = { .what = "no \"device\"", .hint = "plug one in", .input = true };
	struct dp_control control;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	for (size_t i = 0; i < DP_ARRAY_SIZE(plain); i++) {
		dp_emit_text(fds[1], plain[i], NULL, NULL);
		assert_true(parse(written(fds[0]), &control));
		assert_int_equal(control.kind, i);
	}
	dp_emit_text(fds[1], "request", "what", "plug nvme0");
	assert_true(parse(written(fds[0]), &control));
	assert_int_equal(control.kind, DP_CONTROL_REQUEST);
	assert_string_equal(control.text, "plug nvme0");
	dp_emit_failure(fds[1], &error);
	assert_true(parse(written(fds[0]), &control));
	assert_int_equal(control.kind, DP_CONTROL_FAILED);
	assert_int_equal(control.failure.code, -EIO);
	assert_string_equal(control.failure.what, "no \"device\"");
	assert_string_equal(control.failure.hint, "plug one in");
	assert_true(control.failure.input);
	close(fds[0]);
	close(fds[1]);
}

static void leaves_everything_else_alone(void **state)
{
	static const char *const others[] = {
		"",
		"{",
		"{\"kind\":\"",
		"{\"kind\":\"done",
		"{\"kind\":\"done\"",
		"{\"kind\":\"done\"oops",
		"{\"kind\":\"donee\"}",
		"{\"kind\":\"don\"}",
		"{\"kind\":\"begin\",\"id\":\"check/anon/local-read\"}",
		"{\"kind\":\"step\",\"step\":\"done\"}",
		"{\"kind\":\"end\",\"id\":\"{\\\"kind\\\":\\\"done\\\"}\"}",
		"{\"id\":\"x\",\"kind\":\"done\"}",
		"[   12.3] {\"kind\":\"done\"}",
		"BUG: {\"kind\":\"ready\"}",
	};
	struct dp_control control;

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(others); i++)
		if (parse(others[i], &control))
			fail_msg("\"%s\" is taken for a control line", others[i]);
}

static void believes_no_type(void **state)
{
	struct dp_control control;
	char line[8192];

	(void)state;
	assert_true(parse("{\"kind\":\"hello\",\"kernel\":12}", &control));
	assert_string_equal(control.text, "");
	assert_true(parse("{\"kind\":\"request\",\"what\":{}}", &control));
	assert_string_equal(control.text, "");
	assert_true(parse("{\"kind\":\"failed\",\"what\":[],\"input\":\"\"}", &control));
	assert_string_equal(control.failure.what, "");
	assert_false(control.failure.input);
	assert_true(parse("{\"kind\":\"hello\",\"kernel\":\"6.1\\u001b[2J\"}", &control));
	assert_string_equal(control.text, "6.1?[2J");
	snprintf(line, sizeof(line), "{\"kind\":\"failed\",\"what\":\"%04096d\"}", 0);
	assert_true(parse(line, &control));
	assert_int_equal(strlen(control.failure.what), sizeof(control.failure.what) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_an_executor_writes),
		cmocka_unit_test(leaves_everything_else_alone),
		cmocka_unit_test(believes_no_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
