/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plots of what registrations cost, by gnuplot. */
#ifndef DAXPIN_REPORT_PLOT_H
#define DAXPIN_REPORT_PLOT_H

#include <stddef.h>

#include "daxpin/run.h"

#define DP_PLOTTER         "gnuplot"
#define DP_PLOTTER_PACKAGE "gnuplot-nox"

/**
 * dp_plot_costs - draw the costs of runs: against the size, by kernel, and by phase
 * @runs: the runs; what is drawn of one alone is that of the last
 * @nruns: how many
 * @svg: receives an SVG document, to be released with free(); NULL if there are no costs in the
 * runs
 *
 * Names may come from a file of anybody's: of them only letters, digits and "+-._" reach gnuplot.
 *
 * Return: 0; -ENOENT without gnuplot; or another negative errno.
 */
int dp_plot_costs(const struct dp_run_record *runs, size_t nruns, char **svg);

#endif
