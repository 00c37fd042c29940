/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge. Expectations are data, and a verdict depends on observations only.
 */
#ifndef DAXPIN_POLICY_H
#define DAXPIN_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "daxpin/observe.h"
#include "daxpin/text.h"

struct dp_error;

/* An answer that may not be there. In a rule, DP_UNKNOWN asks nothing. */
enum dp_known {
	DP_UNKNOWN,
	DP_NO,
	DP_YES,
};

/* What a rule of the list "evidence" counts in a registration. */
enum dp_amount_of {
	DP_AMOUNT_CALLS,      /* of gup-fast, which everything begins with */
	DP_AMOUNT_TAKEN,      /* pages that were taken, and perhaps given back */
	DP_AMOUNT_LOOKUPS,    /* of a pgmap */
	DP_AMOUNT_REFERENCES, /* that were taken on one */
	DP_AMOUNTS,
};

/* As many, for each so many pages that are begun. */
struct dp_amount {
	bool asked;
	int64_t count;
	int64_t per; /* pages; 0: of the whole registration */
};

/* One rule of a policy file (docs/policy-file.md). */
struct dp_rule {
	char *mapping;            /* glob */
	char *access;             /* glob */
	char *pinner;             /* glob: who pins; NULL: the verbs */
	char *provider;           /* glob; after "!", of those that it is not for */
	int odp;                  /* 1: adapters with on-demand paging, 0: those without, -1: all */
	enum dp_known persistent; /* only memory that is, or is not, persistent */
	struct dp_series from, to; /* kernel series, both included */
	int err;                   /* expected: 0 allowed, positive errno rejected */
	bool any_errno;            /* expected: rejected, with whatever errno */
	bool unknown;              /* nothing is expected: what is right is not known */
	enum dp_known moved; /* expected: all pages are replaced before they are pinned, or none */
	char *refused_by;    /* glob: the function that must have refused; NULL for any */
	char *path;          /* glob: on which pages must have been taken; NULL for any */
	struct dp_amount amounts[DP_AMOUNTS]; /* of the list "evidence" */
	char *why;                            /* one sentence */
	char *reference;                      /* kernel function, commit or documentation */
	unsigned int line;
};

struct dp_policy {
	struct dp_rule *rules;
	size_t count;
	struct dp_rule *evidence; /* what the witness must have counted: all that match hold */
	size_t nevidence;
};

/**
 * dp_policy_parse - parse a policy
 * @text: the policy, NUL-terminated
 * @name: its name in messages
 * @policy: receives the rules in their order; release with dp_policy_clear()
 * @err: "NAME:LINE: …" and the key that is wrong (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_policy_parse(const char *text, const char *name, struct dp_policy *policy,
		    struct dp_error *err);

/**
 * dp_policy_load - read a policy file
 * @path: the file, NULL for the default, which is built into the program
 * @policy, @err: as for dp_policy_parse()
 *
 * Return: as dp_policy_parse(), or the negative errno of reading the file (bad input).
 */
int dp_policy_load(const char *path, struct dp_policy *policy, struct dp_error *err);

void dp_policy_clear(struct dp_policy *policy);

/* What a verdict depends on besides the observation. */
struct dp_subject {
	char kernel[96];          /* release */
	char provider[32];        /* of the RDMA device; "unknown…" or "" if it is not known */
	const char *pinner;       /* who pins, if not the verbs; NULL for these */
	bool odp;                 /* the RDMA device has on-demand paging */
	bool odp_seen;            /* and that was asked */
	enum dp_known persistent; /* the memory has IORES_DESC_PERSISTENT_MEMORY */
	bool host;                /* others may pin pages of this machine at the same time */
	bool carried;             /* a guest whose DAX memory is not that of daxpin's own machine */
};

/* The name of an amount, which is its key: "calls", "taken", "lookups", "references". */
const char *dp_amount_name(enum dp_amount_of of);

/**
 * dp_amount_parse - read an amount
 * @text: "0", "2", "1 per page" or "1 per 512 pages"
 * @amount: receives it
 *
 * Return: 0 or -EINVAL.
 */
int dp_amount_parse(const char *text, struct dp_amount *amount);

/**
 * dp_policy_covers - whether a rule is for a mapping, an access, a kernel and an adapter
 * @rule: the rule
 * @subject: kernel and adapter; what is not known of them no rule is for that asks it
 * @mapping: the mapping's name
 * @access: the access's name
 */
bool dp_policy_covers(const struct dp_rule *rule, const struct dp_subject *subject,
		      const char *mapping, const char *access);

/**
 * dp_policy_find - the first rule that matches a cell
 * @policy: the rules
 * @subject: kernel and adapter
 * @mapping: name of the mapping
 * @access: name of the access mode
 *
 * Return: NULL if no rule matches, or if the first that could match names a provider and the
 * adapter's provider is unknown, or asks for persistent memory and that is not known.
 */
const struct dp_rule *dp_policy_find(const struct dp_policy *policy,
				     const struct dp_subject *subject, const char *mapping,
				     const char *access);

/* Whether a name matches one of several globs, with "|" between them. */
bool dp_policy_matches(const char *globs, const char *name);

/**
 * dp_policy_known_from - the first kernel series that a rule for a cell is about
 * @policy, @subject, @mapping, @access: as for dp_policy_find(), which has found none
 *
 * Return: the series; one whose major number is UINT_MAX if all rules are of older kernels.
 */
struct dp_series dp_policy_known_from(const struct dp_policy *policy,
				      const struct dp_subject *subject, const char *mapping,
				      const char *access);

/* Whose kernel a release is, of those who backport to theirs; NULL if of none that is known. */
const char *dp_kernel_vendor(const char *release);

/**
 * dp_policy_backported - the rule of a later series that a vendor's kernel answers by
 * @policy, @subject, @mapping, @access: as for dp_policy_find()
 * @err: the kernel's answer, 0 or a positive errno, which is not that of its own series
 * @since: receives the first series with that rule
 *
 * Return: NULL if it is no vendor's kernel, or if no later series gives this answer.
 */
const struct dp_rule *dp_policy_backported(const struct dp_policy *policy,
					   const struct dp_subject *subject, const char *mapping,
					   const char *access, int err, struct dp_series *since);

enum dp_status {
	DP_PASS,
	DP_FAIL,
	DP_SKIP_STATUS,
	DP_ERROR,
	DP_STATUSES,
};

/* "pass", "fail", "skip", "error" */
const char *dp_status_name(enum dp_status status);

/* The clauses of the contract (docs/architecture.md), and sets of them. */
enum dp_clause {
	DP_C1, /* no splat: no oops, BUG, WARN, lockdep report, hung task or panic */
	DP_C2, /* while longterm pins are held, a teardown waits or is refused */
	DP_C3, /* once the device is gone, a CPU access gets SIGBUS */
	DP_C4, /* a registration on a dying mapping succeeds and holds it, or fails cleanly */
	DP_C5, /* a teardown that waited completes soon after the last pin is released */
	DP_C6, /* every pin that was acquired is released once the owner is gone */
	DP_C7, /* afterwards the device can be brought back and registered again */
	DP_C8, /* RDMA in flight completes or errors, and lands in no memory handed on */
	DP_C9, /* adapter, process and medium see the same bytes, or the change is told */
	DP_CLAUSES,
};

typedef unsigned int dp_clauses;
#define DP_CLAUSE_BIT(clause) (1U << (clause))

/* "C1" */
const char *dp_clause_name(enum dp_clause clause);

/* The set of one clause, by its name; 0 if there is none. */
dp_clauses dp_clause_find(const char *name);

/* Room for all clauses, blank-separated. */
#define DP_CLAUSES_TEXT (3 * DP_CLAUSES)

/* A set as text, "C1 C2"; "" if it is empty. Return: @text. */
const char *dp_clauses_text(dp_clauses set, char text[DP_CLAUSES_TEXT]);

/* How a result compares with the baseline. */
enum dp_baseline {
	DP_NO_BASELINE, /* there is no baseline, or neither has a failure */
	DP_NEW,         /* a failure that is not in the baseline */
	DP_KNOWN,       /* the baseline has the same failure */
	DP_OTHER,       /* the baseline has a failure of another kind */
	DP_FIXED,       /* the baseline has a failure, and this result passes */
	DP_SOMETIMES,   /* the baseline has a failure that may be missing by chance */
	DP_UNSEEN,      /* the baseline has a failure, and this result has no answer */
	DP_BASELINES,
};

/* "", "new", "known", "other", "fixed", "sometimes", "unseen" */
const char *dp_baseline_name(enum dp_baseline baseline);

/* An observation with its verdict. */
struct dp_result {
	char id[96];
	enum dp_status status;
	bool observed; /* cell is valid */
	struct dp_cell cell;
	bool expected;    /* a rule matches: the next two are valid */
	int expected_err; /* 0 allowed, positive errno, -1 any errno */
	char reference[256];
	bool unproven;     /* it could not be shown that the mapping is what its name says */
	char deviates[80]; /* of a right answer that fails: "refused by X", "path X"; or "" */
	bool unwitnessed;  /* the witness was asked, and has not seen what the rule expects of it */
	bool unfinished;   /* a scenario that did not come to its end */
	enum dp_baseline baseline;
	char was[160];       /* with DP_OTHER, the kind of failure in the baseline */
	dp_clauses violates; /* that are broken */
	char why[768];
	struct json_object *facts;    /* of a scenario, or NULL */
	struct json_object *evidence; /* of a teardown with a witness, or NULL */
	struct json_object *kernel;   /* the first splat of a scenario, or NULL */
	struct json_object *steps;    /* the observations of a scenario in their order, or NULL */
	struct json_object *trace;    /* the raw events of a check, an array of lines, or NULL */
	unsigned int round;       /* of how many times it was asked, from 1; 0: it was asked once */
	bool missing;             /* a round that stands for those that were not observed */
	struct dp_result *rounds; /* each time, if it was asked several times (dp_run_fold()) */
	size_t nrounds;
};

/* What was observed of one id. */
struct dp_observed {
	const char *id;
	/*
	 * The answer of a check. Of all others, how they ended: answered, skipped or broken, with
	 * the reason. NULL if there is none.
	 */
	const struct dp_cell *cell;
	struct json_object *steps; /* what was seen in order, an array; or NULL */
	struct json_object *trace; /* raw events of a check, which nobody judges; or NULL */
	const char *doing;         /* the step that had begun and not ended, or "" */
	const char *absent;        /* why there is no cell, one sentence */
};

/**
 * dp_wait_text - one wait of a teardown, for people
 * @wait: one of evidence.waits (docs/json.md), which may hold anything
 * @text: receives "memunmap_pages() waited 1200 ms in wait_for_completion(), ended by the
 *        owner after __ib_umem_release() > dev_pagemap_percpu_release()"
 * @size: its size, bytes
 */
void dp_wait_text(struct json_object *wait, char *text, size_t size);

/**
 * dp_course_text - the course of a teardown, for people: who passed which function, who waited
 * @evidence: of a teardown (docs/json.md), which may hold anything; or NULL
 *
 * Return: lines, each with its newline, to be released with free(); NULL where there is nothing to
 * tell, or no memory.
 */
char *dp_course_text(struct json_object *evidence);

/**
 * dp_inside_text - what the witness has seen of a scenario, on one line
 * @evidence: of a teardown or a race (docs/json.md), which may hold anything; or NULL
 * @text: receives the longest wait, how the calls of gup-fast ended, or why nothing was seen; ""
 *        where there is nothing to tell
 * @size: its size, bytes
 */
void dp_inside_text(struct json_object *evidence, char *text, size_t size);

/**
 * dp_judge - the verdict for one id
 * @policy: the rules for checks; may be NULL where there are none among the ids
 * @subject: kernel and adapter
 * @observed: what was seen
 * @result: receives the verdict; facts, kernel, steps and trace are references of its own
 *
 * A verdict needs every observation that it rests on: one that is missing, and that neither the
 * stream nor a splat of the kernel explains, makes it an error that names it. What was seen to be
 * broken is a fail, whatever else is missing.
 *
 * Of a check, a pin that is not given back is a fail; then a mapping that is not what its name says
 * is an error; then the rule decides. Of all others the contract decides, whatever the kernel's
 * version.
 */
void dp_judge(const struct dp_policy *policy, const struct dp_subject *subject,
	      const struct dp_observed *observed, struct dp_result *result);

/**
 * dp_bench_hold - hold a cost against what it was
 * @result: of a bench; one that passes and costs more than it did becomes a failure, which names
 *          the first part that is above
 * @base: the facts of the baseline (docs/json.md), which may hold anything, or NULL; what it lacks
 *        is not compared, and said to be lacking
 * @tolerance: as a part of what it was: 0.01 is 1 %. How far the sizes are off their line is
 *             tolerated as well
 *
 * Return: whether it costs more.
 */
bool dp_bench_hold(struct dp_result *result, struct json_object *base, double tolerance);

#endif
