/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Processes: fork, wait, exec, vfork, groups, sessions. The test also executes itself. */

static char *self = "/tests/process";
static int shared_value = 1;

static void test_fork(void)
{
	int status, pid = fork();

	if (pid == 0) {
		shared_value = 2;
		exit(getpid() != pid && shared_value == 2 ? 7 : 8);
	}
	show_bool("fork gives a number", pid > 0);
	show("wait4", syscall(SYS_wait4, pid, &status, 0, 0) == pid);
	show_status("status", status);
	show("memory is a copy", shared_value);
	show("wait4 again", syscall(SYS_wait4, pid, &status, 0, 0));
	show("wait4 any", syscall(SYS_wait4, -1, &status, 0, 0));
	show("wait4 options", syscall(SYS_wait4, -1, &status, 0x100, 0));
	show("wait4 group of none", syscall(SYS_wait4, -9999, &status, 0, 0));
}

static void test_wait(void)
{
	int status = 0, first, second;
	struct rusage usage;
	int fds[2];

	syscall(SYS_pipe, fds);
	first = fork();
	if (first == 0) {
		syscall(SYS_read, fds[0], &status, 1);
		exit(1);
	}
	show("nothing yet", syscall(SYS_wait4, first, &status, WNOHANG, 0));
	second = fork();
	if (second == 0)
		exit(2);
	show("second", syscall(SYS_wait4, -1, &status, 0, &usage) == second);
	show_status("its status", status);
	syscall(SYS_write, fds[1], "x", 1);
	show("first", syscall(SYS_wait4, 0, 0, 0, 0) == first);
	if (fork() == 0)
		exit(3);
	BAD("wait4 bad status", SYS_wait4, -1, P, 0, 0);
	if (fork() == 0)
		exit(3);
	sleep_ms(50);
	BAD("wait4 bad usage", SYS_wait4, -1, 0, 0, P);
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
	show("waitpid", syscall(SYS_waitpid, -1, &status, 0));
}

static void exit_large(void)
{
	syscall(SYS_exit, 0x12345);
}

static void killed(void)
{
	kill(getpid(), SIGKILL);
}

static void test_waitid(void)
{
	struct siginfo info = { 0 };
	int pid = fork();

	if (pid == 0)
		exit(5);
	show("waitid", syscall(SYS_waitid, 1, pid, &info, WEXITED | 0x01000000, 0));
	printf("info: signal %d code %d status %d, pid %s\n", info.signal, info.code, info.status,
	       info.pid == pid ? "right" : "wrong");
	show("waitid again", syscall(SYS_waitid, 0, 0, &info, WEXITED, 0));
	show("waitid none", syscall(SYS_waitid, 0, 0, &info, WEXITED, 0));
	show("waitid options", syscall(SYS_waitid, 0, 0, &info, 0, 0));
}

static void exec_args(void)
{
	char *argv[] = { self, "args", "two words", "", NULL };
	char *envp[] = { "A=1", "B=two", NULL };

	show("exec", execve(self, argv, envp));
}

static void test_exec_errors(void)
{
	static char big[140 * 1024];
	char *argv[] = { self, "args", NULL };
	char *huge[] = { self, big, NULL };
	char *many[200];
	char *none[] = { NULL };
	static char content[4096] = "no program";
	int fd;

	memset(big, 'x', sizeof(big) - 1);
	show("exec missing", syscall(SYS_execve, "/missing", argv, none));
	show("exec directory", syscall(SYS_execve, "/tmp", argv, none));
	show("exec in a file", syscall(SYS_execve, "/tests/process/x", argv, none));
	fd = make_file("/tmp/noexec", "x");
	syscall(SYS_close, fd);
	show("exec no execute bit", syscall(SYS_execve, "/tmp/noexec", argv, none));
	syscall(SYS_chmod, "/tmp/noexec", 0755);
	show("exec no program", syscall(SYS_execve, "/tmp/noexec", argv, none));
	fd = make_file("/tmp/noexec", "\177ELF");
	syscall(SYS_write, fd, content, sizeof(content));
	syscall(SYS_close, fd);
	show("exec bad header", syscall(SYS_execve, "/tmp/noexec", argv, none));
	fd = make_file("/tmp/noexec", "");
	syscall(SYS_close, fd);
	show("exec empty", syscall(SYS_execve, "/tmp/noexec", argv, none));
	show("exec long argument", syscall(SYS_execve, self, huge, none));
	big[100 * 1024] = 0;
	for (int i = 0; i < 199; i++)
		many[i] = big;
	many[199] = NULL;
	show("exec too much", syscall(SYS_execve, self, many, none));
	BAD("exec bad name", SYS_execve, P, argv, none);
	BAD("exec bad arguments", SYS_execve, self, P, none);
	argv[1] = (char *)0x10;
	show("exec bad argument", syscall(SYS_execve, self, argv, none));
}

/* The program is text for another program. */
static void exec_script(void)
{
	char *argv[] = { "script", "given", NULL };
	char *none[] = { NULL };

	syscall(SYS_close, make_file("/tmp/script", "#!/tests/process args\n"));
	syscall(SYS_chmod, "/tmp/script", 0755);
	show("exec script", syscall(SYS_execve, "/tmp/script", argv, none));
}

static int vfork_stage;

static void test_vfork(void)
{
	static char *argv[] = { "/tests/process", "quiet", NULL };
	int status, pid;

	pid = syscall(SYS_vfork);
	if (pid == 0) {
		vfork_stage = 1;
		syscall(SYS_exit, 4);
	}
	/* The memory was shared, and the parent waited. */
	show("after vfork", vfork_stage);
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("status", status);
	pid = syscall(SYS_vfork);
	if (pid == 0) {
		vfork_stage = 2;
		syscall(SYS_execve, argv[0], argv, environ);
		syscall(SYS_exit, 4);
	}
	show("after vfork and exec", vfork_stage);
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("status", status);
}

static void test_groups(void)
{
	int fds[2], pid, status, me = getpid();
	char c;

	show_bool("leader of a group", syscall(SYS_getpgrp) == me);
	show_bool("leader of a session", syscall(SYS_getsid, 0) == me);
	show("setsid of a leader", syscall(SYS_setsid));
	show("setpgid of a session leader", syscall(SYS_setpgid, 0, 0));
	show("setpgid negative", syscall(SYS_setpgid, 0, -1));
	show("getpgid missing", syscall(SYS_getpgid, 30000));
	show("setpgid missing", syscall(SYS_setpgid, 30000, 0));
	syscall(SYS_pipe, fds);
	pid = fork();
	if (pid == 0) {
		syscall(SYS_read, fds[0], &c, 1);
		exit(0);
	}
	show_bool("group of a child", syscall(SYS_getpgid, pid) == me);
	show("setpgid of a child", syscall(SYS_setpgid, pid, pid));
	show_bool("its group", syscall(SYS_getpgid, pid) == pid);
	show("setpgid to a missing group", syscall(SYS_setpgid, pid, 30000));
	show("wait for my group", syscall(SYS_wait4, 0, &status, WNOHANG, 0));
	show("kill its group", syscall(SYS_kill, -pid, SIGTERM));
	show_bool("wait for its group", syscall(SYS_wait4, -pid, &status, 0, 0) == pid);
	show_status("status", status);
	pid = fork();
	if (pid == 0) {
		long session = syscall(SYS_setsid);

		exit(session == getpid() && syscall(SYS_getpgrp) == getpid() ? 0 : 1);
	}
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("setsid of a child", status);
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
}

static void test_orphan(void)
{
	int fds[2], parent = 0, pid;

	syscall(SYS_pipe, fds);
	pid = fork();
	if (pid == 0) {
		if (fork() == 0) {
			int before = syscall(SYS_getppid);

			while (syscall(SYS_getppid) == before)
				sleep_ms(10);
			parent = syscall(SYS_getppid);
			syscall(SYS_write, fds[1], &parent, sizeof(parent));
			exit(0);
		}
		sleep_ms(50);
		exit(0);
	}
	syscall(SYS_wait4, pid, 0, 0, 0);
	syscall(SYS_read, fds[0], &parent, sizeof(parent));
	show("parent of an orphan", parent);
	syscall(SYS_close, fds[0]);
	syscall(SYS_close, fds[1]);
}

/* Stop and continue, as wait4 reports them. */
static void test_stop(void)
{
	int status, pid = fork();

	if (pid == 0) {
		for (;;)
			syscall(SYS_pause);
	}
	sleep_ms(50);
	kill(pid, SIGSTOP);
	syscall(SYS_wait4, pid, &status, WUNTRACED, 0);
	show_status("stopped", status);
	show("not reported again", syscall(SYS_wait4, pid, &status, WUNTRACED | WNOHANG, 0));
	kill(pid, SIGCONT);
	syscall(SYS_wait4, pid, &status, WCONTINUED, 0);
	show_status("continued", status);
	kill(pid, SIGSTOP);
	kill(pid, SIGKILL);
	syscall(SYS_wait4, pid, &status, 0, 0);
	show_status("killed while stopped", status);
}

/* Files with the flag are closed by exec, others stay. */
static void exec_files(void)
{
	char *argv[] = { self, "fds", NULL };

	syscall(SYS_dup2, 1, 10);
	syscall(SYS_dup3, 1, 11, O_CLOEXEC);
	execve(self, argv, environ);
}

static void many_children(void)
{
	int total = 0, status;

	for (int i = 0; i < 50; i++) {
		if (fork() == 0)
			exit(i);
	}
	while (syscall(SYS_wait4, -1, &status, 0, 0) > 0)
		total += WEXITSTATUS(status);
	show("sum of 50 children", total);
}

static int told(int argc, char **argv, char **envp)
{
	if (!strcmp(argv[1], "args")) {
		for (int i = 0; i < argc; i++)
			printf("argument %d: %s\n", i, argv[i]);
		for (int i = 0; envp[i]; i++)
			printf("environment %d: %s\n", i, envp[i]);
		show_bool("stack is aligned", ((unsigned long)argv & 3) == 0);
	} else if (!strcmp(argv[1], "fds")) {
		show("file 10", syscall(SYS_fcntl64, 10, F_GETFD, 0));
		show("file 11", syscall(SYS_fcntl64, 11, F_GETFD, 0));
	}
	return 9;
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1)
		return told(argc, argv, envp);
	test_fork();
	test_wait();
	in_child("exit status is cut", exit_large);
	in_child("killed", killed);
	test_waitid();
	in_child("exec", exec_args);
	in_child("exec errors", test_exec_errors);
	in_child("script", exec_script);
	in_child("files over exec", exec_files);
	test_vfork();
	test_groups();
	test_orphan();
	test_stop();
	in_child("many", many_children);
	show("kill missing", syscall(SYS_kill, 30000, 0));
	show("kill signal", syscall(SYS_kill, getpid(), 65));
	show("kill 0", syscall(SYS_kill, getpid(), 0));
	return 0;
}
