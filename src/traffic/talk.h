/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the two ends talk: commands and replies are JSON objects, one a line, through a stream
 * socket. The end that drives sends a command, with its name under "command", and waits for the
 * reply, with 0 or a negative errno under "rc".
 */
#ifndef DAXPIN_TRAFFIC_TALK_H
#define DAXPIN_TRAFFIC_TALK_H

#include <stdint.h>

struct json_object;

/* How long is waited at a time before the kernel is checked for a splat, ms. */
#define DP_SLICE_MS 500

/* A new command. */
struct json_object *dp_talk_command(const char *name);

/* An unsigned number of an object; 0 if it is missing or negative. */
uint64_t dp_talk_number(struct json_object *obj, const char *key);

/* Adds an unsigned 64-bit number, which JSON has no type for: as text of 16 hexadecimal digits. */
void dp_talk_add_word(struct json_object *obj, const char *key, uint64_t word);

/* Reads what dp_talk_add_word() has added. Return: 0 or -EBADMSG. */
int dp_talk_word(struct json_object *obj, const char *key, uint64_t *word);

/**
 * dp_talk_add_sge - add a scatter/gather element to a command
 * @command: its list is "sges"
 * @key: name of a registration of that end
 * @offset: where the element begins, bytes from the start of the region
 * @length: bytes
 */
void dp_talk_add_sge(struct json_object *command, const char *key, uint64_t offset,
		     uint64_t length);

/**
 * dp_talk_say - send a line
 * @fd: the socket
 * @obj: what to send; is released
 *
 * Return: 0 or a negative errno.
 */
int dp_talk_say(int fd, struct json_object *obj);

/**
 * dp_talk_hear - wait for a line
 * @fd: the socket
 * @limit_ms: how long
 * @taint: of this kernel before (dp_kernel_taint()); once it has splatted, nothing is waited for
 * @obj: receives the object, to be released with json_object_put()
 *
 * Return: 0, -ETIMEDOUT, -ECONNRESET at the end of the stream, -EBADMSG, -EIO after a splat, or
 * another negative errno.
 */
int dp_talk_hear(int fd, uint64_t limit_ms, unsigned long taint, struct json_object **obj);

#endif
