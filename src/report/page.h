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
 * failure, and "?" after it if it is unproven.
 */
void dp_page_cell_text(const struct dp_result *r, char *text, size_t size);

/* A section below the table: which results belong there, and its title. */
struct dp_page_section {
	bool (*holds)(const struct dp_result *r);
	const char *title;
};

const struct dp_page_section *dp_page_sections(size_t *count);

/* Whether two results have the same explanation, which is then printed once. */
bool dp_page_same_story(const struct dp_result *a, const struct dp_result *b);

/* Writes the explanation, indented. */
void dp_page_write_why(const struct dp_page *p, const struct dp_result *r);

/* Of what was asked several times: how many ids have answered differently. */
size_t dp_page_count_differing(const struct dp_run_record *run);

/* The part on them: how often which answer came. @name: of the kernel, or "" */
void dp_page_write_differing(const struct dp_page *p, const struct dp_run_record *run,
			     const char *name);

/* "; each was asked 20 times, and 3 answered differently", or nothing. */
void dp_page_write_repeat(const struct dp_page *p, const struct dp_run_record *run);

/* The part on limits: a row for each. */
void dp_page_write_limits(const struct dp_page *p);

/* The part on traffic: a table of mappings and operations, and the bandwidth. */
void dp_page_write_traffic(const struct dp_page *p);

/* The report on several kernels: a row for each id, a column for each kernel. */
void dp_page_write_across(const struct dp_page *p, const struct dp_run_record *runs, size_t nruns);

#endif
