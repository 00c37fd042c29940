// SPDX-License-Identifier: GPL-2.0-or-later
/* How long ids took, as a cache says: what is read is an id that can be shown, and a time. */
#include "fuzz.h"

#include "../../src/cli/times.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = fuzz_text(data, size);
	dp_cleanup(cli_times_clear) struct cli_times times;
	uint64_t ms;

	cli_times_parse(text, &times);
	for (size_t i = 0; i < times.count; i++) {
		const struct cli_time *t = &times.list[i];

		HOLDS(t->id[0] && fuzz_printable(t->id) && !strchr(t->id, '\n'));
		HOLDS(t->ms <= 86400000);
		HOLDS(cli_times_find(&times, t->id, &ms) && ms == t->ms);
	}
	return 0;
}
