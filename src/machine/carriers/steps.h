/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps that several carriers have. */
#ifndef DAXPIN_CARRIER_STEPS_H
#define DAXPIN_CARRIER_STEPS_H

/* Mounts a disk where mappings of files of @fs look, with the folders in which files are made. */
#define DP_STEPS_OF_MOUNT(type, fs, disk, options)                                                 \
	"mount " type " " disk " /mnt/" fs " " options, "folder /mnt/" fs "/dax dax",              \
		"folder /mnt/" fs "/cached"

/* A DAX file system on a disk. */
#define DP_STEPS_OF_FS(fs, disk) "format " fs " " disk, DP_STEPS_OF_MOUNT(fs, fs, disk, "dax=inode")

/* What hugetlb-2M needs. */
#define DP_STEP_HUGETLB "write /proc/sys/vm/nr_hugepages 4"

#endif
