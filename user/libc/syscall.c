/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * Entry, exit and system calls. The kernel starts a program with the arguments on the stack: their
 * number, their addresses, NULL, the environment, NULL, and the auxiliary vector. The sixth
 * argument of a system call is in EBP, which C cannot name as an operand, so syscall6() is in
 * assembly.
 */

asm(".globl _start\n"
    "_start:\n"
    "	xor %ebp, %ebp\n"
    "	mov %esp, %eax\n"
    "	and $-16, %esp\n"
    "	sub $12, %esp\n"
    "	push %eax\n"
    "	call start\n"
    "	hlt\n");

asm(".globl syscall6\n"
    "syscall6:\n"
    "	push %ebp\n"
    "	push %edi\n"
    "	push %esi\n"
    "	push %ebx\n"
    "	mov 20(%esp), %eax\n"
    "	mov 24(%esp), %ebx\n"
    "	mov 28(%esp), %ecx\n"
    "	mov 32(%esp), %edx\n"
    "	mov 36(%esp), %esi\n"
    "	mov 40(%esp), %edi\n"
    "	mov 44(%esp), %ebp\n"
    "	int $0x80\n"
    "	pop %ebx\n"
    "	pop %esi\n"
    "	pop %edi\n"
    "	pop %ebp\n"
    "	ret\n");

int errno;
char **environ;

int main(int argc, char **argv, char **envp);
void start(long *stack);

void start(long *stack)
{
	char **argv = (char **)(stack + 1);

	environ = argv + stack[0] + 1;
	exit(main(stack[0], argv, environ));
}

void exit(int status)
{
	for (;;)
		_exit(status);
}

void abort(void)
{
	kill(getpid(), SIGABRT);
	exit(127);
}

long posix(long result)
{
	if ((unsigned long)result < -4095ul)
		return result;
	errno = -result;
	return -1;
}

int fork(void)
{
	return posix(syscall(SYS_fork));
}

int execve(const char *path, char *const *argv, char *const *envp)
{
	return posix(syscall(SYS_execve, path, argv, envp));
}

int execvp(const char *name, char *const *argv)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	if (strchr(name, '/'))
		return execve(name, argv, environ);
	for (path = path ? path : "/bin"; *path;) {
		const char *end = strchr(path, ':');
		size_t length = end ? (size_t)(end - path) : strlen(path);

		if (length + strlen(name) + 2 < sizeof(file)) {
			snprintf(file, sizeof(file), "%s", path);
			snprintf(file + length, sizeof(file) - length, "/%s", name);
			execve(file, argv, environ);
			if (errno != ENOENT)
				return -1;
		}
		path += length + (end != NULL);
	}
	errno = ENOENT;
	return -1;
}

int waitpid(int pid, int *status, int options)
{
	return posix(syscall(SYS_wait4, pid, status, options, 0));
}

int getpid(void)
{
	return syscall(SYS_getpid);
}

int kill(int pid, int signal)
{
	return posix(syscall(SYS_kill, pid, signal));
}

int setpgid(int pid, int group)
{
	return posix(syscall(SYS_setpgid, pid, group));
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	return posix(syscall(SYS_open, path, flags | O_LARGEFILE, mode));
}

int close(int fd)
{
	return posix(syscall(SYS_close, fd));
}

long read(int fd, void *data, size_t size)
{
	return posix(syscall(SYS_read, fd, data, size));
}

long write(int fd, const void *data, size_t size)
{
	return posix(syscall(SYS_write, fd, data, size));
}

int dup2(int from, int to)
{
	return posix(syscall(SYS_dup2, from, to));
}

int pipe(int fds[2])
{
	return posix(syscall(SYS_pipe, fds));
}

int chdir(const char *path)
{
	return posix(syscall(SYS_chdir, path));
}

char *getcwd(char *path, size_t size)
{
	return posix(syscall(SYS_getcwd, path, size)) < 0 ? NULL : path;
}

int stat(const char *path, struct stat64 *stat)
{
	return posix(syscall(SYS_stat64, path, stat));
}

int lstat(const char *path, struct stat64 *stat)
{
	return posix(syscall(SYS_lstat64, path, stat));
}

long readlink(const char *path, char *target, size_t size)
{
	return posix(syscall(SYS_readlink, path, target, size));
}

int mkdir(const char *path, int mode)
{
	return posix(syscall(SYS_mkdir, path, mode));
}

int unlink(const char *path)
{
	return posix(syscall(SYS_unlink, path));
}

int rmdir(const char *path)
{
	return posix(syscall(SYS_rmdir, path));
}

int rename(const char *from, const char *to)
{
	return posix(syscall(SYS_rename, from, to));
}

int link(const char *from, const char *to)
{
	return posix(syscall(SYS_link, from, to));
}

int symlink(const char *target, const char *path)
{
	return posix(syscall(SYS_symlink, target, path));
}

int chmod(const char *path, unsigned int mode)
{
	return posix(syscall(SYS_chmod, path, mode));
}

int mknod(const char *path, unsigned int mode, unsigned int device)
{
	return posix(syscall(SYS_mknod, path, mode, device));
}

int fsync(int fd)
{
	return posix(syscall(SYS_fsync, fd));
}

void sync(void)
{
	syscall(SYS_sync);
}

int mount(const char *device, const char *folder, const char *type, unsigned long flags,
	  const char *options)
{
	return posix(syscall(SYS_mount, device, folder, type, flags, options));
}

int umount(const char *folder)
{
	return posix(syscall(SYS_umount2, folder, 0));
}

int statfs(const char *path, struct statfs64 *info)
{
	return posix(syscall(SYS_statfs64, path, sizeof(*info), info));
}

void *mmap(void *address, size_t size, int prot, int flags, int fd, unsigned long long offset)
{
	return (void *)posix(
		syscall(SYS_mmap2, address, size, prot, flags, fd, (long)(offset >> 12)));
}

int munmap(void *address, size_t size)
{
	return posix(syscall(SYS_munmap, address, size));
}

void *sbrk(long increment)
{
	static char *end;
	char *old;

	if (!end)
		end = (char *)syscall(SYS_brk, 0);
	old = end;
	if (increment && (char *)syscall(SYS_brk, old + increment) != old + increment) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	end = old + increment;
	return old;
}

int ioctl(int fd, unsigned long request, void *arg)
{
	return posix(syscall(SYS_ioctl, fd, request, arg));
}

void sleep_ms(unsigned int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	while (syscall(SYS_nanosleep, &time, &time) == -EINTR)
		;
}
