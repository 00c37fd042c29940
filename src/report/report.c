// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "daxpin/report.h"

extern const struct dp_format *__start_dp_formats[], *__stop_dp_formats[];

const struct dp_format *dp_format_find(const char *name)
{
	for (const struct dp_format **f = __start_dp_formats; f < __stop_dp_formats; f++)
		if (!strcmp((*f)->name, name))
			return *f;
	return NULL;
}

void dp_run_add_phase(struct dp_run_record *run, const char *name, uint64_t ms)
{
	size_t i = 0;

	while (i < run->nphases && strcmp(run->phases[i].name, name))
		i++;
	if (i == DP_PHASES)
		return;
	if (i == run->nphases)
		snprintf(run->phases[run->nphases++].name, sizeof(run->phases[0].name), "%s", name);
	run->phases[i].ms = ms;
}

void dp_run_count(const struct dp_run_record *run, size_t *counts)
{
	memset(counts, 0, DP_STATUSES * sizeof(*counts));
	for (size_t i = 0; i < run->count; i++)
		counts[run->results[i].status]++;
}

void dp_run_clear(struct dp_run_record *run)
{
	for (size_t i = 0; i < run->nconsole; i++)
		free(run->console[i]);
	free(run->console);
	free(run->results);
	memset(run, 0, sizeof(*run));
}

int dp_run_exit_code(const struct dp_run_record *run)
{
	size_t counts[DP_STATUSES];

	dp_run_count(run, counts);
	if (counts[DP_FAIL] || (run->alarm[0] && !run->ending[0]))
		return 1;
	return counts[DP_ERROR] || run->ending[0] ? 3 : 0;
}
