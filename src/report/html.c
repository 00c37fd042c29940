// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One self-contained page: report.html with the document "daxpin/1" and the causes inside, which
 * its script shows. The page loads nothing, and inserts strings as text, never as markup.
 */
#include <errno.h>
#include <string.h>

#include "causes.h"
#include "costs.h"
#include "document.h"
#include "fleet.h"
#include "markup.h"
#include "page.h"
#include "plot.h"

#include "daxpin/cleanup.h"
#include "daxpin/embed.h"
#include "daxpin/json.h"
#include "daxpin/order.h"

DP_EMBED(report_html, DP_REPORT_HTML);

static void write_json(FILE *out, struct json_object *obj)
{
	dp_markup_script(out, json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PLAIN));
}

/* { "section": "Failures", "open": true, "places": [[0, 17], [1, 17]] } */
static struct json_object *cause_object(const struct dp_cause *cause)
{
	struct json_object *obj = json_object_new_object(), *places = json_object_new_array();

	dp_json_add_text(obj, "section", dp_section_title(cause->section));
	dp_json_add_bool(obj, "open",
			 cause->section == DP_SECTION_FAILURES ||
				 cause->section == DP_SECTION_ERRORS);
	json_object_object_add(obj, "places", places);
	for (size_t i = 0; i < cause->count; i++) {
		struct json_object *place = json_object_new_array();

		json_object_array_add(place, json_object_new_int64((int64_t)cause->places[i].run));
		json_object_array_add(place,
				      json_object_new_int64((int64_t)cause->places[i].result));
		json_object_array_add(places, place);
	}
	return obj;
}

/* The drawing of an order, or of the holds of a race, as lines; NULL of what is neither. */
static struct json_object *draw_order(const struct dp_result *r)
{
	char lines[DP_DRAWING_LINES][DP_DRAWING_WIDTH];
	size_t count = dp_order_draw(r->steps, lines, DP_DRAWING_LINES);
	struct json_object *list;

	if (!count)
		return NULL;
	list = json_object_new_array();
	for (size_t i = 0; i < count; i++)
		dp_json_append_text(list, lines[i]);
	return list;
}

/* The course of a teardown; NULL of what is none. */
static struct json_object *draw_course(const struct dp_result *r)
{
	dp_autofree char *text = dp_course_text(r->evidence);
	struct json_object *list;

	if (!text)
		return NULL;
	list = json_object_new_array();
	dp_json_append_text(list, text);
	return list;
}

/* The sentences on a registration; NULL of what is none. */
static struct json_object *tell_registration(const struct dp_result *r)
{
	struct json_object *list;
	struct dp_story story;

	if (!r->observed || r->cell.outcome != DP_ANSWERED)
		return NULL;
	dp_evidence_tell(&r->cell.evidence, r->cell.err, &story);
	if (!story.count)
		return NULL;
	list = json_object_new_array();
	for (size_t i = 0; i < story.count; i++)
		dp_json_append_text(list, story.lines[i]);
	return list;
}

/* Of each result of which something is known inside: its number, and the drawings or sentences. */
static struct json_object *stories(const struct dp_run_record *run)
{
	static const struct {
		const char *name;
		struct json_object *(*make)(const struct dp_result *r);
	} kinds[] = {
		{ "drawing", draw_order },
		{ "course", draw_course },
		{ "sentences", tell_registration },
	};
	struct json_object *obj = json_object_new_object();
	char key[24];

	for (size_t i = 0; i < run->count; i++) {
		struct json_object *story = json_object_new_object();

		for (size_t k = 0; k < DP_ARRAY_SIZE(kinds); k++) {
			struct json_object *lines = kinds[k].make(&run->results[i]);

			if (lines)
				json_object_object_add(story, kinds[k].name, lines);
		}
		snprintf(key, sizeof(key), "%zu", i);
		if (json_object_object_length(story))
			json_object_object_add(obj, key, story);
		else
			json_object_put(story);
	}
	return obj;
}

/*
 * What the text report makes of the runs: the kernels' names, the causes, the stories of
 * registrations, and what pages cost.
 */
static struct json_object *digest(const struct dp_run_record *runs, size_t nruns,
				  const struct dp_causes *causes)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();
	struct json_object *names = json_object_new_array();
	struct json_object *told = json_object_new_array();
	char name[64];

	for (size_t i = 0; i < nruns; i++) {
		dp_page_short_name(&runs[i], name, sizeof(name));
		dp_json_append_text(names, name);
		json_object_array_add(told, stories(&runs[i]));
	}
	for (size_t i = 0; i < causes->count; i++)
		json_object_array_add(list, cause_object(&causes->list[i]));
	json_object_object_add(obj, "names", names);
	json_object_object_add(obj, "causes", list);
	json_object_object_add(obj, "stories", told);
	json_object_object_add(obj, "costs", dp_cost_rows(runs, nruns));
	return obj;
}

static int write_html(FILE *out, const struct dp_run_record *runs, size_t nruns,
		      const struct dp_report_options *options)
{
	dp_cleanup(dp_causes_clear) struct dp_causes causes = { 0 };
	dp_autojson struct json_object *document = dp_document(runs, nruns), *found = NULL;
	dp_autofree char *plots = NULL;
	const char *rest;
	int rc = dp_causes_find(runs, nruns, &causes);

	(void)options;
	if (rc)
		return rc;
	found = digest(runs, nruns, &causes);
	/* Without gnuplot there are the numbers. */
	dp_plot_costs(runs, nruns, &plots);
	rest = dp_markup_until(out, report_html, "@PLOTS@");
	fputs(plots ? plots : "", out);
	rest = dp_markup_until(out, rest, "@DOCUMENT@");
	write_json(out, document);
	rest = dp_markup_until(out, rest, "@DIGEST@");
	write_json(out, found);
	fputs(rest, out);
	return ferror(out) ? -EIO : 0;
}

DP_FORMAT(html, .name = "html", .rank = 60, .write = write_html, .fleet = dp_fleet_write_html);
