// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of results, read by several threads. A file or a stream may have several documents. One
 * begins at each line that begins with "{": in a document that is indented no other line does. Of
 * JSON Lines all lines do; there it is the heading, which has the schema, that begins a document.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fleet_parts.h"

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/list.h"
#include "daxpin/results.h"

/* Of one document. All questions on one kernel take 2 MiB; read, it takes ten times as much. */
#define DOCUMENT_LIMIT (16 << 20)
/* What is read at a time. */
#define CHUNK       65536
#define MAX_THREADS 16

static const char heading[] = "{\"schema\":", lines_heading[] = "{\"schema\":\"daxpin-lines/";

/* One stream, and the document that is being read from it. */
struct stream {
	struct dp_fleet *fleet;
	const char *name;
	size_t file;
	char *text;
	size_t len, room;
	bool lines;     /* it is JSON Lines */
	bool large;     /* it is longer than the limit, and left out */
	bool binary;    /* there was a NUL in it */
	size_t refused; /* documents */
	char why[512];  /* of the first of them */
	struct dp_fleet_before *before;
};

static void refuse(struct stream *s, const char *why)
{
	if (!s->refused++)
		snprintf(s->why, sizeof(s->why), "%.500s", why);
}

/*
 * What an answer rests on was not read (fleet_prune.c), which makes it a broken one. Of what kind
 * it is does not depend on that.
 */
static void mend(struct dp_result *r)
{
	r->cell.outcome = DP_ANSWERED;
	for (size_t i = 0; i < r->nrounds; i++)
		r->rounds[i].cell.outcome = DP_ANSWERED;
}

static int take_document(struct stream *s)
{
	dp_cleanup(dp_results_clear) struct dp_results results = { 0 };
	dp_autojson struct json_object *root = NULL;
	struct dp_fleet_marks marks;
	struct dp_error err = { 0 };
	int rc;

	dp_fleet_prune(s->text, &marks);
	rc = dp_fleet_add_again(s->fleet, s->before, s->text, &marks, s->name, s->file);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = dp_results_document(s->text, s->name, &root, &err);
	if (!rc)
		rc = dp_results_parse(root, s->name, &results, &err);
	if (rc == -ENOMEM)
		return rc;
	if (rc) {
		refuse(s, err.what);
		return 0;
	}
	for (size_t i = 0; i < results.count; i++)
		for (size_t k = 0; k < results.runs[i].count; k++)
			mend(&results.runs[i].results[k]);
	rc = dp_fleet_add(s->fleet, results.runs, results.count, s->name, s->file);
	/* Of JSON Lines the text is not there any more. */
	if (!rc && !s->lines)
		dp_fleet_remember(s->fleet, s->before, results.runs, results.count, &s->text,
				  &s->room, &marks, s->file);
	return rc;
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

static int end_document(struct stream *s)
{
	char why[400];
	int rc = 0;

	if (s->large) {
		snprintf(why, sizeof(why), "%.300s has a document of more than %d MiB", s->name,
			 DOCUMENT_LIMIT >> 20);
		refuse(s, why);
	} else if (s->binary) {
		snprintf(why, sizeof(why), "%.300s is not a JSON document: it has a NUL", s->name);
		refuse(s, why);
	} else if (s->len && !is_blank(s->text)) {
		rc = take_document(s);
	}
	s->len = 0;
	s->large = s->lines = s->binary = false;
	return rc;
}

static int add_piece(struct stream *s, const char *piece, size_t len)
{
	size_t room = s->room ? s->room : 1 << 16;

	if (s->large || s->len + len > DOCUMENT_LIMIT) {
		s->large = true;
		return 0;
	}
	while (room < s->len + len + 1)
		room *= 2;
	if (room > s->room) {
		char *grown = realloc(s->text, room);

		if (!grown)
			return -ENOMEM;
		s->text = grown;
		s->room = room;
	}
	memcpy(s->text + s->len, piece, len);
	s->len += len;
	s->text[s->len] = '\0';
	return 0;
}

static bool begins_with(const char *piece, size_t len, const char *text)
{
	size_t wanted = strlen(text);

	return len >= wanted && !memcmp(piece, text, wanted);
}

static int take_piece(struct stream *s, const char *piece, size_t len, bool begins_line)
{
	bool begins = begins_line && piece[0] == '{';
	int rc = 0;

	if (begins && (!s->lines || begins_with(piece, len, heading))) {
		rc = end_document(s);
		s->lines = begins_with(piece, len, lines_heading);
	}
	s->binary |= memchr(piece, '\0', len) != NULL;
	return rc ? rc : add_piece(s, piece, len);
}

static int finish_stream(struct stream *s, int rc, bool failed)
{
	char why[640];

	if (!rc)
		rc = end_document(s);
	free(s->text);
	if (rc)
		return rc;
	if (failed) {
		snprintf(why, sizeof(why), "%.300s cannot be read to its end", s->name);
		rc = dp_fleet_refuse(s->fleet, s->file, why);
	}
	if (!s->refused || rc)
		return rc;
	snprintf(why, sizeof(why), "%s", s->why);
	if (s->refused > 1)
		snprintf(why, sizeof(why), "%s, and %zu more documents in it are none", s->why,
			 s->refused - 1);
	return dp_fleet_refuse(s->fleet, s->file, why);
}

/* Up to the next line on which a document may begin. */
static size_t length_of_piece(const char *at, size_t len)
{
	const char *end = at;

	while ((end = memchr(end, '\n', len - (size_t)(end - at)))) {
		end++;
		if ((size_t)(end - at) == len || *end == '{')
			return (size_t)(end - at);
	}
	return len;
}

/*
 * @last: nothing follows. Return: how much of the chunk was not taken, as what begins a document
 * cannot be told by so little; negative errno.
 */
static ssize_t take_chunk(struct stream *s, const char *chunk, size_t len, bool last, bool *begins)
{
	size_t at = 0;

	while (at < len) {
		size_t piece = length_of_piece(chunk + at, len - at);
		int rc;

		if (!last && at + piece == len && piece < sizeof(lines_heading))
			break;
		rc = take_piece(s, chunk + at, piece, *begins);
		if (rc)
			return rc;
		at += piece;
		*begins = chunk[at - 1] == '\n';
	}
	return (ssize_t)(len - at);
}

static int read_stream(struct dp_fleet *fleet, FILE *in, const char *name, size_t file,
		       struct dp_fleet_before *before)
{
	struct stream s = { .fleet = fleet, .name = name, .file = file, .before = before };
	dp_autofree char *chunk = malloc(CHUNK);
	ssize_t left = chunk ? 0 : -ENOMEM;
	bool begins = true, last = false;

	while (left >= 0 && !last) {
		size_t len = (size_t)left, more = fread(chunk + len, 1, CHUNK - len, in);

		len += more;
		last = !more;
		left = take_chunk(&s, chunk, len, last, &begins);
		if (left > 0)
			memmove(chunk, chunk + len - left, (size_t)left);
	}
	return finish_stream(&s, left < 0 ? (int)left : 0, ferror(in));
}

static void forget(struct dp_fleet_before *before)
{
	free(before->text);
}

int dp_fleet_read_stream(struct dp_fleet *fleet, FILE *in, const char *name, size_t file)
{
	dp_cleanup(forget) struct dp_fleet_before before = { 0 };

	return read_stream(fleet, in, name, file, &before);
}

/* ---- files -------------------------------------------------------------------------------- */

/* What the threads share. */
struct files {
	struct dp_fleet *fleet;
	char **paths;
	size_t count, next;
	int rc;
	pthread_mutex_t mutex;
};

static void clear_files(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->paths);
}

static int add_path(struct files *files, const char *path)
{
	char **added = dp_list_add(files->paths, files->count);

	if (!added || !(*added = strdup(path)))
		return -ENOMEM;
	return 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The files of a folder; folders in it are left alone. */
static int add_folder(struct files *files, const char *folder, struct dp_error *err)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_visible, alphasort), rc = 0;
	char path[PATH_MAX];
	struct stat st;

	if (count < 0)
		return dp_fail(err, -errno, "cannot read the folder %s", folder);
	for (int i = 0; i < count; i++) {
		if (!rc)
			rc = dp_path(path, sizeof(path), err, "%s/%s", folder, entries[i]->d_name);
		if (!rc && !stat(path, &st) && S_ISREG(st.st_mode))
			rc = add_path(files, path);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int add_operand(struct files *files, const char *path, struct dp_error *err)
{
	struct stat st;

	if (strcmp(path, "-") != 0 && !stat(path, &st) && S_ISDIR(st.st_mode))
		return add_folder(files, path, err);
	return add_path(files, path);
}

static int read_file(struct files *files, size_t i, struct dp_fleet_before *before)
{
	const char *path = files->paths[i];
	bool standard = !strcmp(path, "-");
	dp_autofile FILE *opened = standard ? NULL : fopen(path, "re");
	struct dp_error err = { 0 };

	if (!standard && !opened) {
		dp_fail(&err, -errno, "%s cannot be read", path);
		return dp_fleet_refuse(files->fleet, i, err.what);
	}
	return read_stream(files->fleet, standard ? stdin : opened,
			   standard ? "standard input" : path, i, before);
}

static bool next_file(struct files *files, size_t *i)
{
	bool any;

	pthread_mutex_lock(&files->mutex);
	*i = files->next;
	any = !files->rc && files->next < files->count;
	files->next += any;
	pthread_mutex_unlock(&files->mutex);
	return any;
}

static void *read_files(void *arg)
{
	dp_cleanup(forget) struct dp_fleet_before before = { 0 };
	struct files *files = arg;
	size_t i;

	while (next_file(files, &i)) {
		int rc = read_file(files, i, &before);

		pthread_mutex_lock(&files->mutex);
		files->rc = files->rc ? files->rc : rc;
		pthread_mutex_unlock(&files->mutex);
	}
	return NULL;
}

/* The calling thread is one of them; one that cannot be made is done without. */
static void read_by_threads(struct files *files, unsigned int threads)
{
	pthread_t others[MAX_THREADS];
	size_t count = 0;

	while (count + 1 < threads && count < MAX_THREADS &&
	       !pthread_create(&others[count], NULL, read_files, files))
		count++;
	read_files(files);
	while (count)
		pthread_join(others[--count], NULL);
}

int dp_fleet_read(struct dp_fleet *fleet, const char *const *paths, size_t count,
		  unsigned int threads, struct dp_error *err)
{
	dp_cleanup(clear_files) struct files files = { .fleet = fleet,
						       .mutex = PTHREAD_MUTEX_INITIALIZER };
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++)
		rc = add_operand(&files, paths[i], err);
	if (rc)
		return rc;
	fleet->files = files.count;
	read_by_threads(&files, threads);
	return files.rc;
}
