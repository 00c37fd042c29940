/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that several carriers have. */
#ifndef DAXPIN_CARRIER_STEPS_H
#define DAXPIN_CARRIER_STEPS_H

/* A DAX file system on a disk, with the folders in which files are made. */
#define DP_STEPS_OF_FS(fs, disk)                                                                   \
	"format " fs " " disk, "mount " fs " " disk " /mnt/" fs " dax=inode",                      \
		"folder /mnt/" fs "/dax dax", "folder /mnt/" fs "/cached"

/* What hugetlb-2M needs. */
#define DP_STEP_HUGETLB "write /proc/sys/vm/nr_hugepages 4"

#endif
