// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/splat.h"
#include "daxpin/text.h"

#define MARK "daxpin step: "

/*
 * The grammar of a kernel's log:
 *
 *	line   = prefix text
 *	prefix = [ date host "kernel: " ] [ "<" level ">" ] [ "[" seconds or date "]" ]
 *	         [ "[" ( "T" task | "C" cpu ) "]" ]
 *	splat  = header { text } [ end ]
 *	end    = "---[ end …", "----[ cut here ]----" of the next, "====" of the sanitizers, a mark
 *
 * A header is the whole beginning of a text, by the format strings of kernel/panic.c (__warn(),
 * panic()), arch/x86/mm/fault.c and kernel/dumpstack.c (__die()), arch/arm64/mm/fault.c,
 * kernel/locking/lockdep.c, kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h and
 * tree_exp.h, mm/kasan, mm/kfence, kernel/kcsan, lib/ubsan.c, mm/slub.c, net/core/dev.c
 * (netdev_wait_allrefs()). The first row that matches decides.
 *
 * No splats, as nobody's code is wrong by them: the OOM killer, which is the answer to a lack of
 * memory; machine checks and unknown NMIs, which are the hardware's; what drivers and file systems
 * call a WARNING.
 */
static const struct {
	const char *form, *kind;
} headers[] = {
	{ "Kernel panic - not syncing*", "panic" },
	{ "BUG: KASAN: *", "KASAN" },
	{ "BUG: KFENCE: *", "KFENCE" },
	{ "BUG: KCSAN: *", "KCSAN" },
	{ "BUG: KMSAN: *", "KMSAN" },
	{ "UBSAN: * in *", "UBSAN" },
	{ "BUG: unable to handle *", "oops" },
	{ "BUG: kernel NULL pointer dereference*", "oops" },
	{ "BUG: *stack guard page was hit*", "oops" },
	{ "Unable to handle kernel *", "oops" },
	{ "PANIC: double fault*", "oops" },
	{ "*: [0-9a-f]* [[]#[0-9]*", "oops" },
	{ "general protection fault*", "oops" },
	{ "[kK]ernel BUG at *", "BUG" },
	{ "BUG: soft lockup - CPU#*", "soft-lockup" },
	{ "Watchdog detected hard LOCKUP on cpu*", "hard-lockup" },
	{ "CPU*[Hh]ard LOCKUP*", "hard-lockup" },
	{ "INFO: task * blocked* for more than [0-9]*", "hung-task" },
	{ "INFO: task * can't die for more than [0-9]*", "hung-task" },
	{ "INFO: *rcu* detected *stalls on *", "rcu-stall" },
	{ "INFO: *rcu* detected *stall*, but suppressed full report*", "rcu-stall" },
	{ "INFO: *rcu* self-detected stall on CPU*", "rcu-stall" },
	{ "unregister_netdevice: waiting for * to become free*", "netdev-held" },
	{ "INFO: trying to register non-static key*", "lockdep" },
	{ "[[] BUG: * ]", "lockdep" },
	{ "[[] INFO: possible *", "lockdep" },
	{ "[[] INFO: suspicious RCU usage*", "lockdep" },
	{ "BUG: MAX_LOCK*", "lockdep" },
	{ "BUG: MAX_STACK_TRACE_ENTRIES too low*", "lockdep" },
	{ "BUG: *still has locks held!", "lockdep" },
	{ "WARNING: possible * detected", "lockdep" },
	{ "WARNING: *-safe -> *-unsafe lock order detected", "lockdep" },
	{ "WARNING: inconsistent lock state*", "lockdep" },
	{ "WARNING: bad unlock balance*", "lockdep" },
	{ "WARNING: bad contention*", "lockdep" },
	{ "WARNING: held lock freed*", "lockdep" },
	{ "WARNING: Nested lock was not taken*", "lockdep" },
	{ "WARNING: lock held when returning*", "lockdep" },
	{ "WARNING: *still has locks held!", "lockdep" },
	{ "WARNING: suspicious RCU usage*", "lockdep" },
	{ "WARNING: CPU: [0-9]* PID: [0-9]* *", "WARN" },
	{ "WARNING: at *", "WARN" },
	{ "WARNING: *:[0-9]* at *", "WARN" },
	{ "BUG: *", "BUG" },
	{ "BUG [a-zA-Z0-9_.:-]* (*): *", "BUG" },
};

/* "[   12.345678]", or as dmesg -T writes it, "[Tue Nov 25 08:00:00 2026]". */
static bool is_stamp(const char *text)
{
	const char *at = text;

	if (*at++ != '[')
		return false;
	at += strspn(at, " ");
	if (!isdigit((unsigned char)*at))
		return !fnmatch("[[][A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] *:[0-9][0-9] "
				"[0-9][0-9][0-9][0-9][]]*",
				text, 0);
	at += strspn(at, "0123456789");
	if (*at++ != '.')
		return false;
	return isdigit((unsigned char)*at) && at[strspn(at, "0123456789")] == ']';
}

/* "[  T123]" or "[    C0]", of CONFIG_PRINTK_CALLER. */
static bool is_caller(const char *text)
{
	size_t blank, digits;

	if (*text++ != '[')
		return false;
	blank = strspn(text, " ");
	text += blank;
	if (*text != 'T' && *text != 'C')
		return false;
	digits = strspn(text + 1, "0123456789");
	return digits && text[1 + digits] == ']';
}

static const char *after_bracket(const char *text)
{
	text = strchr(text, ']') + 1;
	return text + (*text == ' ');
}

/* "Nov 25 08:00:00 host kernel: …" or "2026-11-25T08:00:00+0000 host kernel: …". */
static const char *skip_journal(const char *line)
{
	const char *end;

	if (fnmatch("[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9]* kernel: *", line, 0) &&
	    fnmatch("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ]* kernel: *", line, 0))
		return line;
	end = strstr(line, " kernel: ");
	return end ? end + strlen(" kernel: ") : line;
}

static const char *skip_prefix(const char *line)
{
	line = skip_journal(line);
	if (*line == '<' && isdigit((unsigned char)line[1]) && strchr(line, '>'))
		line = strchr(line, '>') + 1;
	if (is_stamp(line))
		line = after_bracket(line);
	if (is_caller(line))
		line = after_bracket(line);
	return line;
}

/* What pr_fmt() of the reporters puts before a header. */
static const char *skip_reporter(const char *text)
{
	static const char *const who[] = { "NMI ", "watchdog: ", "rcu: ", "traps: " };

	for (size_t i = 0; i < DP_ARRAY_SIZE(who); i++)
		if (!strncmp(text, who[i], strlen(who[i])))
			text += strlen(who[i]);
	return text;
}

static const char *header_kind(const char *text)
{
	text = skip_reporter(text);
	for (size_t i = 0; i < DP_ARRAY_SIZE(headers); i++)
		if (!fnmatch(headers[i].form, text, 0))
			return headers[i].kind;
	return NULL;
}

static bool is_hang(const char *kind)
{
	return !strcmp(kind, "hung-task") || !strcmp(kind, "soft-lockup") ||
	       !strcmp(kind, "hard-lockup") || !strcmp(kind, "rcu-stall");
}

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
	static const char *const who[] = { "dump_stack*",  "__dump_stack", "show_stack*",
					   "bad_page*",    "__warn*",      "sched_show_task",
					   "print_report", "kasan_*",      "__kasan_*",
					   "ubsan_*",      "__ubsan_*",    "lockdep_rcu_suspicious",
					   "print_*bug*",  "nmi_*",        "arch_trigger_*" };

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

static void take_symbol(struct dp_splat *c, const char *text)
{
	if (is_hang(c->kind) && waits(text))
		return;
	snprintf(c->function, sizeof(c->function), "%.*s", (int)strcspn(text, "+ "), text);
}

/* Of a hang, what an interrupt does is the reporter's doing. */
static bool is_in_interrupt(struct dp_splat *c, const char *text)
{
	if (strstr(text, "<IRQ>") || strstr(text, "<NMI>"))
		c->interrupt = true;
	if (strstr(text, "</IRQ>") || strstr(text, "</NMI>"))
		c->interrupt = false;
	return c->interrupt && is_hang(c->kind);
}

/*
 * The function of a splat is the first of: "… at FILE:LINE NAME+0x", "… in NAME+0x",
 * "RIP: 0010:NAME+0x", an entry of a trace.
 */
static void find_function(struct dp_splat *c, const char *line)
{
	static const char *const before[] = { "RIP: 0010:", "pc : ", " in ", " at " };

	if (c->function[0] || is_in_interrupt(c, line))
		return;
	if (!strcmp(c->kind, "KCSAN") && c->nlines == 0 && strstr(line, " in ")) {
		take_symbol(c, strstr(line, " in ") + strlen(" in "));
		return;
	}
	for (size_t i = 0; i < DP_ARRAY_SIZE(before); i++) {
		const char *at = strstr(line, before[i]);

		if (!at)
			continue;
		at += strlen(before[i]);
		if (i == 3 && !is_symbol(at) && strchr(at, ' '))
			at = strchr(at, ' ') + 1;
		if (is_symbol(at)) {
			take_symbol(c, at);
			return;
		}
	}
	if (c->nlines > 1 && line[0] == ' ') {
		line += strspn(line, " ");
		if (line[0] == '[' && line[1] == '<' && strstr(line, ">] "))
			line = strstr(line, ">] ") + strlen(">] ");
		if (is_symbol(line) && !reports(line))
			take_symbol(c, line);
	}
}

static void release(struct dp_splat *c)
{
	for (size_t i = 0; i < c->nlines; i++)
		free(c->lines[i]);
	memset(c, 0, sizeof(*c));
}

static void finish(struct dp_recogniser *r)
{
	if (r->now.kind && r->take)
		r->take(r->arg, &r->now);
	release(&r->now);
}

static void add_line(struct dp_recogniser *r, const char *line)
{
	struct dp_splat *c = &r->now;
	char *copy = strdup(line);

	if (!copy)
		return;
	dp_printable(copy);
	find_function(c, skip_prefix(copy));
	c->lines[c->nlines++] = copy;
	if (c->nlines == DP_SPLAT_LINES)
		finish(r);
}

/*
 * Whether a first line is part of the splat before it: a page fault also prints "Oops: ", and a
 * watchdog that is told to panics.
 */
static bool continues(const struct dp_splat *now, const char *kind)
{
	if (!now->kind)
		return false;
	if (!strcmp(kind, "panic"))
		return is_hang(now->kind);
	return !strcmp(kind, "oops") && (!strcmp(now->kind, "oops") || !strcmp(now->kind, "BUG"));
}

/*
 * Whether it is the hang that was reported last, which is told again as long as it lasts:
 * "INFO: task NAME:PID blocked", "CPU#0 stuck", "waiting for NAME".
 */
static bool told_again(struct dp_recogniser *r, const char *kind, const char *text)
{
	static const struct {
		const char *kind, *before;
	} subjects[] = {
		{ "hung-task", "INFO: task " },
		{ "soft-lockup", "CPU#" },
		{ "netdev-held", "waiting for " },
	};
	char subject[sizeof(r->hang)];

	for (size_t i = 0; i < DP_ARRAY_SIZE(subjects); i++) {
		const char *at = strstr(text, subjects[i].before);

		if (strcmp(kind, subjects[i].kind) || !at)
			continue;
		at += strlen(subjects[i].before);
		snprintf(subject, sizeof(subject), "%s %.*s", kind, (int)strcspn(at, " "), at);
		if (!strcmp(subject, r->hang))
			return true;
		snprintf(r->hang, sizeof(r->hang), "%s", subject);
	}
	return false;
}

static void begin(struct dp_recogniser *r, const char *kind, const char *text)
{
	finish(r);
	if (told_again(r, kind, text))
		return;
	r->now.kind = kind;
	snprintf(r->now.step, sizeof(r->now.step), "%s", r->step);
}

/* "====…", which begins and ends the reports of the sanitizers. */
static bool is_rule(const char *text)
{
	size_t len = strspn(text, "=");

	return len > 20 && !text[len];
}

void dp_recognise(struct dp_recogniser *r, const char *line)
{
	const char *text = skip_prefix(line), *kind;

	if (!strncmp(text, MARK, strlen(MARK))) {
		finish(r);
		snprintf(r->step, sizeof(r->step), "%s", text + strlen(MARK));
		dp_printable(r->step);
		return;
	}
	if (is_rule(text) || strstr(text, "-[ cut here ]-"))
		finish(r);
	kind = header_kind(text);
	r->panicked |= kind && !strcmp(kind, "panic");
	if (kind && !continues(&r->now, kind))
		begin(r, kind, text);
	if (!r->now.kind)
		return;
	add_line(r, line);
	if (strstr(text, "---[ end "))
		finish(r);
}

void dp_recognise_end(struct dp_recogniser *r)
{
	finish(r);
}

void dp_mark_step(const char *step)
{
	char line[80];

	/*
	 * Level 3 is KERN_ERR, which a quiet console still shows. The mark is one write, and not
	 * dprintf(): that asks for the position first, which devkmsg_llseek() refuses.
	 */
	snprintf(line, sizeof(line), "<3>" MARK "%.31s\n", step);
	dp_write_attr(line, "/dev/kmsg");
}

struct json_object *dp_splat_to_json(const struct dp_splat *splat)
{
	struct json_object *obj = json_object_new_object(), *lines = json_object_new_array();

	dp_json_add_text(obj, "kind", "kernel");
	dp_json_add_text(obj, "splat", splat->kind);
	dp_json_add_text(obj, "function", splat->function);
	dp_json_add_text(obj, "step", splat->step);
	for (size_t i = 0; i < splat->nlines; i++)
		dp_json_append_text(lines, splat->lines[i]);
	json_object_object_add(obj, "lines", lines);
	return obj;
}
