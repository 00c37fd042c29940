// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"

#include "daxpin/list.h"

/* Return: DP_SECTIONS if there is nothing to explain. */
static enum dp_section section_of(const struct dp_result *r)
{
	if (r->status == DP_FAIL)
		return dp_result_is_known(r) ? DP_SECTION_KNOWN : DP_SECTION_FAILURES;
	if (r->status == DP_ERROR)
		return DP_SECTION_ERRORS;
	if (r->status == DP_SKIP_STATUS)
		return DP_SECTION_SKIPPED;
	return r->baseline == DP_FIXED ? DP_SECTION_FIXED : DP_SECTIONS;
}

const char *dp_section_title(enum dp_section section)
{
	static const char *const titles[] = {
		[DP_SECTION_FAILURES] = "Failures",
		[DP_SECTION_KNOWN] = "Known failures (in the baseline)",
		[DP_SECTION_FIXED] = "Fixed since the baseline",
		[DP_SECTION_ERRORS] = "Errors",
		[DP_SECTION_SKIPPED] = "Skipped",
	};

	return titles[section];
}

static bool same_story(const struct dp_result *a, const struct dp_result *b)
{
	return a->status == b->status && a->baseline == b->baseline && !strcmp(a->why, b->why) &&
	       !strcmp(a->was, b->was);
}

static struct dp_cause *find(struct dp_causes *causes, enum dp_section section,
			     const struct dp_result *r)
{
	struct dp_cause *cause;

	for (size_t i = 0; i < causes->count; i++)
		if (same_story(causes->list[i].result, r))
			return &causes->list[i];
	cause = dp_list_add(causes->list, causes->count);
	if (!cause)
		return NULL;
	cause->section = section;
	cause->result = r;
	return cause;
}

static int add(struct dp_causes *causes, const struct dp_run_record *runs, struct dp_place place)
{
	const struct dp_result *r = &runs[place.run].results[place.result];
	enum dp_section section = section_of(r);
	struct dp_cause *cause = section < DP_SECTIONS ? find(causes, section, r) : NULL;
	struct dp_place *added;

	if (section == DP_SECTIONS)
		return 0;
	added = cause ? dp_list_add(cause->places, cause->count) : NULL;
	if (!added)
		return -ENOMEM;
	*added = place;
	return 0;
}

/* Of those that explain as much, the one that came first stays first. */
static int by_weight(const void *a, const void *b)
{
	const struct dp_cause *x = a, *y = b;
	const struct dp_place *p = &x->places[0], *q = &y->places[0];

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (p->run != q->run)
		return p->run < q->run ? -1 : 1;
	return p->result < q->result ? -1 : p->result > q->result;
}

int dp_causes_find(const struct dp_run_record *runs, size_t nruns, struct dp_causes *causes)
{
	int rc = 0;

	*causes = (struct dp_causes){ 0 };
	for (size_t i = 0; i < nruns; i++)
		for (size_t k = 0; k < runs[i].count && !rc; k++)
			rc = add(causes, runs, (struct dp_place){ i, k });
	if (!rc && causes->count)
		qsort(causes->list, causes->count, sizeof(*causes->list), by_weight);
	return rc;
}

void dp_causes_clear(struct dp_causes *causes)
{
	for (size_t i = 0; i < causes->count; i++)
		free(causes->list[i].places);
	free(causes->list);
	*causes = (struct dp_causes){ 0 };
}
