// SPDX-License-Identifier: GPL-2.0-or-later
/* In which function a splat happened, read off its lines. */
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "splat_parts.h"

#include "daxpin/cleanup.h"

/* "name+0x12/0x34 …" */
static bool is_symbol(const char *text)
{
	size_t len = strcspn(text, "+ ");

	return len && text[len] == '+' && !strncmp(text + len, "+0x", 3) &&
	       (isalpha((unsigned char)*text) || *text == '_');
}

static bool is_any_of(const char *symbol, const char *const *forms, size_t count)
{
	char name[80];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(symbol, "+"), symbol);
	for (size_t i = 0; i < count; i++)
		if (!fnmatch(forms[i], name, 0))
			return true;
	return false;
}

/* Functions that print a trace, and so are its first entries. */
static bool reports(const char *symbol)
{
	static const char *const who[] = {
		"dump_stack*",
		"__dump_stack",
		"show_stack*",
		"bad_page*",
		"print_bad_*", /* print_bad_pte(), print_bad_page_map(): mm/memory.c */
		"__warn*",
		"sched_show_task",
		"print_report",
		"kasan_*",
		"__kasan_*",
		"ubsan_*",
		"__ubsan_*",
		"lockdep_rcu_suspicious*",
		"print_*bug*",
		"print_trailer", /* mm/slub.c */
		"object_err*",
		"slab_err*",
		"check_bytes_and_report*",
		"check_preemption_disabled*",
		"debug_smp_processor_id",
		"__this_cpu_preempt_check",
		"*_schedule_bug*",
		"__might_resched*",
		"*__might_sleep*",
		"__cant_*",
		"spin_bug",
		"spin_dump",
		"rwlock_bug*",
		"nmi_*",
		"arch_trigger_*",
		"panic*",
		"vpanic*",
		"__stack_chk_fail",
	};

	return is_any_of(symbol, who, DP_ARRAY_SIZE(who));
}

/*
 * Where every task that waits or spins is: the scheduler, and the primitives of kernel/sched,
 * kernel/locking and kernel/rcu. What tells one hang from another is who called them.
 */
static bool waits(const char *symbol)
{
	static const char *const who[] = {
		"__schedule*",
		"schedule*",
		"io_schedule*",
		"preempt_schedule*",
		"__switch_to*",
		"context_switch",
		"msleep*",
		"wait_for_*completion*",
		"wait_for_common*",
		"do_wait_for_common",
		"__wait_for_common",
		"__mutex_lock*",
		"mutex_lock*",
		"rwsem_down_*",
		"down_*",
		"down",
		"__down*",
		"rt_mutex_*",
		"__rt_mutex_*",
		"percpu_down_*",
		"__percpu_down_*",
		"percpu_rwsem_wait*",
		"*_spin_lock*",
		"*_slowpath",
		"queued_*_lock*",
		"*_read_lock*",
		"*_write_lock*",
		"bit_wait*",
		"__wait_on_bit*",
		"out_of_line_wait_on_bit*",
		"synchronize_*rcu*",
		"__synchronize_srcu*",
		"__wait_rcu_gp",
		"rcu_barrier*",
		"prepare_to_wait*",
		"folio_wait_bit*",
		"wait_on_page_bit*",
		"asm_*",
		"lock_acquire*",
		"__lock_acquire",
	};

	return is_any_of(symbol, who, DP_ARRAY_SIZE(who));
}

/* kernel/locking/lockdep.c, from the reporter up to what its users call. */
static bool checks_locks(const char *symbol)
{
	static const char *const who[] = {
		"check_*",
		"print_*",
		"mark_*",
		"validate_chain",
		"valid_state*",
		"lock_*",
		"__lock_*",
		"register_lock_class",
		"assign_lock_key",
		"lockdep_*",
		"debug_check_*",
		"*_lock_nest_lock",
		"look_up_lock_class*",
	};

	return is_any_of(symbol, who, DP_ARRAY_SIZE(who));
}

static bool is_lockdep(const struct dp_splat *splat)
{
	return !strcmp(splat->kind, "lockdep");
}

static void take_symbol(struct dp_splat *splat, const char *text)
{
	if (dp_is_hang(splat->kind) && waits(text))
		return;
	snprintf(splat->function, sizeof(splat->function), "%.*s", (int)strcspn(text, "+ "), text);
}

/* Of a hang, what an interrupt does is the reporter's doing. */
static bool is_in_interrupt(struct dp_splat *splat, const char *text)
{
	if (strstr(text, "<IRQ>") || strstr(text, "<NMI>"))
		splat->interrupt = true;
	if (strstr(text, "</IRQ>") || strstr(text, "</NMI>"))
		splat->interrupt = false;
	return splat->interrupt && dp_is_hang(splat->kind);
}

/* An entry of a trace. */
static void read_entry(struct dp_splat *splat, const char *text)
{
	text += strspn(text, " ");
	if (text[0] == '[' && text[1] == '<' && strstr(text, ">] "))
		text = strstr(text, ">] ") + strlen(">] ");
	if (!is_symbol(text) || reports(text))
		return;
	if (is_lockdep(splat) && (checks_locks(text) || waits(text)))
		return;
	/* "scheduling while atomic" and the like are of who called the scheduler. */
	if (!strcmp(splat->kind, "BUG") && waits(text))
		return;
	take_symbol(splat, text);
}

/*
 * Of lockdep's reports, the function is who takes the lock, "LOCK …, at: NAME+0x" (print_lock()).
 * The locks that are listed as "other info" are only held.
 */
static bool read_lock(struct dp_splat *splat, const char *text)
{
	const char *at = strstr(text, ", at: ");

	if (!at || !is_lockdep(splat) || !is_symbol(at + strlen(", at: ")))
		return false;
	for (size_t i = 0; i < splat->nlines; i++)
		if (strstr(splat->lines[i], "other info that might help us debug this"))
			return false;
	take_symbol(splat, at + strlen(", at: "));
	return true;
}

/*
 * The function of a splat is the first of: "… at FILE:LINE NAME+0x", "… in NAME+0x",
 * "RIP: 0010:NAME+0x", an entry of a trace.
 */
void dp_read_function(struct dp_splat *splat, const char *text)
{
	static const char *const before[] = { "RIP: 0010:", "pc : ", "caller is ", " in ", " at " };

	if (splat->function[0] || is_in_interrupt(splat, text) || read_lock(splat, text))
		return;
	if (!strcmp(splat->kind, "KCSAN") && splat->nlines == 0 && strstr(text, " in ")) {
		take_symbol(splat, strstr(text, " in ") + strlen(" in "));
		return;
	}
	for (size_t i = 0; i < DP_ARRAY_SIZE(before); i++) {
		const char *at = strstr(text, before[i]);

		if (!at)
			continue;
		at += strlen(before[i]);
		if (i == DP_ARRAY_SIZE(before) - 1 && !is_symbol(at) && strchr(at, ' '))
			at = strchr(at, ' ') + 1;
		if (is_symbol(at)) {
			take_symbol(splat, at);
			return;
		}
	}
	if (splat->nlines > 1 && (text[0] == ' ' || (is_lockdep(splat) && !strncmp(text, "[<", 2))))
		read_entry(splat, text);
}
