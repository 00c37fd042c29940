// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "$" text "#" and two digits of its sum; each is acknowledged with "+". QEMU sends no run lengths,
 * and escapes nothing of what it is asked here.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "gdb.h"

#include "daxpin/file.h"

static unsigned int sum_of(const char *text, size_t len)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += (unsigned char)text[i];
	return sum & 255;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Cuts one packet, and what is before it, off. Return: false if there is no whole one. */
static bool cut(struct dp_gdb *gdb, int fd)
{
	char *begin = memchr(gdb->in, '$', gdb->used), *end;
	size_t len, whole;

	if (!begin) {
		gdb->used = 0;
		return false;
	}
	end = memchr(begin, '#', gdb->used - (size_t)(begin - gdb->in));
	if (!end || end + 3 > gdb->in + gdb->used)
		return false;
	len = (size_t)(end - begin - 1);
	whole = (size_t)(end + 3 - gdb->in);
	if (len < sizeof(gdb->packet) &&
	    digit(end[1]) * 16 + digit(end[2]) == (int)sum_of(begin + 1, len)) {
		memcpy(gdb->packet, begin + 1, len);
		gdb->packet[len] = '\0';
		gdb->has = true;
		dp_write_all(fd, "+", 1);
	} else {
		dp_write_all(fd, "-", 1);
	}
	memmove(gdb->in, gdb->in + whole, gdb->used - whole);
	gdb->used -= whole;
	return true;
}

void dp_gdb_feed(struct dp_gdb *gdb, int fd, const char *data, size_t len)
{
	while (len) {
		size_t n = sizeof(gdb->in) - gdb->used;

		/* No packet is so long: it is noise. */
		if (!n) {
			gdb->used = 0;
			continue;
		}
		n = n < len ? n : len;
		memcpy(gdb->in + gdb->used, data, n);
		gdb->used += n;
		data += n;
		len -= n;
		while (cut(gdb, fd))
			;
	}
}

const char *dp_gdb_take(struct dp_gdb *gdb)
{
	if (!gdb->has)
		return NULL;
	gdb->has = false;
	return gdb->packet;
}

int dp_gdb_send(int fd, const char *packet)
{
	char frame[1024];
	size_t len = strlen(packet);
	int n = snprintf(frame, sizeof(frame), "$%s#%02x", packet, sum_of(packet, len));

	if (n < 0 || (size_t)n >= sizeof(frame))
		return -E2BIG;
	return dp_write_all(fd, frame, (size_t)n);
}

int dp_gdb_break(int fd)
{
	return dp_write_all(fd, "\x03", 1);
}

bool dp_gdb_bytes(const char *hex, void *to, size_t length)
{
	unsigned char *bytes = to;

	for (size_t i = 0; i < length; i++) {
		int high = digit(hex[2 * i]), low = high < 0 ? -1 : digit(hex[2 * i + 1]);

		if (low < 0)
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

void dp_gdb_hex(const void *from, size_t length, char *text)
{
	const unsigned char *bytes = from;

	for (size_t i = 0; i < length; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}
