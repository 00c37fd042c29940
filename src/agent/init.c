// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * daxpin as /init. It says hello on the second serial port, prepares the machine, says ready, and
 * then carries out one command (command.h) a line from that port. What it observes from then on
 * goes out through a virtio port, where the kernel has one.
 */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "devices.h"
#include "lacks.h"
#include "prepare.h"
#include "serve.h"

#include "daxpin/actor.h"
#include "daxpin/agent.h"
#include "daxpin/cleanup.h"
#include "daxpin/command.h"
#include "daxpin/error.h"
#include "daxpin/file.h"
#include "daxpin/json.h"
#include "daxpin/observe.h"

/* More than a layout has. */
#define STEPS_LIMIT 65536

__attribute__((noreturn)) static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void mount_all(void)
{
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("run", "/run", "tmpfs", 0, NULL);
	setenv("PATH", "/sbin", 1);
}

static void say_hello(int fd)
{
	struct json_object *obj = json_object_new_object();
	struct utsname uts;

	uname(&uts);
	dp_json_add_text(obj, "kind", "hello");
	dp_json_add_text(obj, "kernel", uts.release);
	dp_json_add_text(obj, "machine", uts.machine);
	dp_json_add_int(obj, "page_size", sysconf(_SC_PAGESIZE));
	dp_emit(fd, obj);
}

/* Those of the image, if it has any. What cannot be made costs the mappings that need it. */
static void carry_steps_out(void)
{
	dp_cleanup(dp_words_clear) struct dp_words steps = { 0 };
	dp_autofree char *text = NULL;
	struct dp_error why = { 0 };
	char *rest;
	int rc;

	if (!dp_exists(DP_STEPS_FILE))
		return;
	rc = dp_read_file(DP_STEPS_FILE, STEPS_LIMIT, &text, NULL, &why);
	rest = text;
	for (char *line = strsep(&rest, "\n"); line && !rc; line = strsep(&rest, "\n"))
		rc = *line ? dp_words_add(&steps, line) : 0;
	if (!rc)
		rc = dp_prepare_machine(&steps, &why);
	if (rc && !why.code)
		dp_fail(&why, rc, "the steps of " DP_STEPS_FILE);
	if (rc)
		dp_lack_nvdimms(&why);
}

/* The machine, and a process that stands by before the guest is saved. */
static int prepare(int fd, struct dp_actor *child, struct dp_armed *armed, struct dp_error *err)
{
	int rc = dp_devices_prepare(fd, dp_agent_told(DP_KEEP_FLAG), dp_agent_told(DP_LAYOUT_FLAG),
				    err);

	if (rc)
		return rc;
	carry_steps_out();
	dp_agent_arm(dp_agent_told(DP_WITNESS_FLAG), armed);
	rc = dp_child_start(child, fd, true, armed);
	return rc ? dp_fail(err, rc, "no process stands by to carry out a command") : 0;
}

void dp_agent_main(void)
{
	struct dp_actor child = DP_NO_ACTOR;
	struct dp_error err = { 0 };
	struct dp_armed armed;
	int serial, fd;

	mount_all();
	serial = dp_agent_channel();
	if (serial < 0)
		power_off();
	say_hello(serial);
	fd = dp_devices_stream(serial);
	if (prepare(fd, &child, &armed, &err)) {
		dp_emit_failure(fd, &err);
		power_off();
	}
	/* From here on warnings are shown, too: printk's KERN_WARNING is 4, and "quiet" ends
	 * before. */
	dp_write_attr("5", "/proc/sys/kernel/printk");
	dp_emit_text(fd, "ready", NULL, NULL);
	dp_agent_serve(serial, fd, &child, &armed);
	power_off();
}
