/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * The first program. It starts a shell on the console, and a new one when that has ended, and waits
 * for every child: processes whose parent has ended become its children. With arguments, it runs
 * that command once and ends with its status.
 */

static int start(char **argv)
{
	int pid = fork();

	if (pid)
		return pid;
	syscall(SYS_setsid);
	/* 1: take it from the session of this program. */
	ioctl(0, TIOCSCTTY, (void *)1);
	execvp(argv[0], argv);
	exit(complain("init", argv[0]));
}

static int wait_for(int pid)
{
	int status, ended;

	do {
		ended = waitpid(-1, &status, 0);
		if (ended < 0 && errno != EINTR)
			return -1;
	} while (ended != pid);
	return status;
}

int main(int argc, char **argv, char **envp)
{
	static char *shell[] = { "sh", NULL };
	int pid, status;

	if (argc > 1) {
		pid = start(argv + 1);
		status = pid < 0 ? -1 : wait_for(pid);
		return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	for (;;) {
		pid = start(shell);
		if (pid < 0)
			return complain("init", "fork");
		wait_for(pid);
		puts("init: the shell has ended; a new one follows");
	}
}
