/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of the document "daxpin/1" (json.c), for other formats that consist of them. */
#ifndef DAXPIN_REPORT_DOCUMENT_H
#define DAXPIN_REPORT_DOCUMENT_H

#include "daxpin/report.h"

struct json_object;

/* Each returns a new object, to be released with json_object_put(). */
struct json_object *dp_document(const struct dp_run_record *runs, size_t nruns);
struct json_object *dp_result_object(const struct dp_result *r);
/* @results: include the results, or only the other members of the run. */
struct json_object *dp_run_object(const struct dp_run_record *run, bool results);

#endif
