/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written for Prometheus, in its text format for the textfile collector of node-exporter.
 */
#ifndef DAXPIN_REPORT_PROM_H
#define DAXPIN_REPORT_PROM_H

#include <stdio.h>

/* A metric's heading; all of its samples follow. Each is a gauge: a run is a state, not a sum. */
void dp_prom_metric(FILE *out, const char *name, const char *help);

/*
 * The value of a label, escaped. The format is UTF-8; what is not ASCII becomes '?', so that no
 * byte of a file makes the whole scrape invalid.
 */
void dp_prom_value(FILE *out, const char *text);

#endif
