/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts in XML and in pages, whatever they hold. */
#ifndef DAXPIN_REPORT_MARKUP_H
#define DAXPIN_REPORT_MARKUP_H

#include <stdio.h>

/* XML 1.0 allows no control characters except tab and newline, not even escaped. */
void dp_markup_text(FILE *out, const char *text);

/* ' NAME="TEXT"' */
void dp_markup_attribute(FILE *out, const char *name, const char *text);

/*
 * JSON inside a script element, where "</" and "<!--" could end the text. So each "<" is escaped.
 */
void dp_markup_script(FILE *out, const char *json);

/* Writes a page up to a mark. Return: what follows the mark. */
const char *dp_markup_until(FILE *out, const char *page, const char *mark);

#endif
