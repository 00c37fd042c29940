// SPDX-License-Identifier: GPL-2.0-or-later
/* A fleet: what each document says of its nodes is added to it. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet_parts.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/list.h"
#include "daxpin/results.h"

const char *dp_fleet_trait_name(enum dp_fleet_trait trait)
{
	static const char *const names[] = {
		[DP_FLEET_KERNEL] = "kernel",
		[DP_FLEET_PROVIDER] = "provider",
		[DP_FLEET_FIRMWARE] = "firmware",
		[DP_FLEET_BIOS] = "bios",
	};

	return names[trait];
}

const char *dp_fleet_answer_text(const struct dp_fleet_answer *answer, char *text, size_t size)
{
	if (!answer)
		snprintf(text, size, "not asked");
	else
		snprintf(text, size, "%s%s%s%s%s", dp_status_name(answer->status),
			 answer->known ? " (known)" : "", answer->kind[0] ? " (" : "", answer->kind,
			 answer->kind[0] ? ")" : "");
	return text;
}

int dp_fleet_refuse(struct dp_fleet *fleet, size_t file, const char *why)
{
	struct dp_fleet_unused *unused;
	int rc = 0;

	pthread_mutex_lock(&fleet->mutex);
	unused = dp_list_add(fleet->unused, fleet->nunused);
	if (unused) {
		unused->file = file;
		unused->why = strdup(why);
	}
	/* A file may be called anything. */
	for (char *at = unused ? unused->why : NULL; at && *at; at++)
		*at = iscntrl((unsigned char)*at) ? '?' : *at;
	if (!unused || !unused->why) {
		fleet->nunused -= unused != NULL;
		rc = -ENOMEM;
	}
	pthread_mutex_unlock(&fleet->mutex);
	return rc;
}

/* What is being made of the runs of one node. */
struct making {
	struct dp_fleet *fleet;
	struct dp_fleet_part part;
	const char *node;
	struct dp_fleet_answers answers; /* with room for all */
	size_t several;                  /* runs of the node */
};

static int say(struct making *m, const struct dp_run_record *run, struct dp_fleet_said *said,
	       const char *id)
{
	char name[DP_RUN_NAME], full[DP_RUN_NAME + sizeof(run->results->id) + 1];

	snprintf(full, sizeof(full), "%s%s%s", m->several > 1 ? dp_run_name(run, name) : "",
		 m->several > 1 ? " " : "", id);
	said->id = full;
	said->file = m->part.file;
	return dp_fleet_keep_answer(m->fleet, said, &m->answers.list[m->answers.count++]);
}

static int say_result(struct making *m, const struct dp_run_record *run, const struct dp_result *r)
{
	char kind[DP_KIND_TEXT];
	struct dp_fleet_said said = {
		.status = r->status, .kind = kind, .why = r->why, .known = dp_result_is_known(r)
	};

	if (r->nrounds && dp_result_differs(r))
		dp_result_answers(r, kind, sizeof(kind));
	else
		dp_result_kind(r, kind, sizeof(kind));
	return say(m, run, &said, r->id);
}

/* How a run ended is an answer as well, if it is not as it should be (dp_runs_exit_code()). */
static int say_ending(struct making *m, const struct dp_run_record *run)
{
	struct dp_fleet_said early = { .status = DP_ERROR, .kind = "", .why = run->ending };
	struct dp_fleet_said splat = { .status = DP_FAIL, .kind = "", .why = run->splat };

	if (run->ending[0])
		return say(m, run, &early, "run/ended-early");
	return run->splat[0] ? say(m, run, &splat, "run/kernel-splat") : 0;
}

static int say_run(struct making *m, const struct dp_run_record *run)
{
	const char *const traits[] = { [DP_FLEET_KERNEL] = run->subject.kernel,
				       [DP_FLEET_PROVIDER] = run->subject.provider,
				       [DP_FLEET_FIRMWARE] = run->firmware,
				       [DP_FLEET_BIOS] = run->bios };
	int rc = 0;

	/* Two nodes have answered, or one of them has not. */
	if (run->peer[0])
		rc = dp_fleet_keep_pair(m->fleet, run, &m->part);
	for (size_t i = 0; i < run->count && !rc && !run->peer[0]; i++)
		rc = say_result(m, run, &run->results[i]);
	for (size_t i = 0; i < DP_FLEET_TRAITS && !rc; i++)
		rc = dp_fleet_keep_text(m->fleet, traits[i], &m->part.traits[i]);
	m->part.began = run->began > m->part.began ? run->began : m->part.began;
	return rc || run->peer[0] ? rc : say_ending(m, run);
}

static bool is_of(const struct dp_run_record *run, const char *node, const char *otherwise)
{
	return !strcmp(run->node[0] ? run->node : otherwise, node);
}

static int add_node(struct making *m, const struct dp_run_record *runs, size_t nruns,
		    const char *otherwise)
{
	struct dp_fleet_part *part;
	size_t room = 0;
	int rc = dp_fleet_keep_text(m->fleet, m->node, &m->part.node);

	for (size_t i = 0; i < nruns; i++)
		if (is_of(&runs[i], m->node, otherwise)) {
			room += runs[i].count + 1;
			m->several++;
		}
	m->answers.list = calloc(room, sizeof(*m->answers.list));
	if (!m->answers.list)
		return -ENOMEM;
	for (size_t i = 0; i < nruns && !rc; i++)
		if (is_of(&runs[i], m->node, otherwise))
			rc = say_run(m, &runs[i]);
	if (rc)
		return rc;
	m->part.answers = dp_fleet_keep_answers(m->fleet, &m->answers);
	part = m->part.answers ? dp_list_add(m->fleet->parts, m->fleet->nparts) : NULL;
	if (!part)
		return -ENOMEM;
	*part = m->part;
	return 0;
}

/* The name of a file without its folder, and without what follows the last dot. */
static bool name_of_file(const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	size_t len = dot ? (size_t)(dot - base) : strlen(base);

	if (len >= size)
		return false;
	snprintf(name, size, "%.*s", (int)len, base);
	return dp_host_valid(name);
}

static bool is_first_of(const struct dp_run_record *runs, size_t i, const char *otherwise)
{
	const char *node = runs[i].node[0] ? runs[i].node : otherwise;

	for (size_t k = 0; k < i; k++)
		if (is_of(&runs[k], node, otherwise))
			return false;
	return true;
}

static int add_all(struct dp_fleet *fleet, const struct dp_run_record *runs, size_t nruns,
		   const char *name, size_t file, const char *otherwise)
{
	size_t place;
	int rc = dp_fleet_keep_text(fleet, name, &place);

	for (size_t i = 0; i < nruns && !rc; i++) {
		struct making m = { .fleet = fleet,
				    .part = { .name = place, .file = file },
				    .node = runs[i].node[0] ? runs[i].node : otherwise };

		if (is_first_of(runs, i, otherwise))
			rc = add_node(&m, runs, nruns, otherwise);
		free(m.answers.list);
	}
	fleet->documents++;
	return rc;
}

int dp_fleet_add(struct dp_fleet *fleet, const struct dp_run_record *runs, size_t nruns,
		 const char *name, size_t file)
{
	char otherwise[DP_HOST_NAME + 1] = "", why[512];
	bool named = true;
	int rc;

	for (size_t i = 0; i < nruns; i++)
		named &= runs[i].node[0] != '\0';
	if (!named && !name_of_file(name, otherwise, sizeof(otherwise))) {
		snprintf(why, sizeof(why),
			 "%.300s does not say which node it is of, and its name is no node's",
			 name);
		return dp_fleet_refuse(fleet, file, why);
	}
	pthread_mutex_lock(&fleet->mutex);
	rc = add_all(fleet, runs, nruns, name, file, otherwise);
	pthread_mutex_unlock(&fleet->mutex);
	return rc;
}
