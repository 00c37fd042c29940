// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text report on one kernel: tables with a row for each mapping or event and a column for each
 * access or release, and below them explanations.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "fleet.h"
#include "page.h"

#include "daxpin/check.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/question.h"

/* Widths of the columns: the mapping's name at least, and each access. */
#define NAME_WIDTH 20
#define CELL_WIDTH 14

static const struct dp_result *find(const struct dp_run_record *run, const char *mapping,
				    const char *access)
{
	char id[96];

	snprintf(id, sizeof(id), "check/%s/%s", mapping, access);
	return dp_run_find(run, id);
}

static bool has_mapping(const struct dp_run_record *run, const char *mapping)
{
	size_t count;
	const struct dp_access *accesses = dp_accesses(&count);

	for (size_t i = 0; i < count; i++)
		if (find(run, mapping, accesses[i].name))
			return true;
	return false;
}

/* That of the column of names, with a blank after the longest. */
static int name_width(const struct dp_run_record *run)
{
	size_t count, width = NAME_WIDTH;
	const struct dp_mapping *const *mappings = dp_mappings(&count);

	for (size_t i = 0; i < count; i++)
		if (strlen(mappings[i]->name) >= width && has_mapping(run, mappings[i]->name))
			width = strlen(mappings[i]->name) + 1;
	return (int)width;
}

/* Escape sequences are outside the padding; the last column has none. */
static void write_cell(const struct dp_page *p, const char *text, const char *code, bool last)
{
	fprintf(p->out, "%s%-*s%s%s", dp_page_color(p, code), last ? 0 : CELL_WIDTH, text,
		dp_page_color(p, PLAIN), last ? "\n" : " ");
}

static void write_row(const struct dp_page *p, const char *mapping, int width)
{
	size_t count;
	const struct dp_access *accesses = dp_accesses(&count);

	fprintf(p->out, "%-*s", width, mapping);
	for (size_t i = 0; i < count; i++) {
		const struct dp_result *r = find(p->run, mapping, accesses[i].name);
		char text[48] = "";

		if (r)
			dp_page_cell_text(r, text, sizeof(text));
		write_cell(p, text, r ? dp_page_status_color(r) : "", i + 1 == count);
	}
}

static void write_table(const struct dp_page *p)
{
	size_t nmappings, naccesses;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	const struct dp_access *accesses = dp_accesses(&naccesses);
	int width = name_width(p->run);

	fprintf(p->out, "%s%-*s", dp_page_color(p, BOLD), width, "mapping");
	for (size_t i = 0; i < naccesses; i++)
		write_cell(p, accesses[i].name, BOLD, i + 1 == naccesses);
	for (size_t i = 0; i < nmappings; i++)
		if (has_mapping(p->run, mappings[i]->name))
			write_row(p, mappings[i]->name, width);
}

/* A row for each mapping and event, a column for each release; a race has no release. */
#define SCENARIO_WIDTH 38

static bool is_scenario(const struct dp_result *r)
{
	return dp_question_is(r->id, DP_QUESTION_TEARDOWN) ||
	       dp_question_is(r->id, DP_QUESTION_RACE) || dp_question_is(r->id, DP_QUESTION_ORDER);
}

static bool has_question(const struct dp_run_record *run, enum dp_question_kind kind)
{
	for (size_t i = 0; i < run->count; i++)
		if (dp_question_is(run->results[i].id, kind))
			return true;
	return false;
}

static const char *last_word(const char *id)
{
	return strrchr(id, '/') + 1;
}

static void write_scenario(const struct dp_page *p, const struct dp_result *r)
{
	char clauses[DP_CLAUSES_TEXT];
	static const char *const plain[] = { "pass", "fail", "skip", "error" };
	char text[64];

	if (r->violates)
		snprintf(text, sizeof(text), "%s:%s%s", last_word(r->id),
			 dp_result_is_known(r) ? "~" : "!", dp_clauses_text(r->violates, clauses));
	else
		snprintf(text, sizeof(text), "%s:%s", last_word(r->id), plain[r->status]);
	fprintf(p->out, " %s%-*s%s", dp_page_color(p, dp_page_status_color(r)), 18, text,
		dp_page_color(p, PLAIN));
}

static void write_scenarios(const struct dp_page *p)
{
	const struct dp_result *all = p->run->results;
	bool race = p->run->count && dp_question_is(all[0].id, DP_QUESTION_RACE);
	size_t row = 0;

	fprintf(p->out, "%s%-*s %s%s\n", dp_page_color(p, BOLD), SCENARIO_WIDTH,
		race ? "mapping" : "mapping/event", race ? "event" : "release",
		dp_page_color(p, PLAIN));
	for (size_t i = 0; i < p->run->count; i++) {
		size_t len = (size_t)(last_word(all[i].id) - all[i].id);
		const char *name = strchr(all[i].id, '/') + 1;

		if (!is_scenario(&all[i]))
			continue;
		if (!row || len != row || strncmp(all[i].id, all[i - 1].id, len))
			fprintf(p->out, "%s%-*.*s", row ? "\n" : "", SCENARIO_WIDTH,
				(int)(len - (size_t)(name - all[i].id) - 1), name);
		row = len;
		write_scenario(p, &all[i]);
	}
	fprintf(p->out, "\n");
}

/* Of each mapping the first. */
static void write_moves(const struct dp_page *p)
{
	size_t told = 0, len;
	const char *last = "";

	for (size_t i = 0; i < p->run->count; i++) {
		const struct dp_result *r = &p->run->results[i];

		len = (size_t)(strrchr(r->id, '/') - r->id);
		if (!r->observed || !r->cell.moved || !r->cell.zone_before[0] ||
		    (len == told && !strncmp(r->id, last, len)))
			continue;
		last = r->id;
		told = len;
		fprintf(p->out,
			"\nA pin moves pages: %s moved %" PRIu64 " of %" PRIu64
			" pages from ZONE_%s to ZONE_%s\n",
			r->id, r->cell.moved, r->cell.pages, r->cell.zone_before,
			r->cell.zone_after[0] ? r->cell.zone_after : "?");
	}
}

static void write_unproven(const struct dp_page *p)
{
	const char *text = "";
	size_t count = 0;

	for (size_t i = 0; i < p->run->count; i++) {
		const struct dp_result *r = &p->run->results[i];

		if (!r->unproven)
			continue;
		count++;
		if (!text[0])
			text = r->cell.proof_text;
	}
	if (count)
		fprintf(p->out,
			"\n%zu answers are marked \"?\": owner or page size of the mapping "
			"could not be shown. %s\n",
			count, text);
}

static void write_unwitnessed(const struct dp_page *p)
{
	const struct dp_result *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < p->run->count; i++) {
		const struct dp_result *r = &p->run->results[i];

		count += r->unwitnessed;
		if (r->unwitnessed && !first)
			first = r;
	}
	if (count)
		fprintf(p->out,
			"\n%zu answers are marked \"*\": by whom, or on which path, was not seen. "
			"%s: %s%s%s\n",
			count, first->id, first->cell.evidence.missing,
			first->cell.evidence.missing[0] ? "" : "this kernel has no probe for ",
			first->cell.evidence.missing[0] ? "" : first->cell.evidence.unprobed);
}

static void write_ending(const struct dp_page *p)
{
	if (p->run->ending[0])
		fprintf(p->out, "\n%sThe run ended early:%s %s\n", dp_page_color(p, BOLD RED),
			dp_page_color(p, PLAIN), p->run->ending);
	else if (p->run->splat[0])
		fprintf(p->out, "\n%sThe kernel splat:%s %s\n", dp_page_color(p, BOLD RED),
			dp_page_color(p, PLAIN), p->run->splat);
	if (p->run->nconsole)
		fprintf(p->out, "The console's last lines:\n");
	for (size_t i = 0; i < p->run->nconsole; i++)
		fprintf(p->out, "  | %s\n", p->run->console[i]);
}

static void write_timing(const struct dp_page *p)
{
	if (!p->options->timing)
		return;
	fprintf(p->out, "\n%sTiming%s\n", dp_page_color(p, BOLD), dp_page_color(p, PLAIN));
	for (size_t i = 0; i < p->run->nphases; i++)
		fprintf(p->out, "  %-12s %6" PRIu64 " ms\n", p->run->phases[i].name,
			p->run->phases[i].ms);
}

static const char *known(const char *text)
{
	return text[0] ? text : "unknown";
}

static int write_run(const struct dp_page *p)
{
	const struct dp_run_record *run = p->run;
	size_t counts[DP_STATUSES];
	bool checks = has_question(run, DP_QUESTION_CHECK);
	bool scenarios = has_question(run, DP_QUESTION_TEARDOWN) ||
			 has_question(run, DP_QUESTION_RACE) ||
			 has_question(run, DP_QUESTION_ORDER);
	int rc;

	dp_run_count(run, counts);
	fprintf(p->out,
		"%sdaxpin%s: kernel %s on the %s%s%s%s%s%s, RDMA device %s (%s, %s)%s%s\n\n",
		dp_page_color(p, BOLD), dp_page_color(p, PLAIN), known(run->subject.kernel),
		run->where, run->accel[0] ? " (" : "", run->accel, run->accel[0] ? ")" : "",
		run->carrier[0] ? " with " : "", run->carrier, known(run->rdma_device),
		known(run->subject.provider),
		run->subject.odp ? "on-demand paging" : "no on-demand paging",
		run->pinner[0] ? ", pinned by " : "", run->pinner);
	if (checks)
		write_table(p);
	if (checks && scenarios)
		fprintf(p->out, "\n");
	if (scenarios)
		write_scenarios(p);
	if (has_question(run, DP_QUESTION_PINNER)) {
		fprintf(p->out, "%s", checks || scenarios ? "\n" : "");
		dp_page_write_pinners(p);
	}
	if (has_question(run, DP_QUESTION_LIMIT))
		dp_page_write_limits(p);
	if (has_question(run, DP_QUESTION_TRAFFIC))
		dp_page_write_traffic(p);
	if (has_question(run, DP_QUESTION_STATE))
		dp_page_write_states(p);
	if (has_question(run, DP_QUESTION_BENCH))
		dp_page_write_benches(p);
	rc = dp_page_write_causes(p, run, 1);
	dp_page_write_differing(p, run, "");
	write_moves(p);
	write_unproven(p);
	write_unwitnessed(p);
	if (run->modules[0])
		fprintf(p->out, "\nIn place of the kernel's own modules: %s\n", run->modules);
	if (run->note[0])
		fprintf(p->out, "\nNote: %s\n", run->note);
	if (run->rejected)
		fprintf(p->out,
			"\nNot used: %zu lines that were sent, but are no observations of what was "
			"asked, or lack something.\n",
			run->rejected);
	if (run->boots > 1)
		fprintf(p->out,
			"\nThe guest was booted again: the first showed no sign of life.\n");
	dp_page_write_windows(p, run, "");
	dp_page_write_inside(p, run, "");
	dp_page_write_traces(p, run, "");
	write_ending(p);
	write_timing(p);
	fprintf(p->out, "\n%zu pass, %zu fail, %zu skip, %zu error", counts[DP_PASS],
		counts[DP_FAIL], counts[DP_SKIP_STATUS], counts[DP_ERROR]);
	dp_page_write_repeat(p, run);
	fprintf(p->out, "\n");
	return rc;
}

static int write_text(FILE *out, const struct dp_run_record *runs, size_t nruns,
		      const struct dp_report_options *options)
{
	struct dp_page page = { .out = out, .run = runs, .options = options };

	int rc = nruns == 1 ? write_run(&page) : dp_page_write_across(&page, runs, nruns);

	return ferror(out) ? -EIO : rc;
}

DP_FORMAT(text, .name = "text", .rank = 10, .write = write_text, .fleet = dp_fleet_write_text);
