// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "answers.h"

#include "daxpin/bias.h"
#include "daxpin/cleanup.h"
#include "daxpin/control.h"
#include "daxpin/execution.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/order.h"
#include "daxpin/steps.h"
#include "daxpin/traffic.h"

struct json_object *dp_answer_look(const char *line, size_t len, const struct dp_medium *medium)
{
	dp_autojson struct json_object *asked = NULL;

	return dp_observation_parse(line, len, &asked, NULL) ? NULL
							     : dp_traffic_look(asked, NULL, medium);
}

struct json_object *dp_answer_order(const char *line, size_t len, const struct dp_vcpus *vcpus,
				    char *answer, size_t size)
{
	dp_autojson struct json_object *asked = NULL;
	struct json_object *step;
	const char *text;

	if (dp_observation_parse(line, len, &asked, NULL))
		return NULL;
	text = dp_json_text(asked, "what");
	step = text && !strcmp(text, DP_CONTROL_HOLDS) ? dp_bias_play(asked, vcpus)
						       : dp_order_play(asked, vcpus);
	text = dp_json_text(step, dp_field_name(DP_FIELD_TEXT));
	snprintf(answer, size, "%s%s%s", dp_json_text(step, dp_field_name(DP_FIELD_STATE)),
		 text ? ": " : "", text ? text : "");
	return step;
}

struct json_object *dp_answer_execution(const char *line, size_t len,
					const struct dp_execution *execution, char *answer,
					size_t size)
{
	dp_autojson struct json_object *asked = NULL;
	struct json_object *step;

	if (dp_observation_parse(line, len, &asked, NULL))
		return NULL;
	step = dp_bench_profile(asked, execution);
	snprintf(answer, size, "%s", dp_json_text(step, dp_field_name(DP_FIELD_STATE)));
	return step;
}
