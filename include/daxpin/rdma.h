/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RDMA devices, and software devices of the driver rxe. */
#ifndef DAXPIN_RDMA_H
#define DAXPIN_RDMA_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;
struct nlmsghdr;
struct dp_error;

/* An opened adapter with the protection domain that registrations go to. */
struct dp_rdma {
	struct ibv_context *context;
	struct ibv_pd *pd;
	char device[64];   /* "rxe0", "mlx5_0" */
	char provider[32]; /* "rxe", "mlx5"; dp_rdma_provider() */
	bool odp;          /* general on-demand paging capability (ibv_query_device_ex) */
};

/**
 * dp_rdma_open - open an adapter
 * @name: its name, NULL for the first one
 * @rdma: receives it; release with dp_rdma_close()
 * @err: context on failure; a name that does not exist is bad input
 *
 * Return: 0, -ENODEV without any adapter, -EINVAL for an unknown name, or another negative errno.
 */
int dp_rdma_open(const char *name, struct dp_rdma *rdma, struct dp_error *err);

/**
 * dp_rdma_open_driver - open the first adapter of a driver
 * @provider: the driver, as dp_rdma_provider() tells it
 * @rdma: receives it; release with dp_rdma_close()
 * @err: context on failure
 *
 * Return: 0, -ENODEV if there is none, or another negative errno.
 */
int dp_rdma_open_driver(const char *provider, struct dp_rdma *rdma, struct dp_error *err);

/* Closes an adapter; one that is all zeros is left alone. */
void dp_rdma_close(struct dp_rdma *rdma);

/**
 * dp_rdma_prefetch - have an adapter fault pages of a region in, and wait for it
 * @pd: the protection domain of the region, which is paged on demand
 * @provider: dp_rdma_provider()
 * @sge: the part of the region
 *
 * ibv_advise_mr() with IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE and IBV_ADVISE_MR_FLAG_FLUSH.
 *
 * Return: 0, -EOPNOTSUPP if the kernel has no such thing for this adapter, or what it refuses with.
 */
int dp_rdma_prefetch(struct ibv_pd *pd, const char *provider, struct ibv_sge *sge);

/**
 * dp_dmabuf_register - register a dma-buf, as the kernel is asked by ibv_reg_dmabuf_mr()
 * @rdma: an open adapter
 * @fd: the dma-buf, which is registered from its beginning
 * @len: bytes
 * @iova: the address that the region begins with
 * @access: of ibv_reg_mr()
 * @handle: receives the region, for dp_dmabuf_deregister()
 *
 * The kernel itself is asked, whether or not the provider's library has the call.
 *
 * Return: 0 or the kernel's negative errno.
 */
int dp_dmabuf_register(const struct dp_rdma *rdma, int fd, uint64_t len, uint64_t iova,
		       unsigned int access, uint32_t *handle);

/* Releases such a region. Return: 0 or the kernel's negative errno. */
int dp_dmabuf_deregister(const struct dp_rdma *rdma, uint32_t handle);

/**
 * dp_rdma_regions - how many memory regions an adapter has, those of all processes
 * @device: its name
 * @count: receives their number, as RDMA_NLDEV_CMD_RES_GET tells it
 *
 * Return: 0, -ENODEV or -EIO.
 */
int dp_rdma_regions(const char *device, uint64_t *count);

/**
 * dp_rdma_cgroup_full - whether a control group may have no more objects of an adapter
 * @max, @current: the text of its rdma.max and rdma.current
 * @device: the adapter
 * @most: receives how many it may have (hca_object)
 */
bool dp_rdma_cgroup_full(const char *max, const char *current, const char *device, uint64_t *most);

/**
 * dp_rdma_cgroup_find - a control group of this process, or one above it, that is full
 * @device: the adapter
 * @group: receives its path, "/job"
 * @size: size of @group, bytes
 * @most: as above
 *
 * rdmacg_try_charge() refuses with EAGAIN then.
 *
 * Return: false if there is none that can be seen.
 */
bool dp_rdma_cgroup_find(const char *device, char *group, size_t size, uint64_t *most);

/**
 * dp_rdma_provider - which driver is behind a verbs device, as the kernel tells
 * @device: its name
 * @provider: receives "rxe", "siw", "mlx5", …; "unknown" if the kernel does not tell
 * @size: its size in bytes
 */
void dp_rdma_provider(const char *device, char *provider, size_t size);

/**
 * dp_provider_name - the usual name of a driver
 * @id: enum rdma_driver_id, the kernel's number for it
 * @provider: receives the name; "unknown(ID)" if @id has none here
 * @size: its size in bytes
 */
void dp_provider_name(uint32_t id, char *provider, size_t size);

/* The kernel's number for the driver of a name; RDMA_DRIVER_UNKNOWN if there is none. */
uint32_t dp_provider_id(const char *name);

/* Whether dp_provider_name() gives this name to one of the drivers. */
bool dp_provider_known(const char *name);

/* The provider that a module or a device belongs to, by its name; NULL if none is in it. */
const char *dp_provider_meant(const char *name);

/* The provider of a driver that does not tell its id, by the name of that driver in sysfs; or NULL
 */
const char *dp_provider_by_driver(const char *driver);

/* All names, with commas. @size: bytes of @text; what does not fit is cut off */
void dp_provider_list(char *text, size_t size);

/**
 * dp_provider_parse - read the driver's id from the answer to RDMA_NLDEV_CMD_GET_CHARDEV
 * @answer: the message; as long as it says
 * @id: receives the id
 *
 * Return: 0, or -ENODATA if the answer is damaged or has no id.
 */
int dp_provider_parse(struct nlmsghdr *answer, uint32_t *id);

/**
 * dp_rxe_create - make a pair of veth interfaces and a soft-RoCE device on the first
 * @device: name of the RDMA device, "rxe0"
 * @netdev: name of the first interface; the second gets "p" appended
 * @err: context on failure
 *
 * RDMA_NLDEV_CMD_NEWLINK over NETLINK_RDMA, as `rdma link add` does; needs the modules veth and
 * rdma_rxe and CAP_NET_ADMIN.
 *
 * Return: 0 or a negative errno.
 */
int dp_rxe_create(const char *device, const char *netdev, struct dp_error *err);

/* The same with a software device of another driver, "siw", on an interface that exists. */
int dp_rdma_link_add(const char *type, const char *device, const char *netdev,
		     struct dp_error *err);

/* As dp_rxe_create(), on an interface that exists. */
int dp_rxe_add(const char *device, const char *netdev, struct dp_error *err);

/**
 * dp_rxe_delete - delete a soft-RoCE device
 * @device: its name
 * @err: context on failure
 *
 * RDMA_NLDEV_CMD_DELLINK, as `rdma link delete` does. The kernel may wait for its users.
 *
 * Return: 0 or a negative errno.
 */
int dp_rxe_delete(const char *device, struct dp_error *err);

/* Emits the observation "rdma": the adapter that registrations go through. @fd: the stream. */
void dp_rdma_emit(int fd, const char *device, const char *provider, bool odp);

/**
 * dp_inventory_rdma - describe the RDMA devices of this machine
 *
 * Return: a new array of {"device","provider","node_guid","state","regions","odp"}; "regions" is
 * null if the kernel does not tell their number, and "odp" if the device cannot be opened. NULL
 * if it cannot be told which there are.
 */
struct json_object *dp_inventory_rdma(void);

#endif
