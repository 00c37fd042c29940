// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <string.h>
#include <sys/ioctl.h>

#include "uverbs.h"

#include "daxpin/rdma.h"

void dp_uverbs_begin(struct dp_uverbs *call, const char *provider, uint16_t method)
{
	memset(call, 0, sizeof(*call));
	call->head.length = sizeof(call->head);
	call->head.object_id = UVERBS_OBJECT_MR;
	call->head.method_id = method;
	call->head.driver_id = dp_provider_id(provider);
}

void dp_uverbs_add(struct dp_uverbs *call, uint16_t id, uint16_t len, uint64_t data)
{
	call->head.attrs[call->head.num_attrs++] = (struct ib_uverbs_attr){
		.attr_id = id,
		.len = len,
		.flags = UVERBS_ATTR_F_MANDATORY,
		.data = data,
	};
	call->head.length += sizeof(call->head.attrs[0]);
}

uint64_t dp_uverbs_data(const struct dp_uverbs *call, unsigned int number)
{
	return call->head.attrs[number].data;
}

int dp_uverbs_make(struct dp_uverbs *call, const struct ibv_context *context)
{
	return ioctl(context->cmd_fd, RDMA_VERBS_IOCTL, call) ? -errno : 0;
}
