// SPDX-License-Identifier: GPL-2.0-or-later
/* What the witness has seen of a registration, as a short story: one sentence for each call. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/error.h"
#include "daxpin/observe.h"

__attribute__((format(printf, 2, 3))) static void say(struct dp_story *story, const char *fmt, ...)
{
	va_list ap;

	if (story->count == DP_STORY_LINES)
		return;
	va_start(ap, fmt);
	vsnprintf(story->lines[story->count], sizeof(story->lines[0]), fmt, ap);
	va_end(ap);
	story->count++;
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static void tell_fast(const struct dp_evidence *e, struct dp_story *story)
{
	if (!e->fast)
		say(story, "gup-fast took no page");
	else if (e->dropped == e->fast)
		say(story, "gup-fast took %" PRId64 " page%s, and gave %s back", e->fast,
		    plural(e->fast), e->fast == 1 ? "it" : "them all");
	else if (e->dropped)
		say(story, "gup-fast took %" PRId64 " page%s, and gave %" PRId64 " back", e->fast,
		    plural(e->fast), e->dropped);
	else
		say(story, "gup-fast took %" PRId64 " page%s", e->fast, plural(e->fast));
}

static void tell_lookups(const struct dp_evidence *e, struct dp_story *story)
{
	if (e->lookups)
		say(story,
		    "get_dev_pagemap() was called %" PRId64 " time%s, and took %" PRId64
		    " reference%s",
		    e->lookups, plural(e->lookups), e->references, plural(e->references));
	else
		say(story, "no pgmap was looked up");
}

static void tell_type(const struct dp_evidence *e, struct dp_story *story)
{
	if (!e->type[0])
		say(story, "no page was seen, so its pgmap was not, either");
	else if (!strcmp(e->type, "none"))
		say(story, "the pages have no pgmap");
	else
		say(story, "the pages have a pgmap of the type %s", e->type);
}

/* Of an on-demand MR. */
static void tell_hmm(const struct dp_evidence *e, struct dp_story *story)
{
	if (e->hmm_calls > 0)
		say(story,
		    "hmm_range_fault() was called %" PRId64 " time%s for %" PRId64
		    " page%s, %" PRId64 " of them to fault them in",
		    e->hmm_calls, plural(e->hmm_calls), e->hmm_pages, plural(e->hmm_pages),
		    e->hmm_faults);
}

static void tell_end(const struct dp_evidence *e, int err, struct dp_story *story)
{
	const char *what = err ? dp_errno_name(err) : "";

	if (err && e->refused_by[0])
		say(story, "%s() refused with %s", e->refused_by, what);
	else if (err)
		say(story, "who refused with %s was not seen", what);
	else
		say(story, "nobody refused");
}

void dp_evidence_tell(const struct dp_evidence *e, int err, struct dp_story *story)
{
	story->count = 0;
	if (!e->seen) {
		if (e->missing[0])
			say(story, "not witnessed: %s", e->missing);
		return;
	}
	tell_fast(e, story);
	if (e->slow)
		say(story, "the slow path took %" PRId64 " page%s", e->slow, plural(e->slow));
	if (e->migrations)
		say(story, "pages were moved before they were pinned (%" PRId64 " call%s)",
		    e->migrations, plural(e->migrations));
	tell_lookups(e, story);
	tell_type(e, story);
	tell_hmm(e, story);
	tell_end(e, err, story);
	if (e->missing[0])
		say(story, "not seen: %s", e->missing);
	if (err && e->unprobed[0])
		say(story, "not seen when they refuse, on this kernel: %s", e->unprobed);
}
