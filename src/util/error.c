// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/error.h"

/* Past the last errno of any Linux architecture that daxpin runs on. */
#define ERRNO_LIMIT 4096

static void record(struct dp_error *err, int code, const char *fmt, va_list ap)
{
	if (!err || err->code)
		return;
	err->code = code;
	vsnprintf(err->what, sizeof(err->what), fmt, ap);
}

int dp_fail(struct dp_error *err, int code, const char *fmt, ...)
{
	bool first = err && !err->code;
	va_list ap;

	va_start(ap, fmt);
	record(err, code, fmt, ap);
	va_end(ap);
	if (first) {
		size_t used = strlen(err->what);

		snprintf(err->what + used, sizeof(err->what) - used, " (%s: %s)",
			 dp_errno_name(code), strerror(code < 0 ? -code : code));
	}
	return code;
}

int dp_report(struct dp_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	record(err, code, fmt, ap);
	va_end(ap);
	return code;
}

int dp_bad_input(struct dp_error *err, const char *fmt, ...)
{
	va_list ap;

	if (err && !err->code)
		err->input = true;
	va_start(ap, fmt);
	record(err, -EINVAL, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int dp_skip(struct dp_error *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	record(why, DP_SKIP, fmt, ap);
	va_end(ap);
	return DP_SKIP;
}

int dp_hint(struct dp_error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -EINVAL;
	if (!err->hint[0]) {
		va_start(ap, fmt);
		vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
		va_end(ap);
	}
	return err->code ? err->code : -EINVAL;
}

const char *dp_errno_name(int code)
{
	const char *name = strerrorname_np(code < 0 ? -code : code);

	return name ? name : "E?";
}

int dp_errno_from_name(const char *name)
{
	for (int code = 1; code < ERRNO_LIMIT; code++) {
		const char *candidate = strerrorname_np(code);

		if (candidate && !strcmp(candidate, name))
			return code;
	}
	return 0;
}
