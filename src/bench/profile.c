// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads what QEMU has logged, an instruction a line:
 *
 *   Trace 0: 0x7f8000000100 [00000000/ffffffff81234560/04005a/ff000201]
 *
 * with the address between the first slash and the second. A line "Stopped execution …" takes the
 * one before back. Of the addresses, those between the last two passages of the guest's mark count.
 * Who has called whom follows from them: an address that is the beginning of a function is a call,
 * and one in the middle of another function a return to it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classes.h"

#include "daxpin/cleanup.h"
#include "daxpin/execution.h"
#include "daxpin/json.h"
#include "daxpin/steps.h"
#include "daxpin/text.h"

#define MAX_SYMBOLS 400000
#define MAX_DEPTH   256
/* The functions that are told of, those with the most instructions; the others are summed. */
#define TOLD 60
/* Of the kernel; what is below is the process's own. */
#define KERNEL (1ULL << 63)

struct function {
	uint64_t start;
	const char *name; /* not terminated */
	int length;       /* of the name */
	uint64_t calls, own;
	enum dp_bench_class class; /* DP_BENCH_CLASSES: that of who calls it */
};

struct profile {
	const struct dp_execution *execution;
	struct function *functions; /* by address; the first is that of the process itself */
	size_t count;
	struct {
		size_t function;
		enum dp_bench_class class;
	} stack[MAX_DEPTH];
	size_t depth;
	uint64_t classes[DP_BENCH_CLASSES], executed;
};

/* Neither text is terminated. @at: moves behind the digits */
static uint64_t read_hex(const char **at, const char *end)
{
	uint64_t value = 0;

	for (; *at < end && isxdigit((unsigned char)**at); (*at)++) {
		int digit = tolower((unsigned char)**at);

		value = value << 4 | (uint64_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
	}
	return value;
}

/* ---- symbols ------------------------------------------------------------------------------- */

static void add_symbol(struct profile *p, const char *line, const char *end)
{
	uint64_t start = read_hex(&line, end);

	if (line == end || *line != ' ' || start < KERNEL)
		return;
	p->functions[p->count++] = (struct function){ .start = start,
						      .name = line + 1,
						      .length = (int)(end - line - 1),
						      .class = DP_BENCH_CLASSES };
}

static int by_start(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* Names of one place: the first of the file. */
	return x->name < y->name ? -1 : x->name > y->name;
}

static void drop_twins(struct profile *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++)
		if (!i || p->functions[i].start != p->functions[kept - 1].start)
			p->functions[kept++] = p->functions[i];
	p->count = kept;
}

static int read_symbols(struct profile *p)
{
	const char *line = p->execution->symbols, *end, *last = line + p->execution->nsymbols;

	p->functions = calloc(MAX_SYMBOLS, sizeof(*p->functions));
	if (!p->functions)
		return -ENOMEM;
	p->functions[p->count++] = (struct function){ .name = "(the process)",
						      .length = 13,
						      .class = DP_BENCH_CLASS_PROCESS };
	for (; line && line < last && p->count < MAX_SYMBOLS; line = end + 1) {
		end = memchr(line, '\n', (size_t)(last - line));
		if (!end)
			break;
		add_symbol(p, line, end);
	}
	qsort(p->functions, p->count, sizeof(*p->functions), by_start);
	drop_twins(p);
	for (size_t i = 1; i < p->count; i++)
		p->functions[i].class =
			dp_bench_class_of(p->functions[i].name, (size_t)p->functions[i].length);
	return p->count > 1 ? 0 : -ENODATA;
}

static size_t find_function(const struct profile *p, uint64_t address)
{
	size_t low = 0, high = p->count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (p->functions[middle].start <= address)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* ---- the log ------------------------------------------------------------------------------- */

/* The next address; 0 at the end. @at: moves on */
static uint64_t next_address(const struct profile *p, size_t *at)
{
	const char *log = p->execution->log;
	uint64_t address = 0;

	while (*at < p->execution->len && !address) {
		const char *line = log + *at, *last = log + p->execution->len;
		const char *end = memchr(line, '\n', (size_t)(last - line));
		const char *slash = end ? memchr(line, '/', (size_t)(end - line)) : NULL;

		*at = end ? (size_t)(end + 1 - log) : p->execution->len;
		if (!slash || end - line < 6 || memcmp(line, "Trace ", 6))
			continue;
		slash++;
		address = read_hex(&slash, end);
	}
	return address;
}

/* Whether the line at @at says that what came before was not executed after all. */
static bool is_taken_back(const struct profile *p, size_t at)
{
	static const char stopped[] = "Stopped execution";

	return at + sizeof(stopped) < p->execution->len &&
	       !memcmp(p->execution->log + at, stopped, sizeof(stopped) - 1);
}

/* Where the last two passages of the mark are. Return: whether there are two. */
static bool find_passages(const struct profile *p, uint64_t mark, size_t *from, size_t *to)
{
	size_t at = 0, last[2] = { SIZE_MAX, SIZE_MAX };

	for (size_t line = 0; at < p->execution->len; line = at)
		if (next_address(p, &at) == mark && !is_taken_back(p, at)) {
			last[0] = last[1];
			last[1] = line;
		}
	*from = last[0];
	*to = last[1];
	return last[0] != SIZE_MAX;
}

/* ---- who calls whom ------------------------------------------------------------------------ */

static void call(struct profile *p, size_t function)
{
	enum dp_bench_class class = p->functions[function].class;

	if (class == DP_BENCH_CLASSES)
		class = p->depth ? p->stack[p->depth - 1].class : DP_BENCH_CLASS_OTHER;
	if (p->depth < MAX_DEPTH)
		p->depth++;
	p->stack[p->depth - 1].function = function;
	p->stack[p->depth - 1].class = class;
	p->functions[function].calls++;
}

/* Return: whether it is one of those that have called. */
static bool go_back(struct profile *p, size_t function)
{
	for (size_t i = p->depth; i > 0; i--)
		if (p->stack[i - 1].function == function) {
			p->depth = i;
			return true;
		}
	return false;
}

static void execute(struct profile *p, uint64_t address)
{
	size_t f = address < KERNEL ? 0 : find_function(p, address);
	bool same = p->depth && p->stack[p->depth - 1].function == f;

	if (!same && (address == p->functions[f].start || !go_back(p, f)))
		call(p, f);
	p->functions[f].own++;
	p->classes[p->stack[p->depth - 1].class]++;
	p->executed++;
}

static void execute_all(struct profile *p, size_t from, size_t to)
{
	for (size_t at = from; at < to;) {
		uint64_t address = next_address(p, &at);

		if (address && !is_taken_back(p, at))
			execute(p, address);
	}
}

/* ---- what is told -------------------------------------------------------------------------- */

static int by_own(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return (x->own < y->own) - (x->own > y->own);
}

static struct json_object *tell_function(const struct function *f)
{
	struct json_object *obj = json_object_new_object();
	char name[128];

	snprintf(name, sizeof(name), "%.*s", f->length, f->name);
	dp_printable(name);
	dp_json_add_text(obj, "name", name);
	dp_json_add_text(obj, "class",
			 f->class == DP_BENCH_CLASSES ? NULL : dp_bench_class_name(f->class));
	dp_json_add_int(obj, "calls", (int64_t)f->calls);
	dp_json_add_int(obj, "own", (int64_t)f->own);
	return obj;
}

static void tell(struct profile *p, struct json_object *step)
{
	struct json_object *list = json_object_new_array(), *classes = json_object_new_object();

	qsort(p->functions, p->count, sizeof(*p->functions), by_own);
	for (size_t i = 0; i < p->count && i < TOLD && p->functions[i].own; i++)
		json_object_array_add(list, tell_function(&p->functions[i]));
	for (int i = 0; i < DP_BENCH_CLASSES; i++)
		dp_json_add_int(classes, dp_bench_class_name((enum dp_bench_class)i),
				(int64_t)p->classes[i]);
	dp_step_set_int(step, DP_FIELD_EXECUTED, (int64_t)p->executed);
	dp_step_set(step, DP_FIELD_FUNCTIONS, list);
	dp_step_set(step, DP_FIELD_CLASSES, classes);
}

static const char *look(struct profile *p, uint64_t mark)
{
	size_t from, to;

	if (p->execution->trouble)
		return p->execution->trouble;
	if (!p->execution->symbols || read_symbols(p))
		return "the guest shows no symbols of its kernel";
	if (!mark || !find_passages(p, mark, &from, &to))
		return "what was logged has no registration in it";
	execute_all(p, from, to);
	return NULL;
}

static void clear(struct profile *p)
{
	free(p->functions);
}

struct json_object *dp_bench_profile(struct json_object *asked,
				     const struct dp_execution *execution)
{
	dp_cleanup(clear) struct profile p = { .execution = execution };
	struct json_object *step = dp_step_new(DP_STEP_FUNCTIONS);
	const char *trouble = look(&p, (uint64_t)dp_json_int_or(asked, "mark", 0));

	dp_step_set_text(step, DP_FIELD_STATE, trouble ? "failed" : "logged");
	dp_step_set_text(step, DP_FIELD_TEXT, trouble);
	dp_step_set_int(step, DP_FIELD_PAGES, dp_json_int_or(asked, "pages", 0));
	dp_step_set_int(step, DP_FIELD_COUNTED, dp_json_int_or(asked, "took", 0));
	if (!trouble) {
		tell(&p, step);
		return step;
	}
	dp_step_leave_out(step, DP_FIELD_EXECUTED, trouble);
	dp_step_leave_out(step, DP_FIELD_FUNCTIONS, trouble);
	dp_step_leave_out(step, DP_FIELD_CLASSES, trouble);
	return step;
}
