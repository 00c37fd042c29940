/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_POLICY_LINE_H
#define DAXPIN_POLICY_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* A line through points: y is about fixed + slope * x. */
struct dp_line {
	double fixed, slope;
	/* The largest distance of a point from the line, beyond the grain, as a part of its y. */
	double residual;
};

/**
 * dp_line_fit - lay a line through points
 * @x: of each point
 * @y: of each point, above zero
 * @count: how many
 * @grain: y is known to half of this; 0 if it is exact
 * @line: receives it
 *
 * Least squares of the relative distances, so that the small points count as much as the large, as
 * far as the grain lets them.
 *
 * Return: false if they are fewer than three, or all at the same x: no line could be wrong then.
 */
bool dp_line_fit(const double *x, const double *y, size_t count, double grain,
		 struct dp_line *line);

#endif
