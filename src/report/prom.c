// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prometheus' text format, as the textfile collector of node-exporter reads it (*.prom). A status
 * is a number, the worse the larger: 0 pass, 1 skip, 2 error, 3 fail. With one run, which is what a
 * node has, no label changes with the kernel: series go on when it is updated. With several, each
 * sample says of which run it is.
 */
#include "prom.h"
#include "fleet.h"

#include <errno.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/question.h"
#include "daxpin/report.h"
#include "daxpin/results.h"

/* What is written. */
struct prom {
	FILE *out;
	const struct dp_run_record *runs;
	size_t nruns;
};

static void write_label(FILE *out, const char *name, const char *value, const char *before)
{
	fprintf(out, "%s%s=\"", before, name);
	dp_prom_value(out, value);
	fputc('"', out);
}

/* "daxpin_results{" and the run, where there are several. Return: what stands before a label. */
static const char *begin_sample(const struct prom *p, const char *metric,
				const struct dp_run_record *run)
{
	char name[DP_RUN_NAME + 16];

	fprintf(p->out, "%s{", metric);
	if (p->nruns < 2)
		return "";
	/* Two runs may be of one kernel, on several nodes. */
	dp_run_name(run, name);
	snprintf(name + strlen(name), 16, " #%zu", (size_t)(run - p->runs) + 1);
	write_label(p->out, "run", name, "");
	return ",";
}

/* ---- checks ------------------------------------------------------------------------------- */

/* Whether it is check/MAPPING/ACCESS. */
static bool is_check(const struct dp_result *r)
{
	const struct dp_question *question = dp_question_of(r->id);
	size_t len;

	return question && question->kind == DP_QUESTION_CHECK &&
	       dp_question_mapping(r->id, &len)[len] == '/';
}

static bool is_answered(const struct dp_result *r)
{
	return r->observed && r->cell.outcome == DP_ANSWERED;
}

static void write_cell_labels(FILE *out, const char *id, const char *before)
{
	size_t len;
	const char *mapping = dp_question_mapping(id, &len);
	char name[sizeof(((struct dp_result *)0)->id)];

	snprintf(name, sizeof(name), "%.*s", (int)len, mapping);
	write_label(out, "mapping", name, before);
	write_label(out, "access", mapping + len + 1, ",");
	fputs("} ", out);
}

static void write_status(FILE *out, const struct dp_result *r)
{
	fprintf(out, "%d\n", dp_status_rank(r->status));
}

/* What is still pinned after the deregistration. */
static void write_kept(FILE *out, const struct dp_result *r)
{
	fprintf(out, "%lld\n", (long long)(r->cell.acquired - r->cell.released));
}

static void write_register(FILE *out, const struct dp_result *r)
{
	fprintf(out, "%.6f\n", (double)r->cell.register_us / 1e6);
}

static void write_deregister(FILE *out, const struct dp_result *r)
{
	fprintf(out, "%.6f\n", (double)r->cell.deregister_us / 1e6);
}

static bool is_counted(const struct dp_result *r)
{
	return is_answered(r) && r->cell.pins_seen;
}

static bool is_registered(const struct dp_result *r)
{
	return is_answered(r) && !r->cell.err;
}

static const struct check_metric {
	const char *name, *help;
	bool (*has)(const struct dp_result *r);
	void (*write)(FILE *out, const struct dp_result *r);
} check_metrics[] = {
	{ "daxpin_check_status", "Of a mapping and an access: 0 pass, 1 skip, 2 error, 3 fail.",
	  is_check, write_status },
	{ "daxpin_check_pins_kept",
	  "Pages that were pinned by a registration and are still pinned after it has ended.",
	  is_counted, write_kept },
	{ "daxpin_check_register_seconds", "How long the registration took.", is_answered,
	  write_register },
	{ "daxpin_check_deregister_seconds", "How long the deregistration took.", is_registered,
	  write_deregister },
};

static void write_check_metric(const struct prom *p, const struct check_metric *m)
{
	bool any = false;

	for (size_t i = 0; i < p->nruns; i++)
		for (size_t k = 0; k < p->runs[i].count; k++) {
			const struct dp_result *r = &p->runs[i].results[k];

			if (!is_check(r) || !m->has(r))
				continue;
			if (!any)
				dp_prom_metric(p->out, m->name, m->help);
			any = true;
			write_cell_labels(p->out, r->id, begin_sample(p, m->name, &p->runs[i]));
			m->write(p->out, r);
		}
}

/* All others. */
static void write_others(const struct prom *p)
{
	bool any = false;

	for (size_t i = 0; i < p->nruns; i++)
		for (size_t k = 0; k < p->runs[i].count; k++) {
			const struct dp_result *r = &p->runs[i].results[k];

			if (is_check(r))
				continue;
			if (!any)
				dp_prom_metric(p->out, "daxpin_result_status",
					       "Of an id: 0 pass, 1 skip, 2 error, 3 fail.");
			any = true;
			write_label(p->out, "id", r->id,
				    begin_sample(p, "daxpin_result_status", &p->runs[i]));
			fprintf(p->out, "} %d\n", dp_status_rank(r->status));
		}
}

/* ---- the run ------------------------------------------------------------------------------ */

static void write_counts(const struct prom *p, const struct dp_run_record *run)
{
	size_t counts[DP_STATUSES];

	dp_run_count(run, counts);
	for (int s = 0; s < DP_STATUSES; s++) {
		write_label(p->out, "status", dp_status_name(s),
			    begin_sample(p, "daxpin_results", run));
		fprintf(p->out, "} %zu\n", counts[s]);
	}
}

static void write_info(const struct prom *p, const struct dp_run_record *run)
{
	const char *before = begin_sample(p, "daxpin_run_info", run);

	write_label(p->out, "kernel", run->subject.kernel, before);
	write_label(p->out, "where", run->where, ",");
	write_label(p->out, "device", run->rdma_device, ",");
	write_label(p->out, "provider", run->subject.provider, ",");
	write_label(p->out, "firmware", run->firmware, ",");
	write_label(p->out, "bios", run->bios, ",");
	write_label(p->out, "version", DP_VERSION, ",");
	fputs("} 1\n", p->out);
}

/* A metric without labels of its own. */
static void write_plain(const struct prom *p, const char *metric, const struct dp_run_record *run,
			long long value)
{
	begin_sample(p, metric, run);
	fprintf(p->out, "} %lld\n", value);
}

static void write_begin(const struct prom *p, const struct dp_run_record *run)
{
	if (run->began > 0)
		write_plain(p, "daxpin_last_run_timestamp_seconds", run, run->began);
}

static void write_phases(const struct prom *p, const struct dp_run_record *run)
{
	for (size_t i = 0; i < run->nphases; i++) {
		write_label(p->out, "phase", run->phases[i].name,
			    begin_sample(p, "daxpin_phase_seconds", run));
		fprintf(p->out, "} %.3f\n", (double)run->phases[i].ms / 1e3);
	}
}

static void write_early(const struct prom *p, const struct dp_run_record *run)
{
	write_plain(p, "daxpin_run_ended_early", run, run->ending[0] ? 1 : 0);
}

static void write_splat(const struct prom *p, const struct dp_run_record *run)
{
	write_plain(p, "daxpin_run_kernel_splat", run, run->splat[0] ? 1 : 0);
}

static const struct {
	const char *name, *help;
	void (*write)(const struct prom *p, const struct dp_run_record *run);
} run_metrics[] = {
	{ "daxpin_results", "How many ids have this status.", write_counts },
	{ "daxpin_run_info", "Kernel, adapter and daxpin of the run.", write_info },
	{ "daxpin_last_run_timestamp_seconds", "When the run began, seconds since 1970.",
	  write_begin },
	{ "daxpin_phase_seconds", "How long a phase of the run took.", write_phases },
	{ "daxpin_run_ended_early", "Whether the run did not come to its end.", write_early },
	{ "daxpin_run_kernel_splat", "Whether the kernel printed an oops, BUG or WARN.",
	  write_splat },
};

static int write_prom(FILE *out, const struct dp_run_record *runs, size_t nruns,
		      const struct dp_report_options *options)
{
	const struct prom p = { out, runs, nruns };

	(void)options;
	for (size_t m = 0; m < DP_ARRAY_SIZE(run_metrics); m++) {
		dp_prom_metric(out, run_metrics[m].name, run_metrics[m].help);
		for (size_t i = 0; i < nruns; i++)
			run_metrics[m].write(&p, &runs[i]);
	}
	for (size_t m = 0; m < DP_ARRAY_SIZE(check_metrics); m++)
		write_check_metric(&p, &check_metrics[m]);
	write_others(&p);
	return ferror(out) ? -EIO : 0;
}

DP_FORMAT(prom, .name = "prom", .rank = 65, .write = write_prom, .fleet = dp_fleet_write_prom);
