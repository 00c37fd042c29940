// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/file.h"
#include "daxpin/pin.h"

/* /proc/vmstat and /proc/self/status have a few KiB. */
#define PROC_LIMIT 65536

static int find_counter(const char *text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		char *end;

		if (*line == '\n')
			line++;
		if (strncmp(line, name, len) || line[len] != ' ')
			continue;
		if (line[len + 1] < '0' || line[len + 1] > '9')
			return -ENODATA;
		errno = 0;
		*value = strtoull(line + len + 1, &end, 10);
		return errno || (*end != '\n' && *end) ? -ENODATA : 0;
	}
	return -ENODATA;
}

int dp_vmstat_parse(const char *text, struct dp_pins *pins)
{
	int rc = find_counter(text, "nr_foll_pin_acquired", &pins->acquired);

	return rc ? rc : find_counter(text, "nr_foll_pin_released", &pins->released);
}

int dp_pins_read(struct dp_pins *pins)
{
	dp_autofree char *text = NULL;
	/* The counters are kept per CPU: without this the sums lag by up to some hundred pages. */
	int rc = dp_write_attr("1", "/proc/sys/vm/stat_refresh");

	if (rc)
		return rc;
	rc = dp_read_file("/proc/vmstat", PROC_LIMIT, &text, NULL, NULL);
	return rc ? rc : dp_vmstat_parse(text, pins);
}

int dp_vmstat_counter(const char *name, uint64_t *value)
{
	dp_autofree char *text = NULL;
	int rc = dp_read_file("/proc/vmstat", PROC_LIMIT, &text, NULL, NULL);

	return rc ? rc : find_counter(text, name, value);
}

int64_t dp_vmpin_kib(void)
{
	dp_autofree char *text = NULL;
	const char *line;
	int64_t kib;
	int rc = dp_read_file("/proc/self/status", PROC_LIMIT, &text, NULL, NULL);

	if (rc)
		return rc;
	line = strstr(text, "\nVmPin:");
	if (!line || sscanf(line, "\nVmPin: %" SCNd64, &kib) != 1)
		return -ENODATA;
	return kib;
}

int64_t dp_pins_held(const struct dp_pins *before, const struct dp_pins *now)
{
	return (int64_t)(now->acquired - now->released - before->acquired + before->released);
}
