/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge: expectations are data, and verdicts are made from observations alone.
 */
#ifndef DAXPIN_POLICY_H
#define DAXPIN_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "daxpin/observe.h"
#include "daxpin/text.h"

struct dp_error;

/* One rule; the format of the file is described in docs/policy-file.md. */
struct dp_rule {
	char *mapping;  /* glob */
	char *access;   /* glob */
	char *provider; /* glob */
	int odp;        /* 1: adapters that page on demand, 0: those that do not, -1: all */
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
 * dp_policy_parse - read a policy
 * @text: NUL-terminated
 * @name: what to call it in messages
 * @policy: receives the rules in file order; release with dp_policy_clear()
 * @err: "NAME:LINE: …" and the key that is wrong (bad input)
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int dp_policy_parse(const char *text, const char *name, struct dp_policy *policy,
		    struct dp_error *err);

/**
 * dp_policy_load - read a policy file, or the default that is part of the program
 * @path: the file, NULL for the default
 * As dp_policy_parse().
 */
int dp_policy_load(const char *path, struct dp_policy *policy, struct dp_error *err);

void dp_policy_clear(struct dp_policy *policy);

/* What a verdict depends on besides the observation. */
struct dp_subject {
	char kernel[96];   /* release */
	char provider[32]; /* of the RDMA device; "unknown…" or "" if it is not known */
	bool odp;          /* the RDMA device pages on demand */
};

/**
 * dp_policy_find - the first rule that covers a cell
 * @policy: the rules
 * @subject: kernel and adapter
 * @mapping: fixed name
 * @access: fixed name
 *
 * Return: NULL if none does, or if the first that may is for certain providers and that of the
 * adapter is not known.
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

/* What a baseline says of a result. */
enum dp_baseline {
	DP_NO_BASELINE, /* there is none, or nothing to say */
	DP_NEW,         /* a failure that it has not */
	DP_KNOWN,       /* the same failure */
	DP_OTHER,       /* a failure of another kind than it has */
	DP_FIXED,       /* it has a failure, and this passes */
	DP_UNSEEN,      /* it has a failure, and this was not answered */
	DP_BASELINES,
};

/* "", "new", "known", "other", "fixed", "unseen" */
const char *dp_baseline_name(enum dp_baseline baseline);

/* An observation with its verdict. */
struct dp_result {
	char id[96];
	enum dp_status status;
	bool observed; /* cell holds an observation */
	struct dp_cell cell;
	bool expected;    /* a rule covers it: the next two hold */
	int expected_err; /* 0 allowed, positive errno, -1 any errno */
	char reference[256];
	bool unproven;   /* the mapping's nature could not be shown */
	bool unfinished; /* a scenario that did not come to its end */
	enum dp_baseline baseline;
	char was[160];     /* the kind of failure that the baseline has, if this is another */
	char violates[40]; /* clauses of the contract that are broken, blank-separated, or "" */
	char why[768];
	struct json_object *facts;  /* of a scenario, or NULL */
	struct json_object *kernel; /* its kernel's first splat, or NULL */
	struct json_object *steps;  /* what was seen, in order, or NULL */
};

/**
 * dp_judge - a verdict for one cell
 * @policy: the rules
 * @subject: kernel and adapter
 * @id: of the cell
 * @cell: the observation, NULL if there is none
 * @absent: why there is none, one sentence
 * @result: receives the verdict
 *
 * A pin that is not given back is a fail whatever the verdict; then a mapping that is not what its
 * name says is an error; then the rule decides.
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
