// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of nodes: what is read are names, and what they are folded to is read as the same. */
#include "fuzz.h"

#include "daxpin/hostlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_cleanup(dp_hosts_clear) struct dp_hosts hosts = { 0 }, again = { 0 };
	dp_autofree char *text = fuzz_text(data, size < 4096 ? size : 4096);
	dp_autofree char *folded = NULL, *twice = NULL;

	if (dp_hosts_expand(text, &hosts, NULL))
		return 0;
	for (size_t i = 0; i < hosts.count; i++)
		HOLDS(dp_host_valid(hosts.list[i]));
	folded = dp_hosts_fold(&hosts);
	HOLDS(folded && !dp_hosts_expand(folded, &again, NULL));
	HOLDS(again.count == hosts.count);
	for (size_t i = 0; i < hosts.count; i++) {
		HOLDS(!strcmp(again.list[i], hosts.list[i]));
		HOLDS(dp_hosts_have(&hosts, again.list[i]));
	}
	twice = dp_hosts_fold(&again);
	HOLDS(twice && !strcmp(folded, twice));
	return 0;
}
