/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets of the GDB remote protocol, as far as QEMU's stub is asked by them. */
#ifndef DAXPIN_MACHINE_GDB_H
#define DAXPIN_MACHINE_GDB_H

#include <stdbool.h>
#include <stddef.h>

struct dp_gdb {
	char in[16384]; /* what has come, and is no packet yet */
	size_t used;
	char packet[8192]; /* the one that came last, without its frame */
	bool has;          /* it has not been taken */
};

/* Adds what the stub has said. Of several packets the last is kept. */
void dp_gdb_feed(struct dp_gdb *gdb, int fd, const char *data, size_t len);

/* Takes the packet that has come. Return: NULL if there is none; valid until the next call. */
const char *dp_gdb_take(struct dp_gdb *gdb);

/* Sends a packet. Return: 0 or a negative errno. */
int dp_gdb_send(int fd, const char *packet);

/* Stops what runs; the stub answers with a packet. Return: 0 or a negative errno. */
int dp_gdb_break(int fd);

/**
 * dp_gdb_bytes - read hexadecimal digits
 * @hex: the text; it may be shorter
 * @to: receives the bytes
 * @length: how many are wanted
 *
 * Return: false if there are fewer, or something else.
 */
bool dp_gdb_bytes(const char *hex, void *to, size_t length);

/* Writes bytes as hexadecimal digits. @text: 2 * @length + 1 bytes */
void dp_gdb_hex(const void *from, size_t length, char *text);

#endif
