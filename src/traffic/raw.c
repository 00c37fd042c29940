// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On a host, device-dax is looked at as a raw block device, once nobody maps it any more: a driver
 * that maps another page has written elsewhere on that.
 */
#include "leg.h"

#include "daxpin/cleanup.h"
#include "daxpin/dax.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"

static bool is_wanted(const struct dp_leg *leg)
{
	return leg->drive->options->raw && !leg->operation->kept &&
	       dp_is_devdax(leg->drive->tcase->mapping);
}

static int look(struct dp_leg *leg, const char *device, struct dp_error *err)
{
	struct json_object *asked = NULL;
	struct dp_raw raw;
	int rc = dp_raw_open(device, &raw, err), back;
	struct dp_error lost = { 0 };

	if (!rc) {
		asked = dp_leg_look_request(leg, 0, NULL);
		rc = dp_emit(leg->drive->fd, dp_traffic_look(asked, NULL, &raw.medium));
		json_object_put(asked);
	} else {
		dp_leg_leave_out(leg, DP_STEP_OUTSIDE, "raw-device", err->what);
		rc = 0;
	}
	back = dp_raw_close(&raw, &lost);
	if (back)
		*err = lost;
	return back ? back : rc;
}

int dp_leg_look_raw(struct dp_leg *leg)
{
	dp_autojson struct json_object *reply = NULL;
	struct dp_error err = { 0 };
	int rc = is_wanted(leg) ? look(leg, leg->drive->options->env.device, &err) : 0;

	if (!rc)
		return 0;
	reply = json_object_new_object();
	dp_json_add_text(reply, "text", err.what);
	dp_leg_emit_trouble(leg, "raw-device", reply);
	return rc;
}
