// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Debian's suites, from the table of the package distro-info-data. After a heading, each line is
 * "version,codename,series,created,release,eol,eol-lts,eol-elts"; the last fields are missing if
 * they are not known yet.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/kernel.h"

#define TABLE      "/usr/share/distro-info/debian.csv"
#define MAX_SUITES 64
#define FIELDS     8

enum { VERSION, CODENAME, SERIES, CREATED };

/* Whether a release is supported today. Its last field is the end of the longest support. */
static bool is_alive(char *const *fields, size_t count, const char *today)
{
	if (count <= CREATED || !fields[VERSION][0] || strcmp(fields[CREATED], today) > 0)
		return false;
	return count <= CREATED + 2 || strcmp(fields[count - 1], today) > 0;
}

static size_t split(char *line, char **fields)
{
	size_t count = 0;

	while (line && count < FIELDS)
		fields[count++] = strsep(&line, ",");
	return count;
}

/* The supported releases in the order of the table, oldest first. */
static size_t read_table(char *text, char names[][64])
{
	char today[16], *fields[FIELDS], *line;
	time_t now = time(NULL);
	struct tm tm;
	size_t count = 0;

	strftime(today, sizeof(today), "%Y-%m-%d", gmtime_r(&now, &tm));
	strsep(&text, "\n");
	while ((line = strsep(&text, "\n")) && count < MAX_SUITES)
		if (is_alive(fields, split(line, fields), today))
			snprintf(names[count++], sizeof(names[0]), "%.40s", fields[SERIES]);
	return count;
}

int dp_debian_suites(char ***list, size_t *count, struct dp_error *err)
{
	char names[MAX_SUITES][64], **all;
	dp_autofree char *text = NULL;
	size_t releases;
	int rc = dp_read_file(TABLE, 1 << 20, &text, NULL, err);

	if (rc)
		return dp_hint(err, "install the package distro-info-data, or name the suite: "
				    "debian:SUITE/VERSION"),
		       rc;
	releases = read_table(text, names);
	all = calloc(2 * releases + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	*count = 0;
	for (size_t i = releases; i-- > 0;)
		all[(*count)++] = strdup(names[i]);
	all[(*count)++] = strdup("sid");
	for (size_t i = releases; i-- > 0;)
		if (asprintf(&all[*count], "%s-backports", names[i]) > 0)
			++*count;
	*list = all;
	return 0;
}
