// SPDX-License-Identifier: GPL-2.0-or-later
/* The document "daxpin-fleet/1", described in docs/json.md. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"

static void add_answer(struct json_object *obj, const struct dp_fleet_answer *answer)
{
	dp_json_add_text(obj, "status", dp_status_name(answer->status));
	if (answer->known)
		dp_json_add_text(obj, "baseline", dp_baseline_name(DP_KNOWN));
	dp_json_add_text(obj, "kind", answer->kind);
	dp_json_add_text(obj, "why", answer->why);
}

static struct json_object *answer_object(const struct dp_fleet_answer *answer)
{
	struct json_object *obj = answer ? json_object_new_object() : NULL;

	if (obj)
		add_answer(obj, answer);
	return obj;
}

static struct json_object *mixes_list(const struct dp_fleet *fleet,
				      const struct dp_fleet_group *group)
{
	dp_cleanup(dp_fleet_mixes_clear) struct dp_fleet_mixes mixes = { 0 };
	struct json_object *list;

	if (dp_fleet_mixes_of(fleet, group, &mixes))
		return NULL;
	list = json_object_new_array();
	for (size_t i = 0; i < mixes.count; i++) {
		struct json_object *obj = json_object_new_object();

		dp_json_add_int(obj, "count", (int64_t)mixes.list[i].nodes.count);
		dp_json_add_text(obj, "nodes", mixes.list[i].folded);
		for (int t = 0; t < DP_FLEET_TRAITS; t++)
			dp_json_add_text(obj, dp_fleet_trait_name(t),
					 fleet->texts[mixes.list[i].traits[t]]);
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *differences(const struct dp_fleet *fleet,
				       const struct dp_fleet_group *group)
{
	dp_autofree struct dp_fleet_difference *found = NULL;
	struct json_object *list;
	size_t count;

	if (dp_fleet_differences(fleet, group, &found, &count))
		return NULL;
	list = json_object_new_array();
	for (size_t i = 0; i < count; i++) {
		const struct dp_fleet_answer *any = found[i].here ? found[i].here : found[i].there;
		struct json_object *obj = json_object_new_object();

		dp_json_add_text(obj, "id", fleet->texts[any->id]);
		json_object_object_add(obj, "here", answer_object(found[i].here));
		json_object_object_add(obj, "there", answer_object(found[i].there));
		json_object_array_add(list, obj);
	}
	return list;
}

/* In the order in which they were first seen: that of the report that had them. */
static struct json_object *answers(const struct dp_fleet *fleet, const struct dp_fleet_group *group)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < group->answers->count; i++) {
		const struct dp_fleet_answer *answer = &fleet->all[group->answers->list[i]];
		struct json_object *obj = json_object_new_object();

		dp_json_add_text(obj, "id", fleet->texts[answer->id]);
		add_answer(obj, answer);
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *group_object(const struct dp_fleet *fleet, size_t number)
{
	const struct dp_fleet_group *group = &fleet->groups[number];
	struct json_object *obj = json_object_new_object(), *summary = json_object_new_object();
	char name[DP_GROUP_NAME];

	for (int s = 0; s < DP_STATUSES; s++)
		dp_json_add_int(summary, dp_status_name(s), (int64_t)group->counts[s]);
	dp_json_add_text(obj, "name", dp_fleet_group_name(number, name));
	dp_json_add_int(obj, "count", (int64_t)group->nodes.count);
	dp_json_add_text(obj, "nodes", group->folded);
	json_object_object_add(obj, "summary", summary);
	dp_json_add_int(obj, "known", (int64_t)group->known);
	json_object_object_add(obj, "on", mixes_list(fleet, group));
	if (number)
		json_object_object_add(obj, "differs", differences(fleet, group));
	else
		json_object_object_add(obj, "answers", answers(fleet, group));
	return obj;
}

/* What stands before the groups, and what stands after them. */
static struct json_object *heading(const struct dp_fleet *fleet)
{
	struct json_object *obj = json_object_new_object(), *tool = json_object_new_object();

	dp_json_add_text(obj, "schema", "daxpin-fleet/1");
	dp_json_add_text(tool, "version", DP_VERSION);
	json_object_object_add(obj, "tool", tool);
	dp_json_add_int(obj, "nodes", (int64_t)fleet->nnodes);
	dp_json_add_int(obj, "failed", (int64_t)fleet->failed);
	dp_json_add_int(obj, "unanswered", (int64_t)fleet->unanswered);
	return obj;
}

static int add_folded(struct json_object *obj, const char *key, const struct dp_hosts *hosts)
{
	/* They are in order, and stay so. */
	struct dp_hosts same = *hosts;
	dp_autofree char *folded = dp_hosts_fold(&same);

	dp_json_add_text(obj, key, folded);
	return folded ? 0 : -ENOMEM;
}

static struct json_object *pair_object(const struct dp_fleet *fleet,
				       const struct dp_fleet_pair *pair)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "connects", fleet->texts[pair->connects]);
	dp_json_add_text(obj, "listens", fleet->texts[pair->listens]);
	for (int s = 0; s < DP_STATUSES; s++)
		dp_json_add_int(obj, dp_status_name(s), (int64_t)pair->counts[s]);
	dp_json_add_int(obj, "known", (int64_t)pair->known);
	if (dp_fleet_pair_status(pair) != DP_PASS)
		dp_json_add_text(obj, "why", fleet->texts[pair->why]);
	return obj;
}

/* Those that fail, or lack an answer, and others of the same nodes. */
static struct json_object *pairs_object(const struct dp_fleet *fleet, int *rc)
{
	struct json_object *obj = json_object_new_object(), *bad = json_object_new_array();
	struct json_object *good = json_object_new_array();
	dp_cleanup(dp_hosts_clear) struct dp_hosts nodes = { 0 };

	*rc = dp_fleet_bad_nodes(fleet, &nodes);
	for (size_t i = 0; i < fleet->npairs; i++) {
		const struct dp_fleet_pair *pair = &fleet->pairs[i];

		if (dp_fleet_pair_status(pair) != DP_PASS)
			json_object_array_add(bad, pair_object(fleet, pair));
		else if (dp_hosts_have(&nodes, fleet->texts[pair->connects]) &&
			 dp_hosts_have(&nodes, fleet->texts[pair->listens]))
			json_object_array_add(good, pair_object(fleet, pair));
	}
	dp_json_add_int(obj, "count", (int64_t)fleet->npairs);
	dp_json_add_int(obj, "failed", (int64_t)fleet->failed_pairs);
	dp_json_add_int(obj, "unanswered", (int64_t)fleet->unanswered_pairs);
	json_object_object_add(obj, "bad", bad);
	json_object_object_add(obj, "good", good);
	return obj;
}

static struct json_object *rest(const struct dp_fleet *fleet, int *rc)
{
	struct json_object *obj = json_object_new_object(), *files = json_object_new_object();
	struct json_object *unused = json_object_new_array();

	*rc = 0;
	if (fleet->npairs)
		json_object_object_add(obj, "pairs", pairs_object(fleet, rc));
	if (fleet->listed)
		*rc |= add_folded(obj, "missing", &fleet->missing) |
		       add_folded(obj, "unlisted", &fleet->unlisted);
	for (size_t i = 0; i < fleet->nunused; i++)
		dp_json_append_text(unused, fleet->unused[i].why);
	dp_json_add_int(files, "read", (int64_t)fleet->files);
	dp_json_add_int(files, "documents", (int64_t)fleet->documents);
	json_object_object_add(files, "unused", unused);
	json_object_object_add(obj, "files", files);
	return obj;
}

/* Writes an object without its first @skip and last @cut characters, the braces. */
static void put_part(FILE *out, struct json_object *obj, size_t skip, size_t cut,
		     void (*put)(FILE *out, const char *json))
{
	dp_autofree char *text = dp_json_line(obj);

	if (!text)
		return;
	text[strlen(text) - cut] = '\0';
	put(out, text + skip);
	json_object_put(obj);
}

int dp_fleet_write_document(FILE *out, const struct dp_fleet *fleet,
			    void (*put)(FILE *out, const char *json))
{
	int rc;

	put_part(out, heading(fleet), 0, 1, put);
	put(out, ",\n\"groups\":[");
	for (size_t i = 0; i < fleet->ngroups; i++) {
		put(out, i ? ",\n" : "\n");
		put_part(out, group_object(fleet, i), 0, 0, put);
	}
	put(out, "],\n");
	put_part(out, rest(fleet, &rc), 1, 0, put);
	put(out, "\n");
	return rc ? -ENOMEM : ferror(out) ? -EIO : 0;
}

static void put_plain(FILE *out, const char *json)
{
	fputs(json, out);
}

int dp_fleet_write_json(FILE *out, const struct dp_fleet *fleet,
			const struct dp_report_options *options)
{
	(void)options;
	return dp_fleet_write_document(out, fleet, put_plain);
}
