/* SPDX-License-Identifier: MIT */
#include "test.h"

/* The terminal, without any typing: settings, groups, sessions. */

int main(int argc, char **argv, char **envp)
{
	int fd = syscall(SYS_open, "/dev/console", O_RDWR | O_NOCTTY, 0), null;
	struct termios settings;
	struct winsize size;

	show_bool("open", fd >= 0);
	show("TCGETS", syscall(SYS_ioctl, fd, TCGETS, &settings));
	show_bool("echoes lines", (settings.lflag & 012) == 012);
	show("TCSETS", syscall(SYS_ioctl, fd, TCSETS, &settings));
	show("TIOCGWINSZ", syscall(SYS_ioctl, fd, TIOCGWINSZ, &size));
	BAD("TCGETS bad pointer", SYS_ioctl, fd, TCGETS, P);
	BAD("TCSETS bad pointer", SYS_ioctl, fd, TCSETS, P);
	BAD("TIOCGWINSZ bad pointer", SYS_ioctl, fd, TIOCGWINSZ, P);
	show("unknown request", syscall(SYS_ioctl, fd, 0x12345678, 0));
	show("bad file", syscall(SYS_ioctl, 99, TCGETS, &settings));
	null = syscall(SYS_open, "/dev/null", O_RDWR, 0);
	show("TCGETS of null", syscall(SYS_ioctl, null, TCGETS, &settings));
	show("seek", syscall(SYS_lseek, fd, 0, SEEK_SET));
	syscall(SYS_setsid);
	show("TIOCGPGRP without a terminal", syscall(SYS_ioctl, fd, TIOCGPGRP, &size));
	show("TIOCNOTTY without a terminal", syscall(SYS_ioctl, fd, TIOCNOTTY, 0));
	show("/dev/tty without a terminal", syscall(SYS_open, "/dev/tty", O_RDWR, 0));
	return 0;
}
