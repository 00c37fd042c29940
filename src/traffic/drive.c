// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drive.h"

#include "daxpin/cleanup.h"
#include "daxpin/complaint.h"

/* An order may take its own limit several times: to connect, to post, to read back. */
#define PATIENCE 6

struct json_object *order_of(const char *name)
{
	struct json_object *order = json_object_new_object();

	dp_json_add_text(order, "order", name);
	return order;
}

void put_object(struct json_object **obj)
{
	json_object_put(*obj);
}

void add_sge(struct json_object *order, const char *key, uint64_t offset, uint64_t length)
{
	struct json_object *list = json_object_object_get(order, "sges");
	struct json_object *sge = json_object_new_array();

	if (!list) {
		list = json_object_new_array();
		json_object_object_add(order, "sges", list);
	}
	json_object_array_add(sge, json_object_new_string(key));
	json_object_array_add(sge, json_object_new_int64((int64_t)offset));
	json_object_array_add(sge, json_object_new_int64((int64_t)length));
	json_object_array_add(list, sge);
}

static int ask_other(struct drive *d, struct json_object *order, struct json_object **reply)
{
	int rc = say(d->route->fd, json_object_get(order));

	if (!rc)
		rc = hear(d->route->fd, PATIENCE * d->options->limit_ms, d->own.taint, reply);
	if (rc)
		d->lost = rc;
	return rc;
}

int ask(struct drive *d, enum side side, struct json_object *order, struct json_object **reply)
{
	struct json_object *answer = NULL;
	int64_t number = -EBADMSG;
	int rc = 0;

	/* What a kernel does after its complaint is no evidence, and may take for ever. */
	if (!d->lost && dp_kernel_has_complained(d->own.taint))
		d->lost = -EIO;
	if (d->lost)
		rc = d->lost;
	else if (side == OWN)
		answer = obey(&d->own, order);
	else
		rc = ask_other(d, order, &answer);
	json_object_put(order);
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
	ask(d, OTHER, order_of("hello"), NULL);
	return d->lost && d->lost != -EIO;
}

static void emit(struct drive *d, struct json_object *obj)
{
	struct json_object *order;

	if (d->route->shared && !d->lost) {
		order = order_of("observe");
		dp_json_add_text(order, "line",
				 json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
		ask(d, OTHER, order, NULL);
	}
	dp_emit(d->fd, obj);
}

static void emit_about(struct drive *d, const char *kind, const char *text)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", kind);
	dp_json_add_text(obj, "id", d->errand->id);
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
	dp_json_add_text(obj, "role", leg->tested == OTHER ? "target" : "source");
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
			 : leg->drive->lost ? "the other end is lost"
					    : "no reason was given");
	emit_step(leg, "trouble", obj);
}

/* ---- errands ----------------------------------------------------------------------------- */

bool pages_on_demand(const struct drive *d, const struct dp_operation *operation)
{
	const struct ibv_odp_caps *caps = &d->own.port->attr.odp_caps;

	return caps->general_caps & IBV_ODP_SUPPORT &&
	       (caps->per_transport_caps.rc_odp_caps & operation->odp) == operation->odp;
}

/* The legs over one route. @told: something other than an absent mapping was seen. */
static int run_route(struct drive *d, bool *told, struct dp_error *why)
{
	int rc = 0;

	for (int demand = 0; demand <= pages_on_demand(d, d->errand->operation) && !d->lost;
	     demand++)
		for (int tested = OTHER; tested >= OWN && !d->lost; tested--) {
			dp_autofree struct leg *leg = calloc(1, sizeof(*leg));

			if (!leg)
				return -ENOMEM;
			if (tested == OWN &&
			    (d->errand->operation->carried || d->errand->operation->kept))
				continue;
			*leg = (struct leg){ .drive = d,
					     .operation = d->errand->operation,
					     .tested = (enum side)tested,
					     .on_demand = demand };
			rc = run_leg(leg, why);
			*told |= rc != DP_SKIP;
			/* What is kept is kept once, pinned if that can be. */
			if (d->errand->operation->kept && leg->transfers)
				return 0;
		}
	return 0;
}

/* The other end may be what the event takes away: that it is lost is no failure then. */
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

static int run_errand(struct drive *d, const struct dp_route *routes, size_t nroutes)
{
	const char *lacks = dp_operation_lacks(d->errand->operation, &d->own.port->attr);
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
	for (size_t i = d->errand->operation->kept ? nroutes - 1 : 0;
	     i < nroutes && !rc && !d->lost; i++) {
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
	struct json_object *order = order_of("hello"), *reply = NULL;
	int rc;

	d->route = route;
	dp_json_add_int(order, "version", DP_TRAFFIC_VERSION);
	rc = ask(d, OTHER, order, &reply);
	if (rc && reply && dp_json_text(reply, "text"))
		dp_report(err, rc, "%s", dp_json_text(reply, "text"));
	else if (!rc && number_of(reply, "version") != DP_TRAFFIC_VERSION)
		rc = dp_report(err, -EPROTONOSUPPORT,
			       "the other end speaks version %llu of the protocol, this one %d",
			       (unsigned long long)number_of(reply, "version"), DP_TRAFFIC_VERSION);
	else if (!rc && number_of(reply, "size") < d->options->env.size)
		rc = dp_bad_input(err, "the other end takes regions of %llu bytes at most",
				  (unsigned long long)number_of(reply, "size"));
	else if (rc)
		dp_fail(err, rc, "the other end does not answer");
	json_object_put(reply);
	return rc;
}

int dp_traffic_run(const struct dp_errands *errands, const struct dp_route *routes, size_t nroutes,
		   struct dp_port *port, const struct dp_traffic_options *options, int fd,
		   struct dp_error *err)
{
	struct drive drive = {
		.own = { .port = port,
			 .options = options,
			 .area = { .fd = -1 },
			 .taint = dp_kernel_taint() },
		.options = options,
		.fd = fd,
	};
	int rc = 0;

	for (size_t i = 0; i < nroutes && !rc; i++)
		rc = greet(&drive, &routes[i], err);
	for (size_t i = 0; i < errands->count && !rc; i++) {
		drive.errand = &errands->list[i];
		rc = drive.errand->event ? run_event(&drive, routes)
					 : run_errand(&drive, routes, nroutes);
		if (rc)
			dp_report(err, rc, "%s during %s",
				  rc == -EIO ? "the kernel complained" : "the other end was lost",
				  drive.errand->id);
	}
	for (size_t i = 0; i < nroutes && !rc; i++) {
		drive.route = &routes[i];
		ask(&drive, OTHER, order_of("goodbye"), NULL);
	}
	clear_end(&drive.own);
	return rc;
}
