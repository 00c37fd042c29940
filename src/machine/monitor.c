// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monitor.h"
#include "qemu.h"

#include "daxpin/cleanup.h"
#include "daxpin/json.h"
#include "daxpin/machine.h"

/* A reply takes milliseconds, on a busy host seconds. */
#define REPLY_LIMIT_MS 60000

static void take_stop(void *arg, struct json_object *data)
{
	struct dp_monitor *m = arg;

	(void)data;
	if (m->state != DP_VM_SAVING && m->state != DP_VM_SAVED)
		m->state = DP_VM_STOPPED;
}

static void take_resume(void *arg, struct json_object *data)
{
	struct dp_monitor *m = arg;

	(void)data;
	if (m->state == DP_VM_RESTORING || m->state == DP_VM_STOPPED)
		m->state = DP_VM_RUNS;
}

static void take_migration(void *arg, struct json_object *data)
{
	const char *status = dp_json_text(data, "status");
	struct dp_monitor *m = arg;

	if (!status)
		return;
	if (!strcmp(status, "completed") && m->state == DP_VM_SAVING)
		m->state = DP_VM_SAVED;
	else if (!strcmp(status, "failed") && !m->qmp.trouble[0])
		snprintf(m->qmp.trouble, sizeof(m->qmp.trouble), "QEMU could not %s the guest",
			 m->state == DP_VM_SAVING ? "save" : "restore");
}

static void take_deletion(void *arg, struct json_object *data)
{
	struct dp_monitor *m = arg;

	dp_plugs_deleted(&m->plugs, dp_json_text(data, "device"));
}

static void take_balloon(void *arg, struct json_object *data)
{
	struct dp_monitor *m = arg;

	(void)data;
	dp_balloon_answered(&m->balloon);
}

static struct json_object *capability(const char *name)
{
	struct json_object *obj = json_object_new_object();

	dp_json_add_text(obj, "capability", name);
	dp_json_add_bool(obj, "state", true);
	return obj;
}

/*
 * Memory that lies in files stays there; only the devices' state travels (x-ignore-shared). QEMU
 * wants the capability on both sides.
 */
static void set_capabilities(struct dp_monitor *m)
{
	struct json_object *arguments = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, capability("x-ignore-shared"));
	json_object_array_add(list, capability("events"));
	json_object_object_add(arguments, "capabilities", list);
	dp_qmp_ask(&m->qmp, "migrate-set-capabilities", arguments, REPLY_LIMIT_MS, NULL);
}

static void migrate(struct dp_monitor *m, const char *command, const char *uri)
{
	struct json_object *arguments = json_object_new_object();

	dp_json_add_text(arguments, "uri", uri);
	dp_qmp_ask(&m->qmp, command, arguments, REPLY_LIMIT_MS, NULL);
}

void dp_monitor_begin(struct dp_monitor *monitor, int fd, const struct dp_boot *boot)
{
	char uri[32];

	*monitor = (struct dp_monitor){ .state = boot->restore ? DP_VM_RESTORING : DP_VM_RUNS };
	dp_qmp_begin(&monitor->qmp, fd, monitor);
	dp_plugs_begin(&monitor->plugs, &monitor->qmp, boot->layout);
	dp_balloon_begin(&monitor->balloon, &monitor->qmp, boot->layout, take_balloon);
	dp_qmp_await(&monitor->qmp, "STOP", take_stop);
	dp_qmp_await(&monitor->qmp, "RESUME", take_resume);
	dp_qmp_await(&monitor->qmp, "MIGRATION", take_migration);
	dp_qmp_await(&monitor->qmp, "DEVICE_DELETED", take_deletion);
	dp_qmp_ask(&monitor->qmp, "qmp_capabilities", NULL, REPLY_LIMIT_MS, NULL);
	if (boot->state < 0)
		return;
	set_capabilities(monitor);
	if (!boot->restore)
		return;
	snprintf(uri, sizeof(uri), "fd:%d", boot->state);
	migrate(monitor, "migrate-incoming", uri);
}

void dp_monitor_save(struct dp_monitor *monitor, pid_t qemu, const struct dp_boot *boot)
{
	char uri[64];

	monitor->state = DP_VM_SAVING;
	/* "fd:" takes a descriptor that was inherited for reading only, and a shell gets none. */
	snprintf(uri, sizeof(uri), "exec:cat >/proc/%d/fd/%d", (int)qemu, boot->state);
	migrate(monitor, "migrate", uri);
}

void dp_monitor_request(struct dp_monitor *monitor, const char *what)
{
	dp_plugs_request(&monitor->plugs, what);
	dp_balloon_request(&monitor->balloon, what);
}

static void take_done(void *arg, struct json_object *data)
{
	struct dp_monitor *m = arg;

	(void)data;
	m->busy = false;
}

/* ---- memory ------------------------------------------------------------------------------ */

static void take_devices(void *arg, struct json_object *list)
{
	struct dp_monitor *m = arg;

	m->busy = false;
	for (size_t i = 0; i < dp_json_count(list); i++) {
		struct json_object *data =
			dp_json_object(json_object_array_get_idx(list, i), "data");
		const char *id = dp_json_text(data, "id");

		if (id && !strcmp(id, DP_LABELLED_ID))
			m->nvdimm = (uint64_t)dp_json_int_or(data, "addr", 0);
	}
}

void dp_monitor_find_nvdimm(struct dp_monitor *monitor)
{
	monitor->busy = true;
	dp_qmp_ask(&monitor->qmp, "query-memory-devices", NULL, REPLY_LIMIT_MS, take_devices);
}

void dp_monitor_dump(struct dp_monitor *monitor, uint64_t address, uint64_t length, int fd)
{
	struct json_object *arguments = json_object_new_object();
	char path[64];

	/* QEMU's "fdset" is not for pmemsave, which opens files by their names. */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), fd);
	dp_json_add_int(arguments, "val", (int64_t)address);
	dp_json_add_int(arguments, "size", (int64_t)length);
	dp_json_add_text(arguments, "filename", path);
	monitor->busy = true;
	dp_qmp_ask(&monitor->qmp, "pmemsave", arguments, REPLY_LIMIT_MS, take_done);
}

/* ---- processors -------------------------------------------------------------------------- */

static void take_cpus(void *arg, struct json_object *list)
{
	struct dp_monitor *m = arg;

	m->busy = false;
	m->ncpus = 0;
	for (size_t i = 0; i < dp_json_count(list) && i < DP_ARRAY_SIZE(m->threads); i++)
		m->threads[m->ncpus++] =
			dp_json_int_or(json_object_array_get_idx(list, i), "thread-id", 0);
}

void dp_monitor_find_cpus(struct dp_monitor *monitor)
{
	monitor->busy = true;
	dp_qmp_ask(&monitor->qmp, "query-cpus-fast", NULL, REPLY_LIMIT_MS, take_cpus);
}

/* The monitor for people has commands that QMP lacks. */
static void command(struct dp_monitor *monitor, const char *line,
		    void (*take)(void *arg, struct json_object *data))
{
	struct json_object *arguments = json_object_new_object();

	dp_json_add_text(arguments, "command-line", line);
	dp_qmp_ask(&monitor->qmp, "human-monitor-command", arguments, REPLY_LIMIT_MS, take);
}

void dp_monitor_debug(struct dp_monitor *monitor)
{
	monitor->busy = true;
	command(monitor, "gdbserver chardev:" DP_GDB_ID, take_done);
}

/* A block of one instruction is "one-insn-per-tb" since QEMU 8.1; what QEMU lacks it ignores. */
void dp_monitor_log(struct dp_monitor *monitor, int fd)
{
	bool on = fd >= 0;
	char file[64];

	snprintf(file, sizeof(file), "logfile /proc/%d/fd/%d", (int)getpid(), fd);
	monitor->busy = true;
	if (on)
		command(monitor, file, NULL);
	command(monitor, on ? "singlestep on" : "singlestep off", NULL);
	command(monitor, on ? "one-insn-per-tb on" : "one-insn-per-tb off", NULL);
	command(monitor, on ? "log exec,nochain" : "log none", take_done);
}

void dp_monitor_clear(struct dp_monitor *monitor)
{
	dp_qmp_clear(&monitor->qmp);
}
