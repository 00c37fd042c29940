/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process gives up before it reads what others have written. */
#ifndef DAXPIN_CONFINE_H
#define DAXPIN_CONFINE_H

/**
 * dp_confine - give up, for good, what nobody needs who reads results and writes reports
 *
 * Afterwards this process and its children have no capabilities but those over file permissions
 * (capabilities(7): CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH), gain none by execve(2)
 * (PR_SET_NO_NEW_PRIVS), and get EPERM for sockets, mounts, modules, namespaces, other processes'
 * memory, and what else changes the machine (seccomp(2)). Files can be read and written as before,
 * and programs be started. To be called before there are other threads.
 *
 * Return: 0, or a negative errno if the kernel has none of it: what it has is in force. Who cannot
 * be confined can go on, and is as safe as what reads is right.
 */
int dp_confine(void);

#endif
