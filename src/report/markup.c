// SPDX-License-Identifier: GPL-2.0-or-later
#include "markup.h"

#include <string.h>

void dp_markup_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '&')
			fputs("&amp;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else
			fputc(c < ' ' && c != '\n' && c != '\t' ? '?' : c, out);
	}
}

void dp_markup_attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	dp_markup_text(out, text);
	fputc('"', out);
}

void dp_markup_script(FILE *out, const char *json)
{
	for (; *json; json++)
		if (*json == '<')
			fputs("\\u003c", out);
		else
			fputc(*json, out);
}

const char *dp_markup_until(FILE *out, const char *page, const char *mark)
{
	const char *at = strstr(page, mark);

	fwrite(page, 1, (size_t)(at - page), out);
	return at + strlen(mark);
}
