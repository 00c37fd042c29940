// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include "daxpin/check.h"
#include "daxpin/collect.h"
#include "daxpin/policy.h"
#include "daxpin/results.h"

static struct dp_policy policy;
static const struct dp_policy none;
static const struct dp_subject stock = { .kernel = "6.1.0-56-amd64",
					 .provider = "rxe",
					 .odp_seen = true };

static int load_policy(void **state)
{
	(void)state;
	return dp_policy_load(NULL, &policy, NULL);
}

static int clear_policy(void **state)
{
	(void)state;
	dp_policy_clear(&policy);
	return 0;
}

/* What a sound kernel shows of a device-dax registration. */
static struct dp_cell devdax_cell(void)
{
	return (struct dp_cell){ .id = "check/devdax-2M/remote-write",
				 .pages = 512,
				 .acquired = 512,
				 .released = 512,
				 .pins_seen = true,
				 .attempts = 1,
				 .owner = "Persistent Memory/dax0.1",
				 .resource = "dax0.1",
				 .persistent = 512,
				 .leaf = 2 << 20 };
}

static struct dp_cell fsdax_cell(void)
{
	return (struct dp_cell){ .id = "check/fsdax-ext4-2M/remote-write",
				 .err = EOPNOTSUPP,
				 .pages = 512,
				 .pins_seen = true,
				 .attempts = 1,
				 .owner = "Persistent Memory/namespace0.3",
				 .resource = "namespace0.3",
				 .persistent = 512,
				 .leaf = 2 << 20 };
}

static struct dp_result judge_as(const struct dp_policy *rules, const struct dp_subject *subject,
				 const struct dp_cell *cell)
{
	const struct dp_observed o = { .id = cell->id, .cell = cell, .doing = "", .absent = "" };
	struct dp_result result;

	dp_judge(rules, subject, &o, &result);
	return result;
}

static struct dp_result judge(const struct dp_cell *cell)
{
	return judge_as(&policy, &stock, cell);
}

static void expect(const struct dp_cell *cell, enum dp_status status, const char *says)
{
	struct dp_result r = judge(cell);

	if (r.status != status || !strstr(r.why, says))
		fail_msg("%s: %s, \"%s\"; expected %s, \"%s\"", r.id, dp_status_name(r.status),
			 r.why, dp_status_name(status), says);
}

static void passes_what_is_right(void **state)
{
	struct dp_cell devdax = devdax_cell(), fsdax = fsdax_cell();

	(void)state;
	expect(&devdax, DP_PASS, "device-dax may be pinned");
	expect(&fsdax, DP_PASS, "filesystem-dax rejects");
	assert_false(judge(&devdax).unproven);
}

static void fails_the_wrong_verdict(void **state)
{
	struct dp_cell devdax = devdax_cell(), fsdax = fsdax_cell();

	(void)state;
	devdax.err = EFAULT;
	devdax.acquired = devdax.released = 0;
	expect(&devdax, DP_FAIL, "rejected with EFAULT, expected to be allowed");
	fsdax.err = 0;
	expect(&fsdax, DP_FAIL, "allowed, expected to be rejected with EOPNOTSUPP");
	fsdax.err = EINVAL;
	expect(&fsdax, DP_FAIL, "rejected with EINVAL, expected EOPNOTSUPP");
}

/* A vendor's kernel may answer as its series does, or as a later one; and no other way. */
static void knows_that_vendors_backport(void **state)
{
	const struct dp_subject el9 = { .kernel = "5.14.0-503.11.1.el9_5.x86_64",
					.provider = "rxe",
					.odp_seen = true };
	struct dp_cell cell = fsdax_cell();
	struct dp_result r;

	(void)state;
	strcpy(cell.id, "check/pagecache-ext4/remote-write");
	strcpy(cell.owner, "System RAM");
	cell.persistent = 0;
	cell.err = EFAULT;
	expect(&cell, DP_FAIL, "expected to be allowed");
	r = judge_as(&policy, &el9, &cell);
	assert_int_equal(r.status, DP_PASS);
	assert_non_null(strstr(r.why, "Red Hat backports: so it is in Linux from 6.5 on"));
	assert_int_equal(r.expected_err, EFAULT);
	cell.err = EINVAL;
	assert_int_equal(judge_as(&policy, &el9, &cell).status, DP_FAIL);
	cell.err = 0;
	cell.acquired = cell.released = 512;
	assert_int_equal(judge_as(&policy, &el9, &cell).status, DP_PASS);
	strcpy(cell.id, "check/fsdax-ext4-2M/remote-write");
	assert_int_equal(judge_as(&policy, &el9, &cell).status, DP_FAIL);
	assert_null(dp_kernel_vendor("6.12.41+deb13-amd64"));
	assert_null(dp_kernel_vendor("7.2.12"));
	assert_string_equal(dp_kernel_vendor("6.8.0-45-generic"), "Ubuntu");
}

static void fails_pins_that_are_kept(void **state)
{
	struct dp_cell cell = devdax_cell(), fsdax = fsdax_cell();

	(void)state;
	cell.released = 511;
	expect(&cell, DP_FAIL, "not given back");
	assert_int_equal(judge(&cell).violates, DP_CLAUSE_BIT(DP_C6));
	/* Whatever the verdict: a rejection that leaks is a failure too. */
	fsdax.acquired = 512;
	expect(&fsdax, DP_FAIL, "not given back");
	cell = devdax_cell();
	cell.vmpin_kept_kib = 2048;
	expect(&cell, DP_FAIL, "VmPin");
	/* And even where no rule covers the cell. */
	cell = devdax_cell();
	cell.released = 0;
	assert_int_equal(judge_as(&none, &stock, &cell).status, DP_FAIL);
}

static void fails_a_pin_that_is_too_small(void **state)
{
	struct dp_cell cell = devdax_cell();

	(void)state;
	cell.acquired = cell.released = 511;
	expect(&cell, DP_FAIL, "only 511 of the region's 512 pages");
	/* Pins taken by the fast path, dropped and taken again are no fault. */
	cell.acquired = cell.released = 1024;
	expect(&cell, DP_PASS, "");
}

static void does_not_believe_names(void **state)
{
	/* A node of a host may have other memory, too. */
	const struct dp_subject host = {
		.kernel = "6.1.0", .provider = "rxe", .odp_seen = true, .host = true
	};
	struct dp_cell cell = fsdax_cell();

	(void)state;
	cell.leaf = 4096;
	expect(&cell, DP_ERROR, "mapped by leaves of 4096 bytes instead of 2097152");
	/* device-dax has no choice: its driver is wrong. */
	cell = devdax_cell();
	cell.leaf = 4096;
	expect(&cell, DP_FAIL, "leaves of 4096 bytes, though the alignment of dax0.1 is 2097152");
	cell.leaf = 1 << 30;
	expect(&cell, DP_ERROR, "mapped by leaves of 1073741824 bytes instead of 2097152");
	cell = fsdax_cell();
	cell.outside = 3;
	strcpy(cell.owner, "System RAM");
	expect(&cell, DP_ERROR,
	       "the frames of 3 of 512 pages are not in the memory of namespace0.3");
	cell = (struct dp_cell){ .id = "check/anon/local-read",
				 .pages = 1,
				 .acquired = 1,
				 .released = 1,
				 .pins_seen = true,
				 .attempts = 1,
				 .owner = "Soft Reserved",
				 .outside = 1,
				 .leaf = 4096 };
	expect(&cell, DP_ERROR, "the frames of 1 of 1 pages are not in System RAM");
	cell = (struct dp_cell){ .id = "check/kmem-movable/local-read",
				 .pages = 1,
				 .acquired = 1,
				 .released = 1,
				 .pins_seen = true,
				 .attempts = 1,
				 .owner = "Persistent Memory/dax1.0/System RAM (kmem)",
				 .persistent = 0,
				 .leaf = 4096,
				 .zone_before = "Normal" };
	expect(&cell, DP_ERROR, "ZONE_Normal");
	assert_int_equal(judge_as(&policy, &host, &cell).status, DP_SKIP_STATUS);
	cell.outside = 1;
	assert_int_equal(judge_as(&policy, &host, &cell).status, DP_SKIP_STATUS);
}

/* Whose page it is that is mapped is a matter of the driver, not of daxpin. */
static void sees_a_wrong_page(void **state)
{
	struct dp_cell cell = devdax_cell();

	(void)state;
	cell.displaced = 1;
	expect(&cell, DP_FAIL, "the driver maps the wrong pages");
	assert_int_equal(judge(&cell).violates, DP_CLAUSE_BIT(DP_C9));
	cell.displaced = -1;
	strcpy(cell.proof_text, "where the memory of dax0.1 lies is not told (EACCES)");
	assert_int_equal(judge(&cell).status, DP_PASS);
	assert_true(judge(&cell).unproven);
	cell.proof_text[0] = '\0';
	expect(&cell, DP_ERROR, "not observed: \"proof\" (displaced)");
}

static struct dp_cell zero_page_cell(void)
{
	return (struct dp_cell){ .id = "check/zero-page/local-read",
				 .pages = 64,
				 .acquired = 64,
				 .released = 64,
				 .pins_seen = true,
				 .attempts = 1,
				 .owner = "System RAM/Kernel bss",
				 .leaf = 4096,
				 .leaf_by = "perf-page-size",
				 .moved = 64 };
}

/* A page that is pinned although it is everybody's, or that is something else to begin with. */
static void asks_for_pages_of_its_own(void **state)
{
	const struct dp_subject host = {
		.kernel = "6.1.0", .provider = "rxe", .odp_seen = true, .host = true
	};
	struct dp_cell cell = zero_page_cell();
	struct dp_result result;
	char kind[128];

	(void)state;
	expect(&cell, DP_PASS, "");
	cell.moved = 63;
	expect(&cell, DP_FAIL, "63 of 64 pages were moved or copied first, expected all");
	result = judge(&cell);
	dp_result_kind(&result, kind, sizeof(kind));
	assert_string_equal(kind, "allowed, pinned in place");
	cell = zero_page_cell();
	cell.unlike = 1;
	expect(&cell, DP_ERROR, "not what the name says: 1 of 64 pages are not the zero page");
	cell.unlike = -1;
	expect(&cell, DP_ERROR, "not observed: \"proof\" (unlike)");
	strcpy(cell.proof_text, "/proc/kpageflags (EACCES)");
	expect(&cell, DP_PASS, "");
	assert_true(judge(&cell).unproven);
	cell = zero_page_cell();
	strcpy(cell.id, "check/pagecache-private-written/local-read");
	expect(&cell, DP_FAIL, "64 of 64 pages were moved or copied first, expected none");
	assert_int_equal(judge_as(&policy, &host, &cell).status, DP_PASS);
	/* A range of several kinds lies nowhere as a whole. */
	strcpy(cell.id, "check/hole/local-read");
	cell.moved = 0;
	cell.err = EFAULT;
	cell.leaf = 0;
	expect(&cell, DP_PASS, "");
	cell.released = 0;
	expect(&cell, DP_FAIL, "pins are not given back");
}

/* What gup-fast gave back is not kept; what was moved was taken twice. */
static void sees_what_is_kept_without_need(void **state)
{
	struct dp_cell cell = devdax_cell();
	struct dp_evidence *e = &cell.evidence;

	(void)state;
	*e = (struct dp_evidence){ .seen = true, .slow = 512, .lookups = 512, .references = 1 };
	expect(&cell, DP_PASS, "");
	e->slow = 1024;
	expect(&cell, DP_FAIL, "1024 references are kept on the region's 512 pages");
	e->migrations = 1;
	expect(&cell, DP_PASS, "");
	e->migrations = 0;
	e->seen = false;
	expect(&cell, DP_PASS, "");
}

/* What was counted in a registration, against what the policy asks of a kernel. */
static void counts_what_is_done_inside(void **state)
{
	struct dp_cell cell = devdax_cell();
	struct dp_evidence *e = &cell.evidence;
	const struct dp_evidence right = {
		.seen = true, .calls = 1, .slow = 512, .lookups = 512, .references = 1
	};

	(void)state;
	*e = right;
	expect(&cell, DP_PASS, "");
	e->lookups = 513;
	expect(&cell, DP_FAIL, "513 lookups of a pgmap for 512 pages, expected 1 per page");
	e->seen = false;
	expect(&cell, DP_PASS, "");
	*e = right;
	e->references = 512;
	expect(&cell, DP_FAIL, "512 references on a pgmap for 512 pages, expected 1 per 512 pages");
	*e = right;
	e->calls = 512;
	expect(&cell, DP_FAIL, "512 calls of gup-fast for 512 pages, expected 1 per 512 pages");
	/* Its entry is not probed, or was not when this was stored. */
	e->calls = 0;
	expect(&cell, DP_PASS, "");

	cell = fsdax_cell();
	*e = (struct dp_evidence){ .seen = true, .refused_by = "check_vma_flags" };
	expect(&cell, DP_PASS, "");
	e->fast = e->dropped = 512;
	expect(&cell, DP_FAIL, "512 pages taken for 512 pages, expected 0");
}

/* The right answer, for another reason. */
static void asks_who_has_refused(void **state)
{
	struct dp_cell cell = fsdax_cell();
	struct dp_result result;
	char kind[128];

	(void)state;
	/* Who has not looked misses nothing. */
	expect(&cell, DP_PASS, "");
	assert_false(judge(&cell).unwitnessed);
	cell.evidence.seen = true;
	expect(&cell, DP_PASS, "");
	assert_true(judge(&cell).unwitnessed);
	strcpy(cell.evidence.refused_by, "check_vma_flags");
	expect(&cell, DP_PASS, "");
	assert_false(judge(&cell).unwitnessed);
	strcpy(cell.evidence.refused_by, "follow_page_pte");
	expect(&cell, DP_FAIL, "refused by follow_page_pte, expected check_vma_flags: ");
	result = judge(&cell);
	dp_result_kind(&result, kind, sizeof(kind));
	assert_string_equal(kind, "rejected EOPNOTSUPP, refused by follow_page_pte");
	/* It may have been a part of its caller: then the caller is what is seen. */
	strcpy(cell.evidence.unprobed, "try_grab_page|check_vma_flags");
	expect(&cell, DP_PASS, "");
	assert_true(judge(&cell).unwitnessed);
	strcpy(cell.evidence.unprobed, "try_grab_page|check_vma_flags_too");
	expect(&cell, DP_FAIL, "refused by follow_page_pte");
	cell.evidence = (struct dp_evidence){ .missing = "lockdown" };
	expect(&cell, DP_PASS, "");
	assert_true(judge(&cell).unwitnessed);
}

/* On another way: of a refusal, when. */
static void asks_on_which_path(void **state)
{
	const struct dp_subject old = { .kernel = "5.10.0", .provider = "rxe", .odp_seen = true };
	struct dp_cell fsdax = fsdax_cell(), devdax = devdax_cell();
	struct dp_result result;
	char kind[128];

	(void)state;
	fsdax.evidence = (struct dp_evidence){ .seen = true, .refused_by = "check_vma_flags" };
	expect(&fsdax, DP_PASS, "");
	/* 5.10 refuses what it has pinned. */
	strcpy(fsdax.evidence.refused_by, "__gup_longterm_locked");
	result = judge_as(&policy, &old, &fsdax);
	assert_int_equal(result.status, DP_FAIL);
	assert_non_null(strstr(result.why, "path none, expected slow: filesystem-dax rejects"));
	fsdax.evidence.slow = 512;
	assert_int_equal(judge_as(&policy, &old, &fsdax).status, DP_PASS);
	devdax.evidence =
		(struct dp_evidence){ .seen = true, .fast = 512, .lookups = 512, .references = 1 };
	expect(&devdax, DP_FAIL, "path fast, expected slow: device-dax may be pinned");
	result = judge(&devdax);
	dp_result_kind(&result, kind, sizeof(kind));
	assert_string_equal(kind, "allowed, path fast");
	devdax.evidence = (struct dp_evidence){ .missing = "lockdown" };
	expect(&devdax, DP_PASS, "");
	assert_true(judge(&devdax).unwitnessed);
	/* A wrong answer stays one, whoever gave it. */
	fsdax.err = EFAULT;
	expect(&fsdax, DP_FAIL, "rejected with EFAULT, expected EOPNOTSUPP");
	assert_string_equal(judge(&fsdax).deviates, "");
}

/* It is not the kind of memory that was refused. */
static void tells_a_limit(void **state)
{
	const struct dp_subject host = {
		.kernel = "6.1.0", .provider = "rxe", .odp_seen = true, .host = true
	};
	struct dp_cell cell = devdax_cell();

	(void)state;
	cell.err = ENOMEM;
	cell.acquired = cell.released = 0;
	expect(&cell, DP_FAIL, "rejected with ENOMEM");
	strcpy(cell.limit, "RLIMIT_MEMLOCK is 64 KiB");
	expect(&cell, DP_ERROR, "RLIMIT_MEMLOCK is 64 KiB");
	assert_int_equal(judge_as(&policy, &host, &cell).status, DP_SKIP_STATUS);
}

/* What its resource is decides, not what the mapping is called. */
static void asks_what_the_memory_is(void **state)
{
	const struct dp_subject newer = { .kernel = "6.12.0", .provider = "rxe", .odp_seen = true };
	struct dp_subject host = newer;
	struct dp_cell cell = devdax_cell();

	(void)state;
	strcpy(cell.id, "check/devdax-2M/flush-persistent");
	assert_int_equal(judge_as(&policy, &newer, &cell).status, DP_PASS);
	cell.persistent = 511;
	assert_int_equal(judge_as(&policy, &newer, &cell).status, DP_FAIL);
	cell.err = EINVAL;
	assert_int_equal(judge_as(&policy, &newer, &cell).status, DP_PASS);
	cell.persistent = 0;
	strcpy(cell.owner, "Persistent Memory (legacy)/dax0.1");
	assert_int_equal(judge_as(&policy, &newer, &cell).status, DP_PASS);
	cell.persistent = -1;
	assert_int_equal(judge_as(&policy, &newer, &cell).status, DP_ERROR);
	strcpy(cell.proof_text, "/proc/iomem hides its addresses from non-root");
	cell.owner[0] = '\0';
	host.host = true;
	assert_int_equal(judge_as(&policy, &host, &cell).status, DP_SKIP_STATUS);
	strcpy(cell.id, "check/fsdax-xfs-2M/flush-persistent");
	cell.err = EOPNOTSUPP;
	assert_int_equal(judge_as(&policy, &host, &cell).status, DP_PASS);
}

/* A part of the proof that could not be had, and says why, leaves the cell unproven. */
static void says_what_is_unproven(void **state)
{
	struct dp_cell cell = devdax_cell();

	(void)state;
	cell.leaf = 0;
	strcpy(cell.proof_text, "page size: perf does not sample it before Linux 5.11");
	assert_true(judge(&cell).unproven);
	assert_int_equal(judge(&cell).status, DP_PASS);
	cell.owner[0] = '\0';
	strcpy(cell.proof_text, "frame numbers: EPERM (shown to root only)");
	assert_true(judge(&cell).unproven);
	assert_int_equal(judge(&cell).status, DP_PASS);
}

/* One that is not there and does not say why is no proof, and no verdict. */
static void needs_each_part_of_the_proof(void **state)
{
	struct dp_cell cell = devdax_cell();

	(void)state;
	cell.leaf = 0;
	expect(&cell, DP_ERROR, "not observed: \"proof\" (leaf)");
	cell = devdax_cell();
	cell.owner[0] = '\0';
	expect(&cell, DP_ERROR, "not observed: \"proof\" (owner)");
	/* A page size that cannot be told does not explain that, unless frames follow from it. */
	strcpy(cell.proof_text, "page size: perf does not sample it before Linux 5.11");
	expect(&cell, DP_ERROR, "not observed: \"proof\" (owner)");
	strcpy(cell.id, "check/devdax-1G/remote-write");
	cell.leaf = 0;
	expect(&cell, DP_PASS, "");
}

/* A region has pages, and somebody has tried to register it. */
static void needs_a_region(void **state)
{
	struct dp_cell cell = devdax_cell();

	(void)state;
	cell.pages = cell.acquired = cell.released = 0;
	expect(&cell, DP_ERROR, "not observed: \"pages\"");
	cell = devdax_cell();
	cell.attempts = 0;
	expect(&cell, DP_ERROR, "not observed: \"attempts\"");
}

/* In a guest nobody else pins; on a host others may be why pins cannot be counted. */
static void needs_the_counters(void **state)
{
	struct dp_subject host = stock;
	struct dp_cell cell = devdax_cell();

	(void)state;
	host.host = true;
	cell.pins_seen = false;
	expect(&cell, DP_ERROR, "not observed: \"pins\"");
	assert_int_equal(judge_as(&policy, &host, &cell).status, DP_ERROR);
	strcpy(cell.pins_text, "root only");
	expect(&cell, DP_ERROR, "root only");
	assert_int_equal(judge_as(&policy, &host, &cell).status, DP_PASS);
	assert_true(judge_as(&policy, &host, &cell).unproven);
}

/* The rule is chosen by kernel, provider and on-demand paging: all of them must have been seen. */
static void needs_to_know_the_subject(void **state)
{
	struct dp_subject subject = stock;
	struct dp_cell cell = devdax_cell();

	(void)state;
	subject.kernel[0] = '\0';
	assert_int_equal(judge_as(&policy, &subject, &cell).status, DP_ERROR);
	subject = stock;
	subject.provider[0] = '\0';
	assert_int_equal(judge_as(&policy, &subject, &cell).status, DP_ERROR);
	subject = stock;
	subject.odp_seen = false;
	assert_int_equal(judge_as(&policy, &subject, &cell).status, DP_PASS);
	strcpy(cell.id, "check/devdax-2M/on-demand");
	cell.err = EINVAL;
	cell.acquired = cell.released = 0;
	assert_int_equal(judge_as(&policy, &subject, &cell).status, DP_ERROR);
	assert_int_equal(judge(&cell).status, DP_PASS);
}

static void has_no_opinion_without_a_rule(void **state)
{
	struct dp_cell cell = devdax_cell();
	struct dp_result result = judge_as(&none, &stock, &cell);

	(void)state;
	assert_int_equal(result.status, DP_ERROR);
	assert_non_null(strstr(result.why, "no expectation"));
	strcpy(cell.id, "check/unheard-of/remote-write");
	expect(&cell, DP_ERROR, "no such mapping");
	strcpy(cell.id, "check/devdax-2M/write");
	expect(&cell, DP_ERROR, "no such mapping or access");
	strcpy(cell.id, "check/devdax-2M/remote-write/twice");
	expect(&cell, DP_ERROR, "no such mapping or access");
	strcpy(cell.id, "check/devdax-2M");
	expect(&cell, DP_ERROR, "no such mapping");
	strcpy(cell.id, "nonsense");
	expect(&cell, DP_ERROR, "no such question");
}

static void has_no_verdict_without_an_observation(void **state)
{
	const struct dp_observed o = { .id = "check/anon/local-read",
				       .doing = "",
				       .absent = "the guest died" };
	struct dp_result result;

	(void)state;
	dp_judge(&policy, &stock, &o, &result);
	assert_int_equal(result.status, DP_ERROR);
	assert_non_null(strstr(result.why, "the guest died"));
}

static void feed(struct dp_collect *collect, const char *line)
{
	assert_int_equal(dp_collect_line(collect, line, strlen(line)), 0);
}

static enum dp_status status_of(const struct dp_collect *collect, const char *id)
{
	for (size_t i = 0; i < collect->run.count; i++)
		if (!strcmp(collect->run.results[i].id, id))
			return collect->run.results[i].status;
	fail_msg("no result %s", id);
	return DP_ERROR;
}

static void collects_a_stream_that_breaks_off(void **state)
{
	static const char *const only[] = { "anon", "thp" };
	dp_cleanup(dp_plan_clear) struct dp_plan plan;
	dp_cleanup(dp_collect_clear) struct dp_collect c;

	(void)state;
	assert_int_equal(dp_plan_make(only, 2, &plan, NULL), 0);
	assert_int_equal(dp_collect_plan(&c, &plan), 0);
	feed(&c, "{\"kind\":\"hello\",\"kernel\":\"6.1.0-56-amd64\"}");
	feed(&c, "{\"kind\":\"rdma\",\"device\":\"rxe0\",\"provider\":\"rxe\",\"odp\":false}");
	feed(&c, "{\"kind\":\"cell\",\"id\":\"check/anon/local-read\",\"outcome\":\"skipped\","
		 "\"text\":\"no reason\"}");
	feed(&c, "{\"kind\":\"died\",\"id\":\"check/anon/local-write\",\"text\":\"killed\"}");
	feed(&c, "{\"kind\":\"begin\",\"id\":\"check/anon/remote-read\"}");
	feed(&c, "[   12.3] BUG: something that is no observation");
	feed(&c, "{\"kind\":\"cell\",\"id\":\"check/anon/remote-write\",\"outcome\":"
		 "\"answered\",\"errno\":null}");
	feed(&c, "{\"kind\":\"cell\",\"id\":\"check/not/asked\",\"outcome\":\"skipped\","
		 "\"text\":\"no reason\"}");
	feed(&c, "{\"kind\":\"hello\",\"kernel\":12}");
	strcpy(c.run.ending, "the guest's kernel panicked");
	assert_int_equal(dp_collect_finish(&c, &policy), 0);
	assert_int_equal(c.answered, 3);
	assert_int_equal(c.rejected, 3);
	assert_int_equal(status_of(&c, "check/anon/local-read"), DP_SKIP_STATUS);
	assert_int_equal(status_of(&c, "check/anon/local-write"), DP_ERROR);
	assert_int_equal(status_of(&c, "check/thp/local-read"), DP_ERROR);
	assert_non_null(strstr(c.run.results[2].why, "being asked"));
	/* What an answer lacks is named. */
	assert_int_equal(status_of(&c, "check/anon/remote-write"), DP_ERROR);
	assert_non_null(strstr(c.run.results[3].why, "missing \"pages\""));
	assert_int_equal(dp_runs_exit_code(&c.run, 1), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_what_is_right),
		cmocka_unit_test(fails_the_wrong_verdict),
		cmocka_unit_test(knows_that_vendors_backport),
		cmocka_unit_test(fails_pins_that_are_kept),
		cmocka_unit_test(fails_a_pin_that_is_too_small),
		cmocka_unit_test(does_not_believe_names),
		cmocka_unit_test(sees_a_wrong_page),
		cmocka_unit_test(asks_what_the_memory_is),
		cmocka_unit_test(asks_for_pages_of_its_own),
		cmocka_unit_test(sees_what_is_kept_without_need),
		cmocka_unit_test(counts_what_is_done_inside),
		cmocka_unit_test(asks_who_has_refused),
		cmocka_unit_test(asks_on_which_path),
		cmocka_unit_test(tells_a_limit),
		cmocka_unit_test(says_what_is_unproven),
		cmocka_unit_test(needs_each_part_of_the_proof),
		cmocka_unit_test(needs_a_region),
		cmocka_unit_test(needs_the_counters),
		cmocka_unit_test(needs_to_know_the_subject),
		cmocka_unit_test(has_no_opinion_without_a_rule),
		cmocka_unit_test(has_no_verdict_without_an_observation),
		cmocka_unit_test(collects_a_stream_that_breaks_off),
	};

	return cmocka_run_group_tests(tests, load_policy, clear_policy);
}
