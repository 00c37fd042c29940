// SPDX-License-Identifier: GPL-2.0-or-later
/* A line is a control line only if it is an observation whose kind says so; its texts are
 * printable. */
#include "fuzz.h"

#include "daxpin/control.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"

static const char *const kinds[] = { "hello",   "modules", "ready",  "taken",
				     "request", "alive",   "failed", "done" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autojson struct json_object *obj = NULL;
	struct dp_control control;
	bool known = dp_control_parse((const char *)data, size, &control);
	bool parsed = !dp_observation_parse((const char *)data, size, &obj, NULL);

	HOLDS(!known || parsed);
	if (!known)
		return 0;
	HOLDS(control.kind <= DP_CONTROL_DONE);
	HOLDS(!memcmp(data + strlen("{\"kind\":\""), kinds[control.kind],
		      strlen(kinds[control.kind])));
	HOLDS(fuzz_printable(control.text));
	HOLDS(fuzz_printable(control.failure.what) && fuzz_printable(control.failure.hint));
	HOLDS(!control.failure.code == (control.kind != DP_CONTROL_FAILED));
	return 0;
}
