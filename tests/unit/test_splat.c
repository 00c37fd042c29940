// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/splat.h"

struct heard {
	unsigned int count;
	char kind[2][16], function[2][80], step[2][32];
	size_t nlines[2];
};

static void hear(void *arg, const struct dp_splat *c)
{
	struct heard *h = arg;

	if (h->count < 2) {
		snprintf(h->kind[h->count], 16, "%s", c->kind);
		snprintf(h->function[h->count], 80, "%s", c->function);
		snprintf(h->step[h->count], 32, "%s", c->step);
		h->nlines[h->count] = c->nlines;
	}
	h->count++;
}

static struct heard read_log(const char *const *lines, size_t count)
{
	struct heard h = { 0 };
	struct dp_recogniser r = { .take = hear, .arg = &h };

	for (size_t i = 0; i < count; i++)
		dp_recognise(&r, lines[i]);
	dp_recognise_end(&r);
	return h;
}

/* As 6.1 prints it after device-dax was unbound under a region. */
static void recognises_an_oops_and_its_step(void **state)
{
	static const char *const lines[] = {
		"[    3.1] daxpin step: event",
		"[    3.2] daxpin step: release",
		"[    3.975275] BUG: unable to handle page fault for address: ffffea0006388008",
		"[    3.975749] #PF: supervisor read access in kernel mode",
		"[    3.977314] Oops: 0000 [#1] PREEMPT SMP NOPTI",
		"[    3.983968] CPU: 0 PID: 133 Comm: init Tainted: G            E      6.1.0-56-amd64",
		"[    3.985449] RIP: 0010:unpin_user_page_range_dirty_lock+0x89/0x120",
		"[    4.007588] Call Trace:",
		"[    4.008000]  __ib_umem_release+0x6c/0xc0 [ib_uverbs]",
		"[    4.009000] RIP: 0033:0x7f0000000000",
		"[    4.010000] ---[ end trace 0000000000000000 ]---",
		"[    4.020000] nothing more",
	};
	struct heard h = read_log(lines, DP_ARRAY_SIZE(lines));

	(void)state;
	assert_int_equal(h.count, 1);
	assert_string_equal(h.kind[0], "oops");
	assert_string_equal(h.function[0], "unpin_user_page_range_dirty_lock");
	assert_string_equal(h.step[0], "release");
	assert_int_equal(h.nlines[0], 9);
}

static void tells_two_splats_apart(void **state)
{
	static const char *const lines[] = {
		"WARNING: CPU: 1 PID: 7 at mm/gup.c:76 try_grab_folio+0x12/0x40",
		"Modules linked in:",
		"[    5.0][  T7] Kernel panic - not syncing: Fatal exception",
	};
	struct heard h = read_log(lines, DP_ARRAY_SIZE(lines));

	(void)state;
	assert_int_equal(h.count, 2);
	assert_string_equal(h.kind[0], "WARN");
	assert_string_equal(h.function[0], "try_grab_folio");
	assert_string_equal(h.kind[1], "panic");
	assert_string_equal(h.step[1], "");
}

static void knows_the_kinds(void **state)
{
	static const char *const lines[][2] = {
		{ "BUG: KASAN: use-after-free in ib_umem_get+0x1/0x2", "KASAN" },
		{ "kernel BUG at mm/memory.c:12!", "BUG" },
		{ "watchdog: BUG: soft lockup - CPU#0 stuck for 26s!", "soft-lockup" },
		{ "INFO: task daxpin:1 blocked for more than 120 seconds.", "hung-task" },
		{ "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "rcu-stall" },
		{ "WARNING: possible circular locking dependency detected", "lockdep" },
		{ "BUG: Bad page state in process init  pfn:12", "BUG" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(lines); i++) {
		struct heard h = read_log(lines[i], 1);

		assert_int_equal(h.count, 1);
		assert_string_equal(h.kind[0], lines[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognises_an_oops_and_its_step),
		cmocka_unit_test(tells_two_splats_apart),
		cmocka_unit_test(knows_the_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
