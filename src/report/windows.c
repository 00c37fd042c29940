// SPDX-License-Identifier: GPL-2.0-or-later
/* The part of the text report on races that were biased: a table for each. */
#include "page.h"

#include "daxpin/order.h"
#include "daxpin/question.h"

void dp_page_write_windows(const struct dp_page *p, const struct dp_run_record *run,
			   const char *name)
{
	char lines[DP_DRAWING_LINES][DP_DRAWING_WIDTH];
	bool any = false;

	for (size_t i = 0; i < run->count; i++) {
		const struct dp_result *r = &run->results[i];
		size_t count = 0;

		if (dp_question_is(r->id, DP_QUESTION_RACE))
			count = dp_order_draw(r->steps, lines, DP_DRAWING_LINES);
		if (!count)
			continue;
		if (!any)
			fprintf(p->out, "\n%sWindows%s%s%s\n", dp_page_color(p, BOLD),
				name[0] ? ", on " : "", name, dp_page_color(p, PLAIN));
		any = true;
		fprintf(p->out, "  %s\n", r->id);
		for (size_t k = 0; k < count; k++) {
			dp_printable(lines[k]);
			fprintf(p->out, "    %s\n", lines[k]);
		}
	}
}
