// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "hold.h"
#include "outside.h"
#include "requests.h"
#include "watch.h"

#include "daxpin/cleanup.h"
#include "daxpin/control.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"

static bool is(const char *what, const char *other)
{
	return !strcmp(what, other);
}

/* What is awaited, with the word that answers it. */
static const struct {
	const char *what, *answer;
} awaited[] = {
	{ DP_CONTROL_LOOK, DP_CONTROL_LOOKED },      { DP_CONTROL_ORDER, DP_CONTROL_ORDERED },
	{ DP_CONTROL_HOLDS, DP_CONTROL_ORDERED },    { DP_CONTROL_LOG, DP_CONTROL_LOGGED },
	{ DP_CONTROL_LOG_PAUSE, DP_CONTROL_LOGGED }, { DP_CONTROL_LOG_END, DP_CONTROL_LOGGED },
};

static const char *answer_to(const char *what)
{
	for (size_t i = 0; i < DP_ARRAY_SIZE(awaited); i++)
		if (is(awaited[i].what, what))
			return awaited[i].answer;
	return NULL;
}

void dp_requests_take(struct dp_requests *requests, const struct dp_control *control,
		      const char *line, size_t len)
{
	dp_autojson struct json_object *asked = NULL;

	if (is(control->text, DP_CONTROL_SYMBOLS)) {
		if (!dp_observation_parse(line, len, &asked, NULL))
			dp_logger_take_symbols(&requests->logger, asked);
		return;
	}
	if (!answer_to(control->text)) {
		dp_monitor_request(&requests->watch->monitor, control->text);
		return;
	}
	dp_freep(&requests->line);
	requests->line = strndup(line, len);
	requests->number = control->number;
	snprintf(requests->what, sizeof(requests->what), "%.15s", control->text);
}

int dp_requests_answer(struct dp_requests *r, uint64_t until_ms)
{
	dp_autofree char *line = r->line;
	char what[300] = "", answer[400];
	int n;

	dp_logger_check(&r->logger, r->watch);
	if (!line)
		return 0;
	r->line = NULL;
	if (is(r->what, DP_CONTROL_LOOK))
		dp_outside_look(r->watch, r->boot, r->sink, line);
	else if (is(r->what, DP_CONTROL_LOG))
		dp_logger_begin(&r->logger, r->watch);
	else if (is(r->what, DP_CONTROL_LOG_PAUSE))
		dp_logger_stop(&r->logger, r->watch);
	else if (is(r->what, DP_CONTROL_LOG_END))
		dp_logger_end(&r->logger, r->watch, r->sink, line, what, sizeof(what));
	else
		dp_hold_play(r->watch, until_ms, r->sink, line, what, sizeof(what));
	n = snprintf(answer, sizeof(answer), "%s %lld%s%s\n", answer_to(r->what),
		     (long long)r->number, what[0] ? " " : "", what);
	n = dp_write_all(r->watch->machine.channel, answer, (size_t)n);
	/* A guest that died meanwhile hears nothing. */
	return r->watch->gone ? 0 : n;
}

void dp_requests_clear(struct dp_requests *requests)
{
	dp_freep(&requests->line);
	dp_logger_clear(&requests->logger);
}
