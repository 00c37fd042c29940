// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "progress.h"

#include "daxpin/clock.h"

/* Nobody reads faster, ms. */
#define DRAW_MS 50
/* The columns of a terminal that does not say how many it has. */
#define COLUMNS 80
/* What is left free at the end of the line, so that it is not wrapped: the terminal echoes "^C". */
#define MARGIN 3
/* Less of an id says nothing. */
#define LEAST 8

static size_t width(void)
{
	struct winsize size;
	size_t columns = COLUMNS, most = sizeof(((struct cli_progress *)NULL)->line) - 1;

	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		columns = size.ws_col;
	columns = columns > MARGIN ? columns - MARGIN : 0;
	return columns < most ? columns : most;
}

/* Adds to a line if all of it fits. */
__attribute__((format(printf, 3, 4))) static void add(char *line, size_t columns, const char *fmt,
						      ...)
{
	char part[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(part, sizeof(part), fmt, ap);
	va_end(ap);
	if (strlen(line) + strlen(part) <= columns)
		strcat(line, part);
}

/* Rounded, so that it is not another text each second. */
static void add_left(char *line, size_t columns, uint64_t ms)
{
	uint64_t s = ms / 1000 + 1;

	if (s <= 10)
		add(line, columns, ", about %" PRIu64 " s left", s);
	else if (s < 120)
		add(line, columns, ", about %" PRIu64 " s left", (s + 4) / 5 * 5);
	else
		add(line, columns, ", about %" PRIu64 " min left", (s + 59) / 60);
}

/* What is cut off is the end of what runs; then that, the time and the counts are left out. */
static void compose(const struct cli_course *course, size_t columns, char *line)
{
	struct cli_counts n;
	char what[160];
	size_t used;
	uint64_t ms;

	line[0] = '\0';
	cli_course_count(course, &n);
	cli_course_what(course, what, sizeof(what));
	if (n.wanted)
		add(line, columns, "%zu of %zu", n.answered, n.wanted);
	if (n.failed)
		add(line, columns, ", %zu failed", n.failed);
	if (n.errors)
		add(line, columns, ", %zu error%s", n.errors, n.errors > 1 ? "s" : "");
	if (n.answered < n.wanted && cli_course_left(course, dp_now_ms(), &ms))
		add_left(line, columns, ms);
	used = strlen(line);
	if (what[0] && used + LEAST <= columns)
		snprintf(line + used, columns - used + 1, "%s%s", used ? ": " : "", what);
	/* A byte is a column. */
	for (char *c = line; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

/* Only if it has changed. */
static void draw(struct cli_progress *p)
{
	char line[sizeof(p->line)];
	uint64_t now = dp_now_ms();

	if (!p->shown || now - p->drawn < DRAW_MS)
		return;
	p->drawn = now;
	compose(&p->course, width(), line);
	if (!strcmp(line, p->line))
		return;
	strcpy(p->line, line);
	fprintf(stderr, "\r%s\033[K", line);
}

static void wipe(struct cli_progress *p)
{
	if (p->line[0])
		fputs("\r\033[K", stderr);
	p->line[0] = '\0';
}

static void take_phase(const struct dp_progress *from, const char *what, int percent)
{
	struct cli_progress *p = from->arg;

	pthread_mutex_lock(&p->mutex);
	cli_course_phase(&p->course, from, what, percent, dp_now_ms());
	draw(p);
	pthread_mutex_unlock(&p->mutex);
}

static void take_id(const struct dp_progress *from, const char *id, enum dp_moment moment)
{
	struct cli_progress *p = from->arg;

	pthread_mutex_lock(&p->mutex);
	cli_course_id(&p->course, from, id, moment, dp_now_ms());
	if (moment != DP_ID_WANTED)
		draw(p);
	pthread_mutex_unlock(&p->mutex);
}

static void take_tick(const struct dp_progress *from)
{
	struct cli_progress *p = from->arg;

	pthread_mutex_lock(&p->mutex);
	draw(p);
	pthread_mutex_unlock(&p->mutex);
}

const struct dp_progress *cli_progress_begin(struct cli_progress *p)
{
	const char *term = getenv("TERM");

	/* A dumb terminal cannot draw a line again. */
	if (!isatty(STDERR_FILENO) || (term && !strcmp(term, "dumb")))
		return NULL;
	pthread_mutex_init(&p->mutex, NULL);
	p->told = (struct dp_progress){
		.phase = take_phase, .id = take_id, .tick = take_tick, .arg = p
	};
	p->shown = true;
	return &p->told;
}

void cli_progress_pause(struct cli_progress *p)
{
	if (!p->shown)
		return;
	pthread_mutex_lock(&p->mutex);
	wipe(p);
	pthread_mutex_unlock(&p->mutex);
}

void cli_progress_end(struct cli_progress *p)
{
	if (!p->shown)
		return;
	pthread_mutex_lock(&p->mutex);
	wipe(p);
	cli_course_keep(&p->course);
	cli_course_clear(&p->course);
	p->shown = false;
	pthread_mutex_unlock(&p->mutex);
}
