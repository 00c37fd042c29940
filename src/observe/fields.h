/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_OBSERVE_FIELDS_H
#define DAXPIN_OBSERVE_FIELDS_H

#include <stdbool.h>

#include "daxpin/steps.h"

/* The value of a field; false if it is missing, or is what this field cannot be. */
bool dp_field_get(struct json_object *obj, enum dp_field field, struct json_object **value);

#endif
