// SPDX-License-Identifier: GPL-2.0-or-later
/* What registrations cost, as a picture. */
#include <errno.h>

#include "plot.h"

#include "daxpin/cleanup.h"
#include "daxpin/report.h"

/* Where there is nothing to draw, the picture says so. */
#define NOTHING                                                                                    \
	"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"480\" height=\"40\">"                   \
	"<text x=\"8\" y=\"24\" fill=\"gray\">nothing was measured: bench does</text></svg>\n"

static int write_svg(FILE *out, const struct dp_run_record *runs, size_t nruns,
		     const struct dp_report_options *options)
{
	dp_autofree char *svg = NULL;
	int rc = dp_plot_costs(runs, nruns, &svg);

	(void)options;
	if (rc)
		return rc;
	fputs(svg ? svg : NOTHING, out);
	return ferror(out) ? -EIO : 0;
}

DP_FORMAT(svg, .name = "svg", .rank = 70, .program = DP_PLOTTER, .package = DP_PLOTTER_PACKAGE,
	  .write = write_svg);
