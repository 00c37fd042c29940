// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daxpin/collect.h"
#include "daxpin/json.h"
#include "daxpin/recorder.h"

int dp_recorder_open(struct dp_recorder *recorder, const char *path, struct dp_error *err)
{
	*recorder = (struct dp_recorder){ .mutex = PTHREAD_MUTEX_INITIALIZER };
	recorder->out = fopen(path, "we");
	return recorder->out ? 0 : dp_fail(err, -errno, "cannot write %s", path);
}

int dp_recorder_close(struct dp_recorder *recorder, struct dp_error *err)
{
	bool bad = recorder->out && (ferror(recorder->out) | fclose(recorder->out));

	recorder->out = NULL;
	return bad ? dp_fail(err, -EIO, "cannot write the recording: is the disk full?") : 0;
}

void dp_recorder_hear(struct dp_heard *heard, const char *line, size_t len)
{
	if (!heard->recorder)
		return;
	if (!heard->stream)
		heard->stream = open_memstream(&heard->text, &heard->size);
	if (heard->stream)
		fprintf(heard->stream, "%.*s\n", (int)len, line);
}

/* The first line of a stream: which kernel it is of, and what was asked. */
static struct json_object *heading(const char *kernel, const struct dp_record *records,
				   size_t count)
{
	struct json_object *obj = json_object_new_object(), *ids = json_object_new_array();

	dp_json_add_text(obj, "kind", "hello");
	dp_json_add_text(obj, "kernel", kernel);
	for (size_t i = 0; i < count; i++)
		dp_json_append_text(ids, records[i].id);
	json_object_object_add(obj, "ids", ids);
	return obj;
}

void dp_recorder_write(struct dp_collect *collect)
{
	struct dp_heard *heard = &collect->heard;
	dp_autojson struct json_object *first = NULL;

	if (!heard->stream)
		return;
	fclose(heard->stream);
	heard->stream = NULL;
	first = heading(collect->run.subject.kernel, collect->records, collect->count);
	pthread_mutex_lock(&heard->recorder->mutex);
	fprintf(heard->recorder->out, "%s\n%s",
		json_object_to_json_string_ext(first, JSON_C_TO_STRING_PLAIN), heard->text);
	fflush(heard->recorder->out);
	pthread_mutex_unlock(&heard->recorder->mutex);
	free(heard->text);
	heard->text = NULL;
}
