// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "inside.h"

#include "daxpin/error.h"
#include "daxpin/json.h"

void dp_inside_open(struct dp_inside *inside, const struct dp_teardown_options *options)
{
	struct dp_error err = { 0 };
	uint64_t parked;

	*inside = (struct dp_inside){ .wanted = options->witness, .counters = DP_NO_COUNTERS };
	if (!inside->wanted)
		return;
	/* An emulated CPU may meet an instruction that another one is just patching. */
	parked = options->env.guest ? dp_cpus_park() : 0;
	if (dp_counters_open(&inside->counters, &err))
		snprintf(inside->missing, sizeof(inside->missing), "%.120s", err.what);
	dp_cpus_unpark(parked);
}

void dp_inside_begin(struct dp_inside *inside)
{
	if (!inside->wanted || inside->missing[0])
		return;
	if (dp_counters_read(&inside->counters, inside->before))
		snprintf(inside->missing, sizeof(inside->missing), "the counters cannot be read");
}

static void add_counts(const struct dp_inside *inside, const int64_t *now, struct json_object *obj)
{
	int64_t fast = now[DP_COUNT_FAST] - inside->before[DP_COUNT_FAST];
	int64_t slow = now[DP_COUNT_SLOW] - inside->before[DP_COUNT_SLOW];

	dp_json_add_int(obj, "calls", fast);
	dp_json_add_int(obj, "fell_back", slow);
	dp_json_add_int(obj, "dropped", now[DP_COUNT_DROP] - inside->before[DP_COUNT_DROP]);
}

void dp_inside_add(const struct dp_inside *inside, struct json_object *sums)
{
	struct json_object *obj;
	int64_t now[DP_COUNTERS];

	if (!inside->wanted)
		return;
	obj = json_object_new_object();
	if (inside->missing[0])
		dp_json_add_text(obj, "missing", inside->missing);
	else if (dp_counters_read(&inside->counters, now))
		dp_json_add_text(obj, "missing", "the counters cannot be read");
	else
		add_counts(inside, now, obj);
	json_object_object_add(sums, "inside", obj);
}

void dp_inside_close(struct dp_inside *inside, const struct dp_teardown_options *options)
{
	if (inside->wanted)
		dp_counters_close(&inside->counters, !options->env.guest);
}
