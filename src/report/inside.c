// SPDX-License-Identifier: GPL-2.0-or-later
/* The part of the text report on what the witness has seen of scenarios: a line for each. */
#include "page.h"

void dp_page_write_inside(const struct dp_page *p, const struct dp_run_record *run,
			  const char *name)
{
	bool any = false;
	char text[384];

	for (size_t i = 0; i < run->count; i++) {
		const struct dp_result *r = &run->results[i];

		dp_inside_text(r->evidence, text, sizeof(text));
		if (!text[0])
			continue;
		if (!any)
			fprintf(p->out, "\n%sInside the kernel%s%s%s\n", dp_page_color(p, BOLD),
				name[0] ? ", on " : "", name, dp_page_color(p, PLAIN));
		any = true;
		dp_printable(text);
		fprintf(p->out, "  %s\n    %s\n", r->id, text);
	}
}
