// SPDX-License-Identifier: GPL-2.0-or-later
/* A node against its site file. What the node does not tell is neither right nor wrong. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/policy.h"
#include "daxpin/site.h"
#include "daxpin/text.h"

enum kind {
	TEXT,
	SIZE, /* bytes */
	FLAG,
};

/* A key of a row, and the member of a device that it speaks of. */
struct key {
	const char *name, *member;
	enum kind kind;
};

static const struct {
	const char *name, *source;
	struct key keys[DP_SITE_KEYS];
} lists[DP_SITE_LISTS] = {
	[DP_SITE_NAMESPACES] = { "namespaces",
				 "namespaces",
				 { { "mode", "mode", TEXT }, { "align", "align", SIZE } } },
	[DP_SITE_DAX] = { "dax",
			  "dax",
			  { { "driver", "driver", TEXT }, { "align", "align", SIZE } } },
	[DP_SITE_ADAPTERS] = { "adapters",
			       "rdma",
			       { { "provider", "provider", TEXT }, { "on_demand", "odp", FLAG } } },
	[DP_SITE_MOUNTS] = { "mounts", "mounts", { { "dir", "dir", TEXT }, { "fs", "fs", TEXT } } },
};

const char *dp_site_list_name(enum dp_site_list list)
{
	return lists[list].name;
}

const char *dp_site_list_source(enum dp_site_list list)
{
	return lists[list].source;
}

const char *dp_site_key(enum dp_site_list list, size_t key)
{
	return key < DP_SITE_KEYS ? lists[list].keys[key].name : NULL;
}

bool dp_site_value(enum dp_site_list list, size_t key, struct json_object *entry, char *text,
		   size_t size)
{
	const struct key *k = &lists[list].keys[key];
	const char *value = dp_json_text(entry, k->member);
	int64_t bytes;
	bool flag;

	text[0] = '\0';
	if (k->kind == FLAG && !dp_json_bool(entry, k->member, &flag))
		snprintf(text, size, "%s", flag ? "yes" : "no");
	else if (k->kind == SIZE && !dp_json_int(entry, k->member, &bytes) && bytes > 0)
		dp_format_size((uint64_t)bytes, text, size);
	else if (k->kind == TEXT && value && strcmp(value, "unknown"))
		snprintf(text, size, "%s", value);
	else
		return false;
	dp_printable(text);
	return true;
}

/* ---- telling ------------------------------------------------------------------------------ */

struct judge {
	void (*tell)(void *arg, bool broken, const char *text);
	void *arg;
};

__attribute__((format(printf, 3, 4))) static void tell(const struct judge *j, bool broken,
						       const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	j->tell(j->arg, broken, text);
}

/* "namespaces devdax 2M", "adapters mlx5 on_demand=yes" */
static void name_values(enum dp_site_list list, const char *const *values, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%s", lists[list].name);

	for (size_t i = 0; i < DP_SITE_KEYS && used < size; i++) {
		bool flag = lists[list].keys[i].kind == FLAG;

		if (values[i])
			used += (size_t)snprintf(text + used, size - used, " %s%s%.64s",
						 flag ? lists[list].keys[i].name : "",
						 flag ? "=" : "", values[i]);
	}
}

/* ---- devices ------------------------------------------------------------------------------ */

static enum dp_known is_like(enum dp_site_list list, const struct dp_site_row *row,
			     struct json_object *entry)
{
	enum dp_known like = DP_YES;
	char value[128];

	for (size_t i = 0; i < DP_SITE_KEYS; i++) {
		if (!row->values[i])
			continue;
		if (!dp_site_value(list, i, entry, value, sizeof(value)))
			like = DP_UNKNOWN;
		else if (strcmp(value, row->values[i]))
			return DP_NO;
	}
	return like;
}

static void judge_row(const struct judge *j, enum dp_site_list list, const struct dp_site_row *row,
		      struct json_object *have)
{
	size_t count[DP_YES + 1] = { 0 };
	char name[192];

	for (size_t i = 0; i < dp_json_count(have); i++)
		count[is_like(list, row, json_object_array_get_idx(have, i))]++;
	name_values(list, (const char *const *)row->values, name, sizeof(name));
	if (count[DP_YES] > row->count || count[DP_YES] + count[DP_UNKNOWN] < row->count)
		tell(j, true, "%s: %zu instead of %u", name, count[DP_YES], row->count);
	else if (count[DP_UNKNOWN])
		tell(j, false, "%s: %zu or more instead of %u, as not all can be read", name,
		     count[DP_YES], row->count);
}

/* What no row is for; one of which too little is known may be in a row. */
static void judge_entry(const struct judge *j, enum dp_site_list list,
			const struct dp_site_rows *rows, struct json_object *entry)
{
	char values[DP_SITE_KEYS][128], name[192];
	const char *known[DP_SITE_KEYS] = { NULL };

	for (size_t i = 0; i < rows->count; i++)
		if (is_like(list, &rows->list[i], entry) != DP_NO)
			return;
	for (size_t i = 0; i < DP_SITE_KEYS; i++)
		if (dp_site_value(list, i, entry, values[i], sizeof(values[i])) && values[i][0])
			known[i] = values[i];
	name_values(list, known, name, sizeof(name));
	tell(j, true, "%s: is not expected", name);
}

static void judge_list(const struct judge *j, enum dp_site_list list,
		       const struct dp_site_rows *rows, struct json_object *have)
{
	if (!rows->named)
		return;
	if (!have) {
		tell(j, false, "%s: cannot be read", lists[list].name);
		return;
	}
	for (size_t i = 0; i < rows->count; i++)
		judge_row(j, list, &rows->list[i], have);
	for (size_t i = 0; i < dp_json_count(have); i++)
		judge_entry(j, list, rows, json_object_array_get_idx(have, i));
}

/* ---- the limit of locked memory ----------------------------------------------------------- */

static const char *limit_text(uint64_t bytes, char *text, size_t size)
{
	return bytes == DP_UNLIMITED ? "unlimited" : dp_format_size(bytes, text, size);
}

static void judge_limit(const struct judge *j, const struct dp_site *site,
			struct json_object *entry)
{
	const char *of = site->memlock_of ? site->memlock_of : "this process";
	char have_text[32], want_text[32];
	uint64_t have;
	int64_t soft;

	if (dp_json_int(entry, "soft", &soft)) {
		tell(j, false, "memlock of %.32s: cannot be read", of);
		return;
	}
	have = soft < 0 ? DP_UNLIMITED : (uint64_t)soft;
	if (have < site->memlock)
		tell(j, true, "memlock of %.32s: %s instead of %s", of,
		     limit_text(have, have_text, sizeof(have_text)),
		     limit_text(site->memlock, want_text, sizeof(want_text)));
}

static void judge_memlock(const struct judge *j, const struct dp_site *site,
			  struct json_object *limits)
{
	size_t judged = 0;

	for (size_t i = 0; i < dp_json_count(limits); i++) {
		struct json_object *entry = json_object_array_get_idx(limits, i);
		const char *of = dp_json_text(entry, "of");

		if (!site->memlock_of ? of != NULL : !of || strcmp(of, site->memlock_of))
			continue;
		judge_limit(j, site, entry);
		judged++;
	}
	if (!judged && site->memlock_of)
		tell(j, false, "memlock of %.32s: no such process is seen", site->memlock_of);
	else if (!judged)
		tell(j, false, "memlock: cannot be read");
}

void dp_site_judge(const struct dp_site *site, struct json_object *inventory,
		   void (*told)(void *arg, bool broken, const char *text), void *arg)
{
	const struct judge j = { told, arg };

	for (int i = 0; i < DP_SITE_LISTS; i++)
		judge_list(&j, i, &site->lists[i], dp_json_array(inventory, lists[i].source));
	if (site->memlock_asked)
		judge_memlock(&j, site, dp_json_array(inventory, "memlock"));
}
