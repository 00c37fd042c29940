/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports: runs with their results, in the formats of src/report, one file each.
 */
#ifndef DAXPIN_REPORT_H
#define DAXPIN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "daxpin/registry.h"
#include "daxpin/run.h"

/* How people want it. */
struct dp_report_options {
	bool color;
	bool timing;
	bool changes; /* of several runs only the ids that differ */
};

struct dp_format {
	const char *name;
	unsigned int rank; /* order in lists */
	bool streams; /* written as the results come (dp_jsonl_*()), write() does the same at once
		       */
	int (*write)(FILE *out, const struct dp_run_record *runs, size_t nruns,
		     const struct dp_report_options *options);
};

#define DP_FORMAT(ident, ...) DP_REGISTER(struct dp_format, dp_formats, ident, __VA_ARGS__)

/* All formats, in order of rank. */
const struct dp_format *const *dp_formats(size_t *count);

/**
 * dp_format_find - a format by name
 * Return: NULL if there is none.
 */
const struct dp_format *dp_format_find(const char *name);

/* Writes the names of all formats, "text, json, …"; at most @size bytes. */
void dp_format_names(char *text, size_t size);

/*
 * JSON Lines ("daxpin-lines/1", docs/json.md): a heading, results as they come, and what is known
 * of each run at its end. Each line is flushed. Return: 0 or -EIO.
 */
int dp_jsonl_begin(FILE *out);
int dp_jsonl_result(FILE *out, const struct dp_run_record *run, const struct dp_result *result);
int dp_jsonl_end(FILE *out, const struct dp_run_record *run);

#endif
