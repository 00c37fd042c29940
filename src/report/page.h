/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two layouts of the text report share: one run (text.c), and several side by side
 * (across.c).
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

struct page {
	FILE *out;
	const struct dp_run_record *run;
	const struct dp_report_options *options;
};

/* The escape sequence, or nothing where colours are not wanted. */
const char *page_color(const struct page *p, const char *code);
const char *page_status_color(const struct dp_result *r);

/* What the kernel said of a check, "!" before it where that is wrong, "~" where the baseline knows
 * that, "?" after it where it is unproven. */
void page_cell_text(const struct dp_result *r, char *text, size_t size);

/* The sections below a table: whose results belong there, and its title. */
struct page_section {
	bool (*holds)(const struct dp_result *r);
	const char *title;
};

const struct page_section *page_sections(size_t *count);

/* Results that are explained by the same words, once. */
bool page_same_story(const struct dp_result *a, const struct dp_result *b);

/* The explanation, indented. */
void page_write_why(const struct page *p, const struct dp_result *r);

/* Of traffic: mappings down, operations across; and the bandwidth. */
bool page_is_traffic(const struct dp_result *r);
void page_write_traffic(const struct page *p);

/* Ids down, kernels across. */
void page_write_across(const struct page *p, const struct dp_run_record *runs, size_t nruns);

#endif
