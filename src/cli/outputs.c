// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/proc.h"
#include "daxpin/results.h"

/* Until it is whole, a report has this behind its name: two runs may have one name for theirs. */
#define DRAFT ".%d.part"
/* For git bisect run: this commit cannot be tested (git-bisect(1)). */
#define CANNOT_TELL 125

void cli_print_json(struct json_object *obj)
{
	puts(json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
							 JSON_C_TO_STRING_NOSLASHESCAPE));
}

static int find_format(const char *name, const struct dp_format **format, struct dp_error *err)
{
	char names[128], path[PATH_MAX];

	*format = dp_format_find(name);
	if (!*format) {
		dp_format_names(names, sizeof(names));
		return dp_bad_input(err, "unknown format \"%s\": %s", name, names);
	}
	if (!(*format)->program || !dp_find_program((*format)->program, path, sizeof(path)))
		return 0;
	dp_bad_input(err, "the format %s takes %s, which is not here", name, (*format)->program);
	return dp_hint(err, "install the package %s", (*format)->package), -EINVAL;
}

static int add(struct cli_outputs *outputs, const struct dp_format *format, const char *path,
	       struct dp_error *err)
{
	if (outputs->count == CLI_MAX_OUTPUTS)
		return dp_bad_input(err, "more than %d reports", CLI_MAX_OUTPUTS);
	outputs->list[outputs->count++] = (struct cli_output){ .format = format, .path = path };
	return 0;
}

int cli_take_format(void *field, const char *name, struct dp_error *err)
{
	struct cli_outputs *outputs = field;
	const struct dp_format *format;
	int rc = find_format(name, &format, err);

	for (size_t i = 0; i < outputs->count && !rc; i++)
		if (!outputs->list[i].path) {
			outputs->list[i].format = format;
			return 0;
		}
	return rc ? rc : add(outputs, format, NULL, err);
}

int cli_take_output(void *field, const char *text, struct dp_error *err)
{
	struct cli_outputs *outputs = field;
	const struct dp_format *format;
	const char *equals = strchr(text, '=');
	char name[32];
	int rc;

	if (!equals || !equals[1] || equals - text >= (int)sizeof(name))
		return dp_bad_input(err, "-o wants FORMAT=FILE, not \"%s\"", text);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	rc = find_format(name, &format, err);
	return rc ? rc : add(outputs, format, equals + 1, err);
}

static int draft_name(const struct cli_output *o, char *path, size_t size, struct dp_error *err)
{
	return o->direct ? dp_path(path, size, err, "%s", o->path)
			 : dp_path(path, size, err, "%s" DRAFT, o->path, (int)getpid());
}

static int open_one(struct cli_output *o, struct dp_error *err)
{
	char path[PATH_MAX];
	struct stat st;
	int rc;

	if (!o->path) {
		o->file = stdout;
		return 0;
	}
	o->direct = o->format->streams || (!stat(o->path, &st) && !S_ISREG(st.st_mode));
	rc = draft_name(o, path, sizeof(path), err);
	if (rc)
		return rc;
	o->file = fopen(path, "we");
	if (!o->file)
		dp_fail(err, -errno, "the report %s cannot be written", o->path);
	if (!o->file && err)
		err->input = true;
	return o->file ? 0 : -EINVAL;
}

static int read_baseline(struct cli_check_options *options, struct dp_error *err)
{
	int rc;

	if (!options->baseline)
		return 0;
	options->known = calloc(1, sizeof(*options->known));
	if (!options->known)
		return -ENOMEM;
	rc = dp_results_load(options->baseline, options->known, err);
	options->known->tolerance = options->tolerance;
	return rc;
}

int cli_report_open(void *arg, struct dp_error *err)
{
	struct cli_check_options *options = arg;
	int rc = read_baseline(options, err);

	return rc ? rc : cli_outputs_open(&options->outputs, err);
}

int cli_outputs_open(struct cli_outputs *outputs, struct dp_error *err)
{
	const char *no_color = getenv("NO_COLOR");
	int rc = 0;

	outputs->how.color = isatty(STDOUT_FILENO) && !(no_color && no_color[0]);
	for (size_t i = 0; i < outputs->count && !rc; i++) {
		rc = open_one(&outputs->list[i], err);
		if (!rc && outputs->list[i].format->streams)
			dp_jsonl_begin(outputs->list[i].file);
	}
	return rc;
}

void cli_report_tell(void *arg, const struct dp_run_record *run, const struct dp_result *result)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct cli_check_options *options = arg;
	const struct cli_outputs *outputs = &options->outputs;

	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < outputs->count; i++) {
		if (!outputs->list[i].format->streams)
			continue;
		if (!outputs->list[i].path)
			cli_progress_pause(&options->progress);
		dp_jsonl_result(outputs->list[i].file, run, result);
	}
	pthread_mutex_unlock(&mutex);
}

/* The runs of a report. */
struct runs {
	const struct dp_run_record *list;
	size_t count;
};

/* What streams has its results already. */
static int write_runs(const struct cli_output *o, const void *arg,
		      const struct dp_report_options *how)
{
	const struct runs *runs = arg;
	int rc = 0;

	if (!o->format->streams)
		return o->format->write(o->file, runs->list, runs->count, how);
	for (size_t i = 0; i < runs->count && !rc; i++)
		rc = dp_jsonl_end(o->file, &runs->list[i]);
	return rc;
}

static int write_one(const struct cli_outputs *outputs, const struct cli_output *o,
		     cli_write_fn write, const void *arg)
{
	struct dp_report_options how = outputs->how;
	int rc;

	how.color &= !o->path;
	rc = write(o, arg, &how);
	return rc ? rc : fflush(o->file) ? -EIO : 0;
}

static int finish_one(struct cli_output *o)
{
	char path[PATH_MAX];
	int rc = draft_name(o, path, sizeof(path), NULL);

	if (fclose(o->file))
		rc = -EIO;
	o->file = NULL;
	if (!rc && !o->direct && rename(path, o->path))
		rc = -errno;
	if (rc && !o->direct)
		unlink(path);
	return rc;
}

bool cli_stdout_unwanted(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) > 0 && (p.revents & POLLERR);
}

bool cli_outputs_write(struct cli_outputs *outputs, cli_write_fn write, const void *arg)
{
	bool failed = false;

	for (size_t i = 0; i < outputs->count; i++) {
		struct cli_output *o = &outputs->list[i];
		int rc = write_one(outputs, o, write, arg);

		/* What stdout could not take is said by main(). */
		if (!o->path) {
			failed |= rc && !cli_stdout_unwanted();
			continue;
		}
		if (!rc)
			rc = finish_one(o);
		if (!rc)
			continue;
		fprintf(stderr, "daxpin: the report %s could not be written; is the disk full?\n",
			o->path);
		failed = true;
	}
	return failed;
}

void cli_report_close(struct cli_check_options *options)
{
	cli_progress_end(&options->progress);
	if (options->known)
		dp_results_clear(options->known);
	free(options->known);
	options->known = NULL;
	cli_outputs_close(&options->outputs);
}

void cli_outputs_close(struct cli_outputs *outputs)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < outputs->count; i++) {
		struct cli_output *o = &outputs->list[i];

		if (!o->path || !o->file)
			continue;
		fclose(o->file);
		o->file = NULL;
		/* A stream keeps what was told until then. */
		if (!o->direct && !draft_name(o, path, sizeof(path), NULL))
			unlink(path);
	}
}

int cli_exit_code(int rc, bool bisect, const struct dp_error *err)
{
	int code = rc < 0 ? cli_error_print(err) : rc;

	return bisect && code > 1 ? CANNOT_TELL : code;
}

/* Where nothing was answered, a kernel is not good: everything may have been skipped. */
static bool nothing_passed(const struct dp_run_record *runs, size_t nruns)
{
	size_t counts[DP_STATUSES], passed = 0;

	for (size_t i = 0; i < nruns; i++) {
		dp_run_count(&runs[i], counts);
		passed += counts[DP_PASS];
	}
	return passed == 0;
}

int cli_report(struct cli_check_options *options, struct dp_run_record *runs, size_t nruns,
	       struct dp_error *err)
{
	const struct runs list = { runs, nruns };
	int rc = 0;

	cli_progress_end(&options->progress);
	for (size_t i = 0; options->known && i < nruns && !rc; i++)
		rc = dp_run_hold_against(&runs[i], options->known, nruns == 1, err);
	if (!rc)
		rc = cli_outputs_write(&options->outputs, write_runs, &list)
			     ? 3
			     : dp_runs_exit_code(runs, nruns);
	return !rc && options->bisect && nothing_passed(runs, nruns) ? CANNOT_TELL : rc;
}

void cli_report_files(struct cli_check_options *options, const struct dp_run_record *run)
{
	struct cli_outputs *outputs = &options->outputs;
	const struct runs list = { run, 1 };
	size_t kept = 0;

	for (size_t i = 0; i < outputs->count; i++)
		if (outputs->list[i].path)
			outputs->list[kept++] = outputs->list[i];
	outputs->count = kept;
	cli_outputs_write(outputs, write_runs, &list);
}
