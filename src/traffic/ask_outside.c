// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest asks who has it in hand to look at its memory, and waits until that is done: what the
 * region holds does not change meanwhile. What is seen there is not told to the guest. It is the
 * step "outside", which appears in the stream as if the guest had emitted it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "leg.h"
#include "talk.h"

#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"

/* A look takes milliseconds; a busy host is slower. */
#define LIMIT_MS 60000

/* An answer to an earlier request that came too late is none. */
static int await(int fd, unsigned int number)
{
	uint64_t end = dp_now_ms() + LIMIT_MS;
	char line[64] = "", wanted[64];
	int rc = 0;

	snprintf(wanted, sizeof(wanted), DP_CONTROL_LOOKED " %u", number);
	while (!rc && strcmp(line, wanted))
		rc = dp_control_hear(fd, end, line, sizeof(line));
	return rc;
}

struct json_object *dp_leg_look_request(const struct dp_leg *leg, unsigned int number,
					struct json_object *blocks)
{
	const struct dp_region *r = &leg->regions[leg->tested];
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "request");
	dp_json_add_text(obj, "what", DP_CONTROL_LOOK);
	dp_json_add_int(obj, "number", number);
	dp_step_set_text(obj, DP_FIELD_MAPPING, leg->drive->tcase->mapping->name);
	dp_step_set_int(obj, DP_FIELD_SIZE, (int64_t)r->length);
	dp_step_set(obj, DP_FIELD_LEDGER, dp_ledger_to_json(&r->ledger));
	dp_step_set(obj, DP_FIELD_BLOCKS, json_object_get(blocks));
	dp_step_set_text(obj, DP_FIELD_TOPOLOGY, leg->drive->route->topology);
	dp_step_set_text(obj, DP_FIELD_ROLE, leg->tested == DP_REMOTE ? "target" : "source");
	dp_step_set_flag(obj, DP_FIELD_ON_DEMAND, leg->on_demand);
	return obj;
}

int dp_leg_ask_outside(struct dp_leg *leg)
{
	const int *fd = leg->drive->options->outside;
	unsigned int number = ++leg->drive->looks;
	dp_autojson struct json_object *reply = NULL;
	int rc;

	if (!fd || !dp_is_seen_outside(leg->drive->tcase->mapping))
		return 0;
	rc = dp_drive_ask(leg->drive, leg->tested, dp_talk_command("locate"), &reply);
	if (!rc)
		rc = dp_emit(
			leg->drive->fd,
			dp_leg_look_request(leg, number,
					    dp_json_array(reply, dp_field_name(DP_FIELD_BLOCKS))));
	if (!rc)
		rc = await(*fd, number);
	if (rc)
		dp_leg_emit_trouble(leg, "outside", reply);
	return rc;
}
