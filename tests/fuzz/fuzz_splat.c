// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel's log, line by line, and each splat in it as an observation. */
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/splat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *arg, const struct dp_splat *splat)
{
	(void)arg;
	json_object_put(dp_splat_to_json(splat));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dp_recogniser r = { .take = take };
	char *text = malloc(size + 1), *rest = text;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		dp_recognise(&r, line);
	dp_recognise_end(&r);
	free(text);
	return 0;
}
