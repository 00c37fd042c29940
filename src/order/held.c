// SPDX-License-Identifier: GPL-2.0-or-later
#include "held.h"

/* No hold is longer, ms, whatever the host does. */
#define LIMIT_MS 500

enum dp_order_side dp_held_other(const struct dp_held *held)
{
	return held->window->station->kind == DP_HOLD_REGISTRAR ? DP_EVENT_SIDE : DP_REGISTRAR;
}

void dp_held_note(struct dp_held *held, enum dp_order_side side, enum dp_point point)
{
	if (held->window && dp_held_other(held) == side)
		held->passed |= DP_POINT_BIT(point);
}

int dp_held_begin(struct dp_held *held, struct dp_hands *hands, struct dp_window *window,
		  unsigned int cpu, const struct dp_vcpu_state *state)
{
	const struct dp_vcpus *v = hands->vcpus;
	bool parked = state->interrupts && hands->turn;
	int rc;

	*held = (struct dp_held){
		.window = window,
		.bond = parked ? DP_PARKED : DP_STOPPED,
		.cpu = cpu,
		.ip = state->ip,
		.sp = state->sp,
	};
	/* Each side is bound to the processor of its number. */
	rc = v->busy(v->arg, dp_held_other(held), &held->busy_ms);
	return !rc && parked ? v->jump(v->arg, cpu, hands->turn) : rc;
}

/*
 * Whether it has been held for as long as was drawn. A host that is busy lets a processor run for a
 * part of the time only, so what counts is that the other one was emulated; or that it has nothing
 * to do, or waits for another, and the time has passed.
 */
static int watch_time(struct dp_held *h, struct dp_hands *hands)
{
	const struct dp_vcpus *v = hands->vcpus;
	struct dp_vcpu_state state;
	uint64_t busy_ms;
	int rc = v->busy(v->arg, dp_held_other(h), &busy_ms);

	h->over = !rc && (busy_ms - h->busy_ms >= h->window->ms || h->us > LIMIT_MS * 1000);
	if (rc || h->over || h->us < h->window->ms * 1000ULL)
		return rc;
	rc = v->look(v->arg, dp_held_other(h), &state);
	h->over = !rc && dp_hands_place(hands, state.ip);
	return rc;
}

/* Whether the one who turns is before a processor, or waits until it has its turn. */
static int find_turning(const struct dp_held *h, struct dp_hands *hands, unsigned int *cpu,
			bool *found)
{
	const struct dp_vcpus *v = hands->vcpus;
	struct dp_vcpu_state state;
	int rc = 0;

	*found = false;
	for (unsigned int i = 0; i < v->count && !rc && !*found; i++) {
		rc = v->look(v->arg, i, &state);
		*found = !rc && state.ip == hands->turn && state.sp == h->sp;
		*cpu = i;
	}
	return rc;
}

static void count_hold(struct dp_held *h)
{
	struct dp_window *w = h->window;

	w->held++;
	w->held_ms += (int64_t)(h->us / 1000);
	w->hit += h->passed != 0;
	for (int i = 0; i < DP_POINTS; i++)
		w->passed[i] += (h->passed & DP_POINT_BIT(i)) != 0;
	*h = (struct dp_held){ 0 };
}

int dp_held_end(struct dp_held *held, struct dp_hands *hands)
{
	const struct dp_vcpus *v = hands->vcpus;
	unsigned int cpu;
	bool found = true;
	int rc = held->over ? 0 : watch_time(held, hands);

	if (rc || !held->over)
		return rc;
	if (held->bond == DP_PARKED) {
		rc = find_turning(held, hands, &cpu, &found);
		if (!rc && found)
			rc = v->jump(v->arg, cpu, held->ip);
	}
	if (!rc && found)
		count_hold(held);
	return rc;
}
