// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Specific-purpose memory, as the firmware reserves HBM and CXL memory for an application
 * (E820_TYPE_SOFT_RESERVED), here by memmap=SIZE%START-FROM+TO. hmem_register_resource(),
 * drivers/dax/hmem/device.c, makes a device-dax of it, of type generic. Up to 6.2 device_dax takes
 * it, from 6.3 on kmem (commit e9ee9fe3a923, dax: Assign RAM regions to memory-hotplug by default),
 * so that it has to be given back.
 */
#include "daxpin/carrier.h"

DP_CARRIER(hmem, .name = "hmem", .what = "specific-purpose memory, soft reserved by the firmware",
	   .rank = 30,
	   .layout = {
		   .memories = { 2ULL << 30 },
		   .cmdline = "memmap=256M%0x60000000-1+0xefffffff",
		   .steps = DP_WORDS("need /sys/bus/platform/drivers/hmem", "dax dax0.0 devdax") });
