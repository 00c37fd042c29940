/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine under watch: everything that it says, read as it comes. */
#ifndef DAXPIN_MACHINE_WATCH_H
#define DAXPIN_MACHINE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "console.h"
#include "gdb.h"
#include "monitor.h"
#include "qemu.h"

#include "daxpin/observe.h"

struct dp_boot;
struct dp_error;

/*
 * A guest says hello after 2 to 4 s, 10 times that on a busy host. Under emulation with two CPUs,
 * about one boot in a hundred on a loaded host never does: both CPUs spin. Such a boot is given up
 * after so long, ms, and another one made, which has all the time that the limits allow. The report
 * tells ("boots").
 */
#define DP_LIFE_MS 40000

struct dp_watch {
	struct dp_machine machine;
	struct dp_monitor monitor;
	struct dp_console console;
	struct dp_gdb gdb;
	struct dp_lines channel, stream;
	int (*line)(void *arg, const char *line, size_t len); /* of channel or stream, or NULL */
	void *arg;
	char log[512];  /* the first line that QEMU printed, or "" */
	bool log_ended; /* it is complete */
	uint64_t heard; /* when the guest last said something, by dp_now_ms() */
	bool gone;      /* QEMU has closed its end */
};

/**
 * dp_watch_start - start QEMU and watch it
 * @watch: zero but for line, arg, console.take and console.arg; release with dp_watch_clear(), also
 *         after a failure. Does not move meanwhile
 * @boot: what to boot
 * @err: context on failure
 *
 * QEMU that is to restore a guest waits for dp_watch_begin().
 *
 * Return: 0 or a negative errno.
 */
int dp_watch_start(struct dp_watch *watch, const struct dp_boot *boot, struct dp_error *err);

/* Begins to talk to the monitor, and to count silence. */
void dp_watch_begin(struct dp_watch *watch, const struct dp_boot *boot);

/* Waits for something to be said, for a quarter of a second at most, and has it taken. */
void dp_watch_tick(struct dp_watch *watch);

/* The same, for at most so long, ms. */
void dp_watch_tick_for(struct dp_watch *watch, int ms);

/* Waits until the monitor is no longer busy. Return: false if it never will be. */
bool dp_watch_await_monitor(struct dp_watch *watch);

void dp_watch_clear(struct dp_watch *watch);

#endif
