/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * Runs the tests of /tests that its arguments name, or all that were recorded on another kernel,
 * and shows how each ends. As the first process it switches the machine off afterwards.
 */

static char *recorded[] = { "files",  "dirs",     "pipes", "process", "threads", "signals",
			    "memory", "faults",   "fpu",   "clock",   "ids",     "tty",
			    "errno",  "pointers", "proc",  "users",   "mounts",  "sockets" };

static void run(const char *name)
{
	char path[64];
	char *argv[] = { path, NULL };
	int status, pid;

	snprintf(path, sizeof(path), "/tests/%s", name);
	printf("=== %s\n", name);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_setsid);
		execve(path, argv, environ);
		exit(complain("usertests", path));
	}
	if (pid < 0) {
		complain("usertests", "fork");
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		printf("=== %s: exit %d\n", name, WEXITSTATUS(status));
	else
		printf("=== %s: signal %d\n", name, WTERMSIG(status));
	/* Orphans of the test. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			run(argv[i]);
	} else {
		for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++)
			run(recorded[i]);
	}
	puts("=== end");
	if (getpid() == 1)
		syscall(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc);
	return 0;
}
