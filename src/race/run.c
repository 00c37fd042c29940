// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A race: a number of rounds, or as many as fit a time. In each round:
 *
 *   map       the racer makes the mapping, if it has none
 *   run       its threads register and deregister; each has done so once when the event begins
 *   event     another process takes the device away, after a random delay
 *   end       the threads end, after each has tried to register once more
 *   pins      the counters are read: nothing may be pinned now
 *   back      the device is brought back
 *
 * After each round the sums of all rounds so far are emitted; whoever reads the stream replaces the
 * sums of the round before. The first round that breaks a clause ends the race, as what the kernel
 * does afterwards is no evidence.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "inside.h"
#include "racer.h"

#include "daxpin/cleanup.h"
#include "daxpin/clock.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"
#include "daxpin/pin.h"
#include "daxpin/race.h"
#include "daxpin/rdma.h"
#include "daxpin/splat.h"
#include "daxpin/steps.h"

/*
 * How long one part of a round may take, ms. Registrations take microseconds; binding a GiB takes
 * less than a second.
 */
#define PART_LIMIT_MS 30000
/* An event that waits for longer than this, ms, does not wait for a region that is held. */
#define HELD_LIMIT_MS (5 * DP_HOLDER_MS)
/*
 * A thread that is held turns in place, and the scheduler has the others catch up before it goes
 * on: on a busy host that takes seconds.
 */
#define BIASED_LIMIT_MS (8 * HELD_LIMIT_MS)
/* The event begins at a random time up to this one after the threads, us. */
#define DELAY_US 2000

struct run {
	struct dp_race *race; /* shared with racer and event */
	struct dp_actor racer, event;
	struct dp_pins before;
	struct dp_inside inside;
	struct dp_bias bias;
	bool pins_known, leaked_known;
	uint64_t rounds, refused, random, started_ms;
	int64_t leaked;
	char state[64];  /* what went wrong, "" while nothing has */
	char where[640]; /* the kernel functions in which something waits */
	char text[320];
	int fd;
};

static void clear(struct run *run)
{
	dp_actor_clear(&run->event);
	dp_actor_clear(&run->racer);
	if (run->race)
		dp_inside_close(&run->inside, run->race->options);
	if (run->race)
		munmap(run->race, sizeof(*run->race));
}

/* Notes what ended the race; only the first reason is kept. Return: false. */
static bool broke(struct run *run, const char *state, pid_t pid, const char *text)
{
	if (run->state[0])
		return false;
	snprintf(run->state, sizeof(run->state), "%s", state);
	snprintf(run->text, sizeof(run->text), "%.300s", text);
	dp_actor_look(pid, run->where, sizeof(run->where));
	return false;
}

/* ---- sums -------------------------------------------------------------------------------- */

static struct json_object *errors_of(const struct dp_tally *sum)
{
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < DP_ERRNOS; i++)
		if (sum->errors[i])
			dp_json_add_int(obj, dp_errno_name(i), (int64_t)sum->errors[i]);
	return obj;
}

static void add_up(const struct dp_race *race, struct dp_tally *sum)
{
	*sum = (struct dp_tally){ 0 };
	for (int t = 0; t < DP_RACERS; t++) {
		const struct dp_tally *one = &race->tally[t];

		sum->allowed += one->allowed;
		sum->during += one->during;
		sum->early += one->early;
		sum->late += one->late;
		sum->not_held += one->not_held;
		sum->not_released += one->not_released;
		sum->early_errno = one->early ? one->early_errno : sum->early_errno;
		sum->release_errno = one->not_released ? one->release_errno : sum->release_errno;
		for (int i = 0; i < DP_ERRNOS; i++)
			sum->errors[i] += one->errors[i];
	}
}

static void add_sums(const struct dp_tally *sum, struct json_object *obj)
{
	dp_step_set_int(obj, DP_FIELD_ALLOWED, (int64_t)sum->allowed);
	dp_step_set(obj, DP_FIELD_ERRORS, errors_of(sum));
	dp_step_set_int(obj, DP_FIELD_ALLOWED_DURING, (int64_t)sum->during);
	dp_step_set_int(obj, DP_FIELD_EARLY, (int64_t)sum->early);
	if (sum->early)
		dp_step_set_text(obj, DP_FIELD_EARLY_ERRNO,
				 sum->early_errno ? dp_errno_name(sum->early_errno) : "allowed");
	dp_step_set_int(obj, DP_FIELD_LATE, (int64_t)sum->late);
	dp_step_set_int(obj, DP_FIELD_NOT_HELD, (int64_t)sum->not_held);
	dp_step_set_int(obj, DP_FIELD_NOT_RELEASED, (int64_t)sum->not_released);
	if (sum->not_released)
		dp_step_set_text(obj, DP_FIELD_RELEASE_ERRNO, dp_errno_name(sum->release_errno));
}

static void emit_sums(const struct run *run)
{
	const struct dp_race *race = run->race;
	struct json_object *obj = dp_step_new(DP_STEP_RACE);
	struct dp_tally sum;

	add_up(race, &sum);
	dp_step_set_text(obj, DP_FIELD_STATE, run->state[0] ? run->state : "completed");
	dp_step_set_text(obj, DP_FIELD_TEXT, run->text);
	dp_step_set_text(obj, DP_FIELD_WHERE, run->where);
	dp_step_set_text(obj, DP_FIELD_DEVICE, race->target.device);
	dp_step_set_int(obj, DP_FIELD_THREADS, DP_RACERS);
	dp_step_set_int(obj, DP_FIELD_SEED, (int64_t)race->options->seed);
	dp_step_set_int(obj, DP_FIELD_RACES, (int64_t)run->rounds);
	dp_step_set_int(obj, DP_FIELD_REFUSED, (int64_t)run->refused);
	dp_step_set_text(obj, DP_FIELD_FIRST, race->first ? dp_errno_name(race->first) : NULL);
	dp_step_set_flag(obj, DP_FIELD_ON_DEMAND, race->on_demand);
	add_sums(&sum, obj);
	if (race->options->biased)
		dp_step_set_flag(obj, DP_FIELD_BIASED, true);
	if (run->leaked_known)
		dp_step_set_int(obj, DP_FIELD_LEAKED, run->leaked);
	else
		dp_step_leave_out(obj, DP_FIELD_LEAKED,
				  run->pins_known ? "the last round did not come to its end"
						  : "the counters of pins could not be read");
	dp_inside_add(&run->inside, obj);
	dp_step_set_int(obj, DP_FIELD_MS, (int64_t)(dp_now_ms() - run->started_ms));
	dp_emit(run->fd, obj);
	tcdrain(run->fd);
}

/* ---- one round --------------------------------------------------------------------------- */

/* Has the racer obey a command. Return: false once it is noted what went wrong. */
static bool racer_does(struct run *run, enum dp_racer_command command, const char *what,
		       struct dp_reply *reply)
{
	enum dp_fate fate = DP_DIED;
	int tid = 0;

	if (dp_actor_tell(&run->racer, (char)command))
		fate = dp_actor_hear(&run->racer, PART_LIMIT_MS, reply);
	if (fate == DP_DONE && !reply->rc)
		return true;
	for (int i = 0; i < DP_RACERS && !tid; i++)
		tid = atomic_load(&run->race->thread[i]);
	if (fate == DP_DONE)
		return broke(run, what, 0, run->race->error.what);
	return broke(run, fate == DP_DIED ? "racer died" : "registration hangs", tid, what);
}

/* In another process: waits for a random time, and takes the device away. */
static void act_event(int fd, void *arg)
{
	struct run *run = arg;
	struct dp_race *race = run->race;
	struct dp_error err = { 0 };
	struct dp_reply reply = { 0 };

	dp_bias_be(DP_BIAS_EVENT);
	atomic_store(&race->event, (int)getpid());
	usleep((useconds_t)(run->random % DELAY_US));
	dp_bias_event(race->round);
	atomic_store(&race->begun, dp_race_now());
	reply.rc = race->scenario->event->run(&race->target, &err);
	/* One that was refused has ended nothing: what is registered then is in order. */
	if (!reply.rc) {
		atomic_store(&race->ended, dp_race_now());
		dp_race_is_over(race);
	}
	dp_bias_event_ended(race->round);
	snprintf(reply.text, sizeof(reply.text), "%.300s", err.what);
	if (write(fd, &reply, sizeof(reply)) < 0)
		_exit(1);
}

static void act_back(int fd, void *arg)
{
	struct run *run = arg;

	dp_event_carry_out(fd, run->race->scenario->event->undo, &run->race->target);
}

static bool open_file(struct run *run, int fd)
{
	char path[64];

	if (!run->race->scenario->event->file || run->race->target.file >= 0)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)run->racer.pid, fd);
	run->race->target.file = open(path, O_RDWR | O_CLOEXEC);
	return run->race->target.file >= 0 ||
	       broke(run, "no file", 0, "the mapped file cannot be opened a second time");
}

static bool take_away(struct run *run)
{
	bool biased = run->race->options->biased;
	uint64_t end = dp_now_ms() + (biased ? BIASED_LIMIT_MS : HELD_LIMIT_MS);
	enum dp_fate fate = DP_DIED;
	struct dp_reply reply;

	if (!dp_actor_start(&run->event, act_event, run))
		fate = dp_actor_wait(&run->event, PART_LIMIT_MS, &reply);
	/* While a region may be held, the event has a reason to wait. */
	while (fate == DP_WAITS && dp_now_ms() < end)
		fate = dp_actor_wait(&run->event, PART_LIMIT_MS, &reply);
	if (fate != DP_DONE) {
		broke(run, fate == DP_DIED ? "event died" : "event waits", run->event.pid, "");
		return false;
	}
	run->refused += reply.rc != 0;
	dp_actor_clear(&run->event);
	return true;
}

static bool bring_back(struct run *run)
{
	enum dp_fate fate = DP_DIED;
	struct dp_reply reply;

	if (!dp_actor_start(&run->event, act_back, run))
		fate = dp_actor_wait(&run->event, PART_LIMIT_MS, &reply);
	if (fate != DP_DONE || reply.rc)
		return broke(run, "does not come back", run->event.pid,
			     fate == DP_DONE ? reply.text : dp_fate_name(fate));
	dp_actor_clear(&run->event);
	return true;
}

/* Ends the threads, whatever became of the event, and checks for splats and pins. */
static bool end_threads(struct run *run)
{
	struct dp_reply reply;
	struct dp_pins now;

	atomic_store(&run->race->stop, true);
	dp_race_is_over(run->race);
	if (dp_kernel_has_splat(run->race->options->taint))
		return broke(run, "kernel splat", 0, "");
	if (!racer_does(run, DP_RACER_END, "end", &reply))
		return false;
	if (dp_kernel_has_splat(run->race->options->taint))
		return broke(run, "kernel splat", 0, "");
	run->pins_known = run->pins_known && !dp_pins_read(&now);
	run->leaked_known = run->pins_known;
	if (run->pins_known)
		run->leaked = dp_pins_held(&run->before, &now);
	return true;
}

static bool is_broken(const struct run *run)
{
	struct dp_tally sum;

	add_up(run->race, &sum);
	return run->leaked || sum.early || sum.late || sum.not_held || sum.not_released;
}

static bool play_round(struct run *run)
{
	struct dp_race *race = run->race;
	struct dp_reply reply;
	bool done;

	atomic_store(&race->begun, 0);
	atomic_store(&race->ended, 0);
	atomic_store(&race->stop, false);
	run->leaked_known = false;
	race->round = run->rounds;
	if (!racer_does(run, DP_RACER_MAP, "no mapping", &reply) ||
	    !open_file(run, (int)reply.number))
		return false;
	if (!racer_does(run, DP_RACER_RUN, "no threads", &reply))
		return false;
	dp_race_random(&run->random);
	done = take_away(run);
	if (!end_threads(run) || !done)
		return false;
	run->rounds++;
	return bring_back(run) && !is_broken(run);
}

static bool enough(const struct run *run)
{
	const struct dp_teardown_options *options = run->race->options;

	if (options->iterations && run->rounds >= options->iterations)
		return true;
	return options->duration_ms && dp_now_ms() - run->started_ms >= options->duration_ms;
}

/* ---- the whole --------------------------------------------------------------------------- */

static int share(struct run *run, const struct dp_scenario *scenario,
		 const struct dp_teardown_options *options, struct dp_error *err)
{
	run->race = mmap(NULL, sizeof(*run->race), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run->race == MAP_FAILED) {
		run->race = NULL;
		return dp_fail(err, -errno, "cannot share memory with a child");
	}
	run->race->scenario = scenario;
	run->race->options = options;
	run->random = options->seed;
	return 0;
}

/* Has the racer make the first mapping, and so find out what is raced for. */
static int begin(struct run *run, struct dp_error *err)
{
	struct dp_race *race = run->race;
	struct dp_reply reply = { .rc = -EIO };
	int rc = dp_racer_start(&run->racer, race);

	if (rc)
		return dp_fail(err, rc, "cannot start the racer");
	if (!dp_actor_tell(&run->racer, DP_RACER_MAP) ||
	    dp_actor_hear(&run->racer, PART_LIMIT_MS, &reply) != DP_DONE)
		return dp_fail(err, -EIO, "the racer cannot begin");
	if (reply.rc) {
		*err = race->error;
		return reply.rc;
	}
	dp_rdma_emit(run->fd, race->target.rdma, race->provider, race->odp);
	if (race->scenario->event->prepare)
		return race->scenario->event->prepare(&race->target, err);
	return 0;
}

/* Which of the sums are the last. */
static void emit_rounds(const struct run *run)
{
	struct json_object *obj = dp_step_new(DP_STEP_ROUNDS);

	dp_step_set_int(obj, DP_FIELD_RACES, (int64_t)run->rounds);
	dp_emit(run->fd, obj);
}

int dp_race_run(const struct dp_scenario *scenario, const struct dp_teardown_options *options,
		int fd, struct dp_error *err)
{
	dp_cleanup(clear) struct run run = { .racer = DP_NO_ACTOR, .event = DP_NO_ACTOR, .fd = fd };
	struct dp_error cause = { 0 };
	int rc = share(&run, scenario, options, err);

	if (rc)
		return rc;
	dp_inside_open(&run.inside, options);
	if (options->biased)
		dp_bias_prepare();
	dp_emit_text(fd, "begin", "id", scenario->id);
	dp_mark_step(dp_step_name(DP_STEP_RACE));
	dp_emit_text(fd, "doing", "step", dp_step_name(DP_STEP_RACE));
	rc = begin(&run, &cause);
	if (rc) {
		dp_emit_id(fd, rc == DP_SKIP ? "skip" : "died", scenario->id, cause.what);
		return 0;
	}
	run.pins_known = !dp_pins_read(&run.before);
	dp_inside_begin(&run.inside);
	if (options->biased)
		dp_bias_begin(&run.bias, scenario->mapping, scenario->event, &run.race->memory,
			      options->seed, options->held, fd);
	run.started_ms = dp_now_ms();
	while (!enough(&run)) {
		bool on = play_round(&run);

		emit_sums(&run);
		if (!on)
			break;
	}
	dp_bias_end(&run.bias);
	if (run.bias.missing[0])
		dp_emit_left_out(fd, DP_STEP_HOLDS, run.bias.missing);
	emit_rounds(&run);
	dp_emit(fd, dp_step_taint(options->taint));
	dp_mark_step(DP_CLEANUP);
	dp_emit_id(fd, "end", scenario->id, NULL);
	return 0;
}
