// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two ends of traffic show each other that they know the same secret, before either obeys the
 * other. Neither says it:
 *
 *     listens   magic (16 bytes), challenge (32)
 *     connects  challenge (32), HMAC-SHA-256 of "connects", the first challenge, the second (32)
 *     listens   HMAC-SHA-256 of "listens", the first challenge, the second (32)
 *
 * The two words are of one length, so that neither end can have its own proof said to it. What
 * follows is in the clear: this keeps strangers from naming ranges of memory, not from listening.
 */
#include <errno.h>
#include <fcntl.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

/* How long the other end may take for each part, ms. */
#define PART_MS   5000
#define CHALLENGE 32
/* Shorter ones can be guessed. */
#define SHORTEST 16

static const uint8_t magic[16] = "daxpin-secret/1";

static int check_file(const char *path, const struct stat *st, struct dp_error *err)
{
	if (!S_ISREG(st->st_mode))
		return dp_bad_input(err, "the secret %s is no file", path);
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return dp_bad_input(err, "the secret %s belongs to another user", path);
	if (st->st_mode & 077) {
		dp_bad_input(err, "the secret %s can be read by others", path);
		return dp_hint(err, "chmod 600 %s", path);
	}
	if (st->st_size > DP_SECRET)
		return dp_bad_input(err, "the secret %s has more than %d bytes", path, DP_SECRET);
	return 0;
}

int dp_secret_read(const char *path, struct dp_secret *secret, struct dp_error *err)
{
	dp_autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t len;
	int rc;

	secret->len = 0;
	if (fd < 0 || fstat(fd, &st)) {
		rc = dp_fail(err, -errno, "the secret %s cannot be read", path);
		err->input = true;
		return rc;
	}
	rc = check_file(path, &st, err);
	if (rc)
		return rc;
	len = read(fd, secret->bytes, sizeof(secret->bytes));
	while (len > 0 && strchr(" \t\r\n", secret->bytes[len - 1]))
		len--;
	if (len < SHORTEST)
		return dp_bad_input(err, "the secret %s has less than %d bytes", path, SHORTEST);
	secret->len = (size_t)len;
	return 0;
}

/* Both challenges, and what they prove. */
struct proof {
	uint8_t first[CHALLENGE], second[CHALLENGE];
};

static void prove(const struct dp_secret *secret, const char word[8], const struct proof *p,
		  uint8_t digest[SHA256_DIGEST_SIZE])
{
	struct hmac_sha256_ctx context;

	hmac_sha256_set_key(&context, secret->len, (const uint8_t *)secret->bytes);
	hmac_sha256_update(&context, 8, (const uint8_t *)word);
	hmac_sha256_update(&context, sizeof(p->first), p->first);
	hmac_sha256_update(&context, sizeof(p->second), p->second);
	hmac_sha256_digest(&context, SHA256_DIGEST_SIZE, digest);
}

/* Words of eight bytes. */
static const char connects[8] = "connects", listens[8] = "listens";

/* MSG_NOSIGNAL: who has gone must not end this process. */
static int say(int fd, const void *data, size_t len)
{
	return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -ECONNRESET;
}

static int hear(int fd, void *data, size_t len)
{
	uint64_t end = dp_now_ms() + PART_MS, now;
	size_t have = 0;

	while (have < len && (now = dp_now_ms()) < end) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, (int)(end - now)) <= 0)
			continue;
		n = recv(fd, (char *)data + have, len - have, 0);
		if (n <= 0)
			return -ECONNRESET;
		have += (size_t)n;
	}
	return have == len ? 0 : -ETIMEDOUT;
}

static int challenge(uint8_t bytes[CHALLENGE])
{
	return getrandom(bytes, CHALLENGE, 0) == CHALLENGE ? 0 : -EIO;
}

static bool is_proven(const struct dp_secret *secret, const char word[8], const struct proof *p,
		      const uint8_t *said)
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	prove(secret, word, p, digest);
	return memeql_sec(digest, said, sizeof(digest));
}

int dp_secret_ask(const struct dp_secret *secret, int fd, struct dp_error *err)
{
	uint8_t begin[sizeof(magic) + CHALLENGE], reply[CHALLENGE + SHA256_DIGEST_SIZE];
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct proof p;
	int rc = challenge(p.first);

	memcpy(begin, magic, sizeof(magic));
	memcpy(begin + sizeof(magic), p.first, CHALLENGE);
	if (!rc)
		rc = say(fd, begin, sizeof(begin));
	if (!rc)
		rc = hear(fd, reply, sizeof(reply));
	if (rc)
		return dp_report(err, rc,
				 "who has connected does not prove that it has the secret");
	memcpy(p.second, reply, CHALLENGE);
	if (!is_proven(secret, connects, &p, reply + CHALLENGE))
		return dp_report(err, -EACCES, "who has connected has another secret");
	prove(secret, listens, &p, digest);
	rc = say(fd, digest, sizeof(digest));
	return rc ? dp_fail(err, rc, "who has connected is lost") : 0;
}

int dp_secret_answer(const struct dp_secret *secret, int fd, struct dp_error *err)
{
	uint8_t begin[sizeof(magic) + CHALLENGE], reply[CHALLENGE + SHA256_DIGEST_SIZE];
	uint8_t said[SHA256_DIGEST_SIZE];
	struct proof p;
	int rc = challenge(p.second);

	if (!rc)
		rc = hear(fd, begin, sizeof(begin));
	if (rc || memcmp(begin, magic, sizeof(magic)) != 0)
		return dp_report(err, rc ? rc : -EPROTO,
				 "the other end does not ask for the secret");
	memcpy(p.first, begin + sizeof(magic), CHALLENGE);
	memcpy(reply, p.second, CHALLENGE);
	prove(secret, connects, &p, reply + CHALLENGE);
	rc = say(fd, reply, sizeof(reply));
	if (!rc)
		rc = hear(fd, said, sizeof(said));
	if (rc)
		return dp_report(err, -EACCES, "the other end does not accept this secret");
	return is_proven(secret, listens, &p, said)
		       ? 0
		       : dp_report(err, -EACCES, "the other end has another secret");
}
