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

/* Made up after the format strings of 5.10 to 7.2; see src/observe/splat_grammar.c; by version, see
 * tests/data/splats. */
static const struct {
	const char *line, *kind, *function;
} forms[] = {
	{ "[    1.2][  T123] WARNING: CPU: 0 PID: 1 at mm/gup.c:7 f+0x1/0x2 [m]", "WARN", "f" },
	{ "[    1.2][    C0] WARNING: mm/gup.c:7 at f+0x1/0x2, CPU#1: init/7", "WARN", "f" },
	{ "[Tue Nov 25 08:00:00 2026] kernel BUG at mm/memory.c:12!", "BUG", "" },
	{ "Nov 25 08:00:00 host kernel: [    1.200000] BUG: Bad rss-counter state mm:1", "BUG",
	  "" },
	{ "2026-11-25T08:00:00+0000 host kernel: Oops: Oops: 0002 [#1] SMP", "oops", "" },
	{ "<1>[    1.200000] Oops: general protection fault, probably for non-canonical address "
	  "0xdead000000000108: 0000 [#1] SMP NOPTI",
	  "oops", "" },
	{ "general protection fault: 0000 [#1] SMP", "oops", "" },
	{ "invalid opcode: 0000 [#1] SMP", "oops", "" },
	{ "Internal error: Oops: 0000000096000004 [#1] SMP", "oops", "" },
	{ "Unable to handle kernel paging request at virtual address 0", "oops", "" },
	{ "traps: PANIC: double fault, error_code: 0x0", "oops", "" },
	{ "BUG: scheduling while atomic: init/1/0x00000002", "BUG", "" },
	{ "BUG: sleeping function called from invalid context at mm/gup.c:1", "BUG", "" },
	{ "BUG: KFENCE: use-after-free read in f+0x1/0x2", "KFENCE", "f" },
	{ "BUG: KCSAN: data-race in f / g", "KCSAN", "f" },
	{ "UBSAN: array-index-out-of-bounds in mm/gup.c:1:2", "UBSAN", "" },
	{ "BUG kmalloc-64 (Not tainted): Poison overwritten", "BUG", "" },
	{ "WARNING: possible circular locking dependency detected", "lockdep", "" },
	{ "WARNING: suspicious RCU usage", "lockdep", "" },
	{ "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", "lockdep", "" },
	{ "[ BUG: Invalid wait context ]", "lockdep", "" },
	{ "INFO: trying to register non-static key.", "lockdep", "" },
	{ "INFO: rcu_sched self-detected stall on CPU", "rcu-stall", "" },
	{ "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "rcu-stall", "" },
	{ "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-... } 1",
	  "rcu-stall", "" },
	{ "INFO: task init:1 blocked for more than 120 seconds.", "hung-task", "" },
	{ "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [init:1]", "soft-lockup", "" },
	{ "NMI watchdog: Watchdog detected hard LOCKUP on cpu 0", "hard-lockup", "" },
	{ "watchdog: CPU1: Watchdog detected hard LOCKUP on cpu 0", "hard-lockup", "" },
	{ "watchdog: CPU 3 self-detected hard LOCKUP @ f+0x1/0x2", "hard-lockup", "" },
	{ "INFO: task init:1 blocked in I/O wait for more than 30 seconds.", "hung-task", "" },
	{ "rcu: INFO: rcu_preempt detected expedited stalls, but suppressed full report due to a "
	  "stuck CSD-lock.",
	  "rcu-stall", "" },
	{ "unregister_netdevice: waiting for v0 to become free. Usage count = 2", "netdev-held",
	  "" },
	{ "Kernel panic - not syncing: Fatal exception", "panic", "" },
};

static void knows_the_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(forms); i++) {
		struct heard h = read_log(&forms[i].line, 1);

		if (h.count != 1)
			fail_msg("not recognised: %s", forms[i].line);
		assert_string_equal(h.kind[0], forms[i].kind);
		assert_string_equal(h.function[0], forms[i].function);
	}
}

static void takes_nothing_harmless_for_one(void **state)
{
	static const char *const lines[] = {
		"[    1.200000] XFS (sdb1): WARNING: Reset corrupted AGFL on AG 0. 4 blocks leaked.",
		"XFS (sdb1): Internal error XFS_WANT_CORRUPTED_GOTO at line 1 of file fs/xfs/a.c.",
		"EXT4-fs error (device sda1): ext4_lookup:1: inode #2: comm ls: deleted inode",
		"EXT4-fs warning (device sda1): ext4_dirblock_csum_verify:1: No space",
		"INFO: lockdep is turned off.",
		"rcu: INFO: Stall ended before state dump start",
		"INFO: NMI handler (perf_event_nmi_handler) took too long to run: 1 msecs",
		"INFO: task init:1 is blocked on a mutex likely owned by task init:2.",
		"init invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
		"mce: [Hardware Error]: CPU 0: Machine Check Exception: 5 Bank 4: 0",
		"Uhhuh. NMI received for unknown reason 2d on CPU 0.",
		"traps: a.out[1] general protection fault ip:1 sp:2 error:0 in a.out",
		"a.out[1]: segfault at 0 ip 1 sp 2 error 4 in a.out",
		"WARNING: The mand mount option has been deprecated",
		"[drm] WARNING: CPU: 0 PID: 1 at f+0x1/0x2",
		"[foo] BUG: of a driver's own",
		"Command line: hung_task_panic=1 oops=panic",
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(lines); i++)
		if (read_log(&lines[i], 1).count)
			fail_msg("taken for a splat: %s", lines[i]);
}

static void names_who_waits_and_counts_a_hang_once(void **state)
{
	static const char *const lines[] = {
		"INFO: task daxctl:12 blocked for more than 30 seconds.",
		"      Not tainted 6.1.0 #1",
		"Call Trace:",
		" <TASK>",
		" __schedule+0x1/0x2",
		" schedule+0x1/0x2",
		" schedule_timeout+0x1/0x2",
		" ? __prepare_to_swait+0x1/0x2",
		" wait_for_completion+0x1/0x2",
		" memunmap_pages+0x1/0x2",
		" release_nodes+0x1/0x2",
		" </TASK>",
		"INFO: task daxctl:12 blocked for more than 60 seconds.",
		" __schedule+0x1/0x2",
		" other+0x1/0x2",
		"INFO: task init:13 blocked for more than 60 seconds.",
		"Call Trace:",
		" __schedule+0x1/0x2",
		" rwsem_down_write_slowpath+0x1/0x2",
		" down_write+0x1/0x2",
		" unbind_store+0x1/0x2",
		"Kernel panic - not syncing: hung_task: blocked tasks",
	};
	struct heard h = read_log(lines, DP_ARRAY_SIZE(lines));

	(void)state;
	assert_int_equal(h.count, 2);
	assert_string_equal(h.function[0], "memunmap_pages");
	assert_string_equal(h.function[1], "unbind_store");
}

static void does_not_name_what_interrupts_a_stalled_task(void **state)
{
	static const char *const lines[] = {
		"rcu: INFO: rcu_preempt self-detected stall on CPU",
		"Call Trace:",
		" <IRQ>",
		" rcu_dump_cpu_stacks+0x1/0x2",
		" rcu_sched_clock_irq+0x1/0x2",
		" </IRQ>",
		" <TASK>",
		" asm_sysvec_apic_timer_interrupt+0x1/0x2",
		"RIP: 0010:native_queued_spin_lock_slowpath+0x1/0x2",
		" _raw_spin_lock+0x1/0x2",
		" zap_pte_range+0x1/0x2",
	};
	struct heard h = read_log(lines, DP_ARRAY_SIZE(lines));

	(void)state;
	assert_int_equal(h.count, 1);
	assert_string_equal(h.function[0], "zap_pte_range");
}

/* As many hangs as a reader remembers, told in turn. */
static void tells_tasks_apart_also_in_the_same_function(void **state)
{
	struct heard h = { 0 };
	struct dp_recogniser r = { .take = hear, .arg = &h };

	(void)state;
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int task = 1; task <= DP_HANGS; task++) {
			char line[80];

			snprintf(line, sizeof(line),
				 "INFO: task init:%u blocked for more than %u seconds.", task,
				 120 * (round + 1));
			dp_recognise(&r, line);
			dp_recognise(&r, " </TASK>");
			dp_recognise(&r, " unbind_store+0x1/0x2");
		}
	dp_recognise_end(&r);
	assert_int_equal(h.count, DP_HANGS);
}

/* The step in which it was told first, however late it is told again. */
static void tells_a_hang_in_its_first_step(void **state)
{
	static const char *const lines[] = {
		"daxpin step: event",
		"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
		"rcu: \t(detected by 0, t=5252 jiffies, g=1373, q=12)",
		"daxpin step: release",
		"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
		"rcu: \t(detected by 0, t=21008 jiffies, g=1373, q=12)",
		"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
		"rcu: \t(detected by 0, t=5252 jiffies, g=1377, q=12)",
	};
	struct heard h = read_log(lines, DP_ARRAY_SIZE(lines));

	(void)state;
	assert_int_equal(h.count, 2);
	assert_string_equal(h.step[0], "event");
	assert_string_equal(h.step[1], "release");
}

/* A watchdog panics for a hang; whoever else panics meanwhile is no part of it. */
static void tells_a_panic_from_a_hang(void **state)
{
	static const char *const panics[][2] = {
		{ "Kernel panic - not syncing: hung_task: blocked tasks", "" },
		{ "Kernel panic - not syncing: softlockup: hung tasks", "" },
		{ "Kernel panic - not syncing: RCU Stall", "" },
		{ "Kernel panic - not syncing: Attempted to kill init!", "panic" },
		{ "Kernel panic - not syncing: Fatal exception", "panic" },
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(panics); i++) {
		const char *const lines[] = {
			"INFO: task init:1 blocked for more than 120 seconds.",
			panics[i][0],
		};
		struct heard h = read_log(lines, 2);

		assert_int_equal(h.count, panics[i][1][0] ? 2 : 1);
		assert_string_equal(h.kind[0], "hung-task");
		assert_string_equal(h.kind[1], panics[i][1]);
		/* Nobody was told of a hang. */
		h = read_log(&lines[1], 1);
		assert_int_equal(h.count, 1);
		assert_string_equal(h.kind[0], "panic");
	}
}

static void finds_lines_and_marks_within_a_line(void **state)
{
	static const char *const lines[] = {
		"login: [   12.345678] daxpin step: event",
		"half[   12.345679][  T131] BUG: Bad rss-counter state[   12.345680] daxpin step: release",
		"[   12.345681][   12.345682] WARNING: CPU: 0 PID: 1 at mm/gup.c:7 f+0x1/0x2",
		"no stamp [1.2] BUG: no line",
		"no stamp [   12.34] BUG: no line",
		"no caller [T12] BUG: no line",
	};
	struct heard h = read_log(lines, DP_ARRAY_SIZE(lines));

	(void)state;
	assert_int_equal(h.count, 2);
	assert_string_equal(h.kind[0], "BUG");
	assert_string_equal(h.step[0], "event");
	assert_string_equal(h.kind[1], "WARN");
	assert_string_equal(h.step[1], "release");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recognises_an_oops_and_its_step),
		cmocka_unit_test(tells_two_splats_apart),
		cmocka_unit_test(knows_the_kinds),
		cmocka_unit_test(knows_the_forms),
		cmocka_unit_test(takes_nothing_harmless_for_one),
		cmocka_unit_test(names_who_waits_and_counts_a_hang_once),
		cmocka_unit_test(does_not_name_what_interrupts_a_stalled_task),
		cmocka_unit_test(tells_tasks_apart_also_in_the_same_function),
		cmocka_unit_test(tells_a_hang_in_its_first_step),
		cmocka_unit_test(tells_a_panic_from_a_hang),
		cmocka_unit_test(finds_lines_and_marks_within_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
