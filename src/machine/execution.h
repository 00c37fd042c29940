/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's log of what a guest executes, while the guest wants it. */
#ifndef DAXPIN_MACHINE_EXECUTION_H
#define DAXPIN_MACHINE_EXECUTION_H

#include <stddef.h>
#include <stdio.h>

struct dp_sink;
struct dp_watch;
struct json_object;

struct dp_logger {
	int fd;        /* of the log, -1 while nothing is logged */
	FILE *symbols; /* what the guest has told of them */
	char *text;    /* the same, once it is flushed */
	size_t len;
	char trouble[160];
};

/* A logger that logs nothing. */
#define DP_NO_LOGGER                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Keeps symbols that the guest tells: its request has them in "list". */
void dp_logger_take_symbols(struct dp_logger *logger, struct json_object *asked);

/**
 * dp_logger_begin - log each instruction from now on
 * @logger: receives the log, or why there is none
 * @watch: of the guest, which goes on meanwhile
 */
void dp_logger_begin(struct dp_logger *logger, struct dp_watch *watch);

/* Logs no more. */
void dp_logger_stop(struct dp_logger *logger, struct dp_watch *watch);

/* Ends a log that has grown beyond what a guest may want. */
void dp_logger_check(struct dp_logger *logger, struct dp_watch *watch);

/**
 * dp_logger_end - have what was logged looked at, and log no more
 * @logger: is empty again
 * @watch: of the guest
 * @sink: whose member "executed" looks at it
 * @line: the guest's request
 * @answer: receives what became of it, for the guest
 * @size: its size, bytes
 */
void dp_logger_end(struct dp_logger *logger, struct dp_watch *watch, const struct dp_sink *sink,
		   const char *line, char *answer, size_t size);

void dp_logger_clear(struct dp_logger *logger);

#endif
