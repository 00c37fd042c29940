// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <event-parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs/tracefs.h>
#include <unistd.h>

#include "events.h"
#include "probes.h"

#include "daxpin/cleanup.h"

static int load_header(struct tep_handle *tep)
{
	dp_autofree char *text = NULL;
	int size = 0;

	text = tracefs_instance_file_read(NULL, "events/header_page", &size);
	if (!text)
		return -1;
	tep_set_long_size(tep, sizeof(long));
	tep_set_page_size(tep, getpagesize());
	return tep_parse_header_page(tep, text, (unsigned long)size, sizeof(long));
}

static int load_event(struct tep_handle *tep, const char *system, const char *event)
{
	dp_autofree char *text = NULL;
	char path[160];
	int size = 0;

	snprintf(path, sizeof(path), "events/%s/%s/format", system, event);
	text = tracefs_instance_file_read(NULL, path, &size);
	return text && !tep_parse_event(tep, text, (unsigned long)size, system) ? 0 : -1;
}

static int load_own(struct tep_handle *tep)
{
	char **names = tracefs_system_events(NULL, DP_WITNESS);
	int rc = names ? 0 : -1;

	for (size_t i = 0; !rc && names[i]; i++)
		rc = load_event(tep, DP_WITNESS, names[i]);
	tracefs_list_free(names);
	return rc;
}

/* @name: "sched/sched_switch" */
static int load_other(struct tep_handle *tep, const char *name)
{
	char system[64];
	const char *slash = strchr(name, '/');

	if (!slash || snprintf(system, sizeof(system), "%.*s", (int)(slash - name), name) >=
			      (int)sizeof(system))
		return -1;
	return load_event(tep, system, slash + 1);
}

struct tep_handle *dp_events_load(const char *const *others, size_t count)
{
	struct tep_handle *tep = tep_alloc();
	int rc = tep ? load_header(tep) : -1;

	if (!rc)
		rc = load_own(tep);
	for (size_t i = 0; i < count && !rc; i++)
		rc = load_other(tep, others[i]);
	if (!rc)
		return tep;
	tep_free(tep);
	errno = errno ? errno : EIO;
	return NULL;
}
