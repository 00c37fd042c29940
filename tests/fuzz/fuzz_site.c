// SPDX-License-Identifier: GPL-2.0-or-later
/* A site file, and a node's inventory after its first NUL: what is told is one clause of text. */
#include "fuzz.h"

#include "daxpin/json.h"
#include "daxpin/site.h"

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the string it is reading when the input ends inside of it. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

static void hear(void *arg, bool broken, const char *text)
{
	size_t *told = arg;

	(void)broken;
	HOLDS(text[0] && strlen(text) < 256);
	++*told;
}

static void check_row(enum dp_site_list list, const struct dp_site_row *row)
{
	HOLDS(row->values[0] && row->values[0][0]);
	HOLDS(row->count <= 4096);
	for (size_t i = 0; i < DP_SITE_KEYS; i++)
		HOLDS(!row->values[i] || row->values[i][0]);
	HOLDS(dp_site_key(list, DP_SITE_KEYS) == NULL);
}

/* A node of which nothing is known is not found to be broken, unless something must be there. */
static void judge_nothing(const struct dp_site *site)
{
	size_t told = 0, asked = site->memlock_asked;

	for (int i = 0; i < DP_SITE_LISTS; i++)
		asked += site->lists[i].named;
	dp_site_judge(site, NULL, hear, &told);
	HOLDS(told == asked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	dp_cleanup(dp_site_clear) struct dp_site site = { 0 };
	dp_autofree char *text = fuzz_text(data, size);
	dp_autofree char *rest = NULL;
	dp_autojson struct json_object *inventory = NULL;
	struct dp_error err = { 0 };
	size_t told = 0, len = strlen(text);

	if (dp_site_parse(text, "fuzz", &site, &err)) {
		HOLDS(err.input && err.what[0]);
		HOLDS(!site.answered && !site.policy && !site.lists[0].list);
		return 0;
	}
	for (int i = 0; i < DP_SITE_LISTS; i++)
		for (size_t k = 0; k < site.lists[i].count; k++)
			check_row(i, &site.lists[i].list[k]);
	judge_nothing(&site);
	if (len + 1 < size)
		rest = fuzz_text(data + len + 1, size - len - 1);
	inventory = rest ? dp_json_parse(rest) : NULL;
	dp_site_judge(&site, inventory, hear, &told);
	return 0;
}
