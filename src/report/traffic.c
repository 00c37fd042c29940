// SPDX-License-Identifier: GPL-2.0-or-later
/* Traffic in the report for people: mappings down, operations across, and the bandwidth below. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "page.h"

#include "daxpin/json.h"
#include "daxpin/question.h"
#include "daxpin/traffic.h"

#define NAME_WIDTH 20
/* A column is as wide as its operation's name, and holds at least "error". */
#define MIN_WIDTH 6

static bool is_traffic(const struct dp_result *r)
{
	return dp_question_is(r->id, DP_QUESTION_TRAFFIC);
}

static const struct dp_result *find(const struct dp_page *p, const struct dp_mapping *mapping,
				    const struct dp_operation *operation)
{
	char id[96];

	snprintf(id, sizeof(id), "traffic/%s/%s", mapping->name, operation->name);
	return dp_run_find(p->run, id);
}

static int width_of(const struct dp_operation *operation)
{
	int width = (int)strlen(operation->name);

	return width < MIN_WIDTH ? MIN_WIDTH : width;
}

/* Colours go outside the padding, and nothing follows the last column. */
static void write_cell(const struct dp_page *p, const struct dp_operation *operation,
		       const char *text, const char *code, bool last)
{
	fprintf(p->out, "%s%-*s%s%s", dp_page_color(p, code), last ? 0 : width_of(operation), text,
		dp_page_color(p, PLAIN), last ? "\n" : " ");
}

static bool has_mapping(const struct dp_page *p, const struct dp_mapping *mapping)
{
	size_t count;
	const struct dp_operation *const *operations = dp_operations(&count);

	for (size_t i = 0; i < count; i++)
		if (find(p, mapping, operations[i]))
			return true;
	return false;
}

static void write_row(const struct dp_page *p, const struct dp_mapping *mapping)
{
	size_t count;
	const struct dp_operation *const *operations = dp_operations(&count);

	fprintf(p->out, "%-*s", NAME_WIDTH, mapping->name);
	for (size_t i = 0; i < count; i++) {
		const struct dp_result *r = find(p, mapping, operations[i]);
		char text[16] = "";

		if (r)
			snprintf(text, sizeof(text), "%s%s",
				 r->status != DP_FAIL    ? ""
				 : dp_result_is_known(r) ? "~"
							 : "!",
				 dp_status_name(r->status));
		write_cell(p, operations[i], text, r ? dp_page_status_color(r) : "",
			   i + 1 == count);
	}
}

static void write_heading(const struct dp_page *p)
{
	fprintf(p->out, "\n%sBandwidth%s\n", dp_page_color(p, BOLD), dp_page_color(p, PLAIN));
}

/* One measurement: "  devdax-2M  write  65536 bytes  101.2 MB/s  1544/s  over veth". */
static void write_bandwidth(const struct dp_page *p, const struct dp_result *r,
			    struct json_object *bandwidth, bool first)
{
	int64_t size = dp_json_int_or(bandwidth, "size", 0);
	int64_t rate = dp_json_int_or(bandwidth, "bytes_per_second", 0);
	double operations = 0;
	const char *topology = dp_json_text(bandwidth, "topology");
	const char *name = strchr(r->id, '/') + 1;

	dp_json_double(bandwidth, "operations_per_second", &operations);
	if (first)
		write_heading(p);
	fprintf(p->out, "  %-26s %8" PRId64 " bytes %8.1f MB/s %8.0f a second, over %s%s\n", name,
		size, (double)rate / 1e6, operations, topology ? topology : "?",
		dp_json_bool_or(bandwidth, "on_demand", false) ? ", on demand" : "");
}

/* "  devdax-2M/write  65536 bytes  101.2 MB/s by ib_write_bw", or that it could not register. */
static void write_reference(const struct dp_page *p, const struct dp_result *r, bool *first)
{
	struct json_object *reference = dp_json_object(r->facts, "reference");
	const char *tool = dp_json_text(reference, "tool");
	const char *name = strchr(r->id, '/') + 1;

	if (!tool)
		return;
	if (*first)
		write_heading(p);
	*first = false;
	if (!dp_json_bool_or(reference, "registered", false)) {
		fprintf(p->out, "  %-26s %s cannot register it\n", name, tool);
		return;
	}
	fprintf(p->out, "  %-26s %8" PRId64 " bytes %8.1f MB/s by %s\n", name,
		dp_json_int_or(reference, "size", 0),
		(double)dp_json_int_or(reference, "bytes_per_second", 0) / 1e6, tool);
}

static void write_bandwidths(const struct dp_page *p)
{
	bool first = true;

	for (size_t i = 0; i < p->run->count; i++) {
		const struct dp_result *r = &p->run->results[i];
		struct json_object *list =
			is_traffic(r) ? dp_json_array(r->facts, "bandwidth") : NULL;

		for (size_t k = 0; k < dp_json_count(list); k++, first = false)
			write_bandwidth(p, r, json_object_array_get_idx(list, k), first);
		if (is_traffic(r))
			write_reference(p, r, &first);
	}
}

/* "devdax-2M  devdax-unbind:!C2 C8": what happened while traffic was in flight. */
static void write_in_flight(const struct dp_page *p)
{
	char clauses[DP_CLAUSES_TEXT];
	bool first = true;

	for (size_t i = 0; i < p->run->count; i++) {
		const struct dp_result *r = &p->run->results[i];
		const char *name = strrchr(r->id, '/') + 1;

		if (!is_traffic(r) || dp_operation_find(name))
			continue;
		if (first)
			fprintf(p->out, "\n%sIn flight%s\n", dp_page_color(p, BOLD),
				dp_page_color(p, PLAIN));
		first = false;
		fprintf(p->out, "  %-40s %s%s%s%s\n", strchr(r->id, '/') + 1,
			dp_page_color(p, dp_page_status_color(r)),
			r->status != DP_FAIL    ? ""
			: dp_result_is_known(r) ? "~"
						: "!",
			r->violates ? dp_clauses_text(r->violates, clauses)
				    : dp_status_name(r->status),
			dp_page_color(p, PLAIN));
	}
}

static bool has_operations(const struct dp_page *p)
{
	for (size_t i = 0; i < p->run->count; i++)
		if (is_traffic(&p->run->results[i]) &&
		    dp_operation_find(strrchr(p->run->results[i].id, '/') + 1))
			return true;
	return false;
}

static void write_table(const struct dp_page *p)
{
	size_t nmappings, noperations;
	const struct dp_mapping *const *mappings = dp_mappings(&nmappings);
	const struct dp_operation *const *operations = dp_operations(&noperations);

	fprintf(p->out, "%s%-*s", dp_page_color(p, BOLD), NAME_WIDTH, "mapping");
	for (size_t i = 0; i < noperations; i++)
		write_cell(p, operations[i], operations[i]->name, BOLD, i + 1 == noperations);
	for (size_t i = 0; i < nmappings; i++)
		if (has_mapping(p, mappings[i]))
			write_row(p, mappings[i]);
}

void dp_page_write_traffic(const struct dp_page *p)
{
	if (has_operations(p))
		write_table(p);
	write_in_flight(p);
	write_bandwidths(p);
}
