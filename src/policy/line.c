// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "line.h"

/*
 * A distance of one percent counts as much as what a grain leaves open, whose standard deviation is
 * its length by the root of 12.
 */
#define GRAINS (100 / 3.4641)

bool dp_line_fit(const double *x, const double *y, size_t count, double grain, struct dp_line *line)
{
	double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0, det;

	for (size_t i = 0; i < count; i++) {
		double rough = GRAINS * grain, weight = 1 / (y[i] * y[i] + rough * rough);

		w += weight;
		wx += weight * x[i];
		wy += weight * y[i];
		wxx += weight * x[i] * x[i];
		wxy += weight * x[i] * y[i];
	}
	det = w * wxx - wx * wx;
	if (count < 3 || !(det > 0))
		return false;
	*line = (struct dp_line){ .fixed = (wy * wxx - wx * wxy) / det,
				  .slope = (w * wxy - wx * wy) / det };
	for (size_t i = 0; i < count; i++) {
		double off = fabs(line->fixed + line->slope * x[i] - y[i]) - grain / 2;

		line->residual = off / y[i] > line->residual ? off / y[i] : line->residual;
	}
	return true;
}
