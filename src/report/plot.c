// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Three plots, one below the other: what a warm registration costs against its size, a line for
 * each mapping; what a page more costs, a bar for each kernel; and what a page costs in each phase,
 * one on top of the other.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "page.h"
#include "plot.h"

#include "daxpin/bench.h"
#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/proc.h"
#include "daxpin/question.h"

#define LIMIT_MS  60000
#define SVG_LIMIT (8 << 20)

/*
 * Black becomes the colour of the text around it; in a file of its own, one that suits the
 * background.
 */
#define STYLE                                                                                      \
	"<style>[fill=\"black\"]{fill:currentColor}[stroke=\"black\"]{stroke:currentColor}"        \
	"[color=\"black\"]{color:inherit}"                                                         \
	"@media(prefers-color-scheme:dark){svg:root{color:#ddd;background:#1b1b1b}}</style>\n"

/* They differ for those who see no red or no green, too (Okabe and Ito). */
static const char *const colors[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7",
				      "#e69f00", "#56b4e9", "#999933", "#882255" };

/* Of a life of a region that was touched first. */
static const enum dp_bench_phase phases[] = { DP_BENCH_FIRST_TOUCH, DP_BENCH_WARM,
					      DP_BENCH_DEREGISTER };

struct pen {
	FILE *out;
	const struct dp_run_record *runs;
	size_t nruns;
	const char *unit; /* of all that is drawn */
};

static const struct dp_run_record *last_run(const struct pen *pen)
{
	return &pen->runs[pen->nruns - 1];
}

static const char *unit_of(const struct dp_result *r)
{
	struct dp_bench bench;

	return dp_bench_parse(r->id, &bench) && bench.kind == DP_BENCH_REGISTRATION
		       ? dp_json_text(r->facts, "unit")
		       : NULL;
}

static bool is_drawn(const struct pen *pen, const struct dp_result *r)
{
	const char *unit = unit_of(r);

	return unit && !strcmp(unit, pen->unit);
}

/* "bench/devdax-2M/" of "bench/devdax-2M/64M" */
static size_t begin_length(const char *id)
{
	return (size_t)(strrchr(id, '/') - id) + 1;
}

static bool is_of_mapping(const struct dp_result *r, const char *id)
{
	return !strncmp(r->id, id, begin_length(id));
}

/* The first of its mapping in a run stands for all of them. */
static bool is_first(const struct pen *pen, const struct dp_run_record *run, size_t i)
{
	if (!is_drawn(pen, &run->results[i]))
		return false;
	for (size_t k = 0; k < i; k++)
		if (is_drawn(pen, &run->results[k]) &&
		    is_of_mapping(&run->results[k], run->results[i].id))
			return false;
	return true;
}

/* The one with most pages; NULL if the run has none of this mapping. */
static const struct dp_result *find_largest(const struct pen *pen, const struct dp_run_record *run,
					    const char *id)
{
	const struct dp_result *largest = NULL;
	int64_t most = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct dp_result *r = &run->results[i];
		int64_t pages = is_drawn(pen, r) ? dp_json_int_or(r->facts, "pages", 0) : 0;

		if (pages <= most || !is_of_mapping(r, id))
			continue;
		most = pages;
		largest = r;
	}
	return largest;
}

static void put_name(const struct pen *pen, const char *name, size_t length)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789+-._";

	for (size_t i = 0; i < length; i++)
		fputc(strchr(plain, name[i]) ? name[i] : '?', pen->out);
}

static void put_mapping(const struct pen *pen, const char *id)
{
	size_t len;
	const char *name = dp_question_mapping(id, &len);

	put_name(pen, name, len);
}

static void put_kernel(const struct pen *pen, const struct dp_run_record *run)
{
	char name[64];

	dp_page_short_name(run, name, sizeof(name));
	put_name(pen, name, strlen(name));
}

/* ---- cost against size --------------------------------------------------------------------- */

static void put_points(const struct pen *pen, const struct dp_run_record *run, const char *id)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct dp_result *r = &run->results[i];
		struct json_object *points = is_drawn(pen, r) && is_of_mapping(r, id)
						     ? dp_json_array(r->facts, "points")
						     : NULL;

		for (size_t k = 0; k < dp_json_count(points); k++) {
			struct json_object *point = json_object_array_get_idx(points, k);
			int64_t pages, count;

			if (!dp_json_int(point, "pages", &pages) &&
			    !dp_json_int(point, dp_bench_phases[DP_BENCH_WARM].fact, &count) &&
			    pages > 0 && count > 0)
				fprintf(pen->out, "%" PRId64 " %" PRId64 "\n", pages, count);
		}
	}
}

static void plot_sizes(const struct pen *pen)
{
	const struct dp_run_record *run = last_run(pen);
	size_t count = 0;

	for (size_t i = 0; i < run->count; i++) {
		if (!is_first(pen, run, i))
			continue;
		fprintf(pen->out, "$line%zu << EOD\n", count++);
		put_points(pen, run, run->results[i].id);
		fprintf(pen->out, "EOD\n");
	}
	fprintf(pen->out, "set title \"A warm registration, ");
	put_kernel(pen, run);
	fprintf(pen->out,
		"\"\nset logscale xy\nset format y \"%%.0s%%c\"\nset xlabel \"pages of 4 KiB\"\n"
		"set ylabel \"%s\"\nplot ",
		pen->unit);
	count = 0;
	for (size_t i = 0; i < run->count; i++) {
		if (!is_first(pen, run, i))
			continue;
		fprintf(pen->out,
			"%s$line%zu using 1:2 smooth unique with linespoints lw 2 pt 7 ps 0.4 "
			"dt %zu lc rgb \"%s\" title \"",
			count ? ", " : "", count, 1 + count / DP_ARRAY_SIZE(colors),
			colors[count % DP_ARRAY_SIZE(colors)]);
		put_mapping(pen, run->results[i].id);
		fputc('"', pen->out);
		count++;
	}
	fprintf(pen->out, "\nunset logscale\n");
}

/* ---- bars ---------------------------------------------------------------------------------- */

static bool find_per_page(const struct pen *pen, const struct dp_run_record *run, const char *id,
			  double *value)
{
	const struct dp_result *r = find_largest(pen, run, id);
	struct json_object *fit = r ? dp_json_object(r->facts, "fit") : NULL;

	return !dp_json_double(dp_json_object(fit, dp_bench_phases[DP_BENCH_WARM].fact), "per_page",
			       value);
}

static void put_number(const struct pen *pen, bool known, double value)
{
	/* What is not known is no bar, not one of 0. */
	if (known)
		fprintf(pen->out, " %.3f", value);
	else
		fprintf(pen->out, " NaN");
}

static void plot_kernels(const struct pen *pen)
{
	const struct dp_run_record *run = last_run(pen);

	fprintf(pen->out, "$kernels << EOD\n");
	for (size_t i = 0; i < run->count; i++) {
		if (!is_first(pen, run, i))
			continue;
		put_mapping(pen, run->results[i].id);
		for (size_t k = 0; k < pen->nruns; k++) {
			double value = 0;
			bool known = find_per_page(pen, &pen->runs[k], run->results[i].id, &value);

			put_number(pen, known, value);
		}
		fputc('\n', pen->out);
	}
	fprintf(pen->out,
		"EOD\nset title \"One page more of a warm registration\"\nset format y \"%%g\"\n"
		"set xlabel \"\"\nset ylabel \"%s a page\"\nset xtics rotate by -40 nomirror\n"
		"set style data histograms\nset style histogram clustered gap 1\n"
		"set style fill solid border -1\nset yrange [0:*]\nplot ",
		pen->unit);
	for (size_t k = 0; k < pen->nruns; k++) {
		fprintf(pen->out, "%s$kernels using %zu:xtic(1) lc rgb \"%s\" title \"",
			k ? ", " : "", k + 2, colors[k % DP_ARRAY_SIZE(colors)]);
		put_kernel(pen, &pen->runs[k]);
		fputc('"', pen->out);
	}
	fputc('\n', pen->out);
}

static void plot_phases(const struct pen *pen)
{
	const struct dp_run_record *run = last_run(pen);

	fprintf(pen->out, "$phases << EOD\n");
	for (size_t i = 0; i < run->count; i++) {
		const struct dp_result *r;

		if (!is_first(pen, run, i))
			continue;
		r = find_largest(pen, run, run->results[i].id);
		put_mapping(pen, run->results[i].id);
		for (size_t k = 0; k < DP_ARRAY_SIZE(phases); k++) {
			struct json_object *counts = r ? dp_json_object(r->facts, pen->unit) : NULL;
			double pages = r ? (double)dp_json_int_or(r->facts, "pages", 1) : 1;
			int64_t count = 0;
			bool known = !dp_json_int(counts, dp_bench_phases[phases[k]].fact, &count);

			put_number(pen, known, (double)count / pages);
		}
		fputc('\n', pen->out);
	}
	fprintf(pen->out, "EOD\nset title \"A page of the largest region, ");
	put_kernel(pen, run);
	fprintf(pen->out, "\"\nset style histogram rowstacked\nset boxwidth 0.7\nplot "
			  "$phases using 2:xtic(1) lc rgb \"#999999\" title \"first touch\", "
			  "$phases using 3 lc rgb \"#0072b2\" title \"register, warm\", "
			  "$phases using 4 lc rgb \"#e69f00\" title \"deregister\"\n");
}

/* ---- gnuplot ------------------------------------------------------------------------------- */

static void write_script(const struct pen *pen)
{
	fprintf(pen->out,
		"set terminal svg size 720,1230 dynamic noenhanced font \"sans-serif,13\"\n"
		"set multiplot layout 3,1\nset grid ytics\nset datafile missing \"NaN\"\n"
		"set key outside right top Left reverse samplen 1.5 font \",11\"\n");
	plot_sizes(pen);
	plot_kernels(pen);
	plot_phases(pen);
	fprintf(pen->out, "unset multiplot\n");
}

/* Runs gnuplot with its words in one file and its picture in another. */
static int run_gnuplot(int script, int picture)
{
	static const char *const argv[] = { DP_PLOTTER, NULL };
	struct dp_error why = { 0 };
	int status = 0, rc;
	pid_t pid;

	if (lseek(script, 0, SEEK_SET))
		return -errno;
	pid = dp_spawn(argv, script, picture, NULL, 0, &why);
	if (pid < 0)
		return pid;
	rc = dp_reap(pid, LIMIT_MS, &status);
	if (!rc)
		return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
	kill(pid, SIGKILL);
	dp_reap(pid, LIMIT_MS, NULL);
	return rc;
}

/* The document, with the style behind its first tag. */
static int finish(int picture, char **svg)
{
	dp_autofree char *text = NULL;
	char path[64], *root, *end;
	int rc;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", picture);
	rc = dp_read_file(path, SVG_LIMIT, &text, NULL, NULL);
	if (rc)
		return rc;
	root = strstr(text, "<svg");
	end = root ? strchr(root, '>') : NULL;
	if (!end || !strstr(end, "</svg>"))
		return -EIO;
	return asprintf(svg, "%.*s" STYLE "%s", (int)(end + 1 - root), root, end + 1) < 0 ? -ENOMEM
											  : 0;
}

static const char *find_unit(const struct dp_run_record *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (unit_of(&run->results[i]))
			return unit_of(&run->results[i]);
	return NULL;
}

int dp_plot_costs(const struct dp_run_record *runs, size_t nruns, char **svg)
{
	struct pen pen = { .runs = runs,
			   .nruns = nruns,
			   .unit = nruns ? find_unit(&runs[nruns - 1]) : NULL };
	dp_autofd int script = -1, picture = -1;
	int rc;

	*svg = NULL;
	if (!pen.unit || (strcmp(pen.unit, "ns") && strcmp(pen.unit, "instructions")))
		return 0;
	script = memfd_create("script", MFD_CLOEXEC);
	picture = memfd_create("picture", MFD_CLOEXEC);
	pen.out = script < 0 || picture < 0 ? NULL : fdopen(dup(script), "w");
	if (!pen.out)
		return -errno;
	write_script(&pen);
	if (fclose(pen.out))
		return -EIO;
	rc = run_gnuplot(script, picture);
	return rc ? rc : finish(picture, svg);
}
