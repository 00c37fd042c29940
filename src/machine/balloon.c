// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "balloon.h"

#include "daxpin/control.h"
#include "daxpin/json.h"
#include "daxpin/layout.h"

/* A reply takes milliseconds, on a busy host seconds. */
#define REPLY_LIMIT_MS 60000
/* A word of a guest with more digits is no number of MiB. */
#define MOST_DIGITS 6

void dp_balloon_begin(struct dp_balloon *balloon, struct dp_qmp *qmp,
		      const struct dp_layout *layout,
		      void (*take)(void *arg, struct json_object *data))
{
	*balloon = (struct dp_balloon){ .qmp = qmp, .take = take };
	if (dp_layout_has_balloon(layout))
		balloon->ram = dp_memory_size(layout, DP_RAM) >> 20;
}

/* QEMU is told how much the guest is to keep. */
static void tell(struct dp_balloon *balloon)
{
	struct json_object *arguments = json_object_new_object();

	balloon->busy = true;
	balloon->again = false;
	dp_json_add_int(arguments, "value", (int64_t)(balloon->ram - balloon->wanted) << 20);
	dp_qmp_ask(balloon->qmp, "balloon", arguments, REPLY_LIMIT_MS, balloon->take);
}

static bool read_size(const char *what, uint64_t *mib)
{
	static const char command[] = DP_CONTROL_BALLOON " ";
	const char *digits = what + strlen(command);
	size_t count;

	if (strncmp(what, command, strlen(command)))
		return false;
	count = strspn(digits, "0123456789");
	if (!count || count > MOST_DIGITS || digits[count])
		return false;
	*mib = 0;
	for (size_t i = 0; i < count; i++)
		*mib = *mib * 10 + (uint64_t)(digits[i] - '0');
	return true;
}

void dp_balloon_request(struct dp_balloon *balloon, const char *what)
{
	uint64_t mib;

	if (!balloon->ram || !read_size(what, &mib) || mib + DP_BALLOON_LEAST > balloon->ram)
		return;
	balloon->wanted = mib;
	if (balloon->busy)
		balloon->again = true;
	else
		tell(balloon);
}

void dp_balloon_answered(struct dp_balloon *balloon)
{
	balloon->busy = false;
	if (balloon->again)
		tell(balloon);
}
