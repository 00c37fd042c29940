// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <arpa/inet.h>
#include <json-c/json.h>
#include <netinet/in.h>

#include "../../src/traffic/end.h"
#include "../../src/traffic/ledger.h"
#include "../../src/traffic/leg.h"
#include "../../src/traffic/pattern.h"
#include "../../src/traffic/talk.h"

#include "daxpin/cleanup.h"
#include "daxpin/policy.h"
#include "daxpin/traffic.h"

/* ---- patterns and ledgers ---------------------------------------------------------------- */

static void is_the_same_from_anywhere(void **state)
{
	unsigned char whole[64], part[16];
	uint64_t word = dp_pattern_word(7, 8);

	(void)state;
	dp_pattern_fill(whole, sizeof(whole), 7, 0);
	assert_memory_equal(whole + 8, &word, sizeof(word));
	for (uint64_t from = 0; from < 48; from++)
		for (uint64_t length = 1; length <= sizeof(part); length++) {
			dp_pattern_fill(part, length, 7, from);
			assert_memory_equal(part, whole + from, length);
		}
}

/* A byte from elsewhere in the pattern, or of another seed, looks right in one of 256. */
static void repeats_nothing(void **state)
{
	dp_autofree unsigned char *a = malloc(65536), *b = malloc(65536);
	size_t same = 0, shifted = 0;

	(void)state;
	dp_pattern_fill(a, 65536, 1, 0);
	dp_pattern_fill(b, 65536, 2, 0);
	for (size_t i = 0; i < 65536 - 4096; i++) {
		same += a[i] == b[i];
		shifted += a[i] == a[i + 4096];
	}
	assert_true(same < 400 && shifted < 400);
}

static void sees_one_wrong_byte(void **state)
{
	dp_autofree unsigned char *memory = malloc(20000);
	struct dp_ledger ledger = { .seed = 3 };
	struct dp_damage damage = { 0 };

	(void)state;
	dp_pattern_fill(memory, 20000, 3, 0);
	dp_pattern_fill(memory + 5000, 3000, 4, 17);
	memset(memory + 6000, 0, 10);
	memcpy(memory + 7000, &(uint64_t){ 0x1122334455667788 }, 8);
	assert_true(dp_ledger_add(&ledger, DP_PATTERN, 5000, 3000, 4, 17));
	assert_true(dp_ledger_add(&ledger, DP_ZEROS, 6000, 10, 0, 0));
	assert_true(dp_ledger_add(&ledger, DP_WORD, 7000, 8, 0x1122334455667788, 0));
	dp_ledger_check(&ledger, memory, 0, 20000, &damage);
	assert_int_equal(damage.checked, 20000);
	assert_int_equal(damage.wrong, 0);
	memory[7001] ^= 1;
	dp_ledger_check(&ledger, memory + 6500, 6500, 1000, &damage);
	assert_int_equal(damage.wrong, 1);
	assert_int_equal(damage.first, 7001);
	assert_int_equal(damage.found ^ damage.expected, 1);
}

/* What lies below an extent that covers a whole chunk is not looked at; what lies above it is. */
static void sees_the_last_that_was_written(void **state)
{
	dp_autofree unsigned char *memory = malloc(20000);
	struct dp_ledger ledger = { .seed = 3 };
	struct dp_damage damage = { 0 };

	(void)state;
	dp_pattern_fill(memory, 20000, 5, 0);
	dp_pattern_fill(memory + 8000, 500, 6, 3);
	assert_true(dp_ledger_add(&ledger, DP_PATTERN, 100, 9000, 4, 0));
	assert_true(dp_ledger_add(&ledger, DP_PATTERN, 0, 20000, 5, 0));
	assert_true(dp_ledger_add(&ledger, DP_PATTERN, 8000, 500, 6, 3));
	dp_ledger_check(&ledger, memory, 0, 20000, &damage);
	assert_int_equal(damage.checked, 20000);
	assert_int_equal(damage.wrong, 0);
	memory[200] ^= 1;
	memory[8100] ^= 1;
	dp_ledger_check(&ledger, memory, 0, 20000, &damage);
	assert_int_equal(damage.wrong, 2);
	assert_int_equal(damage.first, 200);
}

static void takes_what_fits(void **state)
{
	struct dp_ledger ledger = { 0 };

	(void)state;
	for (size_t i = 0; i < DP_MAX_EXTENTS; i++)
		assert_true(dp_ledger_add(&ledger, DP_ZEROS, 0, 1, 0, 0));
	assert_false(dp_ledger_add(&ledger, DP_ZEROS, 0, 1, 0, 0));
}

/* ---- plan and addresses ------------------------------------------------------------------ */

static void selects_ids(void **state)
{
	struct dp_cases cases = { 0 };
	struct dp_error err = { 0 };

	(void)state;
	assert_int_equal(
		dp_cases_make((const char *[]){ "traffic/devdax-*/write" }, 1, &cases, &err), 0);
	assert_int_equal(cases.count, 3);
	assert_string_equal(cases.list[0].id, "traffic/devdax-4K/write");
	dp_cases_clear(&cases);
	assert_int_equal(dp_cases_make((const char *[]){ "traffic/anon/wrte" }, 1, &cases, &err),
			 -EINVAL);
	assert_true(err.input);
}

static void expect_address(const char *text, int family, uint16_t port)
{
	struct sockaddr_storage address;

	assert_int_equal(dp_address_parse(text, 18514, &address, NULL), 0);
	assert_int_equal(address.ss_family, family);
	assert_int_equal(dp_address_port((struct sockaddr *)&address), port);
}

static void reads_addresses(void **state)
{
	static const char *const wrong[] = {
		"", ":1", "1.2.3.4:0", "1.2.3.4:http", "1.2.3.4:99999", "[::1", "1.2.3.4.5"
	};
	struct sockaddr_storage address;

	(void)state;
	expect_address("198.18.0.1", AF_INET, 18514);
	expect_address("198.18.0.1:7", AF_INET, 7);
	expect_address("::1", AF_INET6, 18514);
	expect_address("[::1]:7", AF_INET6, 7);
	for (size_t i = 0; i < DP_ARRAY_SIZE(wrong); i++) {
		struct dp_error err = { 0 };

		assert_int_equal(dp_address_parse(wrong[i], 18514, &address, &err), -EINVAL);
		assert_true(err.input && err.what[0]);
	}
}

/* ---- the remote end ----------------------------------------------------------------------- */

/* What an end without an adapter answers to a command. */
static int64_t answer(const char *command, char *text, size_t size)
{
	const struct dp_traffic_options options = { .env = { .size = 65536 }, .limit_ms = 1 };
	struct dp_port port = { 0 };
	struct dp_end end = { .port = &port, .options = &options, .area = { .fd = -1 } };
	struct json_object *obj = json_tokener_parse(command), *reply = dp_end_obey(&end, obj);
	const char *said = dp_json_text(reply, "text");
	int64_t rc = 1;

	assert_int_equal(dp_json_int(reply, "rc", &rc), 0);
	snprintf(text, size, "%s", said ? said : "");
	json_object_put(reply);
	json_object_put(obj);
	dp_end_clear(&end);
	return rc;
}

static void refuses_what_it_does_not_know(void **state)
{
	char text[256];

	(void)state;
	assert_int_equal(answer("{\"command\":\"hello\",\"version\":4}", text, sizeof(text)), 0);
	assert_int_equal(answer("{\"command\":\"hello\",\"version\":5}", text, sizeof(text)),
			 -EPROTONOSUPPORT);
	assert_non_null(strstr(text, "version 5"));
	assert_int_equal(answer("{\"command\":\"format\"}", text, sizeof(text)), -EBADMSG);
	assert_int_equal(answer("{}", text, sizeof(text)), -EBADMSG);
	assert_int_equal(answer("{\"command\":\"open\",\"mapping\":\"anon\",\"size\":1048576,"
				"\"seed\":\"0000000000000001\"}",
				text, sizeof(text)),
			 -EBADMSG);
	assert_int_equal(answer("{\"command\":\"open\",\"mapping\":\"devdax-2M\",\"size\":4096,"
				"\"seed\":\"0000000000000001\"}",
				text, sizeof(text)),
			 DP_SKIP);
	assert_non_null(strstr(text, "--destroy-data"));
	assert_int_equal(answer("{\"command\":\"keep\"}", text, sizeof(text)), -EBADMSG);
	/* Who is not a guest's is not told to exit, and no program is run for nothing. */
	assert_int_equal(answer("{\"command\":\"exit\"}", text, sizeof(text)), -EPERM);
	assert_int_equal(
		answer("{\"command\":\"serve-reference\",\"port\":1,\"size\":1,\"count\":5}", text,
		       sizeof(text)),
		-EBADMSG);
	assert_int_equal(answer("{\"command\":\"ask-reference\",\"to\":\"--help\",\"port\":1,"
				"\"size\":1,\"count\":5}",
				text, sizeof(text)),
			 -EBADMSG);
	assert_int_equal(answer("{\"command\":\"end-reference\"}", text, sizeof(text)), -EBADMSG);
}

/* ---- what a leg emits -------------------------------------------------------------------- */

/* The members @key of all steps that were written to a pipe, each followed by a blank. */
static void read_steps(int fd, const char *step, const char *key, char *text, size_t size)
{
	static char lines[16384];
	ssize_t n = read(fd, lines, sizeof(lines) - 1);

	assert_true(n > 0);
	lines[n] = '\0';
	text[0] = '\0';
	for (char *rest = lines, *line; (line = strsep(&rest, "\n")) && *line;) {
		struct json_object *obj = json_tokener_parse(line);
		size_t used = strlen(text);

		assert_string_equal(dp_json_text(obj, "step"), step);
		assert_string_equal(dp_json_text(obj, "topology"), "loopback");
		snprintf(text + used, size - used, "%s ", dp_json_text(obj, key));
		json_object_put(obj);
	}
}

/* The attempts that are planned for a case, from what is emitted when none of them is made. */
static void expect_attempts(const char *mapping, const char *operation, enum dp_side tested,
			    const char *attempts)
{
	const struct dp_route route = { .topology = "loopback" };
	const struct dp_case tcase = { .mapping = dp_mapping_find(mapping) };
	struct dp_drive drive = { .route = &route, .tcase = &tcase };
	struct dp_leg leg = { .drive = &drive,
			      .operation = dp_operation_find(operation),
			      .tested = tested };
	char text[256];
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	drive.fd = fds[1];
	dp_leg_refuse_nothing(&leg, "a reason");
	read_steps(fds[0], "refusal", "what", text, sizeof(text));
	assert_string_equal(text, attempts);
	close(fds[0]);
	close(fds[1]);
}

static void plans_attempts(void **state)
{
	(void)state;
	expect_attempts(
		"anon", "write", DP_REMOTE,
		"stale-key wrong-key wrong-variant wrong-index reused-index foreign-key key-without-right local-key beyond-end before-begin ");
	expect_attempts(
		"anon", "fetch-add", DP_REMOTE,
		"stale-key wrong-key wrong-variant wrong-index reused-index foreign-key key-without-right local-key beyond-end before-begin "
		"misaligned ");
	expect_attempts(
		"anon", "send", DP_REMOTE,
		"stale-key wrong-key wrong-variant wrong-index reused-index foreign-key too-long ");
	expect_attempts("anon", "fetch-add", DP_LOCAL,
			"stale-key wrong-key wrong-variant wrong-index reused-index foreign-key ");
	expect_attempts("pfnmap", "read", DP_REMOTE, "no-pages ");
}

static void announces_legs(void **state)
{
	const struct dp_route route = { .topology = "loopback" };
	struct dp_drive drive = { .route = &route };
	struct dp_leg leg = { .drive = &drive };
	char text[1024];
	ssize_t n;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	drive.fd = fds[1];
	dp_leg_emit_begin(&leg);
	read_steps(fds[0], "leg", "role", text, sizeof(text));
	assert_string_equal(text, "source ");
	for (int i = 0; i < 3; i++) {
		dp_leg_emit(&leg, i < 2 ? DP_STEP_VERIFY : DP_STEP_REFUSAL,
			    json_object_new_object());
		n = read(fds[0], text, sizeof(text));
		assert_true(n > 0);
	}
	dp_leg_emit_end(&leg);
	n = read(fds[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "\"step\":\"leg-end\""));
	assert_non_null(strstr(text, "\"leg\":1"));
	assert_non_null(strstr(text, "\"counts\":{\"refusal\":1,\"verify\":2}"));
	close(fds[0]);
	close(fds[1]);
}

/* ---- lines between the ends -------------------------------------------------------------- */

static void hears_objects_only(void **state)
{
	struct json_object *obj = NULL;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(dp_talk_say(fds[0], dp_talk_command("hello")), 0);
	assert_int_equal(dp_talk_hear(fds[1], 1000, ~0UL, &obj), 0);
	assert_string_equal(dp_json_text(obj, "command"), "hello");
	json_object_put(obj);
	obj = NULL;
	assert_int_equal(write(fds[0], "[1]\n", 4), 4);
	assert_int_equal(dp_talk_hear(fds[1], 1000, ~0UL, &obj), -EBADMSG);
	assert_null(obj);
	assert_int_equal(dp_talk_hear(fds[1], 10, ~0UL, &obj), -ETIMEDOUT);
	close(fds[0]);
	assert_int_equal(dp_talk_hear(fds[1], 1000, ~0UL, &obj), -ECONNRESET);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_same_from_anywhere),
		cmocka_unit_test(repeats_nothing),
		cmocka_unit_test(sees_one_wrong_byte),
		cmocka_unit_test(sees_the_last_that_was_written),
		cmocka_unit_test(takes_what_fits),
		cmocka_unit_test(selects_ids),
		cmocka_unit_test(reads_addresses),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(plans_attempts),
		cmocka_unit_test(announces_legs),
		cmocka_unit_test(hears_objects_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
