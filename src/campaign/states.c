// SPDX-License-Identifier: GPL-2.0-or-later
/* States: one guest is asked about each mapping. */
#include <errno.h>

#include "ask.h"

#include "daxpin/cleanup.h"
#include "daxpin/list.h"

static size_t states_of_mapping(const struct dp_state_items *states, size_t from)
{
	size_t to = from + 1;

	while (to < states->count && states->list[to].mapping == states->list[from].mapping)
		to++;
	return to - from;
}

static int begin(const struct campaign *c, const struct dp_state_item *list, size_t count,
		 size_t round, struct dp_task *task, struct dp_error *err)
{
	dp_cleanup(dp_command_clear) struct dp_command command = {
		.kind = DP_COMMAND_STATE,
		.state = { .size = c->ask->size, .rdma = dp_text_copy(c->ask->rdma) },
	};
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++)
		rc = dp_words_add(&command.state.only, list[i].id);
	if (!rc)
		rc = dp_task_begin(c, &command, count, task, err);
	for (size_t i = 0; i < count && !rc; i++)
		dp_collect_add(dp_task_collect(task), list[i].id);
	if (!rc)
		dp_task_set_round(c, task, round);
	return rc;
}

int dp_plan_states(const struct campaign *c, struct dp_batch *batch, struct dp_error *err)
{
	const struct dp_state_items *states = &c->selection->states;
	int rc = 0;

	for (size_t i = 0, n; i < states->count && !rc; i += n) {
		n = states_of_mapping(states, i);
		for (size_t k = 0; k < dp_rounds(c) && !rc; k++) {
			struct dp_task *task = dp_list_add(batch->tasks, batch->count);

			rc = task ? begin(c, &states->list[i], n, k, task, err) : -ENOMEM;
		}
	}
	return rc;
}
