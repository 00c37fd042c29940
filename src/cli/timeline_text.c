// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timeline.h"

#include "daxpin/cleanup.h"
#include "daxpin/text.h"

void cli_print_text(const char *text)
{
	dp_autofree char *copy = strdup(text ? text : "");

	if (!copy)
		return;
	dp_printable(copy);
	fputs(copy, stdout);
}
