/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One end of the traffic. It obeys orders, JSON objects with the order's name under "command", and
 * answers each with another: "rc" is 0 or a negative errno, "text" says more. Orders come from the
 * end that asks, to itself by a call and to the remote end through a socket, a line each.
 */
#ifndef DAXPIN_TRAFFIC_END_H
#define DAXPIN_TRAFFIC_END_H

#include <json-c/json.h>

#include "daxpin/observe.h"
#include "daxpin/traffic.h"

#define MAX_KEYS 8

/* A registration by the name that commands give it. */
struct key {
	char name[16];
	struct ibv_mr *mr;
	uint64_t offset, length; /* of the region, bytes */
};

struct end {
	struct dp_port *port;
	const struct dp_traffic_options *options;
	const struct dp_mapping *mapping; /* that area is of, NULL without one */
	struct dp_area area;
	struct ibv_pd *foreign_pd; /* a protection domain that the connection is not in, or NULL */
	struct key keys[MAX_KEYS];
	struct dp_connection connection;
	int (*watch)(void *arg, const char *line, size_t len);
	void *arg;
	pid_t server;        /* another program that serves the local end's memory, if above 0 */
	int server_output;   /* what that prints */
	bool over;           /* the remote end has said goodbye */
	unsigned long taint; /* of this kernel, before anything was done */
};

/* The region is looked at in whole, or its first and last so many bytes. */
#define WINDOW (4ULL << 20)

struct window {
	uint64_t offset, length;
};

/* Where the halves of a region meet, bytes: where a page table ends, if it is large enough. */
uint64_t edge_of(uint64_t length);

/* The parts of a region that are filled and looked at; @windows has room for two. */
size_t windows_of(uint64_t length, struct window *windows);

/**
 * command_fn - obey one command
 * @end: the local end
 * @command: what is wanted
 * @reply: receives what is to be known about it
 * @err: context on failure
 *
 * Return: 0, DP_SKIP with the reason, or a negative errno.
 */
typedef int command_fn(struct end *end, struct json_object *command, struct json_object *reply,
		       struct dp_error *err);

/* end.c: memory and registrations */
command_fn command_open, command_register, command_deregister, command_disturb, command_close;
/* queue.c: the connection */
command_fn command_accept, command_connect, command_disconnect, command_receive, command_received,
	command_post, command_stream;
/* verify.c */
command_fn command_verify;
/* keep.c */
command_fn command_keep;
/* perftest.c: another program does the same */
command_fn command_serve_reference, command_ask_reference, command_end_reference;

/* Ends another program that still serves, if there is one. */
void end_server(struct end *end);

/* A key by its name; NULL if there is none. */
struct key *find_key(struct end *end, const char *name);

/* Obeys a command. Return: the reply. */
struct json_object *obey(struct end *end, struct json_object *command);

/* Gives everything back. */
void clear_end(struct end *end);

/* An unsigned number of an object; 0 if it is missing or negative. */
uint64_t number_of(struct json_object *obj, const char *key);

struct json_object *ledger_to_json(const struct dp_ledger *ledger);

/* Return: 0 or -EBADMSG. */
int ledger_from_json(struct json_object *obj, struct dp_ledger *ledger);

/* How long is waited before the kernel is looked at again, ms. */
#define SLICE_MS 500

/* talk.c: lines of JSON through a socket */

/* Return: 0 or a negative errno. The object is released. */
int say(int fd, struct json_object *obj);

/**
 * hear - wait for a line
 * @fd: the socket
 * @limit_ms: how long
 * @taint: of this kernel before; once it has splatted, nothing is waited for any more
 * @obj: receives it
 *
 * Return: 0, -ETIMEDOUT, -ECONNRESET at the end, -EBADMSG, -EIO after a splat.
 */
int hear(int fd, uint64_t limit_ms, unsigned long taint, struct json_object **obj);

#endif
