// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel's log, line by line: each splat in it is complete, printable and bounded. */
#include <json-c/json.h>

#include "fuzz.h"

#include "daxpin/splat.h"

static void take(void *arg, const struct dp_splat *splat)
{
	struct json_object *obj = dp_splat_to_json(splat), *lines;

	(void)arg;
	HOLDS(splat->kind && splat->kind[0]);
	HOLDS(splat->nlines > 0 && splat->nlines <= DP_SPLAT_LINES);
	HOLDS(fuzz_printable(splat->function) && fuzz_printable(splat->step));
	for (size_t i = 0; i < splat->nlines; i++)
		HOLDS(splat->lines[i] && fuzz_printable(splat->lines[i]));
	lines = json_object_object_get(obj, "lines");
	HOLDS(json_object_array_length(lines) == splat->nlines);
	json_object_put(obj);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dp_recogniser r = { .take = take };
	dp_autofree char *text = fuzz_text(data, size);
	char *rest = text;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		dp_recognise(&r, line);
	dp_recognise_end(&r);
	HOLDS(!r.now.kind && !r.now.nlines);
	return 0;
}
