// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "options.h"

int cli_error_print(const struct dp_error *err)
{
	fprintf(stderr, "daxpin: %s%s%s\n", err->what[0] ? err->what : "failed without a reason",
		err->hint[0] ? "; " : "", err->hint);
	return err->input ? 2 : 3;
}
