// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts on states, from made-up observations: what each of them has seen, and what is missing.
 */
#include "test.h"

#include "daxpin/json.h"
#include "daxpin/policy.h"
#include "daxpin/state.h"

#define PAGES 512

/* What is seen in each phase, as names of bytes; NULL: nobody looks. */
struct seen {
	const char *made_adapter, *made_owner, *wrote_owner, *owner_adapter, *again_owner;
	const char *other, *medium;
	const char *change; /* errno of the call, "" for none, NULL: there is no call */
	/* Pages that nobody has pinned, to how many of them and of the region it has happened. */
	int control, done, region;
	bool placed; /* that is told before the region is */
	int calls;   /* how often the call is made; 0 for once */
};

/* A region whose pages are kept. */
static const struct seen kept = { "initial", "initial", "adapter", "owner", "again" };
/* And one whose process has other pages. */
static const struct seen given_up = { "initial", "zero", "zero", "adapter", "owner", .change = "" };

static void sight(struct json_object *steps, const char *pin, const char *phase, const char *by,
		  const char *bytes)
{
	struct json_object *obj = json_object_new_object(), *counts = json_object_new_object();
	bool refused = bytes && !strcmp(bytes, "refused");

	if (!bytes) {
		json_object_put(obj);
		json_object_put(counts);
		return;
	}
	dp_json_add_text(obj, "kind", "step");
	dp_json_add_text(obj, "step", "sight");
	dp_json_add_text(obj, "pin", pin);
	dp_json_add_text(obj, "phase", phase);
	dp_json_add_text(obj, "by", by);
	dp_json_add_text(obj, "state", refused ? "refused" : "completed");
	dp_json_add_text(obj, "text", refused ? "remote access error" : NULL);
	json_object_object_add(counts, refused ? "zero" : bytes, json_object_new_int(PAGES));
	if (refused)
		json_object_put(counts);
	else
		json_object_object_add(obj, "counts", counts);
	json_object_array_add(steps, obj);
}

static struct json_object *line(const char *text)
{
	struct json_object *obj = json_tokener_parse(text);

	assert_non_null(obj);
	return obj;
}

static void region(struct json_object *steps, const char *pin, const char *state, const char *code)
{
	struct json_object *obj = line("{\"kind\":\"step\",\"step\":\"region\"}");

	dp_json_add_text(obj, "pin", pin);
	dp_json_add_text(obj, "state", state);
	dp_json_add_text(obj, "text", strcmp(state, "absent") ? NULL : "there is none");
	dp_json_add_text(obj, "errno", code);
	json_object_object_add(obj, "pages", json_object_new_int(PAGES));
	json_object_array_add(steps, obj);
}

static void reached(struct json_object *steps, const char *pin, const struct seen *s)
{
	struct json_object *obj = line("{\"kind\":\"step\",\"step\":\"reached\"}");

	dp_json_add_text(obj, "pin", pin);
	json_object_object_add(obj, "control_pages", json_object_new_int(s->control));
	json_object_object_add(obj, "control_done", json_object_new_int(s->done));
	json_object_object_add(obj, "region_done", json_object_new_int(s->region));
	json_object_array_add(steps, obj);
}

static void leg(struct json_object *steps, const char *pin, const struct seen *s)
{
	bool writes = strcmp(pin, "read");
	const char *last = writes ? "adapter-wrote-again" : "owner-wrote";

	if (s->control && s->placed)
		reached(steps, pin, s);
	region(steps, pin, "completed", NULL);
	for (int i = 0; s->change && i < (s->calls ? s->calls : 1); i++) {
		struct json_object *obj =
			line("{\"kind\":\"step\",\"step\":\"change\",\"what\":\"x\"}");

		dp_json_add_text(obj, "pin", pin);
		dp_json_add_text(obj, "errno", s->change[0] ? s->change : NULL);
		json_object_array_add(steps, obj);
	}
	if (s->control && !s->placed)
		reached(steps, pin, s);
	sight(steps, pin, "made", "adapter", s->made_adapter);
	sight(steps, pin, "made", "owner", s->made_owner);
	if (writes)
		sight(steps, pin, "adapter-wrote", "owner", s->wrote_owner);
	sight(steps, pin, "owner-wrote", "adapter", s->owner_adapter);
	if (writes)
		sight(steps, pin, "adapter-wrote-again", "owner", s->again_owner);
	sight(steps, pin, last, "other", s->other);
	sight(steps, pin, last, "medium", s->medium);
}

static struct json_object *taint(struct json_object *steps)
{
	json_object_array_add(
		steps, line("{\"kind\":\"step\",\"step\":\"taint\",\"before\":0,\"after\":0}"));
	return steps;
}

/* One region that the adapter may write, and no other. */
static struct json_object *only_write(const struct seen *s)
{
	struct json_object *steps = json_object_new_array();

	leg(steps, "write", s);
	region(steps, "read", "absent", NULL);
	region(steps, "on-demand", "absent", NULL);
	return taint(steps);
}

static enum dp_status judge(const char *id, const char *kernel, struct json_object *steps,
			    struct dp_result *result)
{
	const struct dp_cell cell = { .outcome = DP_ANSWERED };
	const struct dp_policy policy = { 0 };
	struct dp_subject subject = { .provider = "rxe" };
	const struct dp_observed o = {
		.id = id, .cell = &cell, .steps = steps, .doing = "", .absent = ""
	};

	snprintf(subject.kernel, sizeof(subject.kernel), "%s", kernel);
	dp_judge(&policy, &subject, &o, result);
	json_object_put(steps);
	return result->status;
}

static void forget(struct dp_result *r)
{
	json_object_put(r->facts);
	json_object_put(r->steps);
	json_object_put(r->kernel);
	json_object_put(r->trace);
}

static enum dp_status verdict(const char *id, const char *kernel, const struct seen *s, char *why,
			      size_t size)
{
	struct dp_result result;
	enum dp_status status = judge(id, kernel, only_write(s), &result);

	assert_int_equal(status == DP_FAIL, result.violates == DP_CLAUSE_BIT(DP_C9));
	if (why)
		snprintf(why, size, "%s", result.why);
	forget(&result);
	return status;
}

static enum dp_status on(const char *id, const struct seen *s)
{
	return verdict(id, "6.1.0-56-amd64", s, NULL, 0);
}

static void who_sees_what_the_other_wrote_passes(void **state)
{
	struct seen zero = kept;

	(void)state;
	zero.made_adapter = zero.made_owner = "zero";
	assert_int_equal(on("state/anon/untouched", &zero), DP_PASS);
	assert_int_equal(on("state/anon/untouched", &kept), DP_PASS);
}

/* Each phase has its own loss. */
static void a_loss_breaks_the_clause(void **state)
{
	struct seen s[6];

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(s); i++)
		s[i] = kept;
	s[0].made_adapter = "zero";
	s[1].wrote_owner = "initial";
	s[2].owner_adapter = "adapter";
	s[3].again_owner = "owner";
	s[4].wrote_owner = "unknown";
	s[5].made_owner = s[5].made_adapter = "unknown";
	for (size_t i = 0; i < DP_ARRAY_SIZE(s); i++)
		assert_int_equal(on("state/anon/only-read", &s[i]), DP_FAIL);
}

/* A device holds what it held before. */
static void what_a_device_held_is_its_own(void **state)
{
	struct seen s = kept;

	(void)state;
	s.made_owner = s.made_adapter = "unknown";
	s.medium = "again";
	assert_int_equal(on("state/devdax-2M/untouched", &s), DP_PASS);
	s.made_owner = "zero";
	assert_int_equal(on("state/devdax-2M/untouched", &s), DP_FAIL);
}

static void the_file_of_shared_memory_has_it_too(void **state)
{
	struct seen s = kept;

	(void)state;
	s.medium = "again";
	assert_int_equal(on("state/memfd/untouched", &s), DP_PASS);
	s.medium = "owner";
	assert_int_equal(on("state/memfd/untouched", &s), DP_FAIL);
	/* A private mapping leaves its file alone. */
	s.medium = "again";
	assert_int_equal(on("state/pagecache-private/only-read", &s), DP_FAIL);
	s.medium = "initial";
	assert_int_equal(on("state/pagecache-private/only-read", &s), DP_PASS);
}

/* That nothing happened to the region proves something only if it happened beside it. */
static void what_is_done_to_all_must_be_seen_to_be_done(void **state)
{
	struct seen s = kept;
	char why[256];

	(void)state;
	s.change = "";
	assert_int_equal(on("state/anon/ksm", &s), DP_ERROR);
	s.control = 8;
	assert_int_equal(verdict("state/anon/ksm", "7.2.12-amd64", &s, why, sizeof(why)), DP_ERROR);
	assert_non_null(strstr(why, "of 8 pages that nobody has pinned none was merged"));
	s.done = 1;
	assert_int_equal(on("state/anon/ksm", &s), DP_PASS);
	s.region = 1;
	assert_int_equal(verdict("state/anon/ksm", "7.2.12-amd64", &s, why, sizeof(why)), DP_FAIL);
	assert_non_null(strstr(why, "1 of 512 pinned pages were merged"));
	/* What cannot be is none of it. */
	s.region = 0;
	s.done = 9;
	assert_int_equal(on("state/anon/ksm", &s), DP_ERROR);
	/* A call that is refused has reached nothing, unless it is seen to be done beside it. */
	s.change = "EINVAL";
	s.done = 1;
	assert_int_equal(on("state/anon/ksm", &s), DP_PASS);
	s.control = s.done = 0;
	assert_int_equal(on("state/anon/ksm", &s), DP_ERROR);
}

/* A balloon that has not grown proves nothing; what it takes of the region is lost. */
static void a_pinned_page_stays_out_of_the_balloon(void **state)
{
	struct seen s = kept;
	char why[256];

	(void)state;
	s.change = "";
	s.control = 16384;
	assert_int_equal(verdict("state/anon/balloon", "6.1.0", &s, why, sizeof(why)), DP_ERROR);
	assert_non_null(
		strstr(why, "of 16384 pages that nobody has pinned none was taken by the balloon"));
	s.done = 16000;
	assert_int_equal(on("state/anon/balloon", &s), DP_PASS);
	s.region = 2;
	assert_int_equal(verdict("state/anon/balloon", "6.1.0", &s, why, sizeof(why)), DP_FAIL);
	assert_non_null(strstr(why, "2 of 512 pinned pages were taken by the balloon"));
	/* The host has given the page back, and it is read as zeros. */
	s.region = 0;
	s.made_adapter = s.made_owner = "zero";
	assert_int_equal(on("state/anon/balloon", &s), DP_FAIL);
	s.made_adapter = s.made_owner = "initial";
	s.owner_adapter = "zero";
	assert_int_equal(on("state/anon/balloon", &s), DP_FAIL);
}

static void all_pages_must_be_where_they_are_to_be(void **state)
{
	struct seen s = kept;

	(void)state;
	assert_int_equal(on("state/anon/other-node", &s), DP_ERROR);
	s.placed = true;
	s.control = PAGES;
	s.done = PAGES - 1;
	assert_int_equal(on("state/anon/other-node", &s), DP_ERROR);
	s.done = PAGES;
	assert_int_equal(on("state/anon/other-node", &s), DP_PASS);
}

static void a_child_sees_nothing_of_private_memory(void **state)
{
	struct seen s = kept;

	(void)state;
	s.change = "";
	s.made_adapter = s.made_owner = "changed";
	s.other = "initial";
	assert_int_equal(on("state/anon/fork-parent-writes", &s), DP_PASS);
	s.other = "again";
	assert_int_equal(on("state/anon/fork-parent-writes", &s), DP_FAIL);
	s.other = "initial";
	s.calls = 2;
	assert_int_equal(on("state/anon/dontfork", &s), DP_FAIL);
	s.other = "absent";
	assert_int_equal(on("state/anon/dontfork", &s), DP_PASS);
}

static void what_was_given_up_is_the_adapters_alone(void **state)
{
	struct seen s = given_up;

	(void)state;
	assert_int_equal(on("state/anon/madv-dontneed", &s), DP_PASS);
	s.wrote_owner = "adapter";
	assert_int_equal(on("state/anon/madv-dontneed", &s), DP_FAIL);
	s = given_up;
	s.owner_adapter = "owner";
	assert_int_equal(on("state/anon/madv-dontneed", &s), DP_FAIL);
	/* Handed on, and cleared for somebody else. */
	s = given_up;
	s.made_adapter = "zero";
	assert_int_equal(on("state/anon/madv-dontneed", &s), DP_FAIL);
	/* Shared memory is only unmapped by it. */
	s = given_up;
	s.medium = "again";
	assert_int_equal(on("state/memfd/madv-dontneed", &s), DP_FAIL);
}

static void a_call_that_is_refused_changes_nothing(void **state)
{
	struct seen s = kept;

	(void)state;
	s.change = "EINVAL";
	assert_int_equal(on("state/anon/madv-dontneed", &s), DP_PASS);
	s = given_up;
	s.change = "EINVAL";
	assert_int_equal(on("state/anon/madv-dontneed", &s), DP_FAIL);
}

/* What must be refused while pages are pinned. */
static void a_seal_must_be_refused(void **state)
{
	struct seen s = kept;

	(void)state;
	s.medium = "again";
	s.change = "EBUSY";
	assert_int_equal(on("state/memfd/seal", &s), DP_PASS);
	s.change = "";
	assert_int_equal(on("state/memfd/seal", &s), DP_FAIL);
}

static void either_is_right_but_not_both(void **state)
{
	struct seen s = kept;

	(void)state;
	s.change = "";
	s.calls = 2;
	assert_int_equal(on("state/anon/madv-free", &s), DP_PASS);
	s = given_up;
	s.calls = 2;
	assert_int_equal(on("state/anon/madv-free", &s), DP_PASS);
	s.again_owner = "again";
	assert_int_equal(on("state/anon/madv-free", &s), DP_FAIL);
}

/* The kernel's function is named for those that are known, and only for them. */
static void a_known_loss_names_its_function(void **state)
{
	struct seen s = kept;
	char why[768];

	(void)state;
	s.change = "";
	s.calls = 2;
	s.owner_adapter = "adapter";
	assert_int_equal(verdict("state/anon/mprotect", "5.10.0-32-amd64", &s, why, sizeof(why)),
			 DP_FAIL);
	assert_non_null(strstr(why, "do_wp_page()"));
	assert_int_equal(verdict("state/anon/mprotect", "6.1.0-56-amd64", &s, why, sizeof(why)),
			 DP_FAIL);
	assert_null(strstr(why, "do_wp_page()"));
	s.calls = 1;
	s.other = "initial";
	assert_int_equal(verdict("state/hugetlb-2M/fork-parent-writes", "5.10.0-32-amd64", &s, why,
				 sizeof(why)),
			 DP_FAIL);
	assert_non_null(strstr(why, "copy_hugetlb_page_range()"));
}

static void an_adapter_that_is_refused_is_no_verdict(void **state)
{
	struct seen s = kept;

	(void)state;
	s.made_adapter = "refused";
	assert_int_equal(on("state/anon/untouched", &s), DP_ERROR);
}

/* On demand nothing is left where the memory was. */
static void out_of_reach_the_adapter_is_refused(void **state)
{
	static const struct seen gone = { "refused", "initial", "initial",
					  "refused", "owner",   .change = "" };
	struct seen let_in = gone;
	struct json_object *steps = json_object_new_array(), *more = json_object_new_array();
	struct dp_result result;

	(void)state;
	region(steps, "write", "completed", "EFAULT");
	region(steps, "read", "completed", "EFAULT");
	leg(steps, "on-demand", &gone);
	assert_int_equal(judge("state/anon/mremap", "7.2.12", taint(steps), &result), DP_PASS);
	forget(&result);
	let_in.made_adapter = "initial";
	region(more, "write", "completed", "EFAULT");
	region(more, "read", "completed", "EFAULT");
	leg(more, "on-demand", &let_in);
	assert_int_equal(judge("state/anon/mremap", "7.2.12", taint(more), &result), DP_FAIL);
	forget(&result);
}

/* Taking any one step away leaves no verdict. */
static void what_is_missing_is_no_pass(void **state)
{
	struct seen s = kept;
	size_t count;

	(void)state;
	s.change = "";
	s.other = "initial";
	s.made_adapter = s.made_owner = "changed";
	count = 5 + 2 + 1 + 2 + 1; /* sights, region and change, other, absent regions, taint */
	for (size_t i = 0; i < count; i++) {
		struct json_object *steps = only_write(&s);
		struct dp_result result;

		assert_int_equal(json_object_array_length(steps), count);
		json_object_array_del_idx(steps, i, 1);
		assert_int_equal(judge("state/anon/fork-parent-writes", "6.1.0", steps, &result),
				 DP_ERROR);
		forget(&result);
	}
}

/* Counts that are not of all pages, or of none that there is. */
static void counts_must_be_of_all_pages(void **state)
{
	static const char *const counts[] = { "{\"adapter\":511}",
					      "{\"adapter\":513}",
					      "{\"adapter\":-1,\"zero\":513}",
					      "{}",
					      "{\"something\":512}",
					      "[]" };

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(counts); i++) {
		struct json_object *steps = only_write(&kept);
		struct dp_result result;

		json_object_object_add(json_object_array_get_idx(steps, 3), "counts",
				       line(counts[i]));
		assert_int_equal(judge("state/anon/untouched", "6.1.0", steps, &result), DP_ERROR);
		forget(&result);
	}
}

static void where_nothing_can_be_registered_it_is_skipped(void **state)
{
	struct json_object *steps = json_object_new_array();
	struct dp_result result;

	(void)state;
	region(steps, "write", "completed", "EFAULT");
	region(steps, "read", "completed", "EFAULT");
	region(steps, "on-demand", "absent", NULL);
	assert_int_equal(judge("state/anon/untouched", "6.1.0", taint(steps), &result),
			 DP_SKIP_STATUS);
	forget(&result);
}

/* What is written is told from anything else, page by page. */
static void pages_are_told_apart(void **state)
{
	static char memory[4 * 4096] __attribute__((aligned(4096)));
	struct dp_state_sight sight;

	(void)state;
	dp_stage_look(memory, sizeof(memory), &sight);
	assert_int_equal(sight.pages[DP_BYTES_ZERO], 4);
	for (int i = 0; i < DP_BYTES_ZERO; i++) {
		dp_stage_fill(memory, sizeof(memory), (enum dp_state_bytes)i);
		dp_stage_look(memory, sizeof(memory), &sight);
		assert_int_equal(sight.pages[i], 4);
	}
	memory[4096 + 17] ^= 1;
	memcpy(memory + 2 * 4096, memory, 4096);
	dp_stage_look(memory, sizeof(memory), &sight);
	assert_int_equal(sight.pages[DP_BYTES_UNKNOWN], 2);
	assert_int_equal(sight.pages[DP_BYTES_AGAIN], 2);
}

static void each_state_is_described(void **state)
{
	size_t count;
	const struct dp_state *const *all = dp_states(&count);

	(void)state;
	assert_true(count >= 28);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(dp_state_find(all[i]->name), all[i]);
		assert_non_null(all[i]->what);
		assert_non_null(all[i]->promise);
		assert_non_null(all[i]->applies);
		assert_true(!all[i]->absent || all[i]->other);
		for (size_t k = 0; k < DP_STATE_RULES && all[i]->known[k].why; k++)
			assert_true(dp_compare_series(all[i]->known[k].from, all[i]->known[k].to) <=
				    0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sees_what_the_other_wrote_passes),
		cmocka_unit_test(a_loss_breaks_the_clause),
		cmocka_unit_test(what_a_device_held_is_its_own),
		cmocka_unit_test(the_file_of_shared_memory_has_it_too),
		cmocka_unit_test(what_is_done_to_all_must_be_seen_to_be_done),
		cmocka_unit_test(a_pinned_page_stays_out_of_the_balloon),
		cmocka_unit_test(all_pages_must_be_where_they_are_to_be),
		cmocka_unit_test(a_child_sees_nothing_of_private_memory),
		cmocka_unit_test(what_was_given_up_is_the_adapters_alone),
		cmocka_unit_test(a_call_that_is_refused_changes_nothing),
		cmocka_unit_test(a_seal_must_be_refused),
		cmocka_unit_test(either_is_right_but_not_both),
		cmocka_unit_test(a_known_loss_names_its_function),
		cmocka_unit_test(an_adapter_that_is_refused_is_no_verdict),
		cmocka_unit_test(out_of_reach_the_adapter_is_refused),
		cmocka_unit_test(what_is_missing_is_no_pass),
		cmocka_unit_test(counts_must_be_of_all_pages),
		cmocka_unit_test(where_nothing_can_be_registered_it_is_skipped),
		cmocka_unit_test(pages_are_told_apart),
		cmocka_unit_test(each_state_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
