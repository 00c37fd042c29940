// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "serve.h"

#include "daxpin/file.h"

bool dp_agent_told(const char *flag)
{
	char text[2048] = "";

	dp_read_attr(text, sizeof(text), "/proc/cmdline");
	return strstr(text, flag);
}
