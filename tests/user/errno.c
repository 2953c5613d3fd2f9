/* SPDX-License-Identifier: MIT */
#include "test.h"

/*
 * A table of calls that shows, for each call that a shell or the benchmark needs, that it succeeds,
 * and each error that its manual page names and that a test can cause. File numbers and addresses
 * are fixed, so that the table is constant.
 */

enum { FILE = 10, READ_ONLY, WRITE_ONLY, FOLDER, EMPTY, FULL, WIDOW, NONE = 99 };

/* 16 pages: anonymous, but the third is not mapped, and the fourth is a mapping of READ_ONLY. */
#define AREA 0x10000000l
#define HOLE (AREA + 2 * PAGE)
#define TEXT (AREA + 3 * PAGE)
#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static char buffer[8192], long_name[300];
static char *self[] = { "x", NULL }, *none[] = { NULL };
static char *huge[2] = { buffer, NULL }; /* a string of more than 128 KiB begins there */
static struct timespec moment = { 0, 1000 };
static struct itimerval second = { { 0, 0 }, { 0, 1000000 } };
static struct kernel_sigaction action;

static const struct {
	const char *name;
	int nr;
	long args[6];
} table[] = {
#define C(call, what, ...)                  \
	{                                   \
#call " " what, SYS_##call, \
		{                           \
			__VA_ARGS__         \
		}                           \
	}
#define L(pointer)                ((long)(pointer))
#define P(call, what, first, ...) C(call, what, L(first), ##__VA_ARGS__)
	C(read, "success", FILE, L(buffer), 4),
	C(read, "no such file", NONE, L(buffer), 4),
	C(read, "write-only", WRITE_ONLY, L(buffer), 4),
	C(read, "folder", FOLDER, L(buffer), 4),
	C(read, "would wait", EMPTY, L(buffer), 4),
	C(read, "negative size", FILE, L(buffer), -1),
	C(read, "bad file before bad pointer", NONE, 0x10, 4),
	C(write, "success", FILE, L(buffer), 4),
	C(write, "no such file", NONE, L(buffer), 4),
	C(write, "read-only", READ_ONLY, L(buffer), 4),
	C(write, "folder", FOLDER, L(buffer), 4),
	C(write, "would wait", FULL, L(buffer), 4),
	C(write, "no reader", WIDOW, L(buffer), 4),
	C(write, "nothing to no reader", WIDOW, L(buffer), 0),
	C(write, "negative size", FILE, L(buffer), -1),
	C(pread64, "success", FILE, L(buffer), 4, 1, 0),
	C(pread64, "no such file", NONE, L(buffer), 4, 0, 0),
	C(pread64, "negative position", FILE, L(buffer), 4, 0, -1),
	C(pread64, "pipe", EMPTY, L(buffer), 4, 0, 0),
	C(pread64, "folder", FOLDER, L(buffer), 4, 0, 0),
	C(pwrite64, "success", FILE, L(buffer), 4, 1, 0),
	C(pwrite64, "no such file", NONE, L(buffer), 4, 0, 0),
	C(pwrite64, "negative position", FILE, L(buffer), 4, 0, -1),
	C(pwrite64, "pipe", FULL, L(buffer), 4, 0, 0),
	C(pwrite64, "largest position", FILE, L(buffer), 4, -1, 0x7fffffff),
	C(close, "no such file", NONE),
	C(close, "negative", -1),
	P(open, "missing", "e/missing", O_RDONLY),
	P(open, "no folder", "e/missing/x", O_RDONLY),
	P(open, "file as folder", "e/file/x", O_RDONLY),
	P(open, "folder wanted", "e/file", O_RDONLY | O_DIRECTORY),
	P(open, "folder to write", "e", O_RDWR),
	P(open, "exclusive", "e/file", O_RDWR | O_CREAT | O_EXCL, 0644),
	P(open, "exclusive link", "e/loop", O_RDWR | O_CREAT | O_EXCL, 0644),
	P(open, "loop", "e/loop", O_RDONLY),
	P(open, "link not followed", "e/link", O_RDONLY | O_NOFOLLOW),
	P(open, "long name", long_name, O_RDONLY),
	P(open, "empty name", "", O_RDONLY),
	P(open, "running program", "/tests/errno", O_WRONLY),
	P(unlink, "missing", "e/missing"),
	P(unlink, "folder", "e"),
	P(unlink, "file as folder", "e/file/x"),
	P(unlink, "long name", long_name),
	P(unlink, "empty name", ""),
	P(unlink, "root", "/"),
	P(unlink, "loop", "e/loop/x"),
	P(unlink, "slash", "e/file/"),
	P(unlink, "success", "e/link"),
	P(mkdir, "success", "e/new", 0755),
	P(mkdir, "again", "e/new", 0755),
	P(mkdir, "over a link", "e/loop", 0755),
	P(mkdir, "slash", "e/newer/", 0755),
	P(mkdir, "no folder", "e/missing/x", 0755),
	P(mkdir, "file as folder", "e/file/x", 0755),
	P(mkdir, "loop", "e/loop/x", 0755),
	P(mkdir, "long name", long_name, 0755),
	P(mkdir, "empty name", "", 0755),
	P(mkdir, "root", "/", 0755),
	P(mkdir, "dot", "e/.", 0755),
	P(lstat64, "success", "e/loop", L(buffer)),
	P(lstat64, "missing", "e/missing", L(buffer)),
	P(lstat64, "file as folder", "e/file/x", L(buffer)),
	P(lstat64, "loop", "e/loop/x", L(buffer)),
	P(lstat64, "long name", long_name, L(buffer)),
	P(lstat64, "empty name", "", L(buffer)),
	P(stat64, "loop", "e/loop", L(buffer)),
	C(fstatat64, "success", FOLDER, L("file"), L(buffer), 0),
	C(fstatat64, "no such file", NONE, L("file"), L(buffer), 0),
	C(fstatat64, "not in a folder", FILE, L("file"), L(buffer), 0),
	C(fstatat64, "flags", FOLDER, L("file"), L(buffer), 1),
	C(fstatat64, "missing", FOLDER, L("missing"), L(buffer), 0),
	C(fstatat64, "loop", FOLDER, L("loop"), L(buffer), 0),
	C(fstatat64, "link itself", FOLDER, L("loop"), L(buffer), AT_SYMLINK_NOFOLLOW),
	C(getdents64, "no such file", NONE, L(buffer), 1000),
	C(getdents64, "file", FILE, L(buffer), 1000),
	C(getdents64, "pipe", EMPTY, L(buffer), 1000),
	C(getdents64, "small buffer", FOLDER, L(buffer), 10),
	C(ftruncate, "success", FILE, 100),
	C(ftruncate, "no such file", NONE, 100),
	C(ftruncate, "read-only", READ_ONLY, 100),
	C(ftruncate, "negative", FILE, -1),
	C(ftruncate, "folder", FOLDER, 100),
	C(ftruncate, "pipe", FULL, 100),
	C(ioctl, "no such file", NONE, TCGETS, L(buffer)),
	C(ioctl, "no terminal", FILE, TCGETS, L(buffer)),
	C(ioctl, "pipe", EMPTY, TCGETS, L(buffer)),
	C(ioctl, "folder", FOLDER, TCGETS, L(buffer)),
	C(ioctl, "room of a pipe", EMPTY, FIONREAD, L(buffer)),
	C(ioctl, "unknown", FILE, 0x12345678, L(buffer)),
	P(execve, "missing", "e/missing", L(self), L(none)),
	P(execve, "file as folder", "e/file/x", L(self), L(none)),
	P(execve, "folder", "e", L(self), L(none)),
	P(execve, "no permission", "e/file", L(self), L(none)),
	P(execve, "no program", "e/noise", L(self), L(none)),
	P(execve, "empty program", "e/empty", L(self), L(none)),
	P(execve, "missing interpreter", "e/script", L(self), L(none)),
	P(execve, "loop", "e/loop", L(self), L(none)),
	P(execve, "long name", long_name, L(self), L(none)),
	P(execve, "empty name", "", L(self), L(none)),
	P(execve, "huge argument", "/bin/true", L(huge), L(none)),
	P(execve, "huge environment", "/bin/true", L(self), L(huge)),
	P(execve, "open to write", "e/busy", L(self), L(none)),
	C(wait4, "no child", -1, 0, 0, 0),
	C(wait4, "no child, not waiting", -1, 0, WNOHANG, 0),
	C(wait4, "no child of mine", 1, 0, 0, 0),
	C(wait4, "no group", -30000, 0, 0, 0),
	C(wait4, "flags", -1, 0, 0x100, 0),
	C(wait4, "least number", 0x80000000l, 0, 0, 0),
	C(kill, "nobody", 30000, 0),
	C(kill, "no group", -30000, 0),
	C(kill, "signal", 0, 65),
	C(kill, "negative signal", 0, -1),
	C(kill, "success", 0, 0),
	C(sigaction, "success", SIGUSR1, 0, L(buffer)),
	C(sigaction, "none", 0, 0, 0),
	C(sigaction, "beyond", 65, 0, 0),
	C(sigaction, "kill", SIGKILL, L(buffer), 0),
	C(sigaction, "stop", SIGSTOP, L(buffer), 0),
	C(rt_sigaction, "size", SIGUSR1, 0, 0, 4),
	C(rt_sigaction, "kill", SIGKILL, L(&action), 0, 8),
	C(rt_sigaction, "ask kill", SIGKILL, 0, L(&action), 8),
	C(rt_sigprocmask, "how", 9, L(long_name), 0, 8),
	C(rt_sigprocmask, "size", SIG_BLOCK, L(long_name), 0, 4),
	C(mmap2, "size 0", 0, 0, RW, ANON, -1, 0),
	C(mmap2, "no type", 0, PAGE, RW, MAP_ANONYMOUS, -1, 0),
	C(mmap2, "not aligned", AREA + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0),
	C(mmap2, "in use", AREA, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0),
	C(mmap2, "no such file", 0, PAGE, RW, MAP_PRIVATE, NONE, 0),
	C(mmap2, "write-only", 0, PAGE, PROT_READ, MAP_PRIVATE, WRITE_ONLY, 0),
	C(mmap2, "shared read-only", 0, PAGE, RW, MAP_SHARED, READ_ONLY, 0),
	C(mmap2, "folder", 0, PAGE, PROT_READ, MAP_PRIVATE, FOLDER, 0),
	C(mmap2, "pipe", 0, PAGE, PROT_READ, MAP_PRIVATE, EMPTY, 0),
	C(mmap2, "all addresses", 0, 0xfffff000l, RW, ANON, -1, 0),
	C(mmap2, "more than all", 0, 0xffffffffl, RW, ANON, -1, 0),
	C(mmap2, "beyond", 0xfffff000l, PAGE, RW, ANON | MAP_FIXED, -1, 0),
	C(mmap2, "wraps", 0xfffff000l, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0),
	C(mmap2, "offset too large", 0, 2 * PAGE, PROT_READ, MAP_PRIVATE, READ_ONLY, 0xffffffffl),
	C(munmap, "size 0", AREA, 0),
	C(munmap, "not aligned", AREA + 1, PAGE),
	C(munmap, "beyond", 0xffffe000l, PAGE),
	C(munmap, "wraps", AREA, 0xfffff000l),
	C(munmap, "nothing there", HOLE, PAGE),
	C(mprotect, "success", AREA, PAGE, PROT_READ),
	C(mprotect, "not aligned", AREA + 1, PAGE, RW),
	C(mprotect, "hole", AREA, 4 * PAGE, PROT_READ),
	C(mprotect, "only a hole", HOLE, PAGE, PROT_READ),
	C(mprotect, "shared read-only", TEXT, PAGE, RW),
	C(mprotect, "bits", AREA, PAGE, 0x80),
	C(mprotect, "wraps", AREA, 0xfffff000l, RW),
	C(mprotect, "size 0", AREA, 0, RW),
	C(mprotect, "size 0 of a hole", HOLE, 0, RW),
	C(madvise, "success", AREA, PAGE, MADV_DONTNEED),
	C(madvise, "not aligned", AREA + 1, PAGE, MADV_DONTNEED),
	C(madvise, "advice", AREA, PAGE, 9999),
	C(madvise, "hole", AREA, 4 * PAGE, MADV_DONTNEED),
	C(madvise, "wraps", AREA, 0xfffff000l, MADV_DONTNEED),
	C(madvise, "size 0", AREA, 0, MADV_DONTNEED),
	C(ioperm, "too far", 65536, 1, 1),
	C(ioperm, "wraps", -1, 2, 1),
	C(reboot, "magic", 0, 672274793, 0),
	C(reboot, "second magic", 0xfee1deadl, 0, 0),
	C(reboot, "command", 0xfee1deadl, 672274793, 0x12345),
	C(clock_gettime, "success", CLOCK_MONOTONIC, L(buffer)),
	C(clock_gettime, "clock", 99, L(buffer)),
	C(clock_gettime, "negative clock", -1, L(buffer)),
	P(nanosleep, "success", &moment, 0),
	C(setitimer, "timer", 9, L(&second), 0),
	C(setitimer, "a million us", 0, L(&second), 0),
	C(getitimer, "timer", 9, L(buffer)),
	C(clone, "handlers without memory", CLONE_SIGHAND, 0, 0, 0, 0),
	C(clone, "thread without handlers", CLONE_THREAD | CLONE_VM, 0, 0, 0, 0),
	C(sched_yield, "success"),
	C(sysinfo, "success", L(buffer)),
	P(mount, "unknown type", "none", L("e"), L("no-such-type"), 0, 0),
	P(mount, "no type", "none", L("e"), 0, 0, 0),
	P(mount, "missing", "none", L("e/missing"), L("no-such-type"), 0, 0),
	P(mount, "file as folder", "none", L("e/file/x"), L("no-such-type"), 0, 0),
	P(mount, "loop", "none", L("e/loop"), L("no-such-type"), 0, 0),
	P(mount, "long name", "none", L(long_name), L("no-such-type"), 0, 0),
	P(umount2, "nothing mounted", "e", 0),
	P(umount2, "missing", "e/missing", 0),
	P(umount2, "flags", "e", 0x100),
	P(chdir, "missing", "e/missing"),
	P(chdir, "file", "e/file"),
	P(chdir, "loop", "e/loop"),
	P(chdir, "long name", long_name),
	P(access, "success", "e/file", 4),
	P(access, "mode", "e/file", 8),
	P(access, "missing", "e/missing", 0),
	P(readlink, "no link", "e/file", L(buffer), 10),
	P(readlink, "size 0", "e/loop", L(buffer), 0),
	C(dup2, "no such file", NONE, 20),
	C(dup2, "beyond", FILE, 100000),
	C(pipe2, "flags", L(buffer), 1),
	C(mremap, "hole", HOLE, PAGE, 2 * PAGE, MREMAP_MAYMOVE),
	C(mremap, "not aligned", AREA + 1, PAGE, PAGE, 0),
	C(mremap, "no room", AREA, PAGE, 2 * PAGE, 0),
};

static void file(int number, const char *path, int flags, int mode)
{
	int fd = syscall(SYS_open, path, flags, mode);

	syscall(SYS_dup2, fd, number);
	syscall(SYS_close, fd);
}

static void content(const char *path, int mode, const char *text)
{
	file(20, path, O_WRONLY | O_CREAT, mode);
	syscall(SYS_write, 20, text, strlen(text));
	syscall(SYS_close, 20);
}

static void prepare(void)
{
	int fds[2];
	char *argument = anonymous(200000);

	memset(argument, 'a', 199999);
	huge[0] = argument;
	memset(long_name, 'n', 299);
	syscall(SYS_mkdir, "e", 0755);
	syscall(SYS_symlink, "loop", "e/loop");
	syscall(SYS_symlink, "file", "e/link");
	content("e/file", 0644, "0123456789");
	content("e/noise", 0755, "no program at all");
	content("e/empty", 0755, "");
	content("e/script", 0755, "#!/no/such/interpreter\n");
	content("e/busy", 0755, "#!/bin/true\n");
	file(19, "e/busy", O_RDWR, 0);
	file(FILE, "e/file", O_RDWR, 0);
	file(READ_ONLY, "e/file", O_RDONLY, 0);
	file(WRITE_ONLY, "e/file", O_WRONLY, 0);
	file(FOLDER, "e", O_RDONLY, 0);
	syscall(SYS_pipe2, fds, O_NONBLOCK);
	syscall(SYS_dup2, fds[0], EMPTY);
	syscall(SYS_dup2, fds[1], 21);
	syscall(SYS_pipe2, fds, O_NONBLOCK);
	syscall(SYS_dup2, fds[1], FULL);
	while (syscall(SYS_write, FULL, buffer, 4096) > 0)
		;
	syscall(SYS_pipe, fds);
	syscall(SYS_dup2, fds[1], WIDOW);
	syscall(SYS_close, fds[0]);
	sigaction(SIGPIPE, SIG_IGN, 0, 0);
	syscall(SYS_mmap2, AREA, 16 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	syscall(SYS_munmap, HOLE, PAGE);
	syscall(SYS_mmap2, TEXT, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, READ_ONLY, 0);
}

int main(int argc, char **argv, char **envp)
{
	prepare();
	for (size_t i = 0; i < SIZE(table); i++) {
		const long *a = table[i].args;

		show(table[i].name, syscall6(table[i].nr, a[0], a[1], a[2], a[3], a[4], a[5]));
	}
	return 0;
}
