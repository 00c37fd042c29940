// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The init of `daxpin guest --bare`: powers off at once. Static and without libc, so that what is
 * measured is the kernel's boot and nothing else.
 */
#include <linux/reboot.h>
#include <sys/syscall.h>

void _start(void);

void _start(void)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"((long)SYS_reboot), "D"((long)LINUX_REBOOT_MAGIC1),
			   "S"((long)LINUX_REBOOT_MAGIC2), "d"((long)LINUX_REBOOT_CMD_POWER_OFF)
			 : "rcx", "r11", "memory");
	for (;;)
		;
}
