// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <netlink/msg.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/rdma_netlink.h>

#include "daxpin/rdma.h"

static void names_drivers_and_never_guesses(void **state)
{
	static const struct {
		uint32_t id;
		const char *name;
	} known[] = {
		{ RDMA_DRIVER_RXE, "rxe" },
		{ RDMA_DRIVER_SIW, "siw" },
		{ RDMA_DRIVER_MLX5, "mlx5" },
		{ RDMA_DRIVER_IRDMA, "irdma" },
		{ 20, "mana" },
		{ 21, "ionic" },
		{ RDMA_DRIVER_UNKNOWN, "unknown" },
		{ 22, "unknown(22)" },
		{ UINT32_MAX, "unknown(4294967295)" },
	};
	char name[32];

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(known); i++) {
		dp_provider_name(known[i].id, name, sizeof(name));
		assert_string_equal(name, known[i].name);
	}
	/* No gap in the table. */
	for (uint32_t id = 1; id <= 21; id++) {
		dp_provider_name(id, name, sizeof(name));
		assert_true(name[0] && strncmp(name, "unknown", 7) && strcmp(name, "(null)"));
	}
}

static void knows_what_is_meant(void **state)
{
	char list[256];

	(void)state;
	assert_true(dp_provider_known("rxe") && dp_provider_known("ionic"));
	assert_false(dp_provider_known("unknown") || dp_provider_known("") ||
		     dp_provider_known("rdma_rxe"));
	assert_string_equal(dp_provider_meant("rdma_rxe"), "rxe");
	assert_string_equal(dp_provider_meant("mlx5_ib"), "mlx5");
	assert_string_equal(dp_provider_meant("mlx5_0"), "mlx5");
	assert_string_equal(dp_provider_meant("iw_cxgb4"), "cxgb4");
	assert_string_equal(dp_provider_meant("rxe0"), "rxe");
	assert_null(dp_provider_meant("nothing"));
	assert_null(dp_provider_meant("physiwig"));
	assert_string_equal(dp_provider_by_driver("ib_mthca"), "mthca");
	assert_string_equal(dp_provider_by_driver("hns3"), "hns");
	/* Those tell their id: a link is not asked. */
	assert_null(dp_provider_by_driver("mlx5_core"));
	dp_provider_list(list, sizeof(list));
	assert_non_null(strstr(list, ", bnxt_re, "));
	assert_non_null(strstr(list, "ionic"));
}

static void put_message(struct nl_msg **msg)
{
	nlmsg_free(*msg);
}

/* As nldev_get_chardev() writes it; without the id if @id_size is 0. */
static struct nl_msg *make_answer(uint32_t id, int id_size)
{
	struct nl_msg *msg =
		nlmsg_alloc_simple(RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_GET_CHARDEV), 0);

	assert_non_null(msg);
	if (id_size)
		assert_int_equal(nla_put(msg, RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID, id_size, &id), 0);
	assert_int_equal(nla_put_u64(msg, RDMA_NLDEV_ATTR_CHARDEV, 0xe70c0), 0);
	assert_int_equal(nla_put_u64(msg, RDMA_NLDEV_ATTR_CHARDEV_ABI, 2), 0);
	assert_int_equal(nla_put_string(msg, RDMA_NLDEV_ATTR_CHARDEV_NAME, "uverbs0"), 0);
	return msg;
}

static void reads_the_id_of_an_answer(void **state)
{
	dp_cleanup(put_message) struct nl_msg *msg = make_answer(RDMA_DRIVER_SIW, 4);
	uint32_t id = 0;

	(void)state;
	assert_int_equal(dp_provider_parse(nlmsg_hdr(msg), &id), 0);
	assert_int_equal(id, RDMA_DRIVER_SIW);
}

static void takes_no_id_from_an_answer_without_one(void **state)
{
	dp_cleanup(put_message) struct nl_msg *none = make_answer(0, 0);
	dp_cleanup(put_message) struct nl_msg *narrow = make_answer(RDMA_DRIVER_RXE, 2);
	uint32_t id = 7;

	(void)state;
	assert_int_equal(dp_provider_parse(nlmsg_hdr(none), &id), -ENODATA);
	assert_int_equal(dp_provider_parse(nlmsg_hdr(narrow), &id), -ENODATA);
	assert_int_equal(id, 7);
}

static void survives_every_truncation(void **state)
{
	dp_cleanup(put_message) struct nl_msg *msg = make_answer(RDMA_DRIVER_RXE, 4);
	const struct nlmsghdr *whole = nlmsg_hdr(msg);
	const size_t with_id = NLMSG_HDRLEN + NLA_HDRLEN + 4;

	(void)state;
	for (size_t len = NLMSG_HDRLEN; len < whole->nlmsg_len; len++) {
		dp_autofree struct nlmsghdr *cut = exact_copy(whole, len);
		uint32_t id = 7;
		int rc;

		cut->nlmsg_len = (uint32_t)len;
		rc = dp_provider_parse(cut, &id);
		assert_int_equal(rc, len < with_id ? -ENODATA : 0);
		assert_int_equal(id, len < with_id ? 7 : RDMA_DRIVER_RXE);
	}
}

static void knows_nothing_of_a_device_that_is_not_there(void **state)
{
	char name[32];

	(void)state;
	dp_rdma_provider("no such device", name, sizeof(name));
	assert_string_equal(name, "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_drivers_and_never_guesses),
		cmocka_unit_test(knows_what_is_meant),
		cmocka_unit_test(reads_the_id_of_an_answer),
		cmocka_unit_test(takes_no_id_from_an_answer_without_one),
		cmocka_unit_test(survives_every_truncation),
		cmocka_unit_test(knows_nothing_of_a_device_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
