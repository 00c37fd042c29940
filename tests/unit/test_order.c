// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Orders on a machine of two processors that is made up: each runs a list of instructions, and can
 * be stopped before each. What the two are made to do is known here, so the step can be compared.
 */
#include "test.h"

#include "../../src/order/request.h"

#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/vcpu.h"

#define MAGIC 0x1234
#define STACK 0x7000
#define IDLE  0xf000 /* a place where nothing is done */
#define SPIN  0xf100 /* a place where another processor is waited for */
#define TURN  (IDLE - 2)

/* One instruction: its address, and what must be so before the next one. */
struct instruction {
	uint64_t ip;
	uint64_t value;   /* rdi at the answer, rax after a return */
	bool dark;        /* interrupts are off */
	bool needs_other; /* the other processor must answer: its interrupts are on, and it runs */
	bool needs_word;
};

struct processor {
	const struct instruction *list, *ending;
	size_t at;
	uint64_t ip;         /* where it was made to jump, or 0 */
	uint64_t word, last; /* that it has not taken, and that was written last */
};

struct machine {
	struct processor cpus[2];
	const struct instruction *released; /* the registrar's, from its second word */
	uint8_t padding[2];
	uint64_t clock;
	int calls;
};

/* The registrar's registration, and the event's ways; 0 ends them. */
enum { LOOP = 0x100, FAST = 0x200, GRAB = 0x300, DROP = 0x400, SLOW = 0x500, DONE = 0x600 };
enum { GONE = 0x700, UNMAP = 0x800, FLUSH = 0x900, TAKE = 0xa00, TOOK = 0xb00 };

static const struct instruction *now(const struct processor *c)
{
	return &c->list[c->at];
}

static uint64_t ip_of(const struct processor *c)
{
	return c->ip ? c->ip : now(c)->ip;
}

/* Whether a processor answers others. */
static bool answers(const struct machine *m, unsigned int cpu, unsigned int who)
{
	const struct processor *c = &m->cpus[cpu];

	return who & DP_VCPU(cpu) && !(c->ip != TURN && now(c)->dark);
}

static void step(struct machine *m, unsigned int cpu, unsigned int who)
{
	struct processor *c = &m->cpus[cpu];
	const struct instruction *i = now(c);

	if (c->ip)
		return;
	if (i->needs_other && !answers(m, !cpu, who))
		return;
	if (i->needs_word) {
		if (!c->word)
			return;
		c->word = 0;
	}
	if (c->list[c->at + 1].ip)
		c->at++;
	else
		c->at = 0;
}

static int run(void *arg, unsigned int who, const uint64_t *stops, size_t nstops, uint64_t limit_ms,
	       struct dp_vcpu_stop *stop)
{
	struct machine *m = arg;

	assert_in_range(m->calls++, 0, 100000);
	m->clock += limit_ms;
	for (int i = 0; i < 20; i++)
		for (unsigned int cpu = 0; cpu < 2; cpu++) {
			uint64_t before = ip_of(&m->cpus[cpu]);

			if (!(who & DP_VCPU(cpu)))
				continue;
			step(m, cpu, who);
			for (size_t s = 0; s < nstops; s++)
				if (stops[s] == ip_of(&m->cpus[cpu]) && before != stops[s]) {
					*stop = (struct dp_vcpu_stop){ cpu, stops[s] };
					return 0;
				}
		}
	for (unsigned int cpu = 0; cpu < 2; cpu++)
		for (size_t s = 0; s < nstops; s++)
			if (who & DP_VCPU(cpu) && stops[s] == TURN && m->cpus[cpu].ip == TURN) {
				*stop = (struct dp_vcpu_stop){ cpu, TURN };
				return 0;
			}
	return -ETIME;
}

static int look(void *arg, unsigned int cpu, struct dp_vcpu_state *state)
{
	struct machine *m = arg;
	const struct processor *c = &m->cpus[cpu];

	*state = (struct dp_vcpu_state){
		.ip = ip_of(c),
		.sp = STACK,
		.cr3 = 0x1000 * (cpu + 1),
		.rdi = now(c)->value,
		.rsi = c->last,
		.rax = now(c)->value,
		.interrupts = c->ip == TURN || !now(c)->dark,
	};
	/* A spin is where it waits for the other. */
	if (!c->ip && now(c)->needs_other)
		state->ip = SPIN;
	return 0;
}

static int read_memory(void *arg, unsigned int cpu, uint64_t at, void *to, size_t length)
{
	struct machine *m = arg;
	uint64_t word = 0;

	memset(to, 0, length);
	if (at == 0x10 + cpu)
		word = MAGIC + cpu;
	else if (at == 4096 * (cpu + 1))
		word = m->cpus[cpu].last;
	else if (at == STACK)
		word = 0xdead;
	else if (at == TURN)
		return memcpy(to, m->padding, length < 2 ? length : 2), 0;
	memcpy(to, &word, length < sizeof(word) ? length : sizeof(word));
	return 0;
}

static int write_memory(void *arg, unsigned int cpu, uint64_t at, const void *from, size_t length)
{
	struct machine *m = arg;
	uint64_t word;

	if (at == TURN)
		return memcpy(m->padding, from, length), 0;
	memcpy(&word, from, length);
	m->cpus[cpu].word = m->cpus[cpu].last = word;
	return 0;
}

/* The table of a region at 0: each entry leads to the next, the last one to a page. */
static int read_physical(void *arg, uint64_t at, uint64_t *word)
{
	(void)arg;
	*word = at + 0x1000 + 1;
	return 0;
}

static int jump(void *arg, unsigned int cpu, uint64_t ip)
{
	struct machine *m = arg;

	m->cpus[cpu].ip = ip == TURN ? TURN : 0;
	return 0;
}

static int busy(void *arg, unsigned int cpu, uint64_t *ms)
{
	(void)cpu;
	*ms = ((struct machine *)arg)->clock;
	return 0;
}

static void add(struct json_object *list, const char *point, uint64_t address)
{
	struct json_object *one = json_object_new_array();

	json_object_array_add(one, json_object_new_string(point));
	json_object_array_add(one, json_object_new_string(point));
	json_object_array_add(one, json_object_new_int64((int64_t)address));
	json_object_array_add(list, one);
}

static struct json_object *request(const char *station)
{
	struct json_object *obj = dp_json_parse(
		"{\"region\":8192,\"mailboxes\":[4096,8192],\"owners\":[16,17],\"magic\":[4660,4661],"
		"\"places\":[[\"default_idle\",61440,61441],[\"smp_call\",61696,61697]]}");
	struct json_object *list = json_object_new_array();

	dp_json_add_text(obj, "station", station);
	add(list, "fast", FAST);
	add(list, "fast-grab", GRAB);
	add(list, "drop", DROP);
	add(list, "slow", SLOW);
	add(list, "returned", DONE);
	add(list, "unmap", UNMAP);
	add(list, "flush", FLUSH);
	add(list, "take", TAKE);
	add(list, "completed", TOOK);
	json_object_object_add(obj, "passages", list);
	return obj;
}

static struct json_object *play(struct machine *m, struct json_object *asked)
{
	const struct dp_vcpus vcpus = { m,    run, look, read_memory, write_memory, read_physical,
					jump, busy };
	struct json_object *step = dp_order_play(asked, &vcpus);

	json_object_put(asked);
	return step;
}

/* It registers without an errno; its release comes to the same end. */
static const struct instruction registers[] = {
	{ .ip = LOOP, .needs_word = true },
	{ .ip = FAST },
	{ .ip = GRAB, .dark = true },
	{ .ip = GRAB + 1 },
	{ .ip = DONE },
	{ 0 },
};

/* The flush waits for the other processor. */
static const struct instruction unmaps[] = {
	{ .ip = LOOP, .needs_word = true },       { .ip = UNMAP }, { .ip = FLUSH },
	{ .ip = FLUSH + 1, .needs_other = true }, { .ip = TAKE },  { .ip = TOOK },
	{ .ip = GONE, .needs_word = true },       { 0 },
};

/* It does not wait for anybody. */
static const struct instruction takes[] = {
	{ .ip = LOOP, .needs_word = true },
	{ .ip = UNMAP },
	{ .ip = FLUSH },
	{ .ip = TAKE },
	{ .ip = TOOK },
	{ .ip = GONE, .needs_word = true },
	{ 0 },
};

static struct machine machine_of(const struct instruction *registrar,
				 const struct instruction *event)
{
	return (struct machine){ .cpus = { { .list = registrar }, { .list = event } },
				 .padding = { 0x90, 0x90 } };
}

static const char *text(struct json_object *step, enum dp_field field)
{
	const char *have = dp_json_text(step, dp_field_name(field));

	return have ? have : "";
}

/* The last point that the event came to while the registrar was held. */
static const char *reached(struct json_object *step)
{
	struct json_object *moves = dp_json_array(step, "moves");
	const char *point = "nowhere";

	for (size_t i = 0; i < dp_json_count(moves); i++) {
		struct json_object *move = json_object_array_get_idx(moves, i);

		if (dp_json_bool_or(move, "held", false) && dp_json_text(move, "point"))
			point = dp_json_text(move, "point");
	}
	return point;
}

static void waits_for_the_held(void **state)
{
	struct machine m = machine_of(registers, unmaps);
	dp_autojson struct json_object *step = play(&m, request("fast-read"));

	(void)state;
	assert_string_equal(text(step, DP_FIELD_STATE), "played");
	assert_string_equal(reached(step), "flush");
	/* What was written to the guest's memory has gone. */
	assert_int_equal(m.padding[0], 0x90);
	assert_int_equal(m.padding[1], 0x90);
}

static void passes_the_held(void **state)
{
	struct machine m = machine_of(registers, takes);
	dp_autojson struct json_object *step = play(&m, request("fast-read"));

	(void)state;
	assert_string_equal(text(step, DP_FIELD_STATE), "played");
	assert_string_equal(reached(step), "completed");
}

static void is_the_same_again(void **state)
{
	char *first = NULL;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct machine m = machine_of(registers, unmaps);
		dp_autojson struct json_object *step = play(&m, request("fast-read"));
		struct json_object *moves = dp_json_array(step, "moves");

		assert_string_equal(text(step, DP_FIELD_STATE), "played");
		for (size_t k = 0; k < dp_json_count(moves); k++)
			json_object_object_del(json_object_array_get_idx(moves, k), "ms");
		if (first)
			assert_string_equal(first, json_object_to_json_string(moves));
		else
			first = strdup(json_object_to_json_string(moves));
	}
	free(first);
}

static void does_not_pass(void **state)
{
	static const struct instruction slow[] = {
		{ .ip = LOOP, .needs_word = true },
		{ .ip = FAST },
		{ .ip = SLOW },
		{ .ip = DONE },
		{ 0 },
	};
	struct machine m = machine_of(slow, unmaps);
	dp_autojson struct json_object *step = play(&m, request("fast-read"));

	(void)state;
	assert_string_equal(text(step, DP_FIELD_STATE), "not passed");
	assert_non_null(strstr(text(step, DP_FIELD_TEXT), "fast(), slow()"));
}

static void refuses_what_is_unclear(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"station\":\"fast-read\"}",
		"{\"station\":\"nowhere\",\"mailboxes\":[1,2],\"owners\":[1,2],\"magic\":[1,2],"
		"\"passages\":[],\"places\":[]}",
		"{\"station\":\"fast-read\",\"mailboxes\":[1],\"owners\":[1,2],\"magic\":[1,2],"
		"\"passages\":[],\"places\":[]}",
		"{\"station\":\"fast-read\",\"mailboxes\":[1,2],\"owners\":[1,2],\"magic\":[1,2],"
		"\"passages\":[[\"fast\",1,2]],\"places\":[]}",
		"{\"station\":\"fast-read\",\"mailboxes\":[1,2],\"owners\":[1,2],\"magic\":[1,2],"
		"\"passages\":[[\"no point\",\"x\",2]],\"places\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++) {
		struct machine m = machine_of(registers, unmaps);
		dp_autojson struct json_object *step = play(&m, dp_json_parse(bad[i]));

		assert_string_equal(text(step, DP_FIELD_STATE), "failed");
		assert_int_equal(m.calls, 0);
	}
}

static void keeps_requests(void **state)
{
	dp_autofree struct dp_request *r = calloc(2, sizeof(*r));
	dp_autojson struct json_object *obj = request("pinned"), *again = NULL;

	(void)state;
	assert_non_null(r);
	assert_int_equal(dp_request_from_json(obj, &r[0]), 0);
	again = dp_request_to_json(&r[0], 7);
	assert_int_equal(dp_request_from_json(again, &r[1]), 0);
	assert_int_equal(r[1].passages.count, r[0].passages.count);
	assert_int_equal(r[1].passages.nplaces, 2);
	assert_int_equal(r[1].magic[1], MAGIC + 1);
	assert_string_equal(r[1].passages.list[1].function, "fast-grab");
}

static void selects_orders(void **state)
{
	const char *only[] = { "order/devdax-2M/devdax-unbind/*" };
	struct dp_orders orders;
	struct dp_error err = { 0 };

	(void)state;
	assert_int_equal(dp_orders_make(only, 1, &orders, &err), 0);
	assert_in_range(orders.count, 8, 12);
	for (size_t i = 0; i < orders.count; i++)
		assert_true(dp_order_applies(orders.list[i].mapping, orders.list[i].event,
					     orders.list[i].station));
	dp_orders_clear(&orders);
	only[0] = "order/anon/devdax-unbind/*";
	assert_int_equal(dp_orders_make(only, 1, &orders, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_the_held),      cmocka_unit_test(passes_the_held),
		cmocka_unit_test(is_the_same_again),       cmocka_unit_test(does_not_pass),
		cmocka_unit_test(refuses_what_is_unclear), cmocka_unit_test(keeps_requests),
		cmocka_unit_test(selects_orders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
