/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What explain says of a path and of an address, from what it is and from the policy. */
#ifndef DAXPIN_CLI_EXPLAIN_H
#define DAXPIN_CLI_EXPLAIN_H

#include "daxpin/check.h"
#include "daxpin/look.h"
#include "daxpin/policy.h"

struct explain_options {
	struct dp_subject subject;
	const char *policy;
	const char *from;
	const char *access; /* the only one that is asked about, or NULL */
	uint64_t pid;       /* of the process whose address is meant, 0 for a path */
	bool json;
	/* The running kernel, a vendor's, keeps longterm pins for writing off the page cache. */
	bool guards_pagecache;
};

/* What one access would get. */
struct explain_answer {
	char text[32]; /* "allowed", an errno's name, "rejected", "unknown" */
	char why[256];
	const char *reference; /* or NULL */
	int code;              /* exit code: 0 allowed, 1 rejected, 3 unknown */
};

/**
 * cli_explain_answer - what an access to a mapping would get
 * @policy, @subject: the rules, kernel and adapter
 * @look: what is mapped
 * @perms: of the mapping, "rw-s"; NULL for one that may be written to
 * @access: the access
 * @answer: receives it
 */
void cli_explain_answer(const struct dp_policy *policy, const struct dp_subject *subject,
			const struct dp_look *look, const char *perms,
			const struct dp_access *access, struct explain_answer *answer);

/* The accesses that are asked about. */
bool cli_explain_asks(const struct explain_options *o, const struct dp_access *access);

/* The worse of two exit codes: rejected, then unknown, then allowed. */
int cli_explain_worse(int code, int other);

/* Prints the answers to all of them. Return: the worst exit code. */
int cli_explain_print(const struct explain_options *o, const struct dp_policy *policy,
		      const struct dp_look *look, const char *perms);

/* The same as an array. @code: receives the worst exit code */
struct json_object *cli_explain_accesses(const struct explain_options *o,
					 const struct dp_policy *policy, const struct dp_look *look,
					 const char *perms, int *code);

/* "With kernel …", and what is to be said of a vendor's. */
void cli_explain_print_subject(const struct explain_options *o);

/**
 * cli_explain_range - explain what a process has mapped somewhere
 * @o: the process, and what is asked
 * @policy: the rules
 * @text: "ADDRESS[:LENGTH]"
 * @err: what is wrong with it (bad input)
 *
 * Return: the worst exit code, or a negative errno.
 */
int cli_explain_range(const struct explain_options *o, const struct dp_policy *policy,
		      const char *text, struct dp_error *err);

#endif
