/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of apt share (apt.c, apt_choose.c, apt_fetch.c). */
#ifndef DAXPIN_KERNEL_APT_H
#define DAXPIN_KERNEL_APT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_error;
struct dp_progress;

/* Most packages that are fetched at once. */
#define MAX_PACKAGES 24

struct apt {
	char root[PATH_MAX - 64];
	char options[12][PATH_MAX];
	const struct dp_progress *progress;
};

/**
 * dp_apt_open - make the private root of a suite, with its package lists
 * @apt: receives it; @apt->progress is told of what takes long
 * @suite: such as "bookworm"
 * @refresh: read the lists again even if they are recent
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_apt_open(struct apt *apt, const char *suite, bool refresh, struct dp_error *err);

/**
 * dp_apt_run - run one of apt's programs with the private root
 * @apt: whose root
 * @words: the program and its words, NULL-terminated
 * @limit_ms, @output, @err: as dp_run()
 *
 * Return: as dp_run().
 */
int dp_apt_run(struct apt *apt, const char *const *words, uint64_t limit_ms, char **output,
	       struct dp_error *err);

/* The releases of a suite in order of version, to be freed with dp_strings_free(). */
int dp_apt_list_releases(struct apt *apt, char ***list, size_t *count, struct dp_error *err);

/**
 * dp_apt_choose - the packages of a kernel
 * @apt: whose lists
 * @suite: its name, for messages
 * @version: of the kernel; NULL for the one that the metapackage depends on
 * @names: receives them, at most MAX_PACKAGES
 * @err: context on failure
 *
 * Return: how many, or a negative errno.
 */
int dp_apt_choose(struct apt *apt, const char *suite, const char *version, char names[][128],
		  struct dp_error *err);

/* As dp_apt_choose(): what builds modules for a kernel of the release @release. */
int dp_apt_choose_build(struct apt *apt, const char *release, char names[][128],
			struct dp_error *err);

/**
 * dp_apt_choose_elsewhere - libraries that packages need, and their suite does not have
 * @apt: whose lists
 * @names: the packages
 * @count: how many
 * @elsewhere: receives the libraries, at most MAX_PACKAGES
 * @err: context on failure
 *
 * Suites of backports are built on the release, and have none of it.
 *
 * Return: how many, or a negative errno.
 */
int dp_apt_choose_elsewhere(struct apt *apt, char names[][128], int count, char elsewhere[][128],
			    struct dp_error *err);

/* Adds the libraries that libraries need. Return: how many all are, or a negative errno. */
int dp_apt_choose_libraries(struct apt *apt, char names[][128], int count, struct dp_error *err);

#endif
