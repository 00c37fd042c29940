// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

#include "daxpin/error.h"
#include "daxpin/mapping.h"
#include "daxpin/rdma.h"

struct verbs {
	struct dp_rdma own; /* all zeros if the adapter that was open is used */
	struct ibv_pd *pd;
	struct ibv_mr *mr;
};

int dp_verbs_open(const char *provider, const struct dp_rdma *rdma, void **held,
		  struct dp_error *err)
{
	struct verbs *v = calloc(1, sizeof(*v));
	int rc = 0;

	if (!v)
		return -ENOMEM;
	if (rdma && !strcmp(rdma->provider, provider))
		v->pd = rdma->pd;
	else
		rc = dp_rdma_open_driver(provider, &v->own, err);
	if (rc) {
		free(v);
		return rc == -ENODEV
			       ? dp_skip(err, "this machine has no RDMA device of the driver %s",
					 provider)
			       : rc;
	}
	v->pd = v->pd ? v->pd : v->own.pd;
	*held = v;
	return 0;
}

int dp_verbs_pin(void *held, const struct dp_area *area, unsigned int flags)
{
	struct verbs *v = held;

	errno = 0;
	v->mr = ibv_reg_mr(v->pd, area->addr, area->len, (int)flags);
	return v->mr ? 0 : errno ? errno : -EIO;
}

int dp_verbs_unpin(void *held)
{
	struct verbs *v = held;
	int rc = v->mr ? ibv_dereg_mr(v->mr) : 0;

	if (!rc)
		v->mr = NULL;
	return -rc;
}

void dp_verbs_close(void *held)
{
	struct verbs *v = held;

	dp_verbs_unpin(v);
	dp_rdma_close(&v->own);
	free(v);
}
