/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One end of the traffic: what it has mapped, registered and connected, and the commands that it
 * obeys. The driving end obeys its own commands by a call; the remote end gets them through a
 * socket (talk.h).
 *
 * Each command is a descriptor at the end of a file in src/traffic/commands (registry.h).
 */
#ifndef DAXPIN_TRAFFIC_END_H
#define DAXPIN_TRAFFIC_END_H

#include "daxpin/json.h"
#include "daxpin/registry.h"
#include "daxpin/traffic.h"

/* Registrations that an end can have at the same time. */
#define DP_MAX_KEYS 8

/* A registration, under the name that commands give it. */
struct dp_key {
	char name[16];
	struct ibv_mr *mr;       /* NULL: not in use */
	uint64_t offset, length; /* in the region, bytes */
};

struct dp_end {
	struct dp_port *port;
	const struct dp_traffic_options *options;
	const struct dp_mapping *mapping; /* of area, NULL without one */
	struct dp_area area;              /* the region */
	struct ibv_pd *foreign_pd; /* a protection domain without queue pairs, NULL without one */
	struct dp_key keys[DP_MAX_KEYS];
	struct dp_connection connection;
	/* Receives the observations that the driving end shares, may be NULL. */
	int (*watch)(void *arg, const char *line, size_t len);
	void *arg;           /* for watch */
	const int *event;    /* tells, by being readable, that a stream has seen enough; or NULL */
	pid_t server;        /* ib_write_bw that serves this end's memory; 0 without one */
	int server_output;   /* a file in memory with what it prints */
	bool over;           /* the driving end has said goodbye */
	unsigned long taint; /* of this kernel, before anything was done */
};

struct dp_command {
	const char *name;
	/*
	 * Obeys. @command: its arguments; @reply: receives what is to be told; @err: context on
	 * failure. Returns 0, DP_SKIP with the reason, or a negative errno.
	 */
	int (*obey)(struct dp_end *end, struct json_object *command, struct json_object *reply,
		    struct dp_error *err);
};

#define DP_COMMAND(ident, ...) DP_REGISTER(struct dp_command, dp_commands, ident, __VA_ARGS__)

/**
 * dp_end_obey - obey a command
 * @end: which end
 * @command: the command; it is not trusted
 *
 * Return: the reply: "rc" is 0, DP_SKIP or a negative errno; with it, "text" says why. To be
 * released with json_object_put().
 */
struct json_object *dp_end_obey(struct dp_end *end, struct json_object *command);

/* A registration by its name; NULL if there is none. */
struct dp_key *dp_end_key(struct dp_end *end, const char *name);

/* Deregisters one key. Return: 0 or a negative errno. */
int dp_end_drop_key(struct dp_key *key, struct dp_error *err);

/* Deregisters all keys. Return: 0 or a negative errno, after which some are left. */
int dp_end_drop_keys(struct dp_end *end, struct dp_error *err);

/* Whether the region is shared memory of a file or a device, which others can open, too. */
bool dp_end_is_shared(const struct dp_end *end);

/* Ends ib_write_bw, if it still serves. */
void dp_end_stop_server(struct dp_end *end);

/* Gives connection, registrations and region back. Return: 0 or a negative errno. */
int dp_end_close(struct dp_end *end, struct dp_error *err);

/* Gives everything back. */
void dp_end_clear(struct dp_end *end);

#endif
