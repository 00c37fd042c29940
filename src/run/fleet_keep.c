// SPDX-License-Identifier: GPL-2.0-or-later
/* What a fleet keeps, each thing once: texts, answers to ids, and sets of these. */
#include <errno.h>
#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "fleet_parts.h"

#include "daxpin/cleanup.h"
#include "daxpin/list.h"

static void free_key(struct lh_entry *entry)
{
	free(lh_entry_k(entry));
}

static void free_answers(struct lh_entry *entry)
{
	struct dp_fleet_answers *answers = lh_entry_k(entry);

	free(answers->list);
	free(answers);
}

static unsigned long hash_answers(const void *key)
{
	const struct dp_fleet_answers *answers = key;

	return XXH3_64bits(answers->list, answers->count * sizeof(*answers->list));
}

static int same_answers(const void *a, const void *b)
{
	const struct dp_fleet_answers *x = a, *y = b;

	return x->count == y->count && !memcmp(x->list, y->list, x->count * sizeof(*x->list));
}

int dp_fleet_init(struct dp_fleet *fleet)
{
	*fleet = (struct dp_fleet){ .mutex = PTHREAD_MUTEX_INITIALIZER };
	fleet->by_text = lh_kchar_table_new(1024, NULL);
	fleet->by_answer = lh_kchar_table_new(1024, free_key);
	fleet->by_answers = lh_table_new(64, free_answers, hash_answers, same_answers);
	return fleet->by_text && fleet->by_answer && fleet->by_answers ? 0 : -ENOMEM;
}

static void free_table(struct lh_table *table)
{
	if (table)
		lh_table_free(table);
}

void dp_fleet_clear(struct dp_fleet *fleet)
{
	free_table(fleet->by_text);
	free_table(fleet->by_answer);
	free_table(fleet->by_answers);
	for (size_t i = 0; i < fleet->ntexts; i++)
		free(fleet->texts[i]);
	for (size_t i = 0; i < fleet->nall; i++) {
		free(fleet->all[i].kind);
		free(fleet->all[i].why);
	}
	for (size_t i = 0; i < fleet->nunused; i++)
		free(fleet->unused[i].why);
	for (size_t i = 0; i < fleet->ngroups; i++) {
		dp_hosts_clear(&fleet->groups[i].nodes);
		free(fleet->groups[i].members);
		free(fleet->groups[i].folded);
	}
	dp_hosts_clear(&fleet->missing);
	dp_hosts_clear(&fleet->unlisted);
	free(fleet->texts);
	free(fleet->all);
	free(fleet->unused);
	free(fleet->parts);
	free(fleet->pairs);
	free(fleet->nodes);
	free(fleet->groups);
	*fleet = (struct dp_fleet){ 0 };
}

/* A value of a table is a place in a list. */
static bool find(struct lh_table *table, const char *key, size_t *place)
{
	void *value;

	if (!lh_table_lookup_ex(table, key, &value))
		return false;
	*place = (size_t)(uintptr_t)value;
	return true;
}

static int insert(struct lh_table *table, const char *key, size_t place)
{
	return lh_table_insert(table, key, (void *)(uintptr_t)place) ? -ENOMEM : 0;
}

int dp_fleet_keep_text(struct dp_fleet *fleet, const char *text, size_t *place)
{
	char **kept;

	if (find(fleet->by_text, text, place))
		return 0;
	kept = dp_list_add(fleet->texts, fleet->ntexts);
	if (!kept || !(*kept = strdup(text)))
		return -ENOMEM;
	*place = fleet->ntexts - 1;
	return insert(fleet->by_text, *kept, *place);
}

static int set_why(struct dp_fleet_answer *answer, const char *why, size_t file)
{
	char *copy = strdup(why);

	if (!copy)
		return -ENOMEM;
	free(answer->why);
	answer->why = copy;
	answer->file = file;
	return 0;
}

static int add_answer(struct dp_fleet *fleet, const struct dp_fleet_said *said, char *key)
{
	struct dp_fleet_answer *answer = dp_list_add(fleet->all, fleet->nall);
	int rc;

	if (!answer)
		return -ENOMEM;
	answer->status = said->status;
	answer->known = said->known;
	answer->kind = strdup(said->kind);
	rc = answer->kind ? set_why(answer, said->why, said->file) : -ENOMEM;
	if (!rc)
		rc = dp_fleet_keep_text(fleet, said->id, &answer->id);
	return rc ? rc : insert(fleet->by_answer, key, fleet->nall - 1);
}

/* Whose reason is shown must not depend on which file was read first. */
int dp_fleet_keep_answer(struct dp_fleet *fleet, const struct dp_fleet_said *said,
			 unsigned int *place)
{
	dp_autofree char *key = NULL;
	size_t at;
	int rc = 0;

	/* No part of it has a control character. */
	if (asprintf(&key, "%s\1%d%d\1%s", said->id, said->status, said->known, said->kind) < 0) {
		key = NULL;
		return -ENOMEM;
	}
	if (find(fleet->by_answer, key, &at)) {
		*place = (unsigned int)at;
		return said->file < fleet->all[at].file
			       ? set_why(&fleet->all[at], said->why, said->file)
			       : 0;
	}
	rc = add_answer(fleet, said, key);
	if (!rc)
		key = NULL;
	*place = (unsigned int)fleet->nall - 1;
	return rc;
}

/* In one order, whatever the order of the document was; of an id that is there twice, one. */
static int by_id(const void *a, const void *b, void *arg)
{
	const struct dp_fleet *fleet = arg;
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;
	size_t x_id = fleet->all[x].id, y_id = fleet->all[y].id;

	return x_id != y_id ? (x_id > y_id) - (x_id < y_id) : (x > y) - (x < y);
}

static void put_in_order(struct dp_fleet *fleet, struct dp_fleet_answers *answers)
{
	size_t kept = 0;

	if (!answers->count)
		return;
	qsort_r(answers->list, answers->count, sizeof(*answers->list), by_id, fleet);
	for (size_t i = 0; i < answers->count; i++)
		if (!kept ||
		    fleet->all[answers->list[i]].id != fleet->all[answers->list[kept - 1]].id)
			answers->list[kept++] = answers->list[i];
	answers->count = kept;
}

static const struct dp_fleet_answers *add_answers(struct dp_fleet *fleet,
						  const struct dp_fleet_answers *answers)
{
	struct dp_fleet_answers *kept = malloc(sizeof(*kept));
	size_t size = answers->count * sizeof(*answers->list);

	if (!kept)
		return NULL;
	*kept = (struct dp_fleet_answers){ malloc(size + 1), answers->count };
	if (kept->list && size)
		memcpy(kept->list, answers->list, size);
	if (!kept->list || lh_table_insert(fleet->by_answers, kept, kept)) {
		free(kept->list);
		free(kept);
		return NULL;
	}
	return kept;
}

const struct dp_fleet_answers *dp_fleet_keep_answers(struct dp_fleet *fleet,
						     struct dp_fleet_answers *answers)
{
	void *found;

	put_in_order(fleet, answers);
	return lh_table_lookup_ex(fleet->by_answers, answers, &found) ? found
								      : add_answers(fleet, answers);
}
