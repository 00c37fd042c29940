/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A verdict on a state in the making: what was seen of one kind of region (sights.c). */
#ifndef DAXPIN_POLICY_SIGHTS_H
#define DAXPIN_POLICY_SIGHTS_H

#include "verdict.h"

#include "daxpin/state.h"

/* One kind of region. */
struct sights {
	struct verdict *v;
	enum dp_state_pin pin;
	enum dp_state_keeps keeps;
	int64_t pages;
	struct dp_state_sight sights[DP_STATE_PHASES][DP_STATE_BYS];
	unsigned int seen[DP_STATE_PHASES];    /* bits of who has looked */
	unsigned int refused[DP_STATE_PHASES]; /* of them, who could not */
	bool granted;                          /* a call of the state has succeeded */
	bool replaced;  /* other memory is in its place: it is the file's no more */
	size_t reached; /* steps that tell so: below, to how many pages it has happened */
	int64_t control, done, region;
	size_t broken;
};

/* The one step "region" of it, NULL if there is none, or more than one. */
struct json_object *dp_sights_region(const struct sights *k);

/**
 * dp_sights_read - read what was seen, of a region that was registered
 * @k: verdict, pin and pages are filled in; receives the rest
 * @text: receives what is missing, or contradicts itself
 * @size: its size in bytes
 *
 * Return: false if there is no verdict without it.
 */
bool dp_sights_read(struct sights *k, char *text, size_t size);

/**
 * dp_sights_out_of_order - whether the steps are not those of a state, in their order
 * @v: the verdict
 * @text: receives which is not
 * @size: its size in bytes
 *
 * None can be left out.
 */
bool dp_sights_out_of_order(const struct verdict *v, char *text, size_t size);

#endif
