// SPDX-License-Identifier: GPL-2.0-or-later
/* NVDIMMs that ACPI tells of in its NVDIMM firmware interface table: daxpin's own machine. */
#include "daxpin/carrier.h"

DP_CARRIER(nfit, .name = DP_CARRIER_NFIT, .what = "NVDIMMs, told of by ACPI's NFIT", .rank = 10);
