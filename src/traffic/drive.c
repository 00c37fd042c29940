// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drive.h"

#include "daxpin/cleanup.h"
#include "daxpin/splat.h"

/* A command may take its own limit several times: to connect, to post, to read back. */
#define PATIENCE 6

struct json_object *command_of(const char *name)
{
	struct json_object *command = json_object_new_object();

	dp_json_add_text(command, "command", name);
	return command;
}

void put_object(struct json_object **obj)
{
	json_object_put(*obj);
}

void add_sge(struct json_object *command, const char *key, uint64_t offset, uint64_t length)
{
	struct json_object *list = json_object_object_get(command, "sges");
	struct json_object *sge = json_object_new_array();

	if (!list) {
		list = json_object_new_array();
		json_object_object_add(command, "sges", list);
	}
	json_object_array_add(sge, json_object_new_string(key));
	json_object_array_add(sge, json_object_new_int64((int64_t)offset));
	json_object_array_add(sge, json_object_new_int64((int64_t)length));
	json_object_array_add(list, sge);
}

static int ask_remote(struct drive *d, struct json_object *command, struct json_object **reply)
{
	int rc = say(d->route->fd, json_object_get(command));

	if (!rc)
		rc = hear(d->route->fd, PATIENCE * d->options->limit_ms, d->local.taint, reply);
	if (rc)
		d->lost = rc;
	return rc;
}

int ask(struct drive *d, enum side side, struct json_object *command, struct json_object **reply)
{
	struct json_object *answer = NULL;
	int64_t number = -EBADMSG;
	int rc = 0;

	/* What a kernel does after its splat is no evidence, and may take for ever. */
	if (!d->lost && dp_kernel_has_splat(d->local.taint))
		d->lost = -EIO;
	if (d->lost)
		rc = d->lost;
	else if (side == LOCAL)
		answer = obey(&d->local, command);
	else
		rc = ask_remote(d, command, &answer);
	json_object_put(command);
	if (answer && dp_json_int(answer, "rc", &number))
		number = -EBADMSG;
	if (reply)
		*reply = answer;
	else
		json_object_put(answer);
	return rc ? rc : (int)number;
}

bool has_gone(struct drive *d)
{
	ask(d, REMOTE, command_of("hello"), NULL);
	return d->lost && d->lost != -EIO;
}

static void emit(struct drive *d, struct json_object *obj)
{
	struct json_object *command;

	if (d->route->shared && !d->lost) {
		command = command_of("observe");
		dp_json_add_text(command, "line",
				 json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
		ask(d, REMOTE, command, NULL);
	}
	dp_emit(d->fd, obj);
}

static void emit_about(struct drive *d, const char *kind, const char *text)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "id", d->tcase->id);
	if (text)
		dp_json_add_text(obj, "text", text);
	emit(d, obj);
}

void emit_step(struct leg *leg, const char *step, struct json_object *obj)
{
	struct drive *d = leg->drive;

	dp_json_add_text(obj, "kind", "step");
	dp_json_add_text(obj, "step", step);
	dp_json_add_text(obj, "topology", d->route->topology);
	dp_json_add_text(obj, "role", leg->tested == REMOTE ? "target" : "source");
	json_object_object_add(obj, "on_demand", json_object_new_boolean(leg->on_demand));
	emit(d, obj);
}

void emit_trouble(struct leg *leg, const char *what, struct json_object *reply)
{
	struct json_object *obj = json_object_new_object();
	const char *text = reply ? dp_json_text(reply, "text") : NULL;

	dp_json_add_text(obj, "what", what);
	dp_json_add_text(obj, "text",
			 text               ? text
			 : leg->drive->lost ? "the remote end is lost"
					    : "no reason was given");
	emit_step(leg, "trouble", obj);
}

/* ---- cases ----------------------------------------------------------------------------- */

bool pages_on_demand(const struct drive *d, const struct dp_operation *operation)
{
	const struct ibv_odp_caps *caps = &d->local.port->attr.odp_caps;

	return caps->general_caps & IBV_ODP_SUPPORT &&
	       (caps->per_transport_caps.rc_odp_caps & operation->odp) == operation->odp;
}

/* The legs over one route. @told: something other than an absent mapping was seen. */
static int run_route(struct drive *d, bool *told, struct dp_error *why)
{
	int rc = 0;

	for (int demand = 0; demand <= pages_on_demand(d, d->tcase->operation) && !d->lost;
	     demand++)
		for (int tested = REMOTE; tested >= LOCAL && !d->lost; tested--) {
			dp_autofree struct leg *leg = calloc(1, sizeof(*leg));

			if (!leg)
				return -ENOMEM;
			if (tested == LOCAL &&
			    (d->tcase->operation->carried || d->tcase->operation->kept))
				continue;
			*leg = (struct leg){ .drive = d,
					     .operation = d->tcase->operation,
					     .tested = (enum side)tested,
					     .on_demand = demand };
			rc = run_leg(leg, why);
			*told |= rc != DP_SKIP;
			/* What is kept is kept once, pinned if that can be. */
			if (d->tcase->operation->kept && leg->transfers)
				return 0;
		}
	return 0;
}

/* The remote end may be what the event takes away: that it is lost is no failure then. */
static int run_event(struct drive *d, const struct dp_route *routes)
{
	struct dp_error why = { 0 };
	int rc;

	d->route = &routes[0];
	emit_about(d, "begin", NULL);
	rc = run_in_flight(d, &why);
	emit_about(d, rc == DP_SKIP ? "skip" : "end", rc == DP_SKIP ? why.what : NULL);
	return 0;
}

static int run_case(struct drive *d, const struct dp_route *routes, size_t nroutes)
{
	const char *lacks = dp_operation_lacks(d->tcase->operation, &d->local.port->attr);
	struct dp_error why = { 0 };
	bool told = false;
	int rc = 0;

	d->mute = false;
	d->route = &routes[nroutes - 1];
	emit_about(d, "begin", NULL);
	if (lacks) {
		emit_about(d, "skip", lacks);
		return 0;
	}
	for (size_t i = d->tcase->operation->kept ? nroutes - 1 : 0; i < nroutes && !rc && !d->lost;
	     i++) {
		d->route = &routes[i];
		d->first = i == 0;
		d->last = i + 1 == nroutes;
		rc = run_route(d, &told, &why);
	}
	if (rc || d->lost)
		return rc ? rc : d->lost;
	emit_about(d, told ? "end" : "skip", told ? NULL : why.what);
	return 0;
}

static int greet(struct drive *d, const struct dp_route *route, struct dp_error *err)
{
	struct json_object *command = command_of("hello"), *reply = NULL;
	int rc;

	d->route = route;
	dp_json_add_int(command, "version", DP_TRAFFIC_VERSION);
	rc = ask(d, REMOTE, command, &reply);
	if (rc && reply && dp_json_text(reply, "text"))
		dp_report(err, rc, "%s", dp_json_text(reply, "text"));
	else if (!rc && number_of(reply, "version") != DP_TRAFFIC_VERSION)
		rc = dp_report(err, -EPROTONOSUPPORT,
			       "the remote end speaks version %llu of the protocol, this one %d",
			       (unsigned long long)number_of(reply, "version"), DP_TRAFFIC_VERSION);
	else if (!rc && number_of(reply, "size") < d->options->env.size)
		rc = dp_bad_input(err, "the remote end takes regions of %llu bytes at most",
				  (unsigned long long)number_of(reply, "size"));
	else if (rc)
		dp_fail(err, rc, "the remote end does not answer");
	json_object_put(reply);
	return rc;
}

int dp_traffic_run(const struct dp_cases *cases, const struct dp_route *routes, size_t nroutes,
		   struct dp_port *port, const struct dp_traffic_options *options, int fd,
		   struct dp_error *err)
{
	struct drive drive = {
		.local = { .port = port,
			   .options = options,
			   .area = { .fd = -1 },
			   .taint = dp_kernel_taint() },
		.options = options,
		.fd = fd,
	};
	int rc = 0;

	for (size_t i = 0; i < nroutes && !rc; i++)
		rc = greet(&drive, &routes[i], err);
	for (size_t i = 0; i < cases->count && !rc; i++) {
		drive.tcase = &cases->list[i];
		rc = drive.tcase->event ? run_event(&drive, routes)
					: run_case(&drive, routes, nroutes);
		if (rc)
			dp_report(err, rc, "%s during %s",
				  rc == -EIO ? "the kernel splat" : "the remote end was lost",
				  drive.tcase->id);
	}
	for (size_t i = 0; i < nroutes && !rc; i++) {
		drive.route = &routes[i];
		ask(&drive, REMOTE, command_of("goodbye"), NULL);
	}
	clear_end(&drive.local);
	return rc;
}
