// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * QEMU can log the address of each block of code that it enters ("log exec"), and make blocks of
 * one instruction: together, a line for each instruction. Neither changes what the guest executes.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "execution.h"
#include "watch.h"

#include "daxpin/cleanup.h"
#include "daxpin/execution.h"
#include "daxpin/json.h"
#include "daxpin/sink.h"

/* A registration of 2 MiB is half a million lines of 100 bytes, and the guest waits between. */
#define LOG_LIMIT     (1LL << 30)
#define SYMBOLS_LIMIT (32L << 20)

void dp_logger_take_symbols(struct dp_logger *logger, struct json_object *asked)
{
	const char *list = dp_json_text(asked, "list");

	if (!logger->symbols)
		logger->symbols = open_memstream(&logger->text, &logger->len);
	if (list && logger->symbols && ftell(logger->symbols) < SYMBOLS_LIMIT)
		fputs(list, logger->symbols);
}

void dp_logger_begin(struct dp_logger *logger, struct dp_watch *watch)
{
	dp_closep(&logger->fd);
	logger->trouble[0] = '\0';
	logger->fd = memfd_create("log", MFD_CLOEXEC);
	if (logger->fd < 0) {
		snprintf(logger->trouble, sizeof(logger->trouble), "there is no memory for a log");
		return;
	}
	dp_monitor_log(&watch->monitor, logger->fd);
	dp_watch_await_monitor(watch);
}

void dp_logger_stop(struct dp_logger *logger, struct dp_watch *watch)
{
	if (logger->fd < 0)
		return;
	dp_monitor_log(&watch->monitor, -1);
	dp_watch_await_monitor(watch);
}

void dp_logger_check(struct dp_logger *logger, struct dp_watch *watch)
{
	struct stat st;

	if (logger->fd < 0 || logger->trouble[0] || fstat(logger->fd, &st) ||
	    st.st_size < LOG_LIMIT)
		return;
	dp_logger_stop(logger, watch);
	snprintf(logger->trouble, sizeof(logger->trouble), "it is more than can be logged");
	if (ftruncate(logger->fd, 0))
		dp_closep(&logger->fd);
}

void dp_logger_end(struct dp_logger *logger, struct dp_watch *watch, const struct dp_sink *sink,
		   const char *line, char *answer, size_t size)
{
	struct dp_execution execution = { 0 };
	struct stat st = { 0 };
	void *log = MAP_FAILED;

	snprintf(answer, size, "failed: nobody looks at it");
	dp_logger_stop(logger, watch);
	if (logger->symbols)
		fflush(logger->symbols);
	execution.symbols = logger->text;
	execution.nsymbols = logger->text ? logger->len : 0;
	if (logger->fd >= 0 && !fstat(logger->fd, &st) && st.st_size)
		log = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, logger->fd, 0);
	if (log != MAP_FAILED) {
		execution.log = log;
		execution.len = (size_t)st.st_size;
	} else {
		execution.trouble =
			logger->trouble[0] ? logger->trouble : "QEMU has logged nothing";
	}
	if (sink->executed)
		sink->executed(sink->arg, line, strlen(line), &execution, answer, size);
	if (log != MAP_FAILED)
		munmap(log, (size_t)st.st_size);
	dp_logger_clear(logger);
}

void dp_logger_clear(struct dp_logger *logger)
{
	dp_closep(&logger->fd);
	if (logger->symbols)
		fclose(logger->symbols);
	dp_freep(&logger->text);
	*logger = (struct dp_logger)DP_NO_LOGGER;
}
