// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "line.h"

bool dp_line_fit(const double *x, const double *y, size_t count, struct dp_line *line)
{
	double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0, det;

	for (size_t i = 0; i < count; i++) {
		double weight = 1 / (y[i] * y[i]);

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
		double off = fabs(line->fixed + line->slope * x[i] - y[i]) / y[i];

		line->residual = off > line->residual ? off : line->residual;
	}
	return true;
}
