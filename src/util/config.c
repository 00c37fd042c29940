// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/config.h"
#include "daxpin/error.h"
#include "daxpin/file.h"

int dp_config_load(const char *path, const char *what, size_t limit, char **text,
		   struct dp_error *err)
{
	dp_autofree char *read = NULL;
	size_t len;
	int rc = dp_read_file(path, limit, &read, &len, err);

	if (rc) {
		if (err)
			err->input = true;
		return rc;
	}
	if (strlen(read) != len)
		return dp_bad_input(err, "%s: a %s is text, and this one has zero bytes", path,
				    what);
	*text = dp_take_ptr(read);
	return 0;
}

int dp_config_parse(const char *text, const char *name, const char *what, config_t *config,
		    struct dp_error *err)
{
	config_init(config);
	if (strstr(text, "@include"))
		return dp_bad_input(err, "%s: @include is not for %ss", name, what);
	if (config_read_string(config, text) == CONFIG_TRUE)
		return 0;
	return dp_bad_input(err, "%s:%d: %s", name, config_error_line(config),
			    config_error_text(config));
}
