/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the events of file systems share: the device below them. */
#ifndef DAXPIN_TEARDOWN_PMEM_H
#define DAXPIN_TEARDOWN_PMEM_H

#include "daxpin/teardown.h"

/* Unbinds nd_pmem from the device below the file system. */
int dp_pmem_unbind(const struct dp_target *target, struct dp_error *err);

/* Binds it, and waits for its disk's node. */
int dp_pmem_bind(const struct dp_target *target, struct dp_error *err);

/* Binds it and mounts the file system, which may still be mounted from the device that has gone. */
int dp_pmem_bind_and_mount(const struct dp_target *target, struct dp_error *err);

/* Unbinds it first: the file system is not mounted, so that nothing may hold the device. */
int dp_pmem_rebind_and_mount(const struct dp_target *target, struct dp_error *err);

#endif
