/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_RUN_OLDER_H
#define DAXPIN_RUN_OLDER_H

struct json_object;

/* Gives members of a document that daxpin 0.1.0 wrote the names that they have today. */
void dp_update_older(struct json_object *root);

#endif
