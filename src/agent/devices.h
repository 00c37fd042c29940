/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_GUEST_DEVICES_H
#define DAXPIN_GUEST_DEVICES_H

#include <stdbool.h>

struct dp_error;

/**
 * dp_devices_stream - a faster way out of the guest than its serial port
 * @serial: the port
 *
 * A byte through an emulated 16550 takes 20 us under TCG, with an exit and an interrupt; a line
 * through a virtio port is one exit. What was written is with the host when write() returns, there
 * as here.
 *
 * Return: a descriptor of the virtio port, or @serial if this kernel has no driver for it.
 */
int dp_devices_stream(int serial);

/**
 * dp_load_group - load a group of modules (load.c, modules.c)
 * @group: its name
 * @err: why the first of those that were refused was refused
 *
 * Those after it are loaded all the same.
 *
 * Return: 0 or a negative errno.
 */
int dp_load_group(const char *group, struct dp_error *err);

/**
 * dp_devices_prepare - load the modules and make all devices of the guest
 * @fd: stream that is told when the last module is in
 * @keep: leave what is on the NVDIMMs as it is: namespaces and file systems of an earlier boot
 * @layout: leave the devices to the steps of a command, see dp_prepare_machine()
 * @err: context on failure
 *
 * A device that cannot be made costs the mappings that need it, see lacks.h. Without an adapter
 * nothing can be asked.
 *
 * Return: 0 or a negative errno.
 */
int dp_devices_prepare(int fd, bool keep, bool layout, struct dp_error *err);

/**
 * dp_devices_traffic - what traffic needs and nothing else does: the connection manager, and an
 * address
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_devices_traffic(struct dp_error *err);

/**
 * dp_devices_swap - swap space, for what asks about swapped pages
 * @err: context on failure
 *
 * Return: 0, also where this kernel has no zram; or a negative errno.
 */
int dp_devices_swap(struct dp_error *err);

/*
 * Has the machine plug in an NVMe controller with a CMB, for p2pdma, if this kernel has that; @fd
 * is the stream that takes the request.
 */
void dp_devices_plug_nvme(int fd);

/**
 * dp_devices_await_nvme - wait until the driver has the controller
 * @err: context on failure
 *
 * Return: 0, also where none is plugged in; or a negative errno.
 */
int dp_devices_await_nvme(struct dp_error *err);

#endif
