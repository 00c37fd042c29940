// SPDX-License-Identifier: GPL-2.0-or-later
/* The pin counters of /proc/vmstat: two numbers that are there, or none. */
#include <errno.h>
#include <inttypes.h>

#include "fuzz.h"

#include "daxpin/pin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = fuzz_text(data, size);
	struct dp_pins pins, again;
	char printed[128];
	int rc = dp_vmstat_parse(text, &pins);

	HOLDS(!rc || rc == -ENODATA);
	if (rc)
		return 0;
	HOLDS(strstr(text, "nr_foll_pin_acquired ") && strstr(text, "nr_foll_pin_released "));
	snprintf(printed, sizeof(printed),
		 "nr_foll_pin_acquired %" PRIu64 "\nnr_foll_pin_released %" PRIu64 "\n",
		 pins.acquired, pins.released);
	HOLDS(!dp_vmstat_parse(printed, &again));
	HOLDS(again.acquired == pins.acquired && again.released == pins.released);
	return 0;
}
