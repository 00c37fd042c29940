/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes and kernel versions as text, and text that is safe to print.
 */
#ifndef DAXPIN_TEXT_H
#define DAXPIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_error;

/**
 * dp_parse_size - read "4096", "64K", "2M" or "1G" (powers of 1024)
 * @text: the size
 * @bytes: receives it
 *
 * Return: 0, -EINVAL if it is no size, -ERANGE if it does not fit 64 bits.
 */
int dp_parse_size(const char *text, uint64_t *bytes);

/**
 * dp_format_size - write a size with the largest unit that divides it
 * @bytes: the size
 * @buf: receives it
 * @len: size of @buf in bytes
 *
 * Return: @buf.
 */
const char *dp_format_size(uint64_t bytes, char *buf, size_t len);

/* A kernel series: 6.1 is {6, 1}. */
struct dp_series {
	unsigned int major, minor;
};

/**
 * dp_parse_series - read the series from a version or release such as "6.1" or "6.1.0-56-amd64"
 * @text: begins with MAJOR.MINOR
 * @series: receives it
 * @end: receives the first character after it, may be NULL
 *
 * Return: 0 or -EINVAL.
 */
int dp_parse_series(const char *text, struct dp_series *series, const char **end);

/* Negative, 0 or positive, as for strcmp(). */
int dp_compare_series(struct dp_series a, struct dp_series b);

/**
 * dp_printable - replace control characters, which a terminal would obey
 * @text: changed in place: control characters other than newline and tab become '?'
 */
void dp_printable(char *text);

/**
 * dp_last_line - the last line of a program's output
 * @text: the output; white space at its end is cut off
 *
 * Return: pointer into @text.
 */
const char *dp_last_line(char *text);

#endif
