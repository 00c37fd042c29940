/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a line on the serial port to what is done: init serves the port, a command child carries a
 * command out. Whatever the kernel under test does to that child, init lives on.
 */
#ifndef DAXPIN_AGENT_SERVE_H
#define DAXPIN_AGENT_SERVE_H

#include <stdbool.h>

#include "daxpin/worker_pool.h"

struct dp_actor;
struct dp_command;
struct dp_error;
struct dp_reading;

/* The witness, armed before the guest was saved; who is forked off later can use it. */
struct dp_armed {
	struct dp_reading *reading; /* NULL if it is not armed */
	char why[128];              /* that is so */
};

/* What stands by for a command. */
struct dp_standby {
	struct dp_worker_pool
		pool; /* processes; dismissed where they are of no use or in the way */
	struct dp_armed armed;
};

/* How long between two signs of life, ms. */
#define HEARTBEAT_MS 2000

/**
 * dp_agent_serve - carry out commands until there are no more
 * @serial: descriptor that they come from, one a line
 * @stream: receives what is observed
 * @child: that stands by for the first of them
 * @armed: the witness
 */
void dp_agent_serve(int serial, int stream, struct dp_actor *child, const struct dp_armed *armed);

/* Opens the port that commands come from (channel.c). Return: a descriptor, or -1. */
int dp_agent_channel(void);

/* ---- child.c ----------------------------------------------------------------------------- */

/**
 * dp_child_start - have a process stand by to carry out one command
 * @child: receives it; release with dp_actor_clear()
 * @stream: receives what it observes
 * @pool: with a worker pool that has opened the adapter
 * @armed: the witness
 *
 * Return: 0 or a negative errno.
 */
int dp_child_start(struct dp_actor *child, int stream, bool pool, const struct dp_armed *armed);

/**
 * dp_child_run - have the child carry out a command, and wait for its end
 * @child: from dp_child_start(); nobody's afterwards
 * @line: the command
 * @stream: is told that it goes on, and that it is done
 */
void dp_child_run(struct dp_actor *child, const char *line, int stream);

/* ---- carry_out.c ------------------------------------------------------------------------- */

/**
 * dp_carry_out - carry out a command
 * @command: what to do
 * @by: what stands by for it
 * @fd: stream that receives the observations
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_carry_out(const struct dp_command *command, struct dp_standby *by, int fd,
		 struct dp_error *err);

/* ---- flags.c ----------------------------------------------------------------------------- */

/* Whether the kernel's command line has a flag, which tells about this machine (agent.h). */
bool dp_agent_told(const char *flag);

/* ---- misbehave.c ------------------------------------------------------------------------- */

/* Does what the fault of a command wants of init, if it has one. It need not return. */
void dp_agent_misbehave(const struct dp_command *command, int stream);

/* ---- arm.c ------------------------------------------------------------------------------- */

/**
 * dp_agent_arm - arm the witness, if the command line wants it
 * @wanted: it does
 * @armed: receives it, or why it is not there: no error of the guest
 */
void dp_agent_arm(bool wanted, struct dp_armed *armed);

/* ---- as_host.c --------------------------------------------------------------------------- */

/**
 * dp_as_host - run daxpin as if the guest were the host
 * @command: its arguments, and those of another one at the far end of the wire
 * @fd: stream that receives what they print, and the exit code
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_as_host(const struct dp_command *command, int fd, struct dp_error *err);

#endif
