/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "daxpin node" says: one line, or a site file. */
#ifndef DAXPIN_CLI_NODE_H
#define DAXPIN_CLI_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cli_check_options;
struct dp_run_record;
struct dp_site;
struct json_object;

/* The longest line: a scheduler shows it as a reason. */
#define CLI_NODE_LINE 240

/* What is wrong with a node, in the order in which it was found; the first of it is told. */
struct cli_verdict {
	char text[CLI_NODE_LINE];
	size_t more; /* things that there was no room for */
	bool broken; /* something is not as it should be */
	bool untold; /* something cannot be told */
};

/* Adds a clause; what is broken stands before what cannot be told if it was added before. */
void cli_verdict_add(struct cli_verdict *verdict, bool broken, const char *text);

/* Adds what the answers of a check say: first what is broken, then what has no answer. */
void cli_verdict_add_run(struct cli_verdict *verdict, const struct dp_run_record *run);

/**
 * cli_verdict_add_unasked - add the mappings that must have been answered and were not
 * @verdict: receives them
 * @site: names the mappings
 * @run: the answers
 * @partly: mappings that were not asked do not count
 */
void cli_verdict_add_unasked(struct cli_verdict *verdict, const struct dp_site *site,
			     const struct dp_run_record *run, bool partly);

/* Writes the line, without a newline. @line has CLI_NODE_LINE + 32 bytes. */
void cli_verdict_line(const struct cli_verdict *verdict, char *line);

/**
 * cli_record_site - write a site file that this node is good by
 * @out: receives it
 * @inventory: of the node, as dp_host_inventory() makes it
 * @run: the answers of the node
 * @asked: with which folders
 * @policy: the policy file that they were judged by, NULL for the default
 */
void cli_record_site(FILE *out, struct json_object *inventory, const struct dp_run_record *run,
		     const struct cli_check_options *asked, const char *policy);

#endif
