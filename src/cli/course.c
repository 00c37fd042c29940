// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "course.h"

#include "daxpin/list.h"
#include "daxpin/text.h"

/* So much of a run says how fast it is compared with the last one, or with nothing. */
#define SETTLING_MS 5000
#define ENOUGH_MS   2000

/* ---- what is told ------------------------------------------------------------------------ */

static struct cli_side *find_side(struct cli_course *c, const struct dp_progress *from)
{
	const char *kernel = from->kernel ? from->kernel : "";
	struct cli_side *side;

	for (size_t i = 0; i < c->nsides; i++)
		if (c->sides[i].number == from->number &&
		    !strncmp(c->sides[i].kernel, kernel, sizeof(side->kernel) - 1))
			return &c->sides[i];
	side = dp_list_add(c->sides, c->nsides);
	if (!side)
		return NULL;
	side->number = from->number;
	snprintf(side->kernel, sizeof(side->kernel), "%s", kernel);
	cli_times_load(side->kernel, &side->times);
	return side;
}

static struct cli_asked *find_id(struct cli_course *c, const struct cli_side *side, const char *id)
{
	size_t n = (size_t)(side - c->sides);
	const struct dp_question *question;
	struct cli_asked *asked;

	for (size_t i = 0; i < c->count; i++)
		if (c->ids[i].side == n && !strcmp(c->ids[i].id, id))
			return &c->ids[i];
	asked = dp_list_add(c->ids, c->count);
	if (!asked)
		return NULL;
	question = dp_question_of(id);
	snprintf(asked->id, sizeof(asked->id), "%s", id);
	asked->side = n;
	asked->kind = question ? question->kind : DP_QUESTIONS;
	asked->expected = cli_times_find(&side->times, id, &asked->expected_ms);
	return asked;
}

static void measure(struct cli_asked *asked, uint64_t ms)
{
	asked->took_ms += ms;
	asked->measured = true;
}

/* How long a download takes says nothing of the next one. */
static bool is_timed(const struct cli_side *side)
{
	return side->phase[0] && side->kernel[0] && side->percent < 0;
}

static void end_phase(struct cli_course *c, struct cli_side *side, uint64_t now)
{
	struct cli_asked *asked = is_timed(side) ? find_id(c, side, side->phase) : NULL;

	/* Of several boots, the last. */
	if (asked)
		asked->took_ms = now - side->phase_since;
	if (asked)
		asked->measured = true;
	side->phase[0] = '\0';
}

void cli_course_phase(struct cli_course *c, const struct dp_progress *from, const char *what,
		      int percent, uint64_t now)
{
	struct cli_side *side = find_side(c, from);

	if (!side)
		return;
	if (!strcmp(side->phase, what ? what : "")) {
		side->percent = percent;
		return;
	}
	end_phase(c, side, now);
	side->percent = percent;
	if (!what)
		return;
	snprintf(side->phase, sizeof(side->phase), "%s", what);
	side->phase_since = now;
	c->speaker = (size_t)(side - c->sides);
	/* What it took the last time is known from now on. */
	if (is_timed(side))
		find_id(c, side, what);
}

/* Once for each time that it is asked; what is asked again, as it had no answer, is not counted. */
static void count_answer(struct cli_asked *asked)
{
	if (!asked->open)
		asked->answered += asked->answered < asked->wanted;
}

static void take_answer(struct cli_side *side, struct cli_asked *asked, uint64_t now)
{
	count_answer(asked);
	asked->open = true;
	if (side->since)
		measure(asked, now - side->since);
	side->since = now;
}

/* What has failed once has failed; an error may be asked again. */
static void take_verdict(struct cli_asked *asked, enum dp_moment verdict)
{
	count_answer(asked);
	asked->open = false;
	if (asked->verdict != DP_ID_FAILED)
		asked->verdict = verdict;
}

static void take_begin(struct cli_course *c, struct cli_side *side, struct cli_asked *asked,
		       uint64_t now)
{
	/* Another end may know what is asked. */
	if (!asked->wanted)
		asked->wanted = 1;
	if (!side->since)
		side->since = now;
	snprintf(side->latest, sizeof(side->latest), "%s", asked->id);
	c->speaker = (size_t)(side - c->sides);
}

void cli_course_id(struct cli_course *c, const struct dp_progress *from, const char *id,
		   enum dp_moment moment, uint64_t now)
{
	struct cli_side *side = find_side(c, from);
	struct cli_asked *asked = side ? find_id(c, side, id) : NULL;

	if (!asked)
		return;
	switch (moment) {
	case DP_ID_WANTED:
		asked->wanted++;
		break;
	case DP_ID_BEGUN:
		take_begin(c, side, asked, now);
		break;
	case DP_ID_ANSWERED:
		take_answer(side, asked, now);
		break;
	case DP_ID_GOOD:
	case DP_ID_FAILED:
	case DP_ID_ERROR:
		take_verdict(asked, moment);
		break;
	}
}

/* ---- what follows from it ---------------------------------------------------------------- */

void cli_course_count(const struct cli_course *c, struct cli_counts *counts)
{
	*counts = (struct cli_counts){ 0 };
	for (size_t i = 0; i < c->count; i++) {
		counts->wanted += c->ids[i].wanted;
		counts->answered += c->ids[i].answered;
		counts->failed += c->ids[i].verdict == DP_ID_FAILED;
		counts->errors += c->ids[i].verdict == DP_ID_ERROR;
	}
}

/* How long an id takes: those of each question, and at the end all of them. */
struct pace {
	double rate; /* of this run to the last one */
	double ms[DP_QUESTIONS + 1];
	size_t count[DP_QUESTIONS + 1];
};

static void add_pace(struct pace *pace, enum dp_question_kind kind, double ms)
{
	pace->ms[kind] += ms;
	pace->count[kind]++;
	pace->ms[DP_QUESTIONS] += ms;
	pace->count[DP_QUESTIONS]++;
}

/* Return: false if too little is known. */
static bool find_pace(const struct cli_course *c, struct pace *pace)
{
	double expected = SETTLING_MS, took = SETTLING_MS, measured = 0;
	bool known = false;

	*pace = (struct pace){ 0 };
	for (size_t i = 0; i < c->count; i++) {
		const struct cli_asked *a = &c->ids[i];

		if (a->kind == DP_QUESTIONS)
			continue;
		known |= a->expected;
		measured += (double)a->took_ms;
		if (a->expected && a->measured) {
			expected += (double)a->expected_ms;
			took += (double)a->took_ms;
		}
		if (a->expected || a->measured)
			add_pace(pace, a->kind,
				 (double)(a->expected ? a->expected_ms : a->took_ms));
	}
	pace->rate = took / expected;
	return known || measured >= ENOUGH_MS;
}

static double expect(const struct cli_asked *a, const struct pace *pace)
{
	size_t kind = a->kind;

	if (a->expected)
		return (double)a->expected_ms * pace->rate;
	if (!pace->count[kind])
		kind = DP_QUESTIONS;
	return pace->count[kind] ? pace->ms[kind] / (double)pace->count[kind] : 0;
}

/* What has passed already of what takes @ms. */
static double passed(uint64_t since, uint64_t now, double ms)
{
	return (double)(now - since) < ms ? (double)(now - since) : ms;
}

static double left_of_side(const struct cli_course *c, size_t n, const struct pace *pace,
			   uint64_t now)
{
	const struct cli_side *side = &c->sides[n];
	double left = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct cli_asked *a = &c->ids[i];
		double ms = a->side == n ? expect(a, pace) : 0;

		if (a->side != n)
			continue;
		left += ms * (a->wanted - a->answered);
		if (!strcmp(a->id, side->phase) && a->expected)
			left += ms - passed(side->phase_since, now, ms);
		else if (!strcmp(a->id, side->latest) && a->answered < a->wanted)
			left -= passed(side->since, now, ms);
	}
	return left;
}

bool cli_course_left(const struct cli_course *c, uint64_t now, uint64_t *ms)
{
	double longest = 0, sum = 0;
	size_t active = 0;
	struct pace pace;

	if (!find_pace(c, &pace))
		return false;
	for (size_t i = 0; i < c->nsides; i++) {
		double left = left_of_side(c, i, &pace, now);

		longest = left > longest ? left : longest;
		sum += left;
		active += left > 0 && c->sides[i].since;
	}
	/* Those that run side by side share what is left; the others wait for them. */
	if (active)
		sum /= (double)active;
	*ms = (uint64_t)(sum > longest ? sum : longest);
	return true;
}

static bool is_asked(const struct cli_course *c, size_t side)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->ids[i].side == side && c->ids[i].wanted)
			return true;
	return false;
}

/* Whether something is going on there. */
static bool is_at_work(const struct cli_course *c, size_t side)
{
	if (c->sides[side].phase[0])
		return true;
	for (size_t i = 0; i < c->count; i++)
		if (c->ids[i].side == side && c->ids[i].answered < c->ids[i].wanted)
			return c->sides[side].latest[0];
	return false;
}

/* The one where something began last; if that is through, another one that is not. */
static const struct cli_side *find_speaker(const struct cli_course *c)
{
	if (is_at_work(c, c->speaker))
		return &c->sides[c->speaker];
	for (size_t i = 0; i < c->nsides; i++)
		if (is_at_work(c, i))
			return &c->sides[i];
	return &c->sides[c->speaker];
}

void cli_course_what(const struct cli_course *c, char *text, size_t size)
{
	const struct cli_side *side = c->nsides ? find_speaker(c) : NULL;
	size_t asked = 0, used = 0;

	text[0] = '\0';
	if (!side || (!side->phase[0] && !side->latest[0]))
		return;
	for (size_t i = 0; i < c->nsides; i++)
		asked += is_asked(c, i);
	if (asked > 1)
		used = (size_t)snprintf(text, size, "%s ", side->kernel);
	if (used < size && side->phase[0] && side->percent >= 0)
		snprintf(text + used, size - used, "%s, %d%%", side->phase, side->percent);
	else if (used < size)
		snprintf(text + used, size - used, "%s",
			 side->phase[0] ? side->phase : side->latest);
	dp_printable(text);
}

void cli_course_keep(const struct cli_course *c)
{
	for (size_t n = 0; n < c->nsides; n++) {
		struct cli_times times;
		bool any = false;

		/* What another run has kept meanwhile stays. */
		cli_times_load(c->sides[n].kernel, &times);
		for (size_t i = 0; i < c->count; i++) {
			const struct cli_asked *a = &c->ids[i];

			if (a->side != n || !a->measured)
				continue;
			cli_times_set(&times, a->id, a->took_ms / (a->answered ? a->answered : 1));
			any = true;
		}
		if (any)
			cli_times_store(c->sides[n].kernel, &times);
		cli_times_clear(&times);
	}
}

void cli_course_clear(struct cli_course *c)
{
	for (size_t i = 0; i < c->nsides; i++)
		cli_times_clear(&c->sides[i].times);
	free(c->sides);
	free(c->ids);
	*c = (struct cli_course){ 0 };
}
