// SPDX-License-Identifier: GPL-2.0-or-later
/* Tells where the blocks of the region's file are on its device; a device has none. */
#include <errno.h>

#include "../blocks.h"
#include "../end.h"

#include "daxpin/steps.h"

static int obey_locate(struct dp_end *end, struct json_object *command, struct json_object *reply,
		       struct dp_error *err)
{
	struct json_object *list = json_object_new_array();

	(void)command;
	json_object_object_add(reply, dp_field_name(DP_FIELD_BLOCKS), list);
	if (!end->mapping || end->area.fd < 0)
		return dp_fail(err, -EBADMSG, "no region that could be located");
	return end->mapping->fs ? dp_blocks_list(end->area.fd, end->area.len, list, err) : 0;
}

DP_COMMAND(locate_command, .name = "locate", .obey = obey_locate);
