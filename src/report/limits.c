// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits in the report for people: a row for each. */
#include <stdio.h>

#include "page.h"

#include "daxpin/limit.h"
#include "daxpin/question.h"

#define NAME_WIDTH 20
#define WORD_WIDTH 8

void dp_page_write_limits(const struct dp_page *p)
{
	size_t count;
	const struct dp_limit *const *all = dp_limit_all(&count);

	fprintf(p->out, "%s%-*s%-*s%s%s\n", dp_page_color(p, BOLD), NAME_WIDTH, "limit", WORD_WIDTH,
		"held", "registered", dp_page_color(p, PLAIN));
	for (size_t i = 0; i < count; i++) {
		const struct dp_result *r;
		char id[96];

		snprintf(id, sizeof(id), "%s/%s", dp_question(DP_QUESTION_LIMIT)->name,
			 all[i]->name);
		r = dp_run_find(p->run, id);
		if (r)
			fprintf(p->out, "%-*s%s%-*s%s%s\n", NAME_WIDTH, all[i]->name,
				dp_page_color(p, dp_page_status_color(r)), WORD_WIDTH,
				dp_status_name(r->status), dp_page_color(p, PLAIN), all[i]->what);
	}
}
