// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The holds of a race on a machine of two processors that is made up: the first one registers again
 * and again, the second one is the race's own process and its event. What the two pass is known
 * here, so the windows can be compared.
 */
#include "test.h"

#include "../../src/order/holds.h"
#include "../../src/order/request.h"

#include "daxpin/bias.h"
#include "daxpin/json.h"
#include "daxpin/vcpu.h"

#define OWNER    0x10
#define ANSWERED 0x18
#define STACK    0x7000
#define IDLE     0xf000
#define TURN     (IDLE - 2)
#define MAIN     3
#define ROUNDS   4

enum { FAST = 0x200, GRAB = 0x300, REST = 0x400, POINT = 0x500, WAIT = 0x600 };
enum { UNMAP = 0x800, FLUSH = 0x900, TAKE = 0xa00, AFTER = 0xa80, BACK = 0xb00 };

/* One instruction: its address, and whose it is. */
struct instruction {
	uint64_t ip;
	uint64_t magic;
	uint64_t word;    /* that is said */
	uint64_t caller;  /* of a function: where it returns to */
	bool dark;        /* interrupts are off */
	bool needs_other; /* the other processor must answer */
	bool returned;
};

struct processor {
	const struct instruction *list;
	size_t at;
	uint64_t ip; /* where it was made to jump, or 0 */
};

struct machine {
	struct processor cpus[2];
	uint8_t padding[2];
	uint64_t answered;
	uint64_t rounds; /* that the event has ended */
	uint64_t us;     /* for which it has run */
	int calls, jumps, dies;
	bool over;
};

static const struct instruction registers[] = {
	{ .ip = FAST, .magic = 1, .caller = BACK },
	{ .ip = GRAB, .magic = 1, .caller = REST, .dark = true },
	{ .ip = GRAB + 1, .magic = 1, .dark = true },
	{ .ip = REST, .magic = 1, .dark = true, .returned = true },
	{ .ip = REST + 1, .magic = 1 },
	{ .ip = BACK, .magic = 1, .returned = true },
	{ .ip = BACK + 1, .magic = 1 },
	{ 0 },
};

/* Two instructions of the race's own, then the event; the end of the list begins it anew. */
#define OWN                                                                                        \
	{ .ip = POINT, .magic = MAIN, .word = DP_HOLDS_BEGIN }, { .ip = WAIT, .magic = MAIN },     \
	{                                                                                          \
		.ip = POINT, .magic = 2, .word = DP_HOLDS_EVENT                                    \
	}
#define ENDS                                                                                       \
	{ .ip = POINT, .magic = 2, .word = DP_HOLDS_EVENT_ENDED },                                 \
	{                                                                                          \
		0                                                                                  \
	}

#define WAITS                                                                                      \
	{                                                                                          \
		.ip = WAIT, .magic = 2                                                             \
	}

/* From the flush on, each step waits for the other processor. */
static const struct instruction flushes[] = {
	OWN,
	{ .ip = UNMAP, .magic = 2 },
	{ .ip = FLUSH, .magic = 2 },
	{ .ip = FLUSH + 1, .magic = 2, .needs_other = true },
	{ .ip = TAKE, .magic = 2, .caller = AFTER, .needs_other = true },
	{ .ip = TAKE + 1, .magic = 2, .needs_other = true },
	{ .ip = AFTER, .magic = 2, .returned = true, .needs_other = true },
	ENDS,
};

/* Another process unmaps. */
static const struct instruction others[] = {
	OWN,   WAITS, WAITS, WAITS, { .ip = UNMAP, .magic = 9 }, { .ip = FLUSH, .magic = 9 },
	WAITS, WAITS, WAITS, WAITS, { .ip = TAKE, .magic = 9 },  WAITS,
	WAITS, WAITS, ENDS,
};

static const struct instruction *now(const struct processor *c)
{
	return &c->list[c->at];
}

static uint64_t ip_of(const struct processor *c)
{
	return c->ip ? c->ip : now(c)->ip;
}

static bool answers(const struct machine *m, unsigned int cpu, unsigned int who)
{
	return who & DP_VCPU(cpu) && (m->cpus[cpu].ip == TURN || !now(&m->cpus[cpu])->dark);
}

static void step(struct machine *m, unsigned int cpu, unsigned int who)
{
	struct processor *c = &m->cpus[cpu];

	if (c->ip || (now(c)->needs_other && !answers(m, !cpu, who)))
		return;
	/* The race waits until it is held, and at its end until it is not. */
	if (now(c)->word == DP_HOLDS_BEGIN && (!m->answered || m->rounds == ROUNDS))
		return;
	m->rounds += now(c)->word == DP_HOLDS_EVENT_ENDED;
	c->at++;
	if (!now(c)->ip)
		c->at = 0;
}

static int run(void *arg, unsigned int who, const uint64_t *stops, size_t nstops, uint64_t limit_ms,
	       struct dp_vcpu_stop *stop)
{
	struct machine *m = arg;

	assert_in_range(m->calls++, 0, 100000);
	if (m->dies && m->calls > m->dies)
		return -EPIPE;
	/* Ten steps of each take a ms. */
	for (uint64_t i = 0; i < limit_ms * 10; i++)
		for (unsigned int cpu = 0; cpu < 2; cpu++) {
			struct processor *c = &m->cpus[cpu];
			size_t before = c->at;
			bool waits = now(c)->word == DP_HOLDS_BEGIN && !m->over;

			if (!(who & DP_VCPU(cpu)))
				continue;
			step(m, cpu, who);
			for (size_t s = 0; s < nstops; s++)
				if (stops[s] == ip_of(c) && (before != c->at || waits)) {
					*stop = (struct dp_vcpu_stop){ cpu, stops[s], 100 * i };
					m->us += stop->us;
					m->over |= waits && m->rounds == ROUNDS;
					return 0;
				}
		}
	stop->us = limit_ms * 1000;
	m->us += stop->us;
	return -ETIME;
}

static int look(void *arg, unsigned int cpu, struct dp_vcpu_state *state)
{
	struct machine *m = arg;
	const struct processor *c = &m->cpus[cpu];
	const struct instruction *i = now(c);

	*state = (struct dp_vcpu_state){
		.ip = ip_of(c),
		.sp = STACK + 0x100 * cpu + (i->returned ? 8 : 0),
		/* After the rounds, the race's own process is heard instead of the event. */
		.rdi = i->word == DP_HOLDS_BEGIN && m->rounds == ROUNDS ? DP_HOLDS_END : i->word,
		.rsi = m->rounds,
		.interrupts = c->ip == TURN || !i->dark,
	};
	return 0;
}

static int read_memory(void *arg, unsigned int cpu, uint64_t at, void *to, size_t length)
{
	struct machine *m = arg;
	const struct instruction *i = now(&m->cpus[cpu]);
	uint64_t word = at == OWNER ? i->magic : at == STACK + 0x100 * cpu ? i->caller : 0;

	memset(to, 0, length);
	if (at == TURN)
		return memcpy(to, m->padding, length < 2 ? length : 2), 0;
	memcpy(to, &word, length < sizeof(word) ? length : sizeof(word));
	return 0;
}

static int write_memory(void *arg, unsigned int cpu, uint64_t at, const void *from, size_t length)
{
	struct machine *m = arg;

	assert_true(at == TURN || (at == ANSWERED && now(&m->cpus[cpu])->magic == MAIN));
	memcpy(at == TURN ? (void *)m->padding : (void *)&m->answered, from, length);
	return 0;
}

static int jump(void *arg, unsigned int cpu, uint64_t ip)
{
	struct machine *m = arg;

	m->jumps++;
	assert_int_equal(ip, ip == TURN ? TURN : now(&m->cpus[cpu])->ip);
	m->cpus[cpu].ip = ip == TURN ? TURN : 0;
	return 0;
}

static int busy(void *arg, unsigned int cpu, uint64_t *ms)
{
	(void)cpu;
	*ms = ((struct machine *)arg)->us / 1000;
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

static struct json_object *request(const char *station, uint64_t seed)
{
	struct json_object *obj = dp_json_parse(
		"{\"owners\":[16,16],\"magic\":[1,2],\"main\":3,\"point\":1280,\"answered\":24,"
		"\"places\":[[\"default_idle\",61440,61441]]}");
	struct json_object *list = json_object_new_array(), *stations = json_object_new_array();

	dp_json_append_text(stations, station);
	json_object_object_add(obj, "stations", stations);
	dp_json_add_int(obj, "seed", (int64_t)seed);
	add(list, "fast", FAST);
	add(list, "fast-grab", GRAB);
	add(list, "unmap", UNMAP);
	add(list, "flush", FLUSH);
	add(list, "take", TAKE);
	json_object_object_add(obj, "passages", list);
	return obj;
}

static size_t number_of(const char *station)
{
	size_t count;

	return (size_t)(dp_station_find(station) - dp_stations(&count));
}

/* A seed by which somebody is held at a station in each of the rounds. */
static uint64_t seed_for(const char *station)
{
	for (uint64_t seed = 0;; seed++) {
		bool all = true;

		for (uint64_t i = 0; i < ROUNDS; i++)
			all &= dp_bias_draw(seed, i, number_of(station)) > 0;
		if (all)
			return seed;
	}
}

static struct machine machine_of(const struct instruction *event)
{
	return (struct machine){ .cpus = { { .list = registers }, { .list = event } },
				 .padding = { 0x90, 0x90 } };
}

static struct json_object *play(struct machine *m, struct json_object *asked)
{
	const struct dp_vcpus vcpus = {
		m, run, look, read_memory, write_memory, NULL, jump, busy, 2
	};
	struct json_object *step = dp_bias_play(asked, &vcpus);

	json_object_put(asked);
	return step;
}

static int64_t count(struct json_object *step, const char *key)
{
	return dp_json_int_or(json_object_array_get_idx(dp_json_array(step, "windows"), 0), key,
			      -1);
}

static int64_t passed(struct json_object *step, const char *point)
{
	struct json_object *window = json_object_array_get_idx(dp_json_array(step, "windows"), 0);

	return dp_json_int_or(dp_json_object(window, "passed"), point, 0);
}

static struct json_object *play_station(const char *station, const struct instruction *event)
{
	struct machine m = machine_of(event);
	struct json_object *step = play(&m, request(station, seed_for(station)));

	assert_string_equal(dp_json_text(step, "state"), "played");
	assert_int_equal(dp_json_int_or(step, "races", 0), ROUNDS);
	/* What was written to the guest's memory has gone, and nobody turns there. */
	assert_int_equal(m.padding[0], 0x90);
	assert_int_equal(m.padding[1], 0x90);
	assert_int_equal(m.jumps % 2, 0);
	assert_int_equal(m.cpus[0].ip, 0);
	assert_int_equal(m.cpus[1].ip, 0);
	assert_int_equal(count(step, "rounds"), ROUNDS);
	assert_true(count(step, "held") > 0);
	assert_true(count(step, "reached") >= count(step, "held"));
	assert_true(count(step, "ms") >= count(step, "held"));
	return step;
}

/* Interrupts are off: the event comes to the flush, and no further. */
static void stops_who_must_not_answer(void **state)
{
	dp_autojson struct json_object *step = play_station("fast-read", flushes);

	(void)state;
	assert_true(count(step, "hit") > 0);
	assert_true(passed(step, "flush") > 0);
	assert_int_equal(passed(step, "taken"), 0);
	assert_int_equal(passed(step, "completed"), 0);
}

/* Interrupts are on: the event passes all of it while the pages are pinned. */
static void parks_who_must_answer(void **state)
{
	dp_autojson struct json_object *step = play_station("pinned", flushes);

	(void)state;
	assert_true(count(step, "hit") > 0);
	assert_true(passed(step, "completed") > 0);
	assert_true(passed(step, "taken") > 0);
}

static void holds_the_event(void **state)
{
	static const char *const stations[] = { "unmapped", "removed" };

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(stations); i++) {
		dp_autojson struct json_object *step = play_station(stations[i], flushes);

		/* Each time, registrations go on meanwhile. */
		assert_int_equal(count(step, "held"), ROUNDS);
		assert_int_equal(count(step, "hit"), ROUNDS);
		assert_int_equal(passed(step, "fast"), ROUNDS);
	}
}

static void counts_no_other_process(void **state)
{
	dp_autojson struct json_object *step = play_station("pinned", others);

	(void)state;
	assert_int_equal(passed(step, "unmap"), 0);
	assert_int_equal(passed(step, "take"), 0);
}

static void tells_what_is_not_there(void **state)
{
	struct machine m = machine_of(flushes);
	dp_autojson struct json_object *step = play(&m, request("slow-followed", 1));
	struct json_object *window = json_object_array_get_idx(dp_json_array(step, "windows"), 0);

	(void)state;
	assert_non_null(strstr(dp_json_text(window, "missing"), "no function"));
	assert_int_equal(count(step, "held"), -1);
}

static void draws_the_same(void **state)
{
	bool drawn[DP_BIAS_MS + 1] = { false };
	int differ = 0;

	(void)state;
	for (uint64_t round = 0; round < 100; round++)
		for (size_t station = 0; station < 12; station++) {
			unsigned int ms = dp_bias_draw(7, round, station);

			assert_in_range(ms, 0, DP_BIAS_MS);
			assert_int_equal(dp_bias_draw(7, round, station), ms);
			differ += dp_bias_draw(8, round, station) != ms;
			drawn[ms] = true;
		}
	for (int i = 0; i <= DP_BIAS_MS; i++)
		assert_true(drawn[i]);
	assert_in_range(differ, 100, 1200);
}

static void ends_with_the_guest(void **state)
{
	(void)state;
	for (int dies = 1; dies < 60; dies++) {
		struct machine m = machine_of(flushes);
		dp_autojson struct json_object *step = NULL;

		m.dies = dies;
		step = play(&m, request("pinned", seed_for("pinned")));
		if (!strcmp(dp_json_text(step, "state"), "played"))
			break;
		assert_string_equal(dp_json_text(step, "state"), "died");
	}
}

static void refuses_what_is_unclear(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"owners\":[16,16],\"magic\":[1,2],\"main\":3,\"answered\":24,\"stations\":[],"
		"\"passages\":[],\"places\":[]}",
		"{\"owners\":[16,16],\"magic\":[1,2],\"main\":3,\"point\":1,\"answered\":24,"
		"\"stations\":[\"nowhere\"],\"passages\":[],\"places\":[]}",
		"{\"owners\":[16],\"magic\":[1,2],\"main\":3,\"point\":1,\"answered\":24,"
		"\"stations\":[],\"passages\":[],\"places\":[]}",
		"{\"owners\":[16,16],\"magic\":[1,2],\"main\":3,\"point\":1,\"answered\":24,"
		"\"stations\":[],\"passages\":[[\"fast\"]],\"places\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < DP_ARRAY_SIZE(bad); i++) {
		struct machine m = machine_of(flushes);
		dp_autojson struct json_object *step = play(&m, dp_json_parse(bad[i]));

		assert_string_equal(dp_json_text(step, "state"), "failed");
		assert_int_equal(m.calls, 0);
	}
}

static void keeps_requests(void **state)
{
	dp_autofree struct dp_request *r = calloc(2, sizeof(*r));
	dp_autojson struct json_object *obj = request("pinned", 5), *again = NULL;

	(void)state;
	assert_non_null(r);
	assert_int_equal(dp_holds_from_json(obj, &r[0]), 0);
	again = dp_holds_to_json(&r[0], 7);
	assert_int_equal(dp_holds_from_json(again, &r[1]), 0);
	assert_int_equal(r[1].seed, 5);
	assert_int_equal(r[1].stations, 1U << number_of("pinned"));
	assert_int_equal(r[1].point, POINT);
	assert_int_equal(r[1].answered, ANSWERED);
	assert_int_equal(r[1].passages.count, r[0].passages.count);
}

static void draws_a_table(void **state)
{
	dp_autojson struct json_object *steps = json_object_new_array();
	char lines[DP_DRAWING_LINES][DP_DRAWING_WIDTH];

	(void)state;
	json_object_array_add(steps, play_station("removed", flushes));
	assert_int_equal(dp_order_draw(steps, lines, DP_DRAWING_LINES), 2);
	assert_non_null(strstr(lines[0], "reached"));
	assert_non_null(strstr(lines[1], "removed"));
	assert_non_null(strstr(lines[1], "fast 4"));
	assert_int_equal(dp_order_draw(steps, lines, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_who_must_not_answer),
		cmocka_unit_test(parks_who_must_answer),
		cmocka_unit_test(holds_the_event),
		cmocka_unit_test(counts_no_other_process),
		cmocka_unit_test(tells_what_is_not_there),
		cmocka_unit_test(draws_the_same),
		cmocka_unit_test(ends_with_the_guest),
		cmocka_unit_test(refuses_what_is_unclear),
		cmocka_unit_test(keeps_requests),
		cmocka_unit_test(draws_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
