// SPDX-License-Identifier: GPL-2.0-or-later
/* A process that is confined can read, write and start programs, and change nothing of the machine.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#include "daxpin/confine.h"

/* What a child says, confined or not: 0, or the line that does not hold. */
static int in_child(bool confined, int (*look)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (!pid)
		_exit(confined && dp_confine() ? 255 : look());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define LOOK(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ & 0xff ? __LINE__ & 0xff : 1;                              \
	} while (0)

static int changes_nothing(void)
{
	LOOK(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
	LOOK(mount("none", "/", "tmpfs", MS_REMOUNT, NULL) && errno == EPERM);
	LOOK(syscall(SYS_finit_module, -1, "", 0) < 0 && errno == EPERM);
	LOOK(syscall(SYS_bpf, 0, NULL, 0) < 0 && errno == EPERM);
	LOOK(syscall(SYS_unshare, 0) < 0 && errno == EPERM);
	LOOK(chroot("/") && errno == EPERM);
	return 0;
}

static int has_no_capabilities(void)
{
	unsigned long long effective = ~0ULL, kept = 1ULL << 1 | 1ULL << 2;
	char line[256];
	FILE *status = fopen("/proc/self/status", "r");

	LOOK(status);
	while (fgets(line, sizeof(line), status))
		sscanf(line, "CapEff: %llx", &effective);
	fclose(status);
	LOOK(!(effective & ~kept));
	return 0;
}

static int works_on(void)
{
	char name[] = "/tmp/confined-XXXXXX";
	int fd = mkstemp(name);

	LOOK(fd >= 0 && write(fd, "x", 1) == 1 && !close(fd) && !unlink(name));
	LOOK(system("test -r /proc/self/status") == 0);
	return 0;
}

/* A program that is started is confined as well, and so is root's. */
static int starts_nobody_else(void)
{
	LOOK(system("unshare -n true 2>/dev/null") != 0);
	LOOK(system("grep -qE '^NoNewPrivs:[[:space:]]1$' /proc/self/status") == 0);
	LOOK(system("grep -qE '^CapEff:[[:space:]]0*[0246]$' /proc/self/status") == 0);
	return 0;
}

static void is_confined(void **state)
{
	(void)state;
	assert_int_equal(in_child(true, changes_nothing), 0);
	assert_int_equal(in_child(true, has_no_capabilities), 0);
	assert_int_equal(in_child(true, works_on), 0);
	assert_int_equal(in_child(true, starts_nobody_else), 0);
}

/* Whoever is not confined can: otherwise what is refused above would show nothing. */
static void is_free_without(void **state)
{
	(void)state;
	assert_int_not_equal(in_child(false, changes_nothing), 0);
	assert_int_not_equal(in_child(false, starts_nobody_else), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(is_confined),
					    cmocka_unit_test(is_free_without) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
