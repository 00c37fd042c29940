/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the layouts of the text report share: one run (text.c, traffic.c), and several kernels side
 * by side (across.c).
 */
#ifndef DAXPIN_REPORT_PAGE_H
#define DAXPIN_REPORT_PAGE_H

#include "daxpin/report.h"

#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define DIM    "\033[2m"
#define BOLD   "\033[1m"
#define PLAIN  "\033[0m"

struct dp_page {
	FILE *out;
	const struct dp_run_record *run;
	const struct dp_report_options *options;
};

/* An escape sequence, or "" in a report without colours. */
const char *dp_page_color(const struct dp_page *p, const char *code);
const char *dp_page_status_color(const struct dp_result *r);

/*
 * The kernel's answer to a check, with "!" before it if it is wrong, "~" if the baseline has this
 * failure, "?" after it if it is unproven, and "*" if it is unwitnessed.
 */
void dp_page_cell_text(const struct dp_result *r, char *text, size_t size);

/* The release without what the packager adds: "6.12.117+deb13-amd64" becomes 6.12.117. */
void dp_page_short_name(const struct dp_run_record *run, char *name, size_t size);

/*
 * The part on causes: each explanation once, with the first id that shares it, how many more do,
 * and of several runs on which kernels. Return: 0 or -ENOMEM.
 */
int dp_page_write_causes(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns);

/* Of what was asked several times: how many ids have answered differently. */
size_t dp_page_count_differing(const struct dp_run_record *run);

/* The part on them: how often which answer came. @name: of the kernel, or "" */
void dp_page_write_differing(const struct dp_page *p, const struct dp_run_record *run,
			     const char *name);

/* The windows of races that were biased: what came of the holds at each station (windows.c). */
void dp_page_write_windows(const struct dp_page *p, const struct dp_run_record *run,
			   const char *name);

/* The part on what the witness has seen of scenarios. @name: of the kernel, or "" */
void dp_page_write_inside(const struct dp_page *p, const struct dp_run_record *run,
			  const char *name);

/* "; each was asked 20 times, and 3 answered differently", or nothing. */
void dp_page_write_repeat(const struct dp_page *p, const struct dp_run_record *run);

/* The part on pinners: a row for each mapping, a column for each pinner and what it pins for. */
void dp_page_write_pinners(const struct dp_page *p);

/* The part on limits: a row for each. */
void dp_page_write_limits(const struct dp_page *p);

/* The part on raw events: each line as it came, of those results that have some. @name: of the
 * kernel, or "" */
void dp_page_write_traces(const struct dp_page *p, const struct dp_run_record *run,
			  const char *name);

/* The part on traffic: a table of mappings and operations, and the bandwidth. */
void dp_page_write_traffic(const struct dp_page *p);

/* The part on states: a row for each, a column for each mapping. */
void dp_page_write_states(const struct dp_page *p);

/* The part on costs: a row for each mapping and size. */
void dp_page_write_benches(const struct dp_page *p);

/* Of costs by the clock: the spread, the reference, the processor's counters (clock.c). */
void dp_page_write_clock(const struct dp_page *p);

/*
 * Of several kernels: what a page costs, and how much more or less than with the one before
 * (across_costs.c). Return: 0 or -ENOMEM.
 */
int dp_page_write_costs(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns);

/*
 * The report on several kernels: a row for each id, a column for each kernel. Return: 0 or -ENOMEM.
 */
int dp_page_write_across(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns);

#endif
