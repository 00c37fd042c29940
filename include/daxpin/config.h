/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in the syntax of libconfig: policies, layouts, site files. */
#ifndef DAXPIN_CONFIG_H
#define DAXPIN_CONFIG_H

#include <libconfig.h>
#include <stddef.h>

struct dp_error;

/**
 * dp_config_load - read the text of such a file
 * @path: the file
 * @what: what it is, such as "policy file", for messages
 * @limit: most bytes that it may have
 * @text: receives it, NUL-terminated; release with free()
 * @err: context on failure, always bad input: the user has named the file
 *
 * Return: 0, -EINVAL if it has zero bytes, or the error of reading.
 */
int dp_config_load(const char *path, const char *what, size_t limit, char **text,
		   struct dp_error *err);

/**
 * dp_config_parse - parse such a text
 * @text: NUL-terminated
 * @name: what to call it in messages
 * @what: what it is, as above
 * @config: receives the settings; release with config_destroy() in any case
 * @err: names the line that cannot be parsed (bad input)
 *
 * It may not include others: these would be read from wherever daxpin stands.
 *
 * Return: 0 or -EINVAL.
 */
int dp_config_parse(const char *text, const char *name, const char *what, config_t *config,
		    struct dp_error *err);

#endif
