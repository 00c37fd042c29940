/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that are plugged into a running guest and out of it, when the guest asks for it: the NVMe
 * controller of daxpin's own machine, which is out at first, and the devices of a layout that have
 * an id, which are in.
 */
#ifndef DAXPIN_MACHINE_PLUG_H
#define DAXPIN_MACHINE_PLUG_H

#include <stdbool.h>
#include <stddef.h>

#include "qmp.h"

struct dp_layout;

/* More than a layout has. */
#define DP_MAX_PLUGS 12

struct dp_plug {
	const char *word; /* as for -device: "nvme,id=nvme0,…" */
	char id[32];
	enum {
		DP_PLUG_OUT,
		DP_PLUG_IN,
		DP_PLUG_LEAVING, /* to the guest it is out; QEMU still holds what is behind it */
	} state;
	bool again; /* in again, once it is out */
};

struct dp_plugs {
	struct dp_qmp *qmp;
	struct dp_plug list[DP_MAX_PLUGS];
	size_t count;
};

/**
 * dp_plugs_begin - note what may be plugged
 * @plugs: receives it; nothing is to be released
 * @qmp: the monitor, which has begun; for the event DEVICE_DELETED, see dp_plugs_deleted()
 * @layout: of the machine; NULL for daxpin's own. Its words must outlive @plugs
 */
void dp_plugs_begin(struct dp_plugs *plugs, struct dp_qmp *qmp, const struct dp_layout *layout);

/* Carries out "plug ID" or "unplug ID"; what is in already, or is none of these, is left alone. */
void dp_plugs_request(struct dp_plugs *plugs, const char *what);

/* QEMU has let go of the device with this id; NULL is none. */
void dp_plugs_deleted(struct dp_plugs *plugs, const char *id);

/* The one with this id, or NULL. */
struct dp_plug *dp_plug_find(struct dp_plugs *plugs, const char *id);

#endif
