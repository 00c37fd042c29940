// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tally.h"

void dp_add_once(char *list, size_t size, const char *text)
{
	size_t used = strlen(list);

	if (!strstr(list, text))
		snprintf(list + used, size - used, "%s%s", used ? ", " : "", text);
}

/* A fault of a kind: each explanation is given once. */
void dp_fault(struct tally *t, const char *kind, const char *fmt, ...)
{
	struct dp_result *r = t->v->result;
	size_t used = strlen(r->why);
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->failed = true;
	dp_add_once(t->faults, sizeof(t->faults), kind);
	if (!strstr(r->why, text))
		snprintf(r->why + used, sizeof(r->why) - used, "%s%s", used ? "; " : "", text);
}

/* Why there is no verdict; the first reason is told. */
void dp_trouble(struct tally *t, const char *fmt, ...)
{
	va_list ap;

	if (t->troubled)
		return;
	t->troubled = true;
	va_start(ap, fmt);
	vsnprintf(t->trouble, sizeof(t->trouble), fmt, ap);
	va_end(ap);
}

/* "over veth, as target, on demand" */
const char *dp_leg_of(struct json_object *step, char *text, size_t size)
{
	snprintf(text, size, "over %.16s, as %.16s%s", dp_text_of(step, DP_FIELD_TOPOLOGY),
		 dp_text_of(step, DP_FIELD_ROLE),
		 dp_is_set(step, DP_FIELD_ON_DEMAND) ? ", on demand" : "");
	return text;
}

/* A number that dp_find_missing() has found to be there; 0 where it is not. */
int64_t dp_number(struct json_object *obj, enum dp_field field)
{
	int64_t value = 0;

	dp_step_int(obj, field, &value);
	return value;
}
