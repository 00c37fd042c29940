// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "extra.h"

#include "daxpin/agent.h"
#include "daxpin/cleanup.h"
#include "daxpin/kernel.h"

/*
 * What is meant to be built in says nothing of a licence, and may want what is not exported. Of
 * gup_test that is is_longterm_pinnable_page() (6.1), folio_is_longterm_pinnable() (6.12), with
 * which it warns of what it has pinned, outside of what it measures.
 */
const struct extra dp_extras[] = {
	{ "gup_test",
	  "5.11",
	  { "mm/gup_test.c", "mm/gup_test.h" },
	  "#include <linux/mm.h>\n"
	  "#include <linux/module.h>\n"
	  "#define folio_is_longterm_pinnable(folio) true\n"
	  "#define is_longterm_pinnable_page(page) true\n"
	  "#include \"mm/gup_test.c\"\n"
	  "MODULE_DESCRIPTION(\"the kernel's own benchmark of gup\");\n"
	  "MODULE_LICENSE(\"GPL\");\n",
	  NULL,
	  { { 0 } } },
	/* A driver of several files, compiled as one. */
	{ "siw",
	  "5.10",
	  { "drivers/infiniband/sw/siw/siw_main.c", "drivers/infiniband/sw/siw/*" },
	  "#include \"drivers/infiniband/sw/siw/siw_main.c\"\n"
	  "#include \"drivers/infiniband/sw/siw/siw_cm.c\"\n"
	  "#include \"drivers/infiniband/sw/siw/siw_cq.c\"\n"
	  "#include \"drivers/infiniband/sw/siw/siw_mem.c\"\n"
	  "#include \"drivers/infiniband/sw/siw/siw_qp.c\"\n"
	  "#include \"drivers/infiniband/sw/siw/siw_qp_rx.c\"\n"
	  "#include \"drivers/infiniband/sw/siw/siw_qp_tx.c\"\n"
	  "#include \"drivers/infiniband/sw/siw/siw_verbs.c\"\n",
	  NULL,
	  { { 0 } } },
	/*
	 * A kernel without CONFIG_DEVICE_PRIVATE has no make_device_exclusive_range(), of which
	 * daxpin asks nothing, and its memremap_pages() no private devices: the first two of the
	 * driver's are left out. The parameters are where the wide machine has memory for the other
	 * two.
	 */
	{ "test_hmm",
	  "6.1",
	  { "lib/test_hmm.c", "lib/test_hmm_uapi.h" },
	  "#include <linux/mm.h>\n"
	  "#include <linux/module.h>\n"
	  "#include <linux/rmap.h>\n"
	  "#if IS_ENABLED(CONFIG_DEVICE_PRIVATE)\n"
	  "#define DAXPIN_FIRST 0\n"
	  "#else\n"
	  "#define DAXPIN_FIRST 2\n"
	  "#define make_device_exclusive_range(...) (-EOPNOTSUPP)\n"
	  "#endif\n"
	  "#include \"lib/test_hmm.c\"\n",
	  "spm_addr_dev0=" DP_WIDE_RESERVED " spm_addr_dev1=" DP_WIDE_RESERVED_2,
	  { { "(id = 0; id <", "(id = DAXPIN_FIRST; id <" },
	    { "(--id >= 0)", "(--id >= DAXPIN_FIRST)" } } },
};

const size_t dp_extras_count = DP_ARRAY_SIZE(dp_extras);

const struct extra *dp_extra_of(const char *name)
{
	for (size_t i = 0; i < dp_extras_count; i++)
		if (!strcmp(dp_extras[i].name, name))
			return &dp_extras[i];
	return NULL;
}

const char *dp_extra_parameters(const char *name)
{
	const struct extra *extra = dp_extra_of(name);

	return extra && extra->parameters ? extra->parameters : "";
}
