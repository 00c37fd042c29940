/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest asks of its machine, and waits for. */
#ifndef DAXPIN_MACHINE_REQUESTS_H
#define DAXPIN_MACHINE_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "execution.h"

struct dp_boot;
struct dp_control;
struct dp_sink;
struct dp_watch;

struct dp_requests {
	struct dp_watch *watch;
	const struct dp_boot *boot;
	const struct dp_sink *sink;
	char *line;     /* the guest waits until this has been answered; or NULL */
	char what[16];  /* it wants */
	int64_t number; /* of the request */
	struct dp_logger logger;
};

/*
 * Takes a request: what needs no answer is done. A conversation with QEMU, for which the lines that
 * are here must have been taken, is for dp_requests_answer().
 */
void dp_requests_take(struct dp_requests *requests, const struct dp_control *control,
		      const char *line, size_t len);

/**
 * dp_requests_answer - carry out what the guest waits for, if it does
 * @requests: of the guest
 * @until_ms: until when, a time of dp_now_ms()
 *
 * Return: 0, or a negative errno if the guest, which lives, could not be told.
 */
int dp_requests_answer(struct dp_requests *requests, uint64_t until_ms);

void dp_requests_clear(struct dp_requests *requests);

#endif
