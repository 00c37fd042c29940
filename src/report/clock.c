// SPDX-License-Identifier: GPL-2.0-or-later
/* Of costs that were measured by the clock: how sure they are, and what the processor counted. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "page.h"

#include "daxpin/bench.h"
#include "daxpin/json.h"

#define NAME_WIDTH  26
#define COUNT_WIDTH 14
#define RANGE_WIDTH 26

/* A result that was measured by the clock, and the phase that says most of it. */
static bool is_timed(const struct dp_result *r, enum dp_bench_phase *phase)
{
	struct dp_bench bench;
	int64_t rounds;

	if (!dp_bench_parse(r->id, &bench) || dp_json_int(r->facts, "rounds", &rounds))
		return false;
	*phase = dp_bench_main_phase(bench.kind);
	return *phase < DP_BENCH_PHASES;
}

static void write_quartiles(const struct dp_page *p, const struct dp_result *r,
			    enum dp_bench_phase phase)
{
	struct json_object *pair =
		dp_json_array(dp_json_object(r->facts, "quartiles"), dp_bench_phases[phase].fact);
	char text[48] = "-";

	if (dp_json_count(pair) == 2)
		snprintf(text, sizeof(text), "%" PRId64 " to %" PRId64,
			 json_object_get_int64(json_object_array_get_idx(pair, 0)),
			 json_object_get_int64(json_object_array_get_idx(pair, 1)));
	fprintf(p->out, "%*s", RANGE_WIDTH, text);
}

/* What a call takes, or why there is none. */
static void write_calls(const struct dp_page *p, struct json_object *calls)
{
	double ns;

	if (dp_json_double(calls, "ns", &ns))
		fprintf(p->out, "%*s", COUNT_WIDTH, "-");
	else
		fprintf(p->out, "%*.0f", COUNT_WIDTH, ns);
}

static bool has_threads(const struct dp_run_record *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (json_object_object_get_ex(run->results[i].facts, "together", NULL))
			return true;
	return false;
}

static void write_row(const struct dp_page *p, const struct dp_result *r, enum dp_bench_phase phase,
		      bool threads)
{
	struct json_object *reference = dp_json_object(r->facts, "reference");
	const char *alone = dp_json_text(r->facts, "alone");
	double overhead;

	fprintf(p->out, "%-*s%*" PRId64, NAME_WIDTH, strchr(r->id, '/') + 1, 8,
		dp_json_int_or(r->facts, "rounds", 0));
	write_quartiles(p, r, phase);
	write_calls(p, reference);
	if (dp_json_double(reference, "overhead", &overhead))
		fprintf(p->out, "%*s", COUNT_WIDTH, "-");
	else
		fprintf(p->out, "%+*.1f %%", COUNT_WIDTH - 2, 100 * overhead);
	if (threads)
		write_calls(p, dp_json_object(r->facts, "together"));
	fprintf(p->out, "%s%s\n", alone ? "  " : "", alone ? alone : "");
}

static void write_heading(const struct dp_page *p, bool threads)
{
	fprintf(p->out, "\n%s%-*s%*s%*s%*s%*s%*s%s\n", dp_page_color(p, BOLD), NAME_WIDTH,
		"mapping/size", 8, "rounds", RANGE_WIDTH, "middle half", COUNT_WIDTH, "bare call",
		COUNT_WIDTH, "timing adds", threads ? COUNT_WIDTH : 0, threads ? "together" : "",
		dp_page_color(p, PLAIN));
}

/* ---- the processor's counters -------------------------------------------------------------- */

static void write_counted(const struct dp_page *p, const struct dp_result *r)
{
	static const char *const names[] = { "cycles", "retired" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct json_object *counts = dp_json_object(r->facts, names[i]);

		if (!counts)
			return;
		fprintf(p->out, "%-*s%-13s", NAME_WIDTH, i ? "" : strchr(r->id, '/') + 1,
			i ? "instructions" : "cycles");
		json_object_object_foreach (counts, phase, count)
			fprintf(p->out, "  %s %" PRId64, phase, json_object_get_int64(count));
		fprintf(p->out, "\n");
	}
}

static void write_counters(const struct dp_page *p)
{
	const char *why = NULL;
	enum dp_bench_phase phase;

	for (size_t i = 0; i < p->run->count; i++) {
		const struct dp_result *r = &p->run->results[i];

		if (!is_timed(r, &phase))
			continue;
		write_counted(p, r);
		why = why ? why : dp_json_text(r->facts, "no_counters");
	}
	if (why)
		fprintf(p->out, "Cycles and instructions were not counted: %s.\n", why);
}

void dp_page_write_clock(const struct dp_page *p)
{
	bool threads = has_threads(p->run), any = false;
	enum dp_bench_phase phase;

	for (size_t i = 0; i < p->run->count; i++) {
		if (!is_timed(&p->run->results[i], &phase))
			continue;
		if (!any)
			write_heading(p, threads);
		any = true;
		write_row(p, &p->run->results[i], phase, threads);
	}
	if (!any)
		return;
	fprintf(p->out,
		"Middle half: of the rounds, in the phase with the line. Bare call: a registration "
		"and its end in a loop,\nto which timing each of them adds so much.%s\n",
		threads ? " Together: the same by several threads at once." : "");
	write_counters(p);
}
