/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test needs. */
#ifndef DAXPIN_TESTS_UNIT_TEST_H
#define DAXPIN_TESTS_UNIT_TEST_H

/* cmocka wants these four first. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"

/* Fails unless the error says this somewhere. */
static inline void assert_says(const struct dp_error *err, const char *text)
{
	if (!strstr(err->what, text) && !strstr(err->hint, text))
		fail_msg("\"%s; %s\" does not say \"%s\"", err->what, err->hint, text);
}

/* A folder of the test's own, below the build folder; removed by the caller. */
static inline char *make_folder(void)
{
	char template[] = "/tmp/daxpin-test-XXXXXX";

	assert_non_null(mkdtemp(template));
	return strdup(template);
}

/* A copy of exactly len bytes on the heap, so that a sanitizer sees the first byte too much. */
static inline void *exact_copy(const void *data, size_t len)
{
	void *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	return memcpy(copy, data, len);
}

static inline void write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

#endif
