// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/text.h"

int dp_parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift = 0;
	char *end;
	uint64_t n;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (shift && n > UINT64_MAX >> shift)
		return -ERANGE;
	*bytes = n << shift;
	return 0;
}

const char *dp_format_size(uint64_t bytes, char *buf, size_t len)
{
	static const char *const units[] = { "", "K", "M", "G", "T" };
	size_t u = 0;

	while (bytes && bytes % 1024 == 0 && u + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1024;
		u++;
	}
	snprintf(buf, len, "%" PRIu64 "%s", bytes, units[u]);
	return buf;
}

static int parse_number(const char **at, unsigned int *n)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)**at))
		return -EINVAL;
	errno = 0;
	value = strtoul(*at, &end, 10);
	if (errno || value > 9999)
		return -EINVAL;
	*n = (unsigned int)value;
	*at = end;
	return 0;
}

int dp_parse_series(const char *text, struct dp_series *series, const char **end)
{
	const char *at = text;

	if (parse_number(&at, &series->major) || *at++ != '.' || parse_number(&at, &series->minor))
		return -EINVAL;
	if (end)
		*end = at;
	return 0;
}

int dp_compare_series(struct dp_series a, struct dp_series b)
{
	if (a.major != b.major)
		return a.major < b.major ? -1 : 1;
	if (a.minor != b.minor)
		return a.minor < b.minor ? -1 : 1;
	return 0;
}

void dp_printable(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text) && *text != '\n' && *text != '\t')
			*text = '?';
}

const char *dp_last_line(char *text)
{
	size_t len = strlen(text);
	char *nl;

	while (len && strchr(" \n\r\t", text[len - 1]))
		text[--len] = '\0';
	nl = strrchr(text, '\n');
	return nl ? nl + 1 : text;
}
