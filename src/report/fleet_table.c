// SPDX-License-Identifier: GPL-2.0-or-later
/* Where there are few nodes: a row for each mapping, a column for each node. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "page.h"

#include "daxpin/cleanup.h"
#include "daxpin/list.h"
#include "daxpin/question.h"

/* More do not fit a screen. */
#define MOST_NODES 12
#define WIDTH      11

/* "check/anon", and what each node says of it. */
struct row {
	char name[128];
	size_t counts[MOST_NODES][DP_STATUSES];
};

struct rows {
	struct row *list;
	size_t count;
};

static void clear_rows(struct rows *rows)
{
	free(rows->list);
}

static struct row *find_row(struct rows *rows, const char *id)
{
	size_t len;
	const char *mapping = dp_question_mapping(id, &len);
	struct row *row;

	/* With the question: what is before the second slash. */
	len += (size_t)(mapping - id);
	/* Those of a mapping follow each other: the last one first. */
	for (size_t i = rows->count; i--;)
		if (!strncmp(rows->list[i].name, id, len) && !rows->list[i].name[len])
			return &rows->list[i];
	row = len < sizeof(row->name) ? dp_list_add(rows->list, rows->count) : NULL;
	if (row)
		snprintf(row->name, sizeof(row->name), "%.*s", (int)len, id);
	return row;
}

static int add_node(const struct dp_fleet *fleet, size_t n, struct rows *rows)
{
	const struct dp_fleet_answers *answers = fleet->nodes[n].answers;

	for (size_t i = 0; i < answers->count; i++) {
		const struct dp_fleet_answer *answer = &fleet->all[answers->list[i]];
		struct row *row = find_row(rows, fleet->texts[answer->id]);

		if (!row)
			return -ENOMEM;
		row->counts[n][answer->status]++;
	}
	return 0;
}

/* The worst counts. */
static void write_cell(FILE *out, const size_t counts[DP_STATUSES], bool colored)
{
	enum dp_status worst = counts[DP_FAIL]    ? DP_FAIL
			       : counts[DP_ERROR] ? DP_ERROR
			       : counts[DP_PASS]  ? DP_PASS
						  : DP_SKIP_STATUS;
	const char *code = !colored            ? ""
			   : worst == DP_FAIL  ? BOLD RED
			   : worst == DP_ERROR ? YELLOW
			   : worst == DP_PASS  ? ""
					       : DIM;
	char text[32] = "-";

	if (counts[worst])
		snprintf(text, sizeof(text), "%s%zu %s", worst == DP_FAIL ? "!" : "", counts[worst],
			 dp_status_name(worst));
	fprintf(out, "%s%-*s%s ", code, WIDTH, text, code[0] ? PLAIN : "");
}

int dp_fleet_write_table(FILE *out, const struct dp_fleet *fleet,
			 const struct dp_report_options *options)
{
	dp_cleanup(clear_rows) struct rows rows = { 0 };
	int rc = 0;

	if (fleet->nnodes < 2 || fleet->nnodes > MOST_NODES)
		return 0;
	for (size_t i = 0; i < fleet->nnodes && !rc; i++)
		rc = add_node(fleet, i, &rows);
	if (rc)
		return rc;
	fprintf(out, "\n%s%-34s", options->color ? BOLD : "", "");
	for (size_t i = 0; i < fleet->nnodes; i++)
		fprintf(out, "%-*s ", WIDTH, fleet->nodes[i].name);
	fprintf(out, "%s\n", options->color ? PLAIN : "");
	for (size_t r = 0; r < rows.count; r++) {
		fprintf(out, "%-33s ", rows.list[r].name);
		for (size_t i = 0; i < fleet->nnodes; i++)
			write_cell(out, rows.list[r].counts[i], options->color);
		fputc('\n', out);
	}
	return 0;
}
