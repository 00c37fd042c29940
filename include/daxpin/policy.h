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

/* One rule of a policy file (docs/policy-file.md). */
struct dp_rule {
	char *mapping;  /* glob */
	char *access;   /* glob */
	char *provider; /* glob */
	int odp;        /* 1: adapters with on-demand paging, 0: those without, -1: all */
	struct dp_series from, to; /* kernel series, both included */
	int err;                   /* expected: 0 allowed, positive errno rejected */
	bool any_errno;            /* expected: rejected, with whatever errno */
	char *why;                 /* one sentence */
	char *reference;           /* kernel function, commit or documentation */
	unsigned int line;
};

struct dp_policy {
	struct dp_rule *rules;
	size_t count;
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
	char kernel[96];   /* release */
	char provider[32]; /* of the RDMA device; "unknown…" or "" if it is not known */
	bool odp;          /* the RDMA device has on-demand paging */
};

/**
 * dp_policy_find - the first rule that matches a cell
 * @policy: the rules
 * @subject: kernel and adapter
 * @mapping: name of the mapping
 * @access: name of the access mode
 *
 * Return: NULL if no rule matches, or if the first that could match names a provider and the
 * adapter's provider is unknown.
 */
const struct dp_rule *dp_policy_find(const struct dp_policy *policy,
				     const struct dp_subject *subject, const char *mapping,
				     const char *access);

enum dp_status {
	DP_PASS,
	DP_FAIL,
	DP_SKIP_STATUS,
	DP_ERROR,
	DP_STATUSES,
};

/* "pass", "fail", "skip", "error" */
const char *dp_status_name(enum dp_status status);

/* How a result compares with the baseline. */
enum dp_baseline {
	DP_NO_BASELINE, /* there is no baseline, or neither has a failure */
	DP_NEW,         /* a failure that is not in the baseline */
	DP_KNOWN,       /* the baseline has the same failure */
	DP_OTHER,       /* the baseline has a failure of another kind */
	DP_FIXED,       /* the baseline has a failure, and this result passes */
	DP_UNSEEN,      /* the baseline has a failure, and this result has no answer */
	DP_BASELINES,
};

/* "", "new", "known", "other", "fixed", "unseen" */
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
	bool unproven;   /* it could not be shown that the mapping is what its name says */
	bool unfinished; /* a scenario that did not come to its end */
	enum dp_baseline baseline;
	char was[160];     /* with DP_OTHER, the kind of failure in the baseline */
	char violates[40]; /* clauses of the contract that are broken, blank-separated, or "" */
	char why[768];
	struct json_object *facts;  /* of a scenario, or NULL */
	struct json_object *kernel; /* the first splat of a scenario, or NULL */
	struct json_object *steps;  /* the observations of a scenario in their order, or NULL */
};

/**
 * dp_judge - judge one cell
 * @policy: the rules
 * @subject: kernel and adapter
 * @id: id of the cell
 * @cell: the observation, NULL if there is none
 * @absent: why there is no observation, one sentence
 * @result: receives the verdict
 *
 * A pin that is not released is a fail, whatever else was seen. Otherwise, a mapping that is not
 * what its name says is an error. Otherwise, the rule decides.
 */
void dp_judge(const struct dp_policy *policy, const struct dp_subject *subject, const char *id,
	      const struct dp_cell *cell, const char *absent, struct dp_result *result);

/**
 * dp_contract_judge - a verdict for one teardown scenario
 * @id: of the scenario
 * @cell: its outcome and, if it was skipped or broke off, the reason; NULL if it did not end
 * @steps: what was seen, an array, or NULL
 * @doing: the step that had begun and not ended, or ""
 * @absent: why there is no end, one sentence
 * @result: receives the verdict; facts, kernel and steps are references of its own
 *
 * A kernel that breaks a clause fails, whatever its version.
 */
void dp_contract_judge(const char *id, const struct dp_cell *cell, struct json_object *steps,
		       const char *doing, const char *absent, struct dp_result *result);

#endif
