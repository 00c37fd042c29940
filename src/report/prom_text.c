// SPDX-License-Identifier: GPL-2.0-or-later
#include "prom.h"

void dp_prom_metric(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void dp_prom_value(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n')
			fputs("\\n", out);
		else if (c == '\\' || c == '"')
			fprintf(out, "\\%c", c);
		else
			fputc(c < ' ' || c > '~' ? '?' : c, out);
	}
}
