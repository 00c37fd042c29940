// SPDX-License-Identifier: GPL-2.0-or-later
/* Two ends that show each other a secret; others, who have none, another, or somebody's words. */
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/campaign/host.h"

static const struct dp_secret good = { "a secret of both ends", 21 };
static const struct dp_secret other = { "a secret of nobody's.", 21 };

struct end {
	const struct dp_secret *secret;
	int fd, rc;
};

static void *answer(void *arg)
{
	struct end *end = arg;

	end->rc = dp_secret_answer(end->secret, end->fd, NULL);
	shutdown(end->fd, SHUT_RDWR);
	return NULL;
}

/* Has two ends meet. Return: what the one that asks has found; @answered: what the other has. */
static int meet(const struct dp_secret *asks, const struct dp_secret *answers, int *answered)
{
	struct end end = { .secret = answers };
	pthread_t thread;
	int fds[2], rc;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	end.fd = fds[1];
	assert_int_equal(pthread_create(&thread, NULL, answer, &end), 0);
	rc = dp_secret_ask(asks, fds[0], NULL);
	close(fds[0]);
	pthread_join(thread, NULL);
	close(fds[1]);
	*answered = end.rc;
	return rc;
}

static void the_same_secret_is_accepted(void **state)
{
	int answered;

	(void)state;
	assert_int_equal(meet(&good, &good, &answered), 0);
	assert_int_equal(answered, 0);
}

static void another_secret_is_refused(void **state)
{
	int answered;

	(void)state;
	assert_int_equal(meet(&good, &other, &answered), -EACCES);
	assert_int_equal(answered, -EACCES);
}

/* Who says the other's proof back to it has nothing: the words differ. */
static void what_was_said_is_no_proof(void **state)
{
	uint8_t begin[48], reply[64];
	struct end end = { .secret = &good };
	pthread_t thread;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	end.fd = fds[1];
	memcpy(begin, "daxpin-secret/1", 16);
	memset(begin + 16, 7, 32);
	assert_int_equal(pthread_create(&thread, NULL, answer, &end), 0);
	assert_int_equal(write(fds[0], begin, sizeof(begin)), sizeof(begin));
	assert_int_equal(recv(fds[0], reply, sizeof(reply), MSG_WAITALL), sizeof(reply));
	assert_int_equal(write(fds[0], reply + 32, 32), 32);
	pthread_join(thread, NULL);
	assert_int_equal(end.rc, -EACCES);
	close(fds[0]);
	close(fds[1]);
}

/* A driving end without a secret begins with a command. */
static void a_command_is_no_proof(void **state)
{
	static const char command[] =
		"{\"command\":\"register\",\"mapping\":\"anon\",\"size\":4096,\"more\":123456}\n";
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(write(fds[1], command, sizeof(command)), sizeof(command));
	assert_int_equal(dp_secret_ask(&good, fds[0], NULL), -EACCES);
	close(fds[1]);
	close(fds[0]);
}

static void who_goes_is_not_waited_for(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	close(fds[1]);
	assert_int_equal(dp_secret_ask(&good, fds[0], NULL), -ECONNRESET);
	close(fds[0]);
}

static void a_file_that_others_can_read_is_no_secret(void **state)
{
	dp_autofree char *folder = make_folder();
	struct dp_secret secret;
	struct dp_error err = { 0 };
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/secret", folder);
	write_file(path, "sixteen bytes or more\n", 22);
	chmod(path, 0644);
	assert_int_equal(dp_secret_read(path, &secret, &err), -EINVAL);
	assert_says(&err, "can be read by others");
	chmod(path, 0600);
	assert_int_equal(dp_secret_read(path, &secret, NULL), 0);
	assert_int_equal(secret.len, 21);
	write_file(path, "short\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", 20);
	err = (struct dp_error){ 0 };
	assert_int_equal(dp_secret_read(path, &secret, &err), -EINVAL);
	assert_says(&err, "less than 16 bytes");
	err = (struct dp_error){ 0 };
	assert_int_equal(dp_secret_read(folder, &secret, &err), -EINVAL);
	assert_says(&err, "is no file");
	unlink(path);
	assert_true(dp_secret_read(path, &secret, &err) < 0);
	rmdir(folder);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_secret_is_accepted),
		cmocka_unit_test(another_secret_is_refused),
		cmocka_unit_test(what_was_said_is_no_proof),
		cmocka_unit_test(a_command_is_no_proof),
		cmocka_unit_test(who_goes_is_not_waited_for),
		cmocka_unit_test(a_file_that_others_can_read_is_no_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
