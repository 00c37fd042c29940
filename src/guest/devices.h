/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DAXPIN_GUEST_DEVICES_H
#define DAXPIN_GUEST_DEVICES_H

#include <stdint.h>

struct dp_error;

/**
 * dp_devices_prepare - load the modules and make all devices of the guest
 * @modules_ms: receives the time until the last module was loaded
 * @err: context on failure
 *
 * Return: 0 or a negative errno.
 */
int dp_devices_prepare(uint64_t *modules_ms, struct dp_error *err);

#endif
