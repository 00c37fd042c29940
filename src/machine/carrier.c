// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "qemu.h"

#include "daxpin/carrier.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/proc.h"

#define VERSION_LIMIT_MS 10000

DP_REGISTRY(struct dp_carrier, dp_carriers)

const struct dp_carrier *dp_carrier_find(const char *name)
{
	return DP_REGISTRY_FIND(dp_carriers, name);
}

/* "7.2.22" of "QEMU emulator version 7.2.22 (Debian …)"; "" without a program that says so. */
static void find_version(char *version, size_t size)
{
	const char *const argv[] = { DP_QEMU, "--version", NULL };
	static const char before[] = "version ";
	dp_autofree char *output = NULL;
	struct dp_error why = { 0 };
	const char *at;

	version[0] = '\0';
	if (dp_run(argv, VERSION_LIMIT_MS, &output, &why))
		return;
	at = strstr(output, before);
	if (at)
		snprintf(version, size, "%.*s", (int)strspn(at + strlen(before), "0123456789."),
			 at + strlen(before));
}

bool dp_carrier_lacks(const struct dp_carrier *carrier, const char *release, char *text,
		      size_t size)
{
	char version[32], series[32];

	if (!carrier || !carrier->since)
		return false;
	snprintf(series, sizeof(series), "%.*s", (int)strspn(release, "0123456789."), release);
	if (carrier->served && strverscmp(series, carrier->served) < 0)
		return false;
	find_version(version, sizeof(version));
	/* One that is not there is missed when the guest is started. */
	if (!version[0] || strverscmp(version, carrier->since) >= 0)
		return false;
	snprintf(text, size, "QEMU %s has no %s for this kernel; version %s has", version,
		 carrier->name, carrier->since);
	return true;
}

void dp_carrier_names(char *text, size_t size)
{
	size_t count, used = 0;
	const struct dp_carrier *const *all = dp_carriers(&count);

	text[0] = '\0';
	for (size_t i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 all[i]->name);
}
