// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The grammar of a kernel's log:
 *
 *	log    = { line }
 *	line   = prefix text [ line ]
 *	prefix = [ date host "kernel: " ] [ "<" level ">" ] [ stamp ] [ caller ]
 *	stamp  = "[" seconds or date "]"
 *	caller = "[" ( "T" task | "C" cpu ) "]"
 *	splat  = header { text } [ end ]
 *	end    = "---[ end …", "----[ cut here ]----" of the next, "====" of the sanitizers, a mark
 *
 * A line follows another in the same one after what was written without a newline, by a process to
 * the console or by an early printk(). Only its stamp or caller shows where it begins.
 *
 * A header is the whole beginning of a text. tests/data/splats has the format strings, with file,
 * function and version of the kernel. The first row that matches decides.
 *
 * No splats, as nobody's code is wrong by them: the OOM killer, which is the answer to a lack of
 * memory; machine checks, memory failures and unknown NMIs, which are the hardware's; what drivers
 * and file systems call a WARNING or find wrong on a medium; what kmemleak suspects; how many
 * splats were not printed.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "splat_parts.h"

#include "daxpin/cleanup.h"

#define HEX "+([0-9a-f])"
#define DEC "+([0-9])"

static const struct {
	const char *form, *kind;
} headers[] = {
	{ "Kernel panic - not syncing*", "panic" },
	{ "BUG: KASAN: *", "KASAN" },
	{ "BUG: KFENCE: *", "KFENCE" },
	{ "BUG: KCSAN: *", "KCSAN" },
	{ "BUG: KMSAN: *", "KMSAN" },
	{ "UBSAN: * in *", "UBSAN" },
	{ "UBSAN: * at *", "UBSAN" },
	{ "BUG: unable to handle *", "oops" },
	{ "BUG: kernel NULL pointer dereference*", "oops" },
	{ "BUG: *stack guard page was hit*", "oops" },
	{ "Unable to handle kernel *", "oops" },
	{ "PANIC: double fault*", "oops" },
	{ "*: " HEX " [[]#" DEC "]*", "oops" },
	{ "Oops*[[]#" DEC "]*", "oops" },
	{ "general protection fault*", "oops" },
	{ "[kK]ernel BUG at *", "BUG" },
	{ "BUG: soft lockup - CPU#*", "soft-lockup" },
	{ "Watchdog detected hard LOCKUP on cpu*", "hard-lockup" },
	{ "CPU*[Hh]ard LOCKUP*", "hard-lockup" },
	{ "INFO: task * blocked* for more than [0-9]*", "hung-task" },
	{ "INFO: task * can't die for more than [0-9]*", "hung-task" },
	{ "INFO: *rcu* detected *stalls on *", "rcu-stall" },
	{ "INFO: *rcu* detected *stall*, but suppressed full report*", "rcu-stall" },
	{ "INFO: rcu_tasks* detected stalls[?]*", "rcu-stall" },
	{ "INFO: *rcu* self-detected stall on CPU*", "rcu-stall" },
	{ "unregister_netdevice: waiting for * to become free*", "netdev-held" },
	{ "INFO: trying to register non-static key*", "lockdep" },
	{ "[[] BUG: * ]", "lockdep" },
	{ "[[] INFO: possible *", "lockdep" },
	{ "[[] INFO: suspicious RCU usage*", "lockdep" },
	{ "BUG: MAX_LOCK*", "lockdep" },
	{ "BUG: MAX_STACK_TRACE_ENTRIES too low*", "lockdep" },
	{ "BUG: looking up invalid subclass: *", "lockdep" },
	{ "BUG: key * has not been registered!", "lockdep" },
	{ "BUG: *still has locks held!", "lockdep" },
	{ "WARNING: possible * detected", "lockdep" },
	{ "WARNING: *-safe -> *-unsafe lock order detected", "lockdep" },
	{ "WARNING: chain_key collision*", "lockdep" },
	{ "WARNING: circular locking deadlock detected*", "lockdep" },
	{ "WARNING: inconsistent lock state*", "lockdep" },
	{ "WARNING: bad unlock balance*", "lockdep" },
	{ "WARNING: bad contention*", "lockdep" },
	{ "WARNING: held lock freed*", "lockdep" },
	{ "WARNING: Nested lock was not taken*", "lockdep" },
	{ "WARNING: lock held when returning*", "lockdep" },
	{ "WARNING: *still has locks held!", "lockdep" },
	{ "WARNING: suspicious RCU usage*", "lockdep" },
	{ "WARNING: CPU: " DEC " PID: " DEC " at *", "WARN" },
	{ "WARNING: at *, CPU#" DEC ": *", "WARN" },
	{ "WARNING: +([! ]):" DEC " at *, CPU#" DEC ": *", "WARN" },
	{ "BUG: *: " DEC " messages suppressed", NULL },
	{ "BUG: *", "BUG" },
	{ "* BUG: RESTRACK detected leak of resources", "BUG" },
	{ "BUG [a-zA-Z0-9_.:<-]* (*): *", "BUG" },
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

const char *dp_log_text(const char *line)
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

/*
 * In the middle of a line, only what print_time() and print_caller() (kernel/printk/printk.c) write
 * to the letter, "[%5lu.%06lu]" and "[%6s]", begins another.
 */
static bool is_exact(const char *text)
{
	size_t width = strcspn(text + 1, "]");
	const char *dot = strchr(text, '.');

	if (is_stamp(text))
		return dot && strspn(dot + 1, "0123456789") == 6 && dot - text >= 6;
	return is_caller(text) && width >= 6;
}

const char *dp_log_second(const char *line)
{
	for (const char *at = strchr(dp_log_text(line), '['); at; at = strchr(at + 1, '['))
		if (is_exact(at))
			return at;
	return NULL;
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

const char *dp_splat_kind(const char *text)
{
	text = skip_reporter(text);
	for (size_t i = 0; i < DP_ARRAY_SIZE(headers); i++)
		if (!fnmatch(headers[i].form, text, FNM_EXTMATCH))
			return headers[i].kind;
	return NULL;
}

/* "====…", which begins and ends the reports of the sanitizers. */
static bool is_rule(const char *text)
{
	size_t len = strspn(text, "=");

	return len > 20 && !text[len];
}

bool dp_splat_border(const char *text)
{
	return is_rule(text) || strstr(text, "-[ cut here ]-");
}

bool dp_splat_continues(const struct dp_splat *now, const char *kind)
{
	static const char *const first[] = { "oops", "BUG", "UBSAN" };

	if (!now->kind || strcmp(kind, "oops"))
		return false;
	for (size_t i = 0; i < DP_ARRAY_SIZE(first); i++)
		if (!strcmp(now->kind, first[i]))
			return true;
	return false;
}

/*
 * WARN(1, "BUG: Dentry …"): __warn_printk() prints the message before the header, __warn() of 7.x
 * after.
 */
bool dp_is_message(const struct dp_splat *now, const char *kind)
{
	if (!now->kind || now->nlines != 1)
		return false;
	return (!strcmp(now->kind, "WARN") && !strcmp(kind, "BUG")) ||
	       (!strcmp(now->kind, "BUG") && !strcmp(kind, "WARN"));
}

bool dp_is_watchdog_panic(const char *text)
{
	/*
	 * check_hung_uninterruptible_tasks(), watchdog_timer_fn(), watchdog_hardlockup_check(),
	 * panic_on_rcu_stall(), panic_on_wq_watchdog()
	 */
	static const char *const told[] = { "hung_task: ", "softlockup: ", "Hard LOCKUP",
					    "RCU Stall", "workqueue: " };
	const char *why = strstr(text, "not syncing: ");

	for (size_t i = 0; why && i < DP_ARRAY_SIZE(told); i++)
		if (!strncmp(why + strlen("not syncing: "), told[i], strlen(told[i])))
			return true;
	return false;
}

bool dp_is_hang(const char *kind)
{
	return !strcmp(kind, "hung-task") || !strcmp(kind, "soft-lockup") ||
	       !strcmp(kind, "hard-lockup") || !strcmp(kind, "rcu-stall");
}
