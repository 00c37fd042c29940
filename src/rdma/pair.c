// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "daxpin/cleanup.h"
#include "daxpin/error.h"
#include "daxpin/pair.h"

/* For each step of a connection, and for a message, ms: under emulation 64 MiB take seconds. */
#define CONNECT_MS 10000
#define MESSAGE_MS 60000

/* Who accepts while the near end connects. */
struct acceptor {
	struct dp_pair *pair;
	struct dp_error err;
	int rc;
};

static void *accept_near(void *arg)
{
	struct acceptor *a = arg;

	a->rc = dp_accept(&a->pair->port, CONNECT_MS, &a->pair->far, &a->err);
	return NULL;
}

static int connect_ends(struct dp_pair *pair, struct dp_error *err)
{
	struct acceptor acceptor = { .pair = pair };
	pthread_t thread;
	int rc = dp_port_listen(&pair->port, err);

	if (rc)
		return rc;
	rc = -pthread_create(&thread, NULL, accept_near, &acceptor);
	if (rc)
		return dp_fail(err, rc, "cannot start a thread");
	rc = dp_connect(&pair->port, rdma_get_local_addr(pair->port.id), CONNECT_MS, false,
			&pair->near, err);
	pthread_join(thread, NULL);
	return rc || !acceptor.rc ? rc : dp_report(err, acceptor.rc, "%s", acceptor.err.what);
}

static int open_pair(const char *device, struct dp_pair *pair, struct dp_error *err)
{
	struct sockaddr_storage at;
	struct ibv_port_attr attr;
	int rc = dp_rdma_address(device, 0, &at, err);

	if (rc == -ENODEV)
		return dp_skip(err, "%s has no address to connect to", device);
	if (!rc)
		rc = dp_port_open((struct sockaddr *)&at, &pair->port, err);
	if (!rc)
		rc = connect_ends(pair, err);
	if (rc)
		return rc;
	if (ibv_query_port(pair->port.id->verbs, pair->port.id->port_num, &attr))
		return dp_fail(err, -EIO, "%s does not tell its longest message", device);
	pair->longest = attr.max_msg_sz;
	return 0;
}

int dp_pair_open(const char *device, struct dp_pair *pair, struct dp_error *err)
{
	int rc;

	memset(pair, 0, sizeof(*pair));
	rc = open_pair(device, pair, err);
	if (rc)
		dp_pair_close(pair);
	return rc;
}

void dp_pair_close(struct dp_pair *pair)
{
	dp_connection_close(&pair->near);
	dp_connection_close(&pair->far);
	dp_port_close(&pair->port);
}

int dp_pair_carry(struct dp_pair *pair, struct ibv_send_wr *wr, unsigned int count,
		  struct dp_error *err)
{
	struct ibv_send_wr *bad;
	struct ibv_wc wc;
	int rc = ibv_post_send(pair->near.id->qp, wr, &bad);

	if (rc)
		return dp_fail(err, -rc, "a request cannot be posted");
	for (unsigned int i = 0; i < count; i++) {
		rc = dp_await_completion(&pair->near, MESSAGE_MS, &wc);
		if (rc)
			return dp_fail(err, rc, "a request is not completed");
		if (wc.status != IBV_WC_SUCCESS)
			return dp_report(err,
					 wc.status == IBV_WC_REM_ACCESS_ERR ? -EACCES : -EREMOTEIO,
					 "a request ends with: %s", ibv_wc_status_str(wc.status));
	}
	return 0;
}

static int open_plain(struct dp_pair *pair, size_t len, struct dp_plain *plain,
		      struct dp_error *err)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (at == MAP_FAILED)
		return dp_fail(err, -errno, "no memory for the other end");
	plain->at = at;
	plain->len = len;
	plain->mr = ibv_reg_mr(pair->port.pd, at, len, IBV_ACCESS_LOCAL_WRITE);
	return plain->mr ? 0 : dp_fail(err, -errno, "plain memory cannot be registered");
}

int dp_plain_open(struct dp_pair *pair, size_t len, struct dp_plain *plain, struct dp_error *err)
{
	int rc;

	*plain = (struct dp_plain){ 0 };
	rc = open_plain(pair, len, plain, err);
	if (rc)
		dp_plain_close(plain);
	return rc;
}

void dp_plain_close(struct dp_plain *plain)
{
	if (plain->mr)
		ibv_dereg_mr(plain->mr);
	if (plain->at)
		munmap(plain->at, plain->len);
	*plain = (struct dp_plain){ 0 };
}
