// SPDX-License-Identifier: GPL-2.0-or-later
/* A cell of the matrix, by the rules of the policy. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

#include "daxpin/check.h"
#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/pinner.h"
#include "daxpin/question.h"

__attribute__((format(printf, 3, 4))) static bool
decide(struct dp_result *result, enum dp_status status, const char *fmt, ...)
{
	va_list ap;

	result->status = status;
	va_start(ap, fmt);
	vsnprintf(result->why, sizeof(result->why), fmt, ap);
	va_end(ap);
	return true;
}

/* C6: every pin that was acquired is released. */
static bool pins_kept(const struct dp_cell *cell, struct dp_result *result)
{
	bool leaked = cell->pins_seen && cell->acquired != cell->released;

	if (!leaked && cell->vmpin_kept_kib == 0)
		return false;
	result->violates = DP_CLAUSE_BIT(DP_C6);
	if (leaked)
		return decide(result, DP_FAIL,
			      "pins are not given back: %" PRIu64 " pages acquired, %" PRIu64
			      " released after deregistration, in each of %u attempts",
			      cell->acquired, cell->released, cell->attempts);
	return decide(result, DP_FAIL, "VmPin is off by %" PRId64 " KiB after deregistration",
		      cell->vmpin_kept_kib);
}

/*
 * C9: a device-dax that maps another of its pages, or one of another device. Whoever registers this
 * memory has the data of somebody else.
 */
static bool misplaced(const struct dp_mapping *mapping, const struct dp_cell *cell,
		      struct dp_result *result)
{
	if (!mapping->ordered || cell->displaced <= 0)
		return false;
	result->violates = DP_CLAUSE_BIT(DP_C9);
	return decide(result, DP_FAIL,
		      "the driver maps the wrong pages: the frames of %" PRId64 " of %" PRIu64
		      " pages are not where %s has them (the first is in \"%s\")",
		      cell->displaced, cell->pages, cell->resource, cell->owner);
}

/*
 * device-dax maps by its alignment, or not at all: __dev_dax_pmd_fault() and __dev_dax_pud_fault(),
 * drivers/dax/device.c, answer SIGBUS where others fall back to a smaller leaf. Nobody else has a
 * say in it.
 */
static bool falls_back(const struct dp_mapping *mapping, const struct dp_cell *cell,
		       struct dp_result *result)
{
	return mapping->ordered && cell->leaf && cell->leaf < mapping->leaf &&
	       decide(result, DP_FAIL,
		      "the driver maps by leaves of %" PRIu64
		      " bytes, though the alignment of %s is "
		      "%" PRIu64 " (%s)",
		      cell->leaf, cell->resource, mapping->leaf, cell->leaf_by);
}

/*
 * An error if the mapping is shown to be something else than its name says. Whether a leaf can be
 * of 2 MiB is up to how a file system has laid out its blocks, and how fragmented memory is; from
 * where a node's pages come is up to what else the node has. In a guest daxpin has seen to it, on a
 * host it has not.
 */
static bool misnamed(const struct dp_subject *subject, const struct dp_mapping *mapping,
		     const struct dp_cell *cell, struct dp_result *result)
{
	bool given = subject->host || subject->carried;
	enum dp_status other = given ? DP_SKIP_STATUS : DP_ERROR;
	const char *what = given ? "cannot be asked here" : "not what the name says";

	if (cell->outside > 0)
		return decide(result, mapping->zone ? other : DP_ERROR,
			      "%s: the frames of %" PRId64 " of %" PRIu64
			      " pages are not in %s%s (the first is in \"%s\")",
			      mapping->zone ? what : "not what the name says", cell->outside,
			      cell->pages,
			      mapping->frames == DP_FRAMES_RAM ? "System RAM" : "the memory of ",
			      mapping->frames == DP_FRAMES_RAM ? "" : cell->resource, cell->owner);
	if (mapping->unlike && cell->unlike > 0)
		return decide(result, other, "%s: %" PRId64 " of %" PRIu64 " pages are not %s",
			      what, cell->unlike, cell->pages, mapping->trait);
	if (mapping->leaf && cell->leaf && cell->leaf != mapping->leaf)
		return decide(result, other,
			      "%s: mapped by leaves of %" PRIu64 " bytes instead of %" PRIu64
			      " (%s)%s",
			      what, cell->leaf, mapping->leaf, cell->leaf_by,
			      given ? ": how its blocks or its memory lie allows no other" : "");
	if (mapping->zone && cell->zone_before[0] && strcmp(mapping->zone, cell->zone_before))
		return decide(result, other, "%s: its pages are in ZONE_%s", what,
			      cell->zone_before);
	return false;
}

static bool breaks_rule(const struct dp_rule *rule, const struct dp_cell *cell,
			struct dp_result *result)
{
	if (rule->err == 0 && cell->err)
		return decide(result, DP_FAIL, "rejected with %s, expected to be allowed: %s",
			      dp_errno_name(cell->err), rule->why);
	if (rule->err && !cell->err)
		return decide(result, DP_FAIL, "allowed, expected to be rejected%s%s: %s",
			      rule->any_errno ? "" : " with ",
			      rule->any_errno ? "" : dp_errno_name(rule->err), rule->why);
	if (!rule->any_errno && rule->err != cell->err)
		return decide(result, DP_FAIL, "rejected with %s, expected %s: %s",
			      dp_errno_name(cell->err), dp_errno_name(rule->err), rule->why);
	return false;
}

/* An MR that is not paged on demand must hold each of its pages, where there are any. */
static bool pinned_too_little(const struct dp_mapping *mapping, const char *access,
			      const struct dp_cell *cell, struct dp_result *result)
{
	/* From 6.5 on, and in stable kernels, gup takes no pin on the zero page: is_zero_page(). */
	if (mapping->frames == DP_FRAMES_NONE || (mapping->eternal && !cell->moved) || cell->err ||
	    !cell->pins_seen || !strcmp(access, "on-demand") || cell->acquired >= cell->pages)
		return false;
	return decide(result, DP_FAIL,
		      "allowed, but only %" PRIu64 " of the region's %" PRIu64 " pages were pinned",
		      cell->acquired, cell->pages);
}

/* What nobody looked at is not missed. */
static bool was_asked(const struct dp_evidence *e)
{
	return e->seen || e->missing[0];
}

/* One of the functions that are expected is one whose refusals are not seen on this kernel. */
static bool is_unprobed(const char *expected, const char *unprobed)
{
	char name[64];

	for (; *unprobed; unprobed += strspn(unprobed, "|")) {
		size_t len = strcspn(unprobed, "|");

		snprintf(name, sizeof(name), "%.*s", (int)len, unprobed);
		if (dp_policy_matches(expected, name))
			return true;
		unprobed += len;
	}
	return false;
}

/* The right answer, by somebody else. Who was not seen is not filled in. */
static bool is_by_another(const struct dp_rule *rule, const struct dp_cell *cell,
			  struct dp_result *result)
{
	const struct dp_evidence *e = &cell->evidence;

	if (!rule->refused_by || !was_asked(e) ||
	    (e->seen && dp_policy_matches(rule->refused_by, e->refused_by)))
		return false;
	if (!e->seen || !e->refused_by[0] || is_unprobed(rule->refused_by, e->unprobed)) {
		result->unwitnessed = true;
		return false;
	}
	snprintf(result->deviates, sizeof(result->deviates), "refused by %s", e->refused_by);
	return decide(result, DP_FAIL, "refused by %s, expected %s: %s", e->refused_by,
		      rule->refused_by, rule->why);
}

/* The right answer, on another way: also of a refusal, which may come before pages were taken. */
static bool is_on_another_path(const struct dp_rule *rule, const struct dp_cell *cell,
			       struct dp_result *result)
{
	const struct dp_evidence *e = &cell->evidence;

	if (!rule->path || !was_asked(e) ||
	    (e->seen && dp_policy_matches(rule->path, dp_evidence_path(e))))
		return false;
	result->unwitnessed |= !e->seen;
	if (!e->seen)
		return false;
	snprintf(result->deviates, sizeof(result->deviates), "path %s", dp_evidence_path(e));
	return decide(result, DP_FAIL, "path %s, expected %s: %s", dp_evidence_path(e), rule->path,
		      rule->why);
}

/*
 * Pages that must be replaced before they are pinned, as they are not the process's alone, or in
 * the way where they are; or that must not be.
 */
static bool is_elsewhere(const struct dp_subject *subject, const struct dp_rule *rule,
			 const struct dp_cell *cell, struct dp_result *result)
{
	bool all = rule->moved == DP_YES;

	/* On a host others may have had a page moved just before. */
	if (!all && subject->host)
		return false;
	/* Where the frames are not told, that none has changed is not seen. */
	if (rule->moved == DP_UNKNOWN || cell->err || cell->outside < 0 ||
	    cell->moved == (all ? cell->pages : 0))
		return false;
	snprintf(result->deviates, sizeof(result->deviates), "%s",
		 all ? "pinned in place" : "moved");
	return decide(result, DP_FAIL,
		      "allowed, but %" PRIu64 " of %" PRIu64
		      " pages were moved or copied first, expected %s: %s",
		      cell->moved, cell->pages, all ? "all" : "none", rule->why);
}

/*
 * References that are kept without need: the counters cannot tell them from those that gup-fast
 * took and gave back. Pages that are moved are taken again. @pinner: a name, NULL for verbs
 */
static bool pinned_twice(const char *pinner, const struct dp_cell *cell, struct dp_result *result)
{
	const struct dp_pinner *other = pinner ? dp_pinner_find(pinner) : NULL;
	const struct dp_evidence *e = &cell->evidence;
	int64_t kept = e->fast - e->dropped + e->slow;

	if (cell->err || !e->seen || e->migrations || cell->moved || kept <= (int64_t)cell->pages ||
	    (other && other->retakes))
		return false;
	return decide(result, DP_FAIL,
		      "allowed, but %" PRId64 " references are kept on the region's %" PRIu64
		      " pages",
		      kept, cell->pages);
}

/* A limit that refuses whatever memory it is says nothing of this memory. */
static bool is_limited(const struct dp_subject *subject, const struct dp_cell *cell,
		       struct dp_result *result)
{
	return cell->limit[0] &&
	       decide(result, subject->host ? DP_SKIP_STATUS : DP_ERROR, "%s", cell->limit);
}

/* The first part of the proof that is not there; NULL if it is whole. */
static const char *find_unproven(const struct dp_mapping *mapping, const struct dp_cell *cell)
{
	if (!cell->owner[0])
		return "owner";
	if (cell->outside < 0)
		return "outside";
	if (mapping->ordered && cell->displaced < 0)
		return "displaced";
	if (mapping->unlike && cell->unlike < 0)
		return "unlike";
	if (mapping->frames != DP_FRAMES_NONE && mapping->frames != DP_FRAMES_ABSENT &&
	    cell->persistent < 0)
		return "persistent";
	if (mapping->zone && !cell->zone_before[0])
		return "zone_before";
	return mapping->leaf && !cell->leaf ? "leaf" : NULL;
}

/* A page size that cannot be told does not explain that frames are unknown, unless of a PUD. */
static bool is_explained(const struct dp_mapping *mapping, const struct dp_cell *cell,
			 const char *unproven)
{
	bool of_leaf = !strncmp(cell->proof_text, DP_PROOF_LEAF, strlen(DP_PROOF_LEAF));

	return cell->proof_text[0] &&
	       (!of_leaf || !strcmp(unproven, "leaf") || mapping->granule >= DP_PUD_SIZE);
}

/*
 * What must have been seen. The counters of pins are the machine's: on a host others may be why
 * they could not be told apart, in a guest nobody else pins.
 */
static bool lacks(const struct dp_subject *subject, const struct dp_mapping *mapping,
		  const struct dp_cell *cell, struct dp_result *result)
{
	const char *unproven = find_unproven(mapping, cell);

	if (!cell->pages || !cell->attempts)
		return decide(result, DP_ERROR, "not observed: \"%s\"",
			      cell->pages ? "attempts" : "pages");
	if (!cell->pins_seen && (!subject->host || !cell->pins_text[0]))
		return decide(result, DP_ERROR, "not observed: \"pins\"%s%s",
			      cell->pins_text[0] ? ": " : "", cell->pins_text);
	if (unproven && !is_explained(mapping, cell, unproven))
		return decide(result, DP_ERROR, "not observed: \"proof\" (%s)", unproven);
	if (!subject->kernel[0] || (!subject->provider[0] && !subject->pinner))
		return decide(result, DP_ERROR, "not observed: \"%s\" of the run",
			      subject->kernel[0] ? "provider" : "kernel");
	result->unproven = unproven || !cell->pins_seen;
	return false;
}

/* All of it, none of it, or not known: one page that is not is enough for is_pmem_page(). */
static enum dp_known is_persistent(const struct dp_cell *cell)
{
	if (cell->persistent < 0)
		return DP_UNKNOWN;
	return cell->pages && (uint64_t)cell->persistent == cell->pages ? DP_YES : DP_NO;
}

/* The rule would be another one if the memory were, or were not, persistent. */
static bool depends_on_memory(const struct dp_policy *policy, const struct dp_subject *subject,
			      const struct dp_mapping *mapping, const char *access,
			      const struct dp_cell *cell, struct dp_result *result)
{
	struct dp_subject other = *subject;

	other.persistent = DP_NO;
	if (subject->persistent != DP_UNKNOWN ||
	    !dp_policy_find(policy, &other, mapping->name, access))
		return false;
	if (!subject->host || !cell->proof_text[0])
		return decide(result, DP_ERROR, "not observed: \"proof\" (persistent)");
	return decide(result, DP_SKIP_STATUS,
		      "the right answer depends on whether the memory is persistent, which is not "
		      "told here: %s",
		      cell->proof_text);
}

/* No rule covers it, or one that asks what was not observed of the adapter. */
static bool has_no_rule(const struct dp_rule *rule, const struct dp_subject *subject,
			struct dp_result *result)
{
	if (rule && rule->unknown)
		return decide(result, DP_ERROR, "no expectation: %s", rule->why);
	if (!rule)
		return decide(result, DP_ERROR,
			      "no expectation: no rule of the policy covers it for kernel %s and "
			      "%s %s",
			      subject->kernel, subject->pinner ? "pinner" : "provider",
			      subject->pinner ? subject->pinner : subject->provider);
	if (rule->odp >= 0 && !subject->odp_seen)
		return decide(result, DP_ERROR, "not observed: \"odp\" of the run's adapter");
	return false;
}

/* A vendor's kernel may answer as a later series does. Return: whether this one does. */
static bool is_backported(const struct dp_policy *policy, const struct dp_subject *subject,
			  const struct dp_mapping *mapping, const char *access,
			  const struct dp_cell *cell, struct dp_result *result)
{
	struct dp_series since;
	const struct dp_rule *later =
		dp_policy_backported(policy, subject, mapping->name, access, cell->err, &since);

	if (!later)
		return false;
	result->expected_err = later->err;
	snprintf(result->reference, sizeof(result->reference), "%.255s", later->reference);
	return decide(result, DP_PASS, "%s (%s backports: so it is in Linux from %u.%u on)",
		      later->why, dp_kernel_vendor(subject->kernel), since.major, since.minor);
}

static void judge_answer(const struct dp_policy *policy, const struct dp_subject *run,
			 const struct dp_cell *cell, struct dp_result *result)
{
	struct dp_subject of_cell = *run;
	const struct dp_subject *const subject = &of_cell;
	char access[DP_ACCESS_NAME];
	const struct dp_mapping *mapping = dp_cell_asks(result->id, access, &of_cell);
	const struct dp_rule *rule;

	if (!mapping) {
		decide(result, DP_ERROR, "no such mapping%s or access in this daxpin",
		       dp_question_is(result->id, DP_QUESTION_PINNER) ? ", pinner" : "");
		return;
	}
	of_cell.persistent = is_persistent(cell);
	rule = dp_policy_find(policy, subject, mapping->name, access);
	if (rule && !rule->unknown) {
		result->expected = true;
		result->expected_err = rule->err;
		snprintf(result->reference, sizeof(result->reference), "%.255s", rule->reference);
	}
	if (pins_kept(cell, result) || misplaced(mapping, cell, result) ||
	    is_limited(subject, cell, result) || lacks(subject, mapping, cell, result) ||
	    falls_back(mapping, cell, result) || misnamed(subject, mapping, cell, result) ||
	    (!rule && depends_on_memory(policy, subject, mapping, access, cell, result)) ||
	    has_no_rule(rule, subject, result))
		return;
	if (breaks_rule(rule, cell, result)) {
		if (is_backported(policy, subject, mapping, access, cell, result))
			pinned_too_little(mapping, access, cell, result);
	} else if (!is_by_another(rule, cell, result) &&
		   !pinned_twice(subject->pinner, cell, result) &&
		   !is_elsewhere(subject, rule, cell, result) &&
		   !pinned_too_little(mapping, access, cell, result) &&
		   !dp_is_of_another_amount(policy, subject, mapping->name, access, cell, result) &&
		   !is_on_another_path(rule, cell, result)) {
		decide(result, DP_PASS, "%s", rule->why);
	}
}

void dp_judge_check(const struct dp_policy *policy, const struct dp_subject *subject,
		    const struct dp_cell *cell, struct dp_result *result)
{
	result->observed = true;
	result->cell = *cell;
	if (cell->outcome == DP_SKIPPED)
		decide(result, DP_SKIP_STATUS, "%s", cell->text);
	else if (cell->outcome == DP_BROKEN)
		decide(result, DP_ERROR, "%s", cell->text);
	else
		judge_answer(policy, subject, cell, result);
}
