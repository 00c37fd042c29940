// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <termios.h>

#include "serve.h"

#define CHANNEL "/dev/ttyS1"

int dp_agent_channel(void)
{
	int fd = open(CHANNEL, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios tio;

	if (fd < 0 || tcgetattr(fd, &tio))
		return -1;
	cfmakeraw(&tio);
	tcsetattr(fd, TCSANOW, &tio);
	return fd;
}
