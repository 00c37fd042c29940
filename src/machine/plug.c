// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plug.h"

#include "daxpin/cleanup.h"
#include "daxpin/control.h"
#include "daxpin/error.h"
#include "daxpin/json.h"
#include "daxpin/layout.h"

/* A reply takes milliseconds, on a busy host seconds. */
#define REPLY_LIMIT_MS 60000

static const char nvme[] =
	"nvme,id=" DP_CONTROL_NVME ",bus=port0,serial=daxpin,drive=nvme-disk,cmb_size_mb=16";

static bool find_id(const char *word, char *id, size_t size)
{
	const char *at = strstr(word, ",id=");
	int len = at ? (int)strcspn(at + 4, ",") : 0;

	return len > 0 && snprintf(id, size, "%.*s", len, at + 4) < (int)size;
}

static void add(struct dp_plugs *plugs, const char *word, bool in)
{
	struct dp_plug *plug = &plugs->list[plugs->count];

	if (plugs->count == DP_MAX_PLUGS || !find_id(word, plug->id, sizeof(plug->id)))
		return;
	plug->word = word;
	plug->state = in ? DP_PLUG_IN : DP_PLUG_OUT;
	plug->again = false;
	plugs->count++;
}

void dp_plugs_begin(struct dp_plugs *plugs, struct dp_qmp *qmp, const struct dp_layout *layout)
{
	*plugs = (struct dp_plugs){ .qmp = qmp };
	add(plugs, nvme, false);
	for (size_t i = 1; layout && i < layout->qemu.count; i++)
		if (!strcmp(layout->qemu.list[i - 1], "-device"))
			add(plugs, layout->qemu.list[i], true);
}

struct dp_plug *dp_plug_find(struct dp_plugs *plugs, const char *id)
{
	for (size_t i = 0; i < plugs->count; i++)
		if (!strcmp(plugs->list[i].id, id))
			return &plugs->list[i];
	return NULL;
}

/* A number is one to QEMU, too. */
static void add_argument(struct json_object *arguments, const char *key, const char *value)
{
	if (*value && value[strspn(value, "0123456789")] == '\0')
		dp_json_add_int(arguments, key, strtoll(value, NULL, 10));
	else
		dp_json_add_text(arguments, key, value);
}

/* "nvme,id=nvme0,bus=port0" as the arguments of device_add. NULL without memory. */
static struct json_object *arguments_of(const char *word)
{
	dp_autofree char *text = strdup(word);
	struct json_object *arguments = text ? json_object_new_object() : NULL;
	char *rest = text;

	if (!arguments)
		return NULL;
	dp_json_add_text(arguments, "driver", strsep(&rest, ","));
	for (char *pair = strsep(&rest, ","); pair; pair = strsep(&rest, ",")) {
		char *value = strchr(pair, '=');

		if (!value)
			continue;
		*value = '\0';
		add_argument(arguments, pair, value + 1);
	}
	return arguments;
}

static void plug_in(struct dp_plugs *plugs, struct dp_plug *plug)
{
	dp_qmp_ask(plugs->qmp, "device_add", arguments_of(plug->word), REPLY_LIMIT_MS, NULL);
	plug->state = DP_PLUG_IN;
	plug->again = false;
}

static void plug_out(struct dp_plugs *plugs, struct dp_plug *plug)
{
	struct json_object *arguments = json_object_new_object();

	dp_json_add_text(arguments, "id", plug->id);
	dp_qmp_ask(plugs->qmp, "device_del", arguments, REPLY_LIMIT_MS, NULL);
	plug->state = DP_PLUG_LEAVING;
}

/*
 * To the guest a device has gone when its slot is off. QEMU lets go of the disk behind it an RCU
 * grace period later, and tells so. Until then a request to plug it in again waits.
 */
void dp_plugs_deleted(struct dp_plugs *plugs, const char *id)
{
	struct dp_plug *plug = id ? dp_plug_find(plugs, id) : NULL;

	if (!plug)
		return;
	plug->state = DP_PLUG_OUT;
	if (plug->again)
		plug_in(plugs, plug);
}

void dp_plugs_request(struct dp_plugs *plugs, const char *what)
{
	bool in = !strncmp(what, DP_CONTROL_PLUG, strlen(DP_CONTROL_PLUG));
	bool out = !strncmp(what, DP_CONTROL_UNPLUG, strlen(DP_CONTROL_UNPLUG));
	const char *id = strchr(what, ' ');
	struct dp_plug *plug = (in || out) && id ? dp_plug_find(plugs, id + 1) : NULL;

	if (!plug)
		return;
	if (plug->state == DP_PLUG_LEAVING)
		plug->again = in;
	else if (in && plug->state == DP_PLUG_OUT)
		plug_in(plugs, plug);
	else if (out && plug->state == DP_PLUG_IN)
		plug_out(plugs, plug);
}
