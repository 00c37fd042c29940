// SPDX-License-Identifier: GPL-2.0-or-later
/* The raw events of one registration, or its function graph: for a bug report. */
#include <stdlib.h>
#include <string.h>

#include "page.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/text.h"

void dp_page_write_traces(const struct dp_page *p, const struct dp_run_record *run,
			  const char *name)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct dp_result *r = &run->results[i];

		if (!r->trace)
			continue;
		fprintf(p->out, "\n%sInside %s%s%s%s\n", dp_page_color(p, BOLD), r->id,
			name[0] ? " on " : "", name, dp_page_color(p, PLAIN));
		for (size_t k = 0; k < dp_json_count(r->trace); k++) {
			const char *line = dp_json_text_at(r->trace, k);
			dp_autofree char *copy = strdup(line ? line : "");

			if (!copy)
				continue;
			dp_printable(copy);
			fprintf(p->out, "  %s\n", copy);
		}
	}
}
