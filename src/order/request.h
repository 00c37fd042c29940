/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest asks for, an order or the holds of a race, as the one who holds it reads it. */
#ifndef DAXPIN_ORDER_REQUEST_H
#define DAXPIN_ORDER_REQUEST_H

#include "mailbox.h"
#include "points.h"

#include "daxpin/control.h"

struct dp_request {
	const struct dp_station *station;
	struct dp_passages passages;
	uint64_t mailboxes[DP_ORDER_SIDES]; /* addresses, the same in all processes */
	uint64_t region;                    /* its address in the registrar */
	uint64_t frame;  /* the physical address of the region; 0 if it is not a device's */
	uint64_t device; /* the number of the character device, as dev_t has it in the kernel; 0 if
			    it is none */
	/* An address at which each of the two, and nobody else, has a number. */
	uint64_t owners[DP_ORDER_SIDES], magic[DP_ORDER_SIDES];
	/* of the holds of a race only */
	uint64_t seed;
	unsigned int stations; /* a bit of each, by its number in dp_stations() */
	uint64_t main;         /* the magic number of the race's own process */
	uint64_t point;        /* the address at which its processes say what they do */
	uint64_t answered;     /* that of a word that is to be set once they are held */
	char functions[DP_MAX_PASSAGES + DP_MAX_PLACES][64]; /* names of passages and places */
};

/* The request as an observation; the order's own, with its number. */
struct json_object *dp_request_to_json(const struct dp_request *request, unsigned int number);

/**
 * dp_request_from_json - read what a guest asks for
 * @asked: from a guest: whatever it holds
 * @request: receives it; does not move afterwards
 *
 * Return: 0, or -EBADMSG.
 */
int dp_request_from_json(struct json_object *asked, struct dp_request *request);

/* The same for the holds of a race. */
struct json_object *dp_holds_to_json(const struct dp_request *request, unsigned int number);
int dp_holds_from_json(struct json_object *asked, struct dp_request *request);

/* Begins the answer: DP_ANSWER "STATE", and ": TEXT" if there is more to say. */
#define DP_ANSWER DP_CONTROL_ORDERED " 1 "

/**
 * dp_request_await - wait for the answer of whoever holds the guest
 * @fd: where it is heard
 * @end: until when, a time of dp_now_ms()
 * @line: receives it
 * @size: its size, bytes
 *
 * Return: 0, whatever the answer is, or a negative errno.
 */
int dp_request_await(int fd, uint64_t end, char *line, size_t size);

#endif
