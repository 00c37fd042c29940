// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <unistd.h>

#include "serve.h"

#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/witness.h"

/*
 * To set a probe is to patch the kernel. Under TCG one CPU can go on executing an instruction that
 * another one has long patched again ("Oops: int3"): while it is done, there is one CPU only. What
 * is done for each registration later patches nothing.
 */
static void switch_others(const char *state)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	for (long i = 1; i < cpus; i++)
		dp_write_attr(state, "/sys/devices/system/cpu/cpu%ld/online", i);
}

void dp_agent_arm(bool wanted, struct dp_armed *armed)
{
	struct dp_error err = { 0 };

	*armed = (struct dp_armed){ .why = "the guest was made without a witness" };
	if (!wanted)
		return;
	switch_others("0");
	if (!dp_witness_arm(&err))
		armed->reading = dp_reading_open(&err);
	switch_others("1");
	snprintf(armed->why, sizeof(armed->why), "%.120s", err.what);
}
