/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QMP, the protocol of QEMU's monitor: one JSON object per line, in both directions.
 *
 *   to QEMU    {"execute":COMMAND,"arguments":{…},"id":N}
 *   from QEMU  {"return":{…},"id":N}                        the reply to request N
 *              {"error":{"class":…,"desc":…},"id":N}        N is refused
 *              {"event":NAME,"data":{…},"timestamp":{…}}    at any time
 *              {"QMP":{…}}                                  the greeting
 *
 * Requests are answered in any order. What is awaited, replies and events alike, is in one table;
 * each line that arrives is looked up there. A line that nobody awaits is counted and otherwise
 * ignored.
 */
#ifndef DAXPIN_MACHINE_QMP_H
#define DAXPIN_MACHINE_QMP_H

#include <stddef.h>
#include <stdint.h>

#include "daxpin/observe.h"

struct json_object;

/* Replies and events awaited at the same time, at most. */
#define DP_QMP_AWAITED 16

/* Events stay awaited until they are forgotten, a reply until it comes. */
struct dp_qmp_awaited {
	int64_t id;       /* of the request; 0 for an event */
	const char *name; /* of the command or event; NULL if this slot is free */
	void (*take)(void *arg, struct json_object *data); /* of a reply, may be NULL */
	uint64_t until_ms; /* when it must have come, by dp_now_ms(); 0 for no limit */
};

struct dp_qmp {
	int fd;
	void *arg; /* for those who take */
	struct dp_lines lines;
	int64_t last_id;
	struct dp_qmp_awaited awaited[DP_QMP_AWAITED];
	char version[40];  /* of QEMU, by its greeting; "" before that */
	size_t ignored;    /* lines that nobody awaited */
	char trouble[256]; /* why QEMU cannot be talked to any more, or "": the first reason */
};

/**
 * dp_qmp_begin - begin to talk to a monitor
 * @qmp: to be released with dp_qmp_clear()
 * @fd: of the monitor, stays the caller's; nothing is read from it here, see dp_qmp_feed()
 * @arg: passed to each function that takes a reply or an event
 */
void dp_qmp_begin(struct dp_qmp *qmp, int fd, void *arg);

/**
 * dp_qmp_ask - send a request and await its reply
 * @qmp: the monitor
 * @command: its name; must live as long as @qmp
 * @arguments: taken over and released; NULL for none
 * @limit_ms: until the reply must have come, 0 for no limit
 * @take: called with what was returned, may be NULL
 *
 * A request that cannot be sent, is refused or is not answered in time is qmp->trouble.
 */
void dp_qmp_ask(struct dp_qmp *qmp, const char *command, struct json_object *arguments,
		uint64_t limit_ms, void (*take)(void *arg, struct json_object *data));

/**
 * dp_qmp_await - await an event, each time that it comes
 * @qmp: the monitor
 * @event: its name; must live as long as @qmp
 * @take: called with the event's data, NULL if it has none
 */
void dp_qmp_await(struct dp_qmp *qmp, const char *event,
		  void (*take)(void *arg, struct json_object *data));

/**
 * dp_qmp_feed - take bytes that came from the monitor
 * @qmp: the monitor
 * @data: the bytes; any cut of the stream will do
 * @len: how many
 *
 * A line longer than DP_LINE_LIMIT, or one that is not a JSON object, is ignored.
 */
void dp_qmp_feed(struct dp_qmp *qmp, const char *data, size_t len);

/* Looks for replies that have not come in time (qmp->trouble). @now_ms: by dp_now_ms() */
void dp_qmp_check(struct dp_qmp *qmp, uint64_t now_ms);

void dp_qmp_clear(struct dp_qmp *qmp);

#endif
