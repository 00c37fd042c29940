/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this machine has of RDMA and DAX. Reads only.
 */
#ifndef DAXPIN_INVENTORY_H
#define DAXPIN_INVENTORY_H

struct json_object;

/**
 * dp_inventory_rdma - the RDMA devices
 *
 * Return: an array of {"device","provider","node_guid","odp","state"}; "odp" is null where the
 * device cannot be opened. NULL without memory.
 */
struct json_object *dp_inventory_rdma(void);

/**
 * dp_inventory_dax - the device-dax and kmem devices
 *
 * Return: an array of {"device","driver","align","size","target_node"}.
 */
struct json_object *dp_inventory_dax(void);

/**
 * dp_inventory_namespaces - the namespaces of persistent memory
 *
 * Return: an array of {"namespace","mode","size","blockdev","region"}.
 */
struct json_object *dp_inventory_namespaces(void);

/**
 * dp_inventory_mounts - the mounts of ext4 and xfs whose device can do DAX
 *
 * Return: an array of {"dir","fs","source"}.
 */
struct json_object *dp_inventory_mounts(void);

#endif
