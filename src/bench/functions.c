// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A warm registration, as in registration.c; and one more of the largest region, which whoever runs
 * this guest has logged instruction by instruction.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asker.h"
#include "room.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/control.h"
#include "daxpin/json.h"
#include "daxpin/kallsyms.h"
#include "daxpin/observe.h"

/* By the clock of the guest, which is slower than any other while it executes something. */
#define LIMIT_MS 120000
/* How often it is tried until the registration that is logged is like the one that was measured. */
#define TRIES 8
/* What a slab that is filled once more takes. */
#define NEAR 50
/* Of the symbols of one request, bytes: a line of the stream has a limit. */
#define CHUNK 32768

/*
 * Reads the number of instructions, at an address that is known: whoever reads the log finds what
 * lies between two readings by it.
 */
#ifdef __x86_64__
__asm__(".text\n"
	".type daxpin_bench_mark, @function\n"
	"daxpin_bench_mark:\n"
	"	rdtsc\n"
	"	shl $32, %rdx\n"
	"	or %rdx, %rax\n"
	"	ret\n"
	".size daxpin_bench_mark, . - daxpin_bench_mark\n");
uint64_t daxpin_bench_mark(void);
#else
static uint64_t daxpin_bench_mark(void)
{
	return 0;
}
#endif

/* ---- what is told to whoever runs this guest ------------------------------------------------ */

struct chunk {
	char text[CHUNK];
	size_t used;
	int fd;
};

static struct json_object *request(const char *what)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "kind", "request");
	dp_json_add_text(obj, "what", what);
	return obj;
}

static void send_chunk(struct chunk *chunk)
{
	struct json_object *obj = request(DP_CONTROL_SYMBOLS);

	dp_json_add_text(obj, "list", chunk->text);
	dp_emit(chunk->fd, obj);
	chunk->used = 0;
}

static void add_symbol(void *arg, uint64_t address, const char *symbol)
{
	struct chunk *chunk = arg;

	if (chunk->used + strlen(symbol) + 32 > sizeof(chunk->text))
		send_chunk(chunk);
	chunk->used +=
		(size_t)snprintf(chunk->text + chunk->used, sizeof(chunk->text) - chunk->used,
				 "%llx %s\n", (unsigned long long)address, symbol);
}

static int tell_symbols(struct dp_bench_asker *a)
{
	dp_autofree struct chunk *chunk = calloc(1, sizeof(*chunk));
	int rc;

	if (!chunk)
		return -ENOMEM;
	chunk->fd = a->fd;
	rc = dp_kallsyms_read(add_symbol, chunk, &a->err);
	if (!rc)
		send_chunk(chunk);
	return rc;
}

/*
 * Asks, and listens for the answer all the time: the clock of this guest counts instructions, and
 * would run ahead to the limit of whoever waits for this process if nobody executed any. @obj:
 * released
 */
static int ask(struct dp_bench_asker *a, struct json_object *obj)
{
	struct pollfd p = { .fd = a->options->held, .events = POLLIN };
	uint64_t end = dp_now_ms() + LIMIT_MS;
	char line[300];
	int rc = dp_emit(a->fd, obj);

	while (!rc) {
		while (poll(&p, 1, 0) == 0 && dp_now_ms() < end)
			;
		rc = dp_control_hear(a->options->held, end, line, sizeof(line));
		if (!rc && !strncmp(line, DP_CONTROL_LOGGED " ", sizeof(DP_CONTROL_LOGGED)))
			return 0;
	}
	return dp_fail(&a->err, rc, "nobody logs what this guest executes");
}

/* ---- the registration ----------------------------------------------------------------------- */

/* What lies between the two marks, and the errno of it; 0 for success. */
struct marked {
	uint64_t took;
	int code;
};

static int register_marked(struct dp_bench_asker *a, const struct dp_area *area,
			   struct marked *marked)
{
	struct ibv_mr *mr;
	uint64_t from, to;
	int rc;

	errno = 0;
	from = daxpin_bench_mark();
	mr = ibv_reg_mr(a->rdma.pd, area->addr, area->len, DP_BENCH_ACCESS);
	to = daxpin_bench_mark();
	*marked = (struct marked){ to - from, mr ? 0 : errno };
	if (!mr)
		return marked->code ? 0 : dp_report(&a->err, -EIO, DP_BENCH_NO_ERRNO);
	rc = ibv_dereg_mr(mr);
	return rc ? dp_fail(&a->err, -rc, DP_BENCH_NOT_DEREGISTERED) : 0;
}

static bool is_near(uint64_t took, uint64_t measured)
{
	return took <= measured + measured / 1000 + NEAR && measured <= took + took / 1000 + NEAR;
}

/* Of the rounds the least counts: the last may have been disturbed, too. */
static uint64_t least_of(const struct dp_bench_readings *p, unsigned int rounds)
{
	uint64_t least = p->samples[0];

	for (unsigned int i = 1; i < rounds; i++)
		least = p->samples[i] < least ? p->samples[i] : least;
	return least;
}

/*
 * Until one is like those that were measured. Where an object is the first of its slab, each
 * registration has the slab made and given back anew: a registration that is kept moves that edge.
 */
static int register_near(struct dp_bench_asker *a, const struct dp_area *area, uint64_t least,
			 struct marked *marked)
{
	struct ibv_mr *kept[TRIES] = { NULL };
	int rc = 0, failed;

	for (int i = 0; i < TRIES && !rc && !is_near(marked->took, least); i++) {
		if (i)
			kept[i] = ibv_reg_mr(a->rdma.pd, area->addr, a->page, DP_BENCH_ACCESS);
		rc = register_marked(a, area, marked);
	}
	for (int i = 0; i < TRIES; i++) {
		failed = kept[i] ? ibv_dereg_mr(kept[i]) : 0;
		if (failed && !rc)
			rc = dp_fail(&a->err, -failed, DP_BENCH_NOT_DEREGISTERED);
	}
	return rc;
}

static int have_logged(struct dp_bench_asker *a, const struct dp_area *area)
{
	struct json_object *obj;
	const struct dp_bench_readings *p = &a->at->phases[DP_BENCH_INSIDE];
	const uint64_t least = least_of(p, (unsigned int)a->round + 1);
	struct marked marked = { 0 };
	int rc = ask(a, request(DP_CONTROL_LOG));

	if (!rc)
		rc = register_near(a, area, least, &marked);
	if (rc)
		return rc;
	a->at->differs |= marked.code != p->code;
	rc = ask(a, request(DP_CONTROL_LOG_PAUSE));
	if (!rc)
		rc = tell_symbols(a);
	if (rc)
		return rc;
	obj = request(DP_CONTROL_LOG_END);
	dp_json_add_int(obj, "mark", (int64_t)(uintptr_t)daxpin_bench_mark);
	dp_json_add_int(obj, "took", (int64_t)marked.took);
	dp_json_add_int(obj, "pages", (int64_t)(area->len / a->page));
	return ask(a, obj);
}

static bool is_last(const struct dp_bench_asker *a, const struct dp_env *env)
{
	return env->size == a->bench->size->bytes &&
	       a->round + 1 == dp_bench_rounds(env->size / a->page);
}

int dp_bench_round_functions(struct dp_bench_asker *a, const struct dp_env *env)
{
	dp_cleanup(dp_area_close) struct dp_area area = { .fd = -1 };
	struct marked marked;
	int rc;

	if (!a->options->counts)
		return dp_skip(&a->err, "instructions are logged in a guest only");
	rc = dp_bench_room_touched(a->bench->mapping, env, &area, &a->err);
	for (int i = 0; i < 3 && !rc; i++) {
		dp_stopwatch_begin(&a->watch);
		rc = register_marked(a, &area, &marked);
	}
	if (rc)
		return rc;
	dp_bench_note(a, DP_BENCH_INSIDE, marked.took, marked.code);
	return is_last(a, env) ? have_logged(a, &area) : 0;
}
