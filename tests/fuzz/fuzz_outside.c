// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest asks to have looked at. Whatever it is, there is a step that owes nothing, nothing
 * beyond the NVDIMM is read, and no more than the region.
 */
#include <json-c/json.h>

#include "fuzz.h"

#include "../unit/media.h"

#include "daxpin/json.h"
#include "daxpin/steps.h"
#include "daxpin/traffic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = fuzz_text(data, size);
	dp_autojson struct json_object *asked = json_tokener_parse(text), *step = NULL;
	struct media *m = malloc(sizeof(*m));
	struct json_object *route;
	struct dp_medium medium;
	const char *why;
	int64_t checked = -1, wrong = -1;

	if (!m)
		exit(1);
	media_make(m);
	medium = media_medium(m);
	step = dp_traffic_look(json_object_is_type(asked, json_type_object) ? asked : NULL, "veth",
			       &medium);
	route = json_object_array_get_idx(dp_json_array(step, "routes"), 0);
	dp_step_set_text(step, DP_FIELD_ROLE, "target");
	dp_step_set_flag(step, DP_FIELD_ON_DEMAND, false);
	HOLDS(dp_step_lacks(step, true, &why) == DP_FIELDS);
	HOLDS(!dp_json_int(route, "checked", &checked) && checked >= 0);
	HOLDS(!dp_json_int(route, "wrong", &wrong) && wrong >= 0 && wrong <= checked);
	HOLDS(checked <= MEDIA_SIZE);
	HOLDS(!m->beyond);
	free(m);
	return 0;
}
