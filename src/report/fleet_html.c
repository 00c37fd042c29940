// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A fleet as one self-contained page: fleet.html with the document "daxpin-fleet/1" inside, which
 * its script shows. The page loads nothing, and inserts strings as text, never as markup.
 */
#include <errno.h>

#include "fleet.h"
#include "markup.h"

#include "daxpin/embed.h"

DP_EMBED(fleet_html, DP_FLEET_HTML);

int dp_fleet_write_html(FILE *out, const struct dp_fleet *fleet,
			const struct dp_report_options *options)
{
	const char *rest = dp_markup_until(out, fleet_html, "@DOCUMENT@");
	int rc = dp_fleet_write_document(out, fleet, dp_markup_script);

	(void)options;
	fputs(rest, out);
	return rc ? rc : ferror(out) ? -EIO : 0;
}
