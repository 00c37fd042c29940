// SPDX-License-Identifier: GPL-2.0-or-later
#include "asker.h"

static void keep_code(struct dp_bench_asker *a, struct dp_bench_readings *p, int code)
{
	a->at->differs |= a->round && p->code != code;
	p->code = code;
}

void dp_bench_stop(struct dp_bench_asker *a, enum dp_bench_phase phase, int code)
{
	struct dp_bench_readings *p = &a->at->phases[phase];

	p->samples[a->round] = dp_stopwatch_end(&a->watch, &p->ticks[a->round]);
	for (int i = 0; i < DP_PMU_EVENTS; i++)
		p->counted[i][a->round] = a->watch.counted[i];
	keep_code(a, p, code);
}

void dp_bench_note(struct dp_bench_asker *a, enum dp_bench_phase phase, uint64_t sample, int code)
{
	struct dp_bench_readings *p = &a->at->phases[phase];

	p->samples[a->round] = sample;
	/* One more or less is one in a thousand. */
	p->ticks[a->round] = a->watch.period ? sample / a->watch.period : 0;
	keep_code(a, p, code);
}
