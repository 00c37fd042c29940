/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_GUEST_DEVICES_H
#define DAXPIN_GUEST_DEVICES_H

struct dp_error;

/**
 * dp_devices_prepare - load the modules and make all devices of the guest
 * @fd: stream that is told when the last module is in
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_devices_prepare(int fd, struct dp_error *err);

/**
 * dp_devices_nvme - have the machine plug in an NVMe controller with a disk and a CMB, and wait
 * until its driver has it
 * @fd: stream that takes the request
 * @err: context on failure
 *
 * Return: 0, also without a driver; or a negative errno.
 */
int dp_devices_nvme(int fd, struct dp_error *err);

#endif
