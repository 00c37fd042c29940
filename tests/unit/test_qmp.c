// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include "../../src/machine/monitor.h"
#include "../../src/machine/qemu.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/layout.h"
#include "daxpin/machine.h"

/* Both ends of a monitor, and what those who take were given. */
struct talk {
	struct dp_qmp qmp;
	int fd; /* QEMU's end */
	char taken[256];
};

static int begin(void **state)
{
	struct talk *t = calloc(1, sizeof(*t));
	int pair[2];

	signal(SIGPIPE, SIG_IGN);
	if (!t || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	t->fd = pair[1];
	dp_qmp_begin(&t->qmp, pair[0], t);
	*state = t;
	return 0;
}

static int end(void **state)
{
	struct talk *t = *state;

	close(t->qmp.fd);
	dp_closep(&t->fd);
	dp_qmp_clear(&t->qmp);
	free(t);
	return 0;
}

static void note(struct talk *t, const char *who, struct json_object *data)
{
	size_t used = strlen(t->taken);

	snprintf(t->taken + used, sizeof(t->taken) - used, "%s %s;", who,
		 json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN));
}

static void take_first(void *arg, struct json_object *data)
{
	note(arg, "first", data);
}

static void take_second(void *arg, struct json_object *data)
{
	note(arg, "second", data);
}

/* What QEMU has been sent since the last look. */
static const char *received(int fd)
{
	static char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void say(struct talk *t, const char *text)
{
	dp_qmp_feed(&t->qmp, text, strlen(text));
}

static void sends_requests_with_ids(void **state)
{
	struct talk *t = *state;
	struct json_object *arguments = json_object_new_object();

	dp_json_add_text(arguments, "uri", "exec:cat >\"/a b\"");
	dp_qmp_ask(&t->qmp, "migrate", arguments, 0, NULL);
	dp_qmp_ask(&t->qmp, "query-status", NULL, 0, NULL);
	assert_string_equal(received(t->fd), "{\"execute\":\"migrate\",\"arguments\":{\"uri\":"
					     "\"exec:cat >\\\"/a b\\\"\"},\"id\":1}\n"
					     "{\"execute\":\"query-status\",\"id\":2}\n");
	assert_string_equal(t->qmp.trouble, "");
}

static void takes_replies_in_any_order(void **state)
{
	struct talk *t = *state;

	dp_qmp_ask(&t->qmp, "one", NULL, 0, take_first);
	dp_qmp_ask(&t->qmp, "two", NULL, 0, take_second);
	say(t, "{\"QMP\":{\"version\":{},\"capabilities\":[]}}\r\n");
	assert_string_equal(t->qmp.version, "");
	say(t, "{\"QMP\":{\"version\":{\"qemu\":{\"micro\":22,\"minor\":2,\"major\":7}}}}\r\n");
	assert_string_equal(t->qmp.version, "7.2.22");
	say(t, "{\"return\":{\"n\":2},\"id\":2}\r\n{\"return\":{\"n\":1}");
	assert_string_equal(t->taken, "second {\"n\":2};");
	say(t, ",\"id\":1}\r\n");
	assert_string_equal(t->taken, "second {\"n\":2};first {\"n\":1};");
	/* Each is awaited once. */
	say(t, "{\"return\":{\"n\":3},\"id\":1}\n");
	assert_string_equal(t->taken, "second {\"n\":2};first {\"n\":1};");
	assert_int_equal(t->qmp.ignored, 2);
	assert_string_equal(t->qmp.trouble, "");
}

static void says_what_is_refused(void **state)
{
	struct talk *t = *state;

	dp_qmp_ask(&t->qmp, "device_add", NULL, 0, take_first);
	dp_qmp_ask(&t->qmp, "device_del", NULL, 0, take_second);
	say(t, "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no bus\\u001b[2J\"},\"id\":1}\n");
	assert_string_equal(t->qmp.trouble, "QEMU refuses device_add: no bus?[2J");
	/* The first is the one to read. */
	say(t, "{\"error\":\"not an object\",\"id\":2}\n");
	assert_string_equal(t->qmp.trouble, "QEMU refuses device_add: no bus?[2J");
	assert_string_equal(t->taken, "");
}

static void tells_events_from_replies(void **state)
{
	struct talk *t = *state;

	dp_qmp_await(&t->qmp, "STOP", take_first);
	dp_qmp_await(&t->qmp, "MIGRATION", take_second);
	say(t, "{\"timestamp\":{\"seconds\":1},\"event\":\"MIGRATION\","
	       "\"data\":{\"status\":\"setup\"}}\n"
	       "{\"event\":\"STOP\"}\n"
	       "{\"event\":\"NIC_RX_FILTER_CHANGED\",\"data\":{}}\n"
	       "{\"event\":\"MIGRATION\",\"data\":[1]}\n");
	assert_string_equal(t->taken, "second {\"status\":\"setup\"};first null;second null;");
	assert_int_equal(t->qmp.ignored, 1);
}

static void ignores_what_it_did_not_ask_for(void **state)
{
	static const char *const strays[] = {
		"garbage",
		"{",
		"[]",
		"null",
		"12",
		"\"text\"",
		"{}",
		"{\"return\":{}}",
		"{\"return\":{},\"id\":\"1\"}",
		"{\"return\":{},\"id\":0}",
		"{\"return\":{},\"id\":-1}",
		"{\"return\":{},\"id\":4711}",
		"{\"error\":{\"class\":\"GenericError\",\"desc\":\"whose?\"}}",
		"{\"error\":{\"desc\":\"whose?\"},\"id\":4711}",
		"{\"event\":7,\"id\":7}",
		"{\"event\":\"\",\"id\":1}",
		"\xff\xfe\x01",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	};
	struct talk *t = *state;

	dp_qmp_ask(&t->qmp, "one", NULL, 0, take_first);
	for (size_t i = 0; i < DP_ARRAY_SIZE(strays); i++) {
		say(t, strays[i]);
		say(t, "\n");
		if (t->qmp.ignored != i + 1)
			fail_msg("\"%s\" was not ignored", strays[i]);
	}
	assert_string_equal(t->taken, "");
	assert_string_equal(t->qmp.trouble, "");
	say(t, "{\"id\":1,\"return\":{}}\n");
	assert_string_equal(t->taken, "first {};");
}

static void survives_overlong_lines(void **state)
{
	struct talk *t = *state;
	dp_autofree char *flood = malloc(4 * DP_LINE_LIMIT);

	assert_non_null(flood);
	dp_qmp_ask(&t->qmp, "one", NULL, 0, take_first);
	memset(flood, ' ', 4 * DP_LINE_LIMIT);
	dp_qmp_feed(&t->qmp, flood, 4 * DP_LINE_LIMIT);
	/* Of such a line nothing counts, and the next is read. */
	say(t, "{\"return\":{\"n\":1},\"id\":1}\n");
	assert_string_equal(t->taken, "");
	say(t, "{\"return\":{\"n\":2},\"id\":1}\n");
	assert_string_equal(t->taken, "first {\"n\":2};");
}

static void notes_what_is_not_answered_in_time(void **state)
{
	struct talk *t = *state;
	uint64_t now = dp_now_ms();

	dp_qmp_await(&t->qmp, "STOP", take_first);
	dp_qmp_ask(&t->qmp, "patient", NULL, 0, NULL);
	dp_qmp_ask(&t->qmp, "answered", NULL, 1000, NULL);
	say(t, "{\"return\":{},\"id\":2}\n");
	dp_qmp_ask(&t->qmp, "late", NULL, 5000, NULL);
	dp_qmp_check(&t->qmp, now + 4000);
	assert_string_equal(t->qmp.trouble, "");
	dp_qmp_check(&t->qmp, now + 60000);
	assert_string_equal(t->qmp.trouble, "QEMU's monitor has not answered late in time");
}

static void awaits_so_many_at_most(void **state)
{
	struct talk *t = *state;

	for (int i = 0; i < DP_QMP_AWAITED; i++)
		dp_qmp_ask(&t->qmp, "one", NULL, 0, NULL);
	assert_string_equal(t->qmp.trouble, "");
	dp_qmp_ask(&t->qmp, "more", json_object_new_object(), 0, NULL);
	assert_string_not_equal(t->qmp.trouble, "");
	assert_null(strstr(received(t->fd), "more"));
}

static void notes_that_nobody_listens(void **state)
{
	struct talk *t = *state;

	close(t->fd);
	t->fd = -1;
	dp_qmp_ask(&t->qmp, "one", NULL, 0, NULL);
	assert_string_equal(t->qmp.trouble, "QEMU's monitor does not take the command one");
}

/* ---- what a session wants of QEMU -------------------------------------------------------- */

struct desk {
	struct dp_monitor monitor;
	int fd, near;
};

static void start(struct desk *d, const struct dp_boot *boot)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	d->near = pair[0];
	d->fd = pair[1];
	dp_monitor_begin(&d->monitor, d->near, boot);
}

static void stop(struct desk *d)
{
	dp_monitor_clear(&d->monitor);
	close(d->near);
	close(d->fd);
}

static void tell(struct desk *d, const char *event)
{
	dp_qmp_feed(&d->monitor.qmp, event, strlen(event));
}

#define MIGRATION(status) "{\"event\":\"MIGRATION\",\"data\":{\"status\":\"" status "\"}}\n"
#define STOP              "{\"event\":\"STOP\"}\n"
#define RESUME            "{\"event\":\"RESUME\"}\n"
#define DELETED(id)       "{\"event\":\"DEVICE_DELETED\",\"data\":{\"device\":\"" id "\"}}\n"

static void restores_a_guest(void **state)
{
	struct dp_boot boot = { .state = 7, .restore = true };
	struct desk d;

	(void)state;
	start(&d, &boot);
	assert_non_null(
		strstr(received(d.fd), "\"migrate-incoming\",\"arguments\":{\"uri\":\"fd:7"));
	assert_int_equal(d.monitor.state, DP_VM_RESTORING);
	tell(&d, MIGRATION("active") MIGRATION("completed"));
	assert_int_equal(d.monitor.state, DP_VM_RESTORING);
	tell(&d, RESUME);
	assert_int_equal(d.monitor.state, DP_VM_RUNS);
	/* KVM that cannot go on. */
	tell(&d, STOP);
	assert_int_equal(d.monitor.state, DP_VM_STOPPED);
	stop(&d);

	start(&d, &boot);
	tell(&d, MIGRATION("failed"));
	assert_string_equal(d.monitor.qmp.trouble, "QEMU could not restore the guest");
	stop(&d);
}

static void saves_a_guest(void **state)
{
	struct dp_boot boot = { .state = 7 };
	struct desk d;

	(void)state;
	start(&d, &boot);
	assert_null(strstr(received(d.fd), "incoming"));
	tell(&d, MIGRATION("completed"));
	assert_int_equal(d.monitor.state, DP_VM_RUNS);
	dp_monitor_save(&d.monitor, 4711, &boot);
	assert_non_null(strstr(received(d.fd), "exec:cat >/proc/4711/fd/7"));
	tell(&d, STOP);
	assert_int_equal(d.monitor.state, DP_VM_SAVING);
	tell(&d, MIGRATION("completed"));
	assert_int_equal(d.monitor.state, DP_VM_SAVED);
	stop(&d);

	start(&d, &boot);
	dp_monitor_save(&d.monitor, 4711, &boot);
	tell(&d, MIGRATION("failed"));
	assert_string_equal(d.monitor.qmp.trouble, "QEMU could not save the guest");
	stop(&d);
}

static void plugs_the_controller(void **state)
{
	struct dp_boot boot = { .state = -1 };
	struct desk d;

	(void)state;
	start(&d, &boot);
	received(d.fd);
	dp_monitor_request(&d.monitor, "unplug nvme0");
	dp_monitor_request(&d.monitor, "make-coffee");
	assert_string_equal(received(d.fd), "");
	dp_monitor_request(&d.monitor, "plug nvme0");
	assert_non_null(strstr(received(d.fd), "\"device_add\""));
	dp_monitor_request(&d.monitor, "plug nvme0");
	assert_string_equal(received(d.fd), "");
	dp_monitor_request(&d.monitor, "unplug nvme0");
	assert_non_null(strstr(received(d.fd), "\"device_del\""));
	/* Not before QEMU has let go of the old one. */
	dp_monitor_request(&d.monitor, "plug nvme0");
	tell(&d, DELETED("port0"));
	assert_string_equal(received(d.fd), "");
	tell(&d, DELETED("nvme0"));
	assert_non_null(strstr(received(d.fd), "\"device_add\""));
	stop(&d);
}

/* A layout's devices are in, and come back as they were; what has no id stays. */
static void plugs_devices_of_a_layout(void **state)
{
	char *words[] = { "-device", "pcie-root-port,chassis=3",
			  "-device", "cxl-type3,bus=port1,id=cxldev,memdev=m,sn=1",
			  "-object", "x,id=m" };
	struct dp_layout layout = { .qemu = { words, DP_ARRAY_SIZE(words) } };
	struct dp_boot boot = { .state = -1, .layout = &layout };
	struct desk d;

	(void)state;
	start(&d, &boot);
	received(d.fd);
	dp_monitor_request(&d.monitor, "plug cxldev");
	dp_monitor_request(&d.monitor, "unplug m");
	dp_monitor_request(&d.monitor, "unplug ");
	dp_monitor_request(&d.monitor, "unplug");
	assert_string_equal(received(d.fd), "");
	dp_monitor_request(&d.monitor, "unplug cxldev");
	assert_non_null(strstr(received(d.fd), "\"id\":\"cxldev\""));
	tell(&d, DELETED("cxldev"));
	assert_string_equal(received(d.fd), "");
	dp_monitor_request(&d.monitor, "plug cxldev");
	assert_non_null(strstr(received(d.fd), "{\"driver\":\"cxl-type3\",\"bus\":\"port1\","
					       "\"id\":\"cxldev\",\"memdev\":\"m\",\"sn\":1}"));
	stop(&d);
}

/* ---- the balloon ------------------------------------------------------------------------- */

#define MIB (1LL << 20)

static char *balloon_words[] = { "-device", "virtio-balloon-pci,deflate-on-oom=on" };
static struct dp_layout with_balloon = { .memories = { 640 * MIB }, .qemu = { balloon_words, 2 } };

static void fills_and_empties_the_balloon(void **state)
{
	struct dp_boot boot = { .state = -1, .layout = &with_balloon };
	struct desk d;

	(void)state;
	start(&d, &boot);
	received(d.fd);
	dp_monitor_request(&d.monitor, "balloon 400");
	assert_string_equal(received(d.fd), "{\"execute\":\"balloon\",\"arguments\":{\"value\":"
					    "251658240},\"id\":2}\n");
	/* However often is asked, there is one command, and then the last that was wanted. */
	for (int i = 0; i < 100; i++)
		dp_monitor_request(&d.monitor, i % 2 ? "balloon 0" : "balloon 300");
	assert_string_equal(received(d.fd), "");
	tell(&d, "{\"return\":{},\"id\":2}\n");
	assert_string_equal(received(d.fd), "{\"execute\":\"balloon\",\"arguments\":{\"value\":"
					    "671088640},\"id\":3}\n");
	tell(&d, "{\"return\":{},\"id\":3}\n");
	assert_string_equal(received(d.fd), "");
	assert_string_equal(d.monitor.qmp.trouble, "");
	stop(&d);
}

static void leaves_the_guest_some_memory(void **state)
{
	static const char *const strays[] = {
		"balloon",
		"balloon ",
		"balloon x",
		"balloon -1",
		"balloon 1 ",
		"balloon 4e2",
		"balloon 577",
		"balloon 640",
		"balloon 999999",
		"balloon 0000400",
		"balloon 18446744073709551615",
		"balloon0",
	};
	struct dp_boot boot = { .state = -1, .layout = &with_balloon }, usual = { .state = -1 };
	struct desk d;

	(void)state;
	start(&d, &boot);
	received(d.fd);
	for (size_t i = 0; i < DP_ARRAY_SIZE(strays); i++)
		dp_monitor_request(&d.monitor, strays[i]);
	assert_string_equal(received(d.fd), "");
	dp_monitor_request(&d.monitor, "balloon 576");
	assert_non_null(strstr(received(d.fd), "{\"value\":67108864}"));
	stop(&d);

	/* Daxpin's usual machine has none. */
	start(&d, &usual);
	received(d.fd);
	dp_monitor_request(&d.monitor, "balloon 400");
	assert_string_equal(received(d.fd), "");
	stop(&d);
}

/* QEMU would punch holes into the files. */
static void is_neither_saved_nor_restored(void **state)
{
	const struct dp_boot boots[] = {
		{ .memory = { -1, -1, -1, -1 }, .state = -1, .restore = true },
		{ .memory = { -1, -1, -1, -1 }, .state = 7 },
		{ .memory = { 7, -1, -1, -1 }, .state = -1 },
		{ .memory = { -1, -1, 7, -1 }, .state = -1 },
		{ .memory = { 7, 8, 9, 10 }, .state = 11, .restore = true },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(boots); i++) {
		struct dp_boot boot = boots[i];
		struct dp_machine machine;
		struct dp_error err = { 0 };

		boot.layout = &with_balloon;
		assert_int_equal(dp_machine_start(&boot, &machine, &err), -EINVAL);
		assert_non_null(strstr(err.what, "neither saved nor restored"));
		assert_int_equal(machine.pid, -1);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sends_requests_with_ids),
		TEST(takes_replies_in_any_order),
		TEST(says_what_is_refused),
		TEST(tells_events_from_replies),
		TEST(ignores_what_it_did_not_ask_for),
		TEST(survives_overlong_lines),
		TEST(notes_what_is_not_answered_in_time),
		TEST(awaits_so_many_at_most),
		TEST(notes_that_nobody_listens),
		cmocka_unit_test(restores_a_guest),
		cmocka_unit_test(saves_a_guest),
		cmocka_unit_test(plugs_the_controller),
		cmocka_unit_test(plugs_devices_of_a_layout),
		cmocka_unit_test(fills_and_empties_the_balloon),
		cmocka_unit_test(leaves_the_guest_some_memory),
		cmocka_unit_test(is_neither_saved_nor_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
