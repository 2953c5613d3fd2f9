/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

/*
 * A small C library for the programs in user/ and the tests in tests/user/. A program of this
 * library needs nothing but `int $0x80`, and runs on Highland and on Linux, from a 486 on.
 *
 * Most functions have the names and results of POSIX: -1 and errno on failure. errno is one
 * variable for all threads, so a thread besides the first one uses syscall(), which returns a
 * negative errno.
 */

extern int errno;
extern char **environ;

/* --- system calls: syscall.c ------------------------------------------------------------------ */

/* One call with up to six arguments. Returns what the kernel returns: -EFAULT, for example. */
long syscall6(long nr, long a, long b, long c, long d, long e, long f);

#define SYSCALL_NTH(x, nr, a, b, c, d, e, f, ...) \
	syscall6((long)(nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define syscall(...) SYSCALL_NTH(0, __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

/* Turns a result of the kernel into one of POSIX. */
long posix(long result);

#define _exit(status) syscall(SYS_exit_group, status)
void exit(int status) __attribute__((noreturn));
void abort(void) __attribute__((noreturn));

int fork(void);
int execve(const char *path, char *const *argv, char *const *envp);
int execvp(const char *name, char *const *argv);
int waitpid(int pid, int *status, int options);
int getpid(void);
int kill(int pid, int signal);
int setpgid(int pid, int group);
int open(const char *path, int flags, ...);
int close(int fd);
long read(int fd, void *data, size_t size);
long write(int fd, const void *data, size_t size);
int dup2(int from, int to);
int pipe(int fds[2]);
int chdir(const char *path);
char *getcwd(char *path, size_t size);
int stat(const char *path, struct stat64 *stat);
int lstat(const char *path, struct stat64 *stat);
long readlink(const char *path, char *target, size_t size);
int mkdir(const char *path, int mode);
int unlink(const char *path);
int rmdir(const char *path);
int rename(const char *from, const char *to);
int link(const char *from, const char *to);
int symlink(const char *target, const char *path);
int chmod(const char *path, unsigned int mode);
int mknod(const char *path, unsigned int mode, unsigned int device);
int fsync(int fd);
void sync(void);
int mount(const char *device, const char *folder, const char *type, unsigned long flags,
	  const char *options);
int umount(const char *folder);
int statfs(const char *path, struct statfs64 *info);
void *mmap(void *address, size_t size, int prot, int flags, int fd, unsigned long long offset);
int munmap(void *address, size_t size);
void *sbrk(long increment);
int ioctl(int fd, unsigned long request, void *arg);
void sleep_ms(unsigned int ms);

#define MAP_FAILED ((void *)-1)

/* Status of waitpid(). */
#define WIFEXITED(s)   (((s)&0x7f) == 0)
#define WEXITSTATUS(s) ((s) >> 8 & 0xff)
#define WIFSIGNALED(s) (((s)&0x7f) != 0 && ((s)&0xff) != 0x7f)
#define WTERMSIG(s)    ((s)&0x7f)
#define WIFSTOPPED(s)  (((s)&0xff) == 0x7f)
#define WSTOPSIG(s)    WEXITSTATUS(s)

/* --- strings: string.c ------------------------------------------------------------------------ */

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strcpy(char *to, const char *from);
char *strcat(char *to, const char *from);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strdup(const char *s);
long strtol(const char *s, char **end, int base);
int atoi(const char *s);
const char *errno_name(int error);
char *getenv(const char *name);

/* --- output: print.c -------------------------------------------------------------------------- */

/* %d %i %u %x %c %s %p %%, with a width, '-', '0', 'l' and 'll'. One write(2) for each call. */
int vsnprintf(char *text, size_t size, const char *format, va_list args);
int snprintf(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int dprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int puts(const char *s);
/* Prints "name: text of errno", and returns 1, the status of a program that failed. */
int complain(const char *program, const char *name);

/* --- memory: malloc.c ------------------------------------------------------------------------- */

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void free(void *memory);

/* --- directories: dir.c ----------------------------------------------------------------------- */

typedef struct dir DIR;

DIR *opendir(const char *path);
struct dirent64 *readdir(DIR *dir);
void closedir(DIR *dir);

/* --- trees of files: tree.c ------------------------------------------------------------------- */

/* The last name of a path. */
const char *last_name(const char *path);
bool is_folder(const char *path);
/* "folder/name", to be freed. The program ends if there is no memory. */
const char *path_in(const char *folder, const char *name);
/* Returns @size, or -1 and errno. */
long write_all(int fd, const char *data, long size);
/*
 * All names of a folder, to be freed like the array. Returns NULL and errno if it cannot be read.
 * The program ends if there is no memory.
 */
char **names_in(const char *folder, size_t *count);
/*
 * Calls a function for each name of a folder but "." and "..". The names are read before the first
 * call, so the function may remove them. Returns -1 and errno if the folder cannot be read, else
 * all results of the function, joined by or.
 */
int for_each_name(const char *folder, int (*fn)(const char *path, void *arg), void *arg);

/* --- signals, jumps and threads: signal.c, thread.c ------------------------------------------- */

/* Adds SA_RESTORER: rt_sigreturn(2) with SA_SIGINFO, else sigreturn(2). */
long sigaction(int signal, void *handler, unsigned int flags, unsigned long long mask);

typedef long jmp_buf[6];
int setjmp(jmp_buf env) __attribute__((returns_twice));
void longjmp(jmp_buf env, int value) __attribute__((noreturn));

/*
 * A child or thread that runs function(arg) on the stack that ends at @stack_end, and then calls
 * exit(2) with its result. Returns its number, or a negative errno.
 */
long clone(int (*function)(void *arg), void *stack_end, unsigned long flags, void *arg,
	   int *parent_tid, struct user_desc *tls, int *child_tid);

/* A thread in this address space. thread_join() waits for its end and returns its result. */
struct thread {
	volatile int alive; /* cleared by the kernel, with a wake of the futex */
	int tid, result;
	int (*function)(void *arg);
	void *arg, *stack;
};

int thread_create(struct thread *thread, int (*function)(void *arg), void *arg);
int thread_join(struct thread *thread);
