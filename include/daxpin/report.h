/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports on runs. Each format is one file in src/report that ends in its descriptor.
 */
#ifndef DAXPIN_REPORT_H
#define DAXPIN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "daxpin/registry.h"
#include "daxpin/run.h"

struct dp_fleet;

struct dp_report_options {
	bool color;   /* escape sequences for a terminal */
	bool timing;  /* show how long the phases took */
	bool changes; /* of several runs, show only the ids whose results differ */
};

struct dp_format {
	const char *name;
	unsigned int rank; /* order in lists */
	/* What it takes, and the package that has it; NULL for nothing. */
	const char *program, *package;
	bool streams; /* can be written while results arrive, with dp_jsonl_*() */
	/* Writes a whole report. Returns 0 or a negative errno. */
	int (*write)(FILE *out, const struct dp_run_record *runs, size_t nruns,
		     const struct dp_report_options *options);
	/* The same of results of many nodes; NULL for a format that has no such report. */
	int (*fleet)(FILE *out, const struct dp_fleet *fleet,
		     const struct dp_report_options *options);
};

#define DP_FORMAT(ident, ...) DP_REGISTER(struct dp_format, dp_formats, ident, __VA_ARGS__)

/* All formats in order of rank; @count receives their number. */
const struct dp_format *const *dp_formats(size_t *count);

/**
 * dp_format_find - a format by name
 * Return: NULL if there is none.
 */
const struct dp_format *dp_format_find(const char *name);

/* Writes the names of all formats, "text, json, …", to @text, which has @size bytes. */
void dp_format_names(char *text, size_t size);

/*
 * JSON Lines ("daxpin-lines/1", docs/json.md): a heading, each result as it arrives, and each run
 * at its end. Each line is flushed.
 *
 * Return: 0 or -EIO.
 */
int dp_jsonl_begin(FILE *out);
int dp_jsonl_result(FILE *out, const struct dp_run_record *run, const struct dp_result *result);
int dp_jsonl_end(FILE *out, const struct dp_run_record *run);

#endif
