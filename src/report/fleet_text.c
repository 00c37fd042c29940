// SPDX-License-Identifier: GPL-2.0-or-later
/* A fleet for people: groups, the largest first, each told by what it does differently. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "page.h"

#include "daxpin/cleanup.h"

/* More than these are counted, and are all in the other formats. */
#define MOST_GROUPS  40
#define MOST_CHANGES 12
#define MOST_MIXES   6
#define MOST_FILES   20

/* What is written. */
struct page {
	FILE *out;
	const struct dp_fleet *fleet;
	const struct dp_report_options *options;
};

static const char *color(const struct page *p, const char *code)
{
	return p->options->color ? code : "";
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static bool fails(const struct dp_fleet_group *group)
{
	return dp_fleet_status(group->counts, group->known) == DP_FAIL;
}

/* ---- on what they run --------------------------------------------------------------------- */

static void trait_texts(const struct dp_fleet *fleet, const struct dp_fleet_mix *mix,
			const char *texts[DP_FLEET_TRAITS])
{
	for (int t = 0; t < DP_FLEET_TRAITS; t++) {
		texts[t] = fleet->texts[mix->traits[t]];
		texts[t] = texts[t][0] ? texts[t] : "-";
	}
}

static int write_mixes(const struct page *p, size_t number)
{
	dp_cleanup(dp_fleet_mixes_clear) struct dp_fleet_mixes mixes = { 0 };
	const struct dp_fleet_group *group = &p->fleet->groups[number];
	char name[DP_GROUP_NAME];
	int rc = dp_fleet_mixes_of(p->fleet, group, &mixes);

	for (size_t i = 0; i < mixes.count && i < MOST_MIXES && !rc; i++) {
		const char *texts[DP_FLEET_TRAITS];

		trait_texts(p->fleet, &mixes.list[i], texts);
		fprintf(p->out, "%-5s %6zu  %-24s %-9s %-14s %-14s %s\n",
			i ? "" : dp_fleet_group_name(number, name), mixes.list[i].nodes.count,
			texts[DP_FLEET_KERNEL], texts[DP_FLEET_PROVIDER], texts[DP_FLEET_FIRMWARE],
			texts[DP_FLEET_BIOS], mixes.list[i].folded);
	}
	if (mixes.count > MOST_MIXES)
		fprintf(p->out, "%-5s         and %zu more combinations\n", "",
			mixes.count - MOST_MIXES);
	return rc;
}

static int write_traits(const struct page *p)
{
	int rc = 0;

	fprintf(p->out, "\n%s%-5s %6s  %-24s %-9s %-14s %-14s %s%s\n", color(p, BOLD), "group",
		"nodes", "kernel", "provider", "firmware", "bios", "names", color(p, PLAIN));
	for (size_t i = 0; i < p->fleet->ngroups && i < MOST_GROUPS && !rc; i++)
		rc = write_mixes(p, i);
	return rc;
}

/* ---- what they answer --------------------------------------------------------------------- */

static void write_change(const struct page *p, const struct dp_fleet_change *change)
{
	char here[512], there[512];
	bool bad = change->here && change->here->status == DP_FAIL && !change->here->known;

	fprintf(p->out, "    %s: %s%s%s", change->ids, color(p, bad ? RED : ""),
		dp_fleet_answer_text(change->here, here, sizeof(here)), color(p, bad ? PLAIN : ""));
	if (change->there)
		fprintf(p->out, ", not %s",
			dp_fleet_answer_text(change->there, there, sizeof(there)));
	fputc('\n', p->out);
	if (change->here && change->here->status != DP_PASS && change->here->why[0])
		fprintf(p->out, "      %s\n", change->here->why);
}

static int write_changes(const struct page *p, size_t number)
{
	dp_cleanup(dp_fleet_changes_clear) struct dp_fleet_changes changes = { 0 };
	int rc = dp_fleet_changes_of(p->fleet, &p->fleet->groups[number], &changes);
	size_t left = 0;

	for (size_t i = 0; i < changes.count && !rc; i++) {
		if (i < MOST_CHANGES)
			write_change(p, &changes.list[i]);
		else
			left += changes.list[i].count;
	}
	if (left)
		fprintf(p->out, "    and %zu more id%s\n", left, plural(left));
	return rc;
}

static int write_group(const struct page *p, size_t number)
{
	const struct dp_fleet_group *group = &p->fleet->groups[number];
	char name[DP_GROUP_NAME];

	fprintf(p->out, "\n%s%s  %zu node%s: %s%s\n", color(p, BOLD),
		dp_fleet_group_name(number, name), group->nodes.count, plural(group->nodes.count),
		group->folded, color(p, PLAIN));
	fprintf(p->out, "  %s%zu pass, %zu fail, %zu skip, %zu error%s",
		color(p, fails(group) ? RED : ""), group->counts[DP_PASS], group->counts[DP_FAIL],
		group->counts[DP_SKIP_STATUS], group->counts[DP_ERROR],
		color(p, fails(group) ? PLAIN : ""));
	if (group->known)
		fprintf(p->out, " (%zu known)", group->known);
	fputs(number ? "; as A, but\n" : "\n", p->out);
	return write_changes(p, number);
}

static int write_groups(const struct page *p)
{
	size_t shown = p->fleet->ngroups < MOST_GROUPS ? p->fleet->ngroups : MOST_GROUPS, nodes = 0;
	int rc = 0;

	for (size_t i = 0; i < shown && !rc; i++)
		rc = write_group(p, i);
	for (size_t i = shown; i < p->fleet->ngroups; i++)
		nodes += p->fleet->groups[i].nodes.count;
	if (nodes)
		fprintf(p->out, "\nand %zu more groups of %zu nodes, see -o json or -o html\n",
			p->fleet->ngroups - shown, nodes);
	return rc;
}

/* ---- the rest ----------------------------------------------------------------------------- */

static int write_hosts(const struct page *p, const char *title, const struct dp_hosts *hosts)
{
	struct dp_hosts same = *hosts;
	dp_autofree char *folded = dp_hosts_fold(&same);

	if (!folded)
		return -ENOMEM;
	if (hosts->count)
		fprintf(p->out, "\n%s%s%s\n  %zu node%s: %s\n", color(p, BOLD), title,
			color(p, PLAIN), hosts->count, plural(hosts->count), folded);
	return 0;
}

static void write_unused(const struct page *p)
{
	const struct dp_fleet *fleet = p->fleet;

	if (fleet->nunused)
		fprintf(p->out, "\n%sNot used%s\n", color(p, BOLD), color(p, PLAIN));
	for (size_t i = 0; i < fleet->nunused && i < MOST_FILES; i++)
		fprintf(p->out, "  %s\n", fleet->unused[i].why);
	if (fleet->nunused > MOST_FILES)
		fprintf(p->out, "  and %zu more, see -o json\n", fleet->nunused - MOST_FILES);
}

int dp_fleet_write_text(FILE *out, const struct dp_fleet *fleet,
			const struct dp_report_options *options)
{
	const struct page p = { out, fleet, options };
	int rc = 0;

	fprintf(out, "daxpin: %zu node%s, %zu group%s by what they answer", fleet->nnodes,
		plural(fleet->nnodes), fleet->ngroups, plural(fleet->ngroups));
	fprintf(out, "; %zu fail, %zu without an answer", fleet->failed, fleet->unanswered);
	if (fleet->listed)
		fprintf(out, ", %zu missing", fleet->missing.count);
	fputc('\n', out);
	if (fleet->ngroups)
		rc = write_traits(&p);
	if (!rc)
		rc = write_groups(&p);
	if (!rc)
		rc = dp_fleet_write_table(out, fleet, options);
	if (!rc)
		rc = dp_fleet_write_pairs(out, fleet, options);
	if (!rc)
		rc = write_hosts(&p, "Missing", &fleet->missing);
	if (!rc)
		rc = write_hosts(&p, "Not in the list of nodes", &fleet->unlisted);
	write_unused(&p);
	return rc ? rc : ferror(out) ? -EIO : 0;
}
