// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "qmp.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/text.h"

__attribute__((format(printf, 2, 3))) static void note_trouble(struct dp_qmp *qmp, const char *fmt,
							       ...)
{
	va_list ap;

	if (qmp->trouble[0])
		return;
	va_start(ap, fmt);
	vsnprintf(qmp->trouble, sizeof(qmp->trouble), fmt, ap);
	va_end(ap);
	dp_printable(qmp->trouble);
}

void dp_qmp_begin(struct dp_qmp *qmp, int fd, void *arg)
{
	*qmp = (struct dp_qmp){ .fd = fd, .arg = arg };
}

static struct dp_qmp_awaited *add(struct dp_qmp *qmp, const struct dp_qmp_awaited *awaited)
{
	for (size_t i = 0; i < DP_QMP_AWAITED; i++) {
		if (qmp->awaited[i].name)
			continue;
		qmp->awaited[i] = *awaited;
		return &qmp->awaited[i];
	}
	note_trouble(qmp, "QEMU's monitor has more than %d replies due", DP_QMP_AWAITED);
	return NULL;
}

static int send_request(struct dp_qmp *qmp, const char *command, struct json_object *arguments,
			int64_t id)
{
	dp_autojson struct json_object *request = json_object_new_object();
	dp_autofree char *line = NULL;
	int n;

	dp_json_add_text(request, "execute", command);
	if (arguments)
		json_object_object_add(request, "arguments", arguments);
	dp_json_add_int(request, "id", id);
	n = asprintf(&line, "%s\n",
		     json_object_to_json_string_ext(
			     request, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	return n < 0 ? -1 : dp_write_all(qmp->fd, line, (size_t)n);
}

void dp_qmp_ask(struct dp_qmp *qmp, const char *command, struct json_object *arguments,
		uint64_t limit_ms, void (*take)(void *arg, struct json_object *data))
{
	const struct dp_qmp_awaited reply = {
		.id = ++qmp->last_id,
		.name = command,
		.take = take,
		.until_ms = limit_ms ? dp_now_ms() + limit_ms : 0,
	};

	if (!add(qmp, &reply))
		json_object_put(arguments);
	else if (send_request(qmp, command, arguments, reply.id))
		note_trouble(qmp, "QEMU's monitor does not take the command %s", command);
}

void dp_qmp_await(struct dp_qmp *qmp, const char *event,
		  void (*take)(void *arg, struct json_object *data))
{
	add(qmp, &(struct dp_qmp_awaited){ .name = event, .take = take });
}

/* By name an event is found, by id a reply. NULL if it is not awaited. */
static struct dp_qmp_awaited *find(struct dp_qmp *qmp, int64_t id, const char *event)
{
	for (size_t i = 0; i < DP_QMP_AWAITED; i++) {
		struct dp_qmp_awaited *a = &qmp->awaited[i];

		if (a->name && a->id == id && (!event || !strcmp(a->name, event)))
			return a;
	}
	return NULL;
}

/* False if it is no reply to anything that was asked. */
static bool take_reply(struct dp_qmp *qmp, struct json_object *obj)
{
	int64_t id = dp_json_int_or(obj, "id", 0);
	struct dp_qmp_awaited *slot = id > 0 ? find(qmp, id, NULL) : NULL;
	struct json_object *result = NULL;
	struct dp_qmp_awaited reply;
	const char *text;

	if (!slot)
		return false;
	reply = *slot;
	*slot = (struct dp_qmp_awaited){ 0 };
	if (json_object_object_get_ex(obj, "return", &result)) {
		if (reply.take)
			reply.take(qmp->arg, result);
		return true;
	}
	text = dp_json_text(dp_json_object(obj, "error"), "desc");
	note_trouble(qmp, "QEMU refuses %s: %s", reply.name, text ? text : "it does not say why");
	return true;
}

static bool take_event(struct dp_qmp *qmp, struct json_object *obj, const char *name)
{
	struct dp_qmp_awaited *event = find(qmp, 0, name);

	if (!event)
		return false;
	event->take(qmp->arg, dp_json_object(obj, "data"));
	return true;
}

/* {"QMP":{"version":{"qemu":{"major":7,"minor":2,"micro":22},…},…}} */
static bool take_greeting(struct dp_qmp *qmp, struct json_object *greeting)
{
	struct json_object *version = dp_json_object(dp_json_object(greeting, "version"), "qemu");
	int64_t major = dp_json_int_or(version, "major", -1);
	int64_t minor = dp_json_int_or(version, "minor", -1);
	int64_t micro = dp_json_int_or(version, "micro", 0);

	if (major >= 0 && minor >= 0)
		snprintf(qmp->version, sizeof(qmp->version), "%u.%u.%u", (unsigned int)major,
			 (unsigned int)minor, (unsigned int)micro);
	return qmp->version[0];
}

static int take_line(void *arg, const char *line, size_t len)
{
	dp_autojson struct json_object *obj = dp_json_parse(line);
	struct json_object *greeting = dp_json_object(obj, "QMP");
	const char *event = dp_json_text(obj, "event");
	struct dp_qmp *qmp = arg;

	(void)len;
	if (greeting && take_greeting(qmp, greeting))
		return 0;
	qmp->ignored += !(event ? take_event(qmp, obj, event) : take_reply(qmp, obj));
	return 0;
}

void dp_qmp_feed(struct dp_qmp *qmp, const char *data, size_t len)
{
	if (dp_lines_feed(&qmp->lines, data, len, take_line, qmp))
		note_trouble(qmp, "there is no memory for what QEMU's monitor says");
}

void dp_qmp_check(struct dp_qmp *qmp, uint64_t now_ms)
{
	for (size_t i = 0; i < DP_QMP_AWAITED; i++) {
		const struct dp_qmp_awaited *a = &qmp->awaited[i];

		if (a->name && a->until_ms && now_ms > a->until_ms)
			note_trouble(qmp, "QEMU's monitor has not answered %s in time", a->name);
	}
}

void dp_qmp_clear(struct dp_qmp *qmp)
{
	dp_lines_clear(&qmp->lines);
	memset(qmp, 0, sizeof(*qmp));
}
