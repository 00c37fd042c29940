// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest asks to have its processors held for, an order or the holds of a race. Whatever it
 * is, there is a step that owes nothing, once the guest has gone.
 */
#include <errno.h>

#include <json-c/json.h>

#include "fuzz.h"

#include "daxpin/bias.h"
#include "daxpin/control.h"
#include "daxpin/json.h"
#include "daxpin/order.h"
#include "daxpin/steps.h"
#include "daxpin/vcpu.h"

/* After so many runs the guest ends. */
#define RUNS 60

struct machine {
	uint64_t calls, said;
};

static int run(void *arg, unsigned int who, const uint64_t *stops, size_t nstops, uint64_t limit_ms,
	       struct dp_vcpu_stop *stop)
{
	struct machine *m = arg;

	(void)limit_ms;
	if (m->calls++ == RUNS)
		return -EPIPE;
	*stop = (struct dp_vcpu_stop){ .cpu = who & 1 ? 0 : 1,
				       .address = nstops ? stops[m->calls % nstops] : 0,
				       .us = 700 };
	m->said = stop->address;
	return nstops && m->calls % 7 ? 0 : -ETIME;
}

static int look(void *arg, unsigned int cpu, struct dp_vcpu_state *state)
{
	struct machine *m = arg;

	*state = (struct dp_vcpu_state){ .ip = m->said,
					 .cr3 = 0x1000 * (cpu + 1),
					 .rdi = m->calls % 5,
					 .interrupts = m->calls & 1 };
	return 0;
}

/* All of the guest's memory holds the same. */
static int read_memory(void *arg, unsigned int cpu, uint64_t at, void *to, size_t length)
{
	(void)arg;
	(void)at;
	memset(to, (int)cpu, length);
	return 0;
}

static int write_memory(void *arg, unsigned int cpu, uint64_t at, const void *from, size_t length)
{
	(void)arg;
	(void)cpu;
	(void)at;
	(void)from;
	(void)length;
	return 0;
}

static int read_physical(void *arg, uint64_t at, uint64_t *word)
{
	(void)arg;
	*word = at;
	return 0;
}

static int jump(void *arg, unsigned int cpu, uint64_t ip)
{
	(void)arg;
	(void)cpu;
	(void)ip;
	return 0;
}

static int busy(void *arg, unsigned int cpu, uint64_t *ms)
{
	(void)cpu;
	*ms = ((struct machine *)arg)->calls * 1000;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_autofree char *text = fuzz_text(data, size);
	dp_autojson struct json_object *asked = json_tokener_parse(text), *step = NULL;
	struct machine m = { 0 };
	const struct dp_vcpus vcpus = { &m,   run,  look, read_memory, write_memory, read_physical,
					jump, busy, 2 };
	const char *what, *why;

	if (!json_object_is_type(asked, json_type_object))
		return 0;
	what = dp_json_text(asked, "what");
	step = what && !strcmp(what, DP_CONTROL_HOLDS) ? dp_bias_play(asked, &vcpus)
						       : dp_order_play(asked, &vcpus);
	HOLDS(dp_step_lacks(step, false, &why) == DP_FIELDS ||
	      !strcmp(dp_json_text(step, "state"), "failed"));
	return 0;
}
