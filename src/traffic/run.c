// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries out the cases, each of them over all routes. */
#include <errno.h>

#include "leg.h"
#include "talk.h"

#include "daxpin/cleanup.h"
#include "daxpin/splat.h"

static bool has_source(const struct dp_operation *operation)
{
	return !operation->carried && !operation->kept;
}

/* Carries out the legs over one route. @told: set if one was more than an absent mapping. */
static int run_route(struct dp_drive *d, bool *told, struct dp_error *why)
{
	const struct dp_operation *op = d->tcase->operation;
	int last = has_source(op) ? DP_LOCAL : DP_REMOTE;

	for (int demand = 0; demand <= dp_leg_pages_on_demand(d, op); demand++)
		for (int tested = DP_REMOTE; tested >= last && !d->lost; tested--) {
			dp_autofree struct dp_leg *leg = calloc(1, sizeof(*leg));

			if (!leg)
				return -ENOMEM;
			*leg = (struct dp_leg){ .drive = d,
						.operation = op,
						.tested = (enum dp_side)tested,
						.on_demand = demand };
			*told |= dp_leg_run(leg, why) != DP_SKIP;
			/* What is kept is kept once, pinned if possible. */
			if (op->kept && leg->transfers)
				return 0;
		}
	return 0;
}

/* How many legs there were, and whether the kernel was well. */
static void end_case(struct dp_drive *d)
{
	struct json_object *obj = dp_step_new(DP_STEP_LEGS);

	dp_step_set_int(obj, DP_FIELD_LEGS, d->legs);
	dp_drive_emit(d, obj);
	dp_drive_emit(d, dp_step_taint(d->local.taint));
	dp_drive_emit_case(d, "end", NULL);
}

/* The remote end may be what the event takes away, so that losing it is no failure. */
static int run_event(struct dp_drive *d, const struct dp_route *routes)
{
	struct dp_error why = { 0 };
	int rc;

	d->route = &routes[0];
	dp_drive_emit_case(d, "begin", NULL);
	rc = dp_leg_run_in_flight(d, &why);
	if (rc == DP_SKIP)
		dp_drive_emit_case(d, "skip", why.what);
	else
		end_case(d);
	return 0;
}

static int run_operation(struct dp_drive *d, const struct dp_route *routes, size_t nroutes)
{
	const char *lacks = dp_operation_lacks(d->tcase->operation, &d->local.port->attr);
	size_t first = d->tcase->operation->kept ? nroutes - 1 : 0;
	struct dp_error why = { 0 };
	bool told = false;
	int rc = 0;

	d->unanswered = false;
	d->route = &routes[nroutes - 1];
	dp_drive_emit_case(d, "begin", NULL);
	if (lacks) {
		dp_drive_emit_case(d, "skip", lacks);
		return 0;
	}
	for (size_t i = first; i < nroutes && !rc && !d->lost; i++) {
		d->route = &routes[i];
		d->first = i == 0;
		d->last = i + 1 == nroutes;
		rc = run_route(d, &told, &why);
	}
	if (rc || d->lost)
		return rc ? rc : d->lost;
	if (told)
		end_case(d);
	else
		dp_drive_emit_case(d, "skip", why.what);
	return 0;
}

/* Both ends must speak the same version, and the remote end allow regions of this size. */
static int greet(struct dp_drive *d, const struct dp_route *route, struct dp_error *err)
{
	struct json_object *command = dp_talk_command("hello");
	dp_autojson struct json_object *reply = NULL;
	int rc;

	d->route = route;
	dp_json_add_int(command, "version", DP_TRAFFIC_VERSION);
	rc = dp_drive_ask(d, DP_REMOTE, command, &reply);
	if (rc && reply && dp_json_text(reply, "text"))
		return dp_report(err, rc, "%s", dp_json_text(reply, "text"));
	if (rc)
		return dp_fail(err, rc, "the remote end does not answer");
	if (dp_talk_number(reply, "version") != DP_TRAFFIC_VERSION)
		return dp_report(err, -EPROTONOSUPPORT,
				 "the remote end speaks version %llu of the protocol, this one %d",
				 (unsigned long long)dp_talk_number(reply, "version"),
				 DP_TRAFFIC_VERSION);
	if (dp_talk_number(reply, "size") < d->options->env.size)
		return dp_bad_input(err, "the remote end takes regions of %llu bytes at most",
				    (unsigned long long)dp_talk_number(reply, "size"));
	return 0;
}

static int run_cases(struct dp_drive *d, const struct dp_cases *cases,
		     const struct dp_route *routes, size_t nroutes, struct dp_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < nroutes && !rc; i++)
		rc = greet(d, &routes[i], err);
	for (size_t i = 0; i < cases->count && !rc; i++) {
		d->tcase = &cases->list[i];
		d->legs = 0;
		rc = d->tcase->event ? run_event(d, routes) : run_operation(d, routes, nroutes);
		if (rc)
			dp_report(err, rc, "%s during %s",
				  rc == -EIO ? "the kernel splatted" : "the remote end was lost",
				  d->tcase->id);
	}
	for (size_t i = 0; i < nroutes && !rc; i++) {
		d->route = &routes[i];
		dp_drive_ask(d, DP_REMOTE, dp_talk_command("goodbye"), NULL);
	}
	return rc;
}

int dp_traffic_run(const struct dp_cases *cases, const struct dp_route *routes, size_t nroutes,
		   struct dp_port *port, const struct dp_traffic_options *options, int fd,
		   struct dp_error *err)
{
	struct dp_drive drive = {
		.local = { .port = port, .options = options, .area = { .fd = -1 } },
		.options = options,
		.fd = fd,
	};
	int rc;

	dp_kernel_taint(&drive.local.taint);
	rc = run_cases(&drive, cases, routes, nroutes, err);
	dp_end_clear(&drive.local);
	return rc;
}
