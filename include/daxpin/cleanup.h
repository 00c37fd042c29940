/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope-bound release: what a function holds is released when its variable goes out of scope, so
 * that every error path is one `return`.
 */
#ifndef DAXPIN_CLEANUP_H
#define DAXPIN_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define dp_cleanup(fn) __attribute__((cleanup(fn)))

static inline void dp_freep(void *p)
{
	free(*(void **)p);
}

static inline void dp_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void dp_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void dp_closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* free(); initialise with NULL */
#define dp_autofree dp_cleanup(dp_freep)
/* close(); initialise with -1 */
#define dp_autofd dp_cleanup(dp_closep)
/* fclose() and closedir(); initialise with NULL */
#define dp_autofile dp_cleanup(dp_fclosep)
#define dp_autodir  dp_cleanup(dp_closedirp)

/* Takes a descriptor out of a scope-bound variable, which then holds -1. */
static inline int dp_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Takes a pointer out of a scope-bound variable, which then holds NULL. */
#define dp_take_ptr(p)                                                                             \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#define DP_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
