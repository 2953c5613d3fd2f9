/* SPDX-License-Identifier: MIT */
#include "test.h"

/*
 * A table of calls, and for each pointer among their arguments one line with what bad addresses
 * give: an unmapped page, the last page below and the first bytes of the kernel, the end of all
 * addresses, 4 bytes before an unmapped page, and a page that may only be read.
 */

enum { FILE = 10, FOLDER, EMPTY, FULL };

#define NR_BAD 6

/* The name is also a mask of signals, without SIGALRM. */
static char good[4096] = "pF", other[4096];
static const char constant[PAGE] __attribute__((aligned(4096))) = "pF";
static char *words[] = { "x", NULL };

static const struct call {
	const char *name;
	short nr;
	unsigned char pointers; /* a bit for each argument that is one */
	long args[6];
} table[] = {
#define C(call, pointers, ...)               \
	{                                    \
#call, SYS_##call, pointers, \
		{                            \
			__VA_ARGS__          \
		}                            \
	}
#define G ((long)good)
#define O ((long)other)
	C(read, 2, FILE, O, 8),
	C(read, 2, EMPTY, O, 8),
	C(write, 2, FILE, G, 8),
	C(write, 2, FULL, G, 8),
	C(pread64, 2, FILE, O, 8, 0, 0),
	C(pwrite64, 2, FILE, G, 8, 0, 0),
	C(readv, 2, FILE, O, 1),
	C(writev, 2, FILE, O, 1),
	C(open, 1, G, O_RDONLY),
	C(openat, 2, FOLDER, G, O_RDONLY),
	C(execve, 7, G, (long)words, (long)words),
	C(unlink, 1, G),
	C(unlinkat, 2, FOLDER, G, 0),
	C(rename, 3, G, G),
	C(link, 3, G, G),
	C(symlink, 3, G, G),
	C(mkdir, 1, G, 0755),
	C(mkdirat, 2, FOLDER, G, 0755),
	C(rmdir, 1, G),
	C(chdir, 1, G),
	C(chmod, 1, G, 0755),
	C(mknod, 1, G, 0644, 0),
	C(truncate, 1, G, 10),
	C(access, 1, G, 0),
	C(readlink, 3, G, O, 100),
	C(getcwd, 1, O, 100),
	C(stat64, 3, G, O),
	C(lstat64, 3, G, O),
	C(fstat64, 2, FILE, O),
	C(fstatat64, 6, FOLDER, (long)"file", O, 0),
	C(statx, 18, FOLDER, (long)"file", 0, 0x7ff, O),
	C(statfs64, 5, G, 84, O),
	C(mount, 0x17, G, (long)"p", G, 0, G),
	C(umount2, 1, G, 0),
	C(getdents64, 2, FOLDER, O, 1000),
	C(llseek, 8, FILE, 0, 0, O, SEEK_SET),
	C(ioctl, 4, EMPTY, FIONREAD, O),
	C(pipe, 1, O),
	C(pipe2, 1, O, 0),
	C(poll, 1, O, 2, 0),
	C(newselect, 30, 9, O, 0, 0, 0),
	C(wait4, 10, -1, O, 0, O),
	C(sigaction, 6, SIGUSR1, G, O),
	C(rt_sigaction, 6, SIGUSR1, G, O, 8),
	C(rt_sigprocmask, 6, SIG_SETMASK, 0, O, 8),
	C(sigprocmask, 6, SIG_SETMASK, 0, O),
	C(rt_sigpending, 1, O, 8),
	C(sigpending, 1, O),
	C(rt_sigsuspend, 1, O, 8),
	C(rt_sigtimedwait, 5, O, 0, O, 8),
	C(rt_sigqueueinfo, 4, 30000, SIGUSR1, O),
	C(sigaltstack, 3, 0, O),
	C(nanosleep, 1, O, 0),
	C(clock_gettime, 2, CLOCK_MONOTONIC, O),
	C(clock_gettime64, 2, CLOCK_MONOTONIC, O),
	C(clock_getres, 2, CLOCK_MONOTONIC, O),
	C(clock_nanosleep, 4, CLOCK_MONOTONIC, 0, O, 0),
	C(clock_nanosleep64, 4, CLOCK_MONOTONIC, 0, O, 0),
	C(gettimeofday, 3, O, 0),
	C(time, 1, O),
	C(times, 1, O),
	C(getrusage, 2, 0, O),
	C(setitimer, 6, 0, 0, O),
	C(getitimer, 2, 0, O),
	C(uname, 1, O),
	C(sysinfo, 1, O),
	C(ugetrlimit, 2, RLIMIT_STACK, O),
	C(setrlimit, 2, RLIMIT_NPROC, O),
	C(prlimit64, 12, 0, RLIMIT_NPROC, 0, O),
	C(getrandom, 1, O, 8, 0),
	C(getcpu, 3, O, 0),
	C(set_thread_area, 1, O),
	C(get_thread_area, 1, O),
	C(mincore, 4, (long)constant, 2 * PAGE, O),
	C(futex, 1, O, FUTEX_WAKE, 1),
	C(futex, 9, O, FUTEX_WAIT, 1, O),
	C(clone, 4, CLONE_PARENT_SETTID | SIGCHLD, 0, O),
};

static char *bad_address(int number)
{
	switch (number) {
	case 0:
		return (char *)0x10;
	case 1:
		return (char *)0xc0000000ul;
	case 2:
		return (char *)0xffffe000ul;
	case 3:
		return (char *)0xfffffffful;
	case 4:
		return border() - 4;
	default:
		return (char *)constant;
	}
}

/* Ends calls that wait, since a page that may only be read can hold a good argument. */
static const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };

static void on_alarm(int signal)
{
}

static void test(const struct call *call, int argument)
{
	printf("%s %d:", call->name, argument);
	for (int bad = 0; bad < NR_BAD; bad++) {
		long a[6], result;

		strcpy(good, "pF");
		syscall(SYS_unlink, good);
		syscall(SYS_close, make_file(good, ""));
		memset(other, 0, sizeof(other));
		syscall(SYS_setitimer, 0, &often, 0);
		memcpy(a, call->args, sizeof(a));
		a[argument] = (long)bad_address(bad);
		result = syscall6(call->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		if (call->nr == SYS_clone && result == 0)
			exit(0);
		if ((unsigned long)result >= -4095ul)
			printf(" %s", errno_name(-result) ?: "?");
		else
			printf(call->nr == SYS_clone || result > 100 ? " ok" : " %ld", result);
	}
	printf("\n");
}

static void prepare(void)
{
	int fds[2];

	sigaction(SIGALRM, on_alarm, 0, 0);
	syscall(SYS_mkdir, "p", 0755);
	syscall(SYS_dup2, make_file("p/file", "0123456789"), FILE);
	syscall(SYS_dup2, syscall(SYS_open, "p", O_RDONLY, 0), FOLDER);
	syscall(SYS_pipe2, fds, O_NONBLOCK);
	syscall(SYS_dup2, fds[0], EMPTY);
	syscall(SYS_dup2, fds[1], 20);
	syscall(SYS_pipe2, fds, O_NONBLOCK);
	syscall(SYS_dup2, fds[1], FULL);
	syscall(SYS_dup2, fds[0], 21);
}

int main(int argc, char **argv, char **envp)
{
	prepare();
	for (const struct call *call = table; call < table + SIZE(table); call++)
		for (int argument = 0; argument < 6; argument++)
			if (call->pointers >> argument & 1)
				test(call, argument);
	return 0;
}
