// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <unistd.h>

#include "daxpin/json.h"
#include "daxpin/site.h"

#define NODE                                                                                       \
	"{\"namespaces\":[{\"mode\":\"devdax\",\"align\":2097152},"                                \
	"{\"mode\":\"devdax\",\"align\":2097152},{\"mode\":\"fsdax\",\"align\":2097152},"          \
	"{\"mode\":\"raw\"}],"                                                                     \
	"\"dax\":[{\"driver\":\"device_dax\",\"align\":2097152},{\"driver\":\"kmem\"}],"           \
	"\"rdma\":[{\"provider\":\"mlx5\",\"odp\":true},{\"provider\":\"rxe\",\"odp\":null}],"     \
	"\"mounts\":[{\"dir\":\"/mnt/pmem\",\"fs\":\"xfs\"}],"                                     \
	"\"memlock\":[{\"of\":null,\"pid\":5,\"soft\":-1},"                                        \
	"{\"of\":\"slurmd\",\"pid\":7,\"soft\":8388608}]}"

struct told {
	size_t broken, untold;
	char text[1024];
};

static void hear(void *arg, bool broken, const char *text)
{
	struct told *told = arg;
	size_t used = strlen(told->text);

	told->broken += broken;
	told->untold += !broken;
	snprintf(told->text + used, sizeof(told->text) - used, "%s\n", text);
}

static struct told judge(const char *text, const char *node)
{
	dp_cleanup(dp_site_clear) struct dp_site site;
	dp_autojson struct json_object *inventory = dp_json_parse(node);
	struct told told = { 0 };
	struct dp_error err = { 0 };

	if (dp_site_parse(text, "site", &site, &err))
		fail_msg("%s", err.what);
	dp_site_judge(&site, inventory, hear, &told);
	return told;
}

static void judges(const char *text, size_t broken, size_t untold, const char *said)
{
	struct told told = judge(text, NODE);

	if (told.broken != broken || told.untold != untold || !strstr(told.text, said))
		fail_msg("%s: %zu broken, %zu untold: %s", text, told.broken, told.untold,
			 told.text);
}

static void a_good_node_is_quiet(void **state)
{
	(void)state;
	judges("", 0, 0, "");
	judges("namespaces = ( { mode = \"devdax\"; align = \"2048K\"; count = 2; }, "
	       "{ mode = \"fsdax\"; }, { mode = \"raw\"; } );\n"
	       "dax = ( { driver = \"device_dax\"; }, { driver = \"kmem\"; } );\n"
	       "adapters = ( { provider = \"mlx5\"; on_demand = \"yes\"; }, "
	       "{ provider = \"rxe\"; } );\n"
	       "mounts = ( { dir = \"/mnt/pmem\"; fs = \"xfs\"; } );\n"
	       "memlock = \"unlimited\";",
	       0, 0, "");
	judges("memlock = \"8M\"; memlock_of = \"slurmd\";", 0, 0, "");
}

static void tells_what_is_not_as_expected(void **state)
{
	(void)state;
	judges("mounts = ( { dir = \"/mnt/pmem\"; fs = \"ext4\"; } );", 2, 0,
	       "mounts /mnt/pmem ext4: 0 instead of 1\nmounts /mnt/pmem xfs: is not expected");
	judges("namespaces = ( { mode = \"devdax\"; align = \"2M\"; count = 3; }, "
	       "{ mode = \"fsdax\"; }, { mode = \"raw\"; } );",
	       1, 0, "namespaces devdax 2M: 2 instead of 3");
	judges("namespaces = ( { mode = \"devdax\"; count = 2; }, { mode = \"fsdax\"; } );", 1, 0,
	       "namespaces raw: is not expected");
	judges("adapters = ( { provider = \"mlx5\"; on_demand = \"no\"; }, "
	       "{ provider = \"rxe\"; } );",
	       2, 0, "adapters mlx5 on_demand=yes: is not expected");
	judges("memlock = \"unlimited\"; memlock_of = \"slurmd\";", 1, 0,
	       "memlock of slurmd: 8M instead of unlimited");
	judges("dax = ();", 2, 0, "dax device_dax 2M: is not expected");
}

static void what_is_not_known_is_neither_right_nor_wrong(void **state)
{
	struct told told;

	(void)state;
	judges("adapters = ( { provider = \"mlx5\"; }, "
	       "{ provider = \"rxe\"; on_demand = \"no\"; } );",
	       0, 1, "adapters rxe on_demand=no: 0 or more instead of 1");
	judges("dax = ( { driver = \"device_dax\"; }, { driver = \"kmem\"; align = \"2M\"; } );", 0,
	       1, "kmem 2M");
	/* Whatever it is, it is not the two that are expected. */
	judges("adapters = ( { provider = \"mlx5\"; }, "
	       "{ provider = \"rxe\"; on_demand = \"no\"; count = 2; } );",
	       1, 0, "0 instead of 2");
	judges("memlock = \"1M\"; memlock_of = \"sshd\";", 0, 1, "no such process");
	told = judge("mounts = (); memlock = \"1M\";", "{}");
	assert_int_equal(told.broken, 0);
	assert_int_equal(told.untold, 2);
}

static void refuses(const char *text, const char *said)
{
	struct dp_site site;
	struct dp_error err = { 0 };

	assert_int_equal(dp_site_parse(text, "site", &site, &err), -EINVAL);
	assert_true(err.input);
	assert_says(&err, said);
	assert_null(site.policy);
	assert_null(site.answered);
}

static void names_the_line_of_a_mistake(void **state)
{
	(void)state;
	refuses("policy = \"p\";\nnamespace = ();", "site:2: unknown key \"namespace\"");
	refuses("namespaces = ( { align = \"2M\"; } );", "lacks the key \"mode\"");
	refuses("namespaces = ( { mode = \"devdax\"; align = \"2X\"; } );", "a size");
	refuses("namespaces = ( { mode = \"devdax\"; count = -1; } );", "from 0 to 4096");
	refuses("namespaces = ( { mode = \"devdax\"; count = \"1\"; } );", "from 0 to 4096");
	refuses("namespaces = ( { mode = 5; } );", "text is wanted");
	refuses("namespaces = ( 5 );", "a group");
	refuses("namespaces = 5;", "a list");
	refuses("adapters = ( { provider = \"rxe\"; on_demand = \"perhaps\"; } );", "yes");
	refuses("adapters = ( { provider = \"rxe\"; mode = \"devdax\"; } );", "unknown key");
	refuses("policy = \"p\"; answered = [ \"anon\", \"devdax-3M\" ];", "devdax-3M");
	refuses("answered = \"anon\";", "an array");
	refuses("memlock = \"much\";", "unlimited");
	refuses("memlock_of = \"slurmd\";", "without");
	refuses("@include \"other\"\n", "@include");
	refuses("policy = ", "site:1:");
}

static void finds_the_policy_beside_the_file(void **state)
{
	dp_autofree char *dir = make_folder();
	static const char text[] = "policy = \"node.policy\";\n";
	char path[128], policy[128];
	struct dp_site site;

	(void)state;
	snprintf(path, sizeof(path), "%s/site.conf", dir);
	snprintf(policy, sizeof(policy), "%s/node.policy", dir);
	write_file(path, text, strlen(text));
	assert_int_equal(dp_site_load(path, &site, NULL), 0);
	assert_string_equal(site.policy, policy);
	dp_site_clear(&site);
	write_file(path, "policy = \"x\";\0y", 15);
	assert_int_equal(dp_site_load(path, &site, NULL), -EINVAL);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_node_is_quiet),
		cmocka_unit_test(tells_what_is_not_as_expected),
		cmocka_unit_test(what_is_not_known_is_neither_right_nor_wrong),
		cmocka_unit_test(names_the_line_of_a_mistake),
		cmocka_unit_test(finds_the_policy_beside_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
