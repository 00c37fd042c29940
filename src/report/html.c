// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One self-contained page: report.html with the document "daxpin/1" inside, which its script shows.
 * The page loads nothing, and inserts strings of the document as text, never as markup.
 */
#include <errno.h>
#include <string.h>

#include "document.h"

#include "daxpin/embed.h"
#include "daxpin/json.h"

DP_EMBED(report_html, DP_REPORT_HTML);

#define MARK "@DOCUMENT@"

/* In a script element, "</" and "<!--" could end the document. So each "<" is escaped. */
static void write_document(FILE *out, const char *json)
{
	for (; *json; json++)
		if (*json == '<')
			fputs("\\u003c", out);
		else
			fputc(*json, out);
}

static int write_html(FILE *out, const struct dp_run_record *runs, size_t nruns,
		      const struct dp_report_options *options)
{
	struct json_object *root = dp_document(runs, nruns);
	const char *mark = strstr(report_html, MARK);

	(void)options;
	fwrite(report_html, 1, (size_t)(mark - report_html), out);
	write_document(out, json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN));
	fputs(mark + strlen(MARK), out);
	json_object_put(root);
	return ferror(out) ? -EIO : 0;
}

DP_FORMAT(html, .name = "html", .rank = 60, .write = write_html);
