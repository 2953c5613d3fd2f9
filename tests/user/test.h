/* SPDX-License-Identifier: MIT */
#pragma once

#include "libc.h"

/*
 * Each test prints lines "name: result", which are the same on each machine and in each run. The
 * lines were recorded on Debian's kernel (make user-record), and Highland has to print the same.
 */

#define SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define PAGE        4096ul

/* A result of the kernel: a number, or the name of an error. */
static inline void show(const char *name, long result)
{
	const char *error = (unsigned long)result >= -4095ul ? errno_name(-result) : NULL;

	if (error)
		printf("%s: %s\n", name, error);
	else
		printf("%s: %ld\n", name, result);
}

static inline void show_text(const char *name, const char *text)
{
	printf("%s: %s\n", name, text);
}

static inline void show_bool(const char *name, bool result)
{
	show_text(name, result ? "yes" : "no");
}

/* "ok" for any result that is no error, where the number itself is arbitrary. */
static inline void show_ok(const char *name, long result)
{
	if ((unsigned long)result >= -4095ul)
		show(name, result);
	else
		show_text(name, "ok");
}

/* Memory for a test. */
static inline void *anonymous(size_t size)
{
	return (void *)syscall(SYS_mmap2, 0, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* The end of a page, full of 'a', that an unmapped page follows. */
static inline char *border(void)
{
	static char *end;

	if (!end) {
		end = (char *)anonymous(2 * PAGE) + PAGE;
		munmap(end, PAGE);
	}
	memset(end - PAGE, 'a', PAGE);
	return end;
}

/* Pointers that no call may use: nothing there, the kernel's memory, 4 bytes before a border. */
#define NR_BAD_POINTERS 3

static inline char *bad_pointer(int number)
{
	return number == 0 ? (char *)0x10 : number == 1 ? (char *)0xffffe000 : border() - 4;
}

/* Makes a call with each bad pointer as P, and prints the results in one line. */
#define BAD(name, ...)                                                                           \
	do {                                                                                     \
		printf("%s:", name);                                                             \
		for (int bad_ = 0; bad_ < NR_BAD_POINTERS; bad_++) {                             \
			char *P = bad_pointer(bad_);                                             \
			long result_ = syscall(__VA_ARGS__);                                     \
			const char *error_ =                                                     \
				(unsigned long)result_ >= -4095ul ? errno_name(-result_) : NULL; \
                                                                                                 \
			if (error_)                                                              \
				printf(" %s", error_);                                           \
			else                                                                     \
				printf(" %ld", result_);                                         \
		}                                                                                \
		printf("\n");                                                                    \
	} while (0)

/* How a child has ended. */
static inline void show_status(const char *name, int status)
{
	if (WIFEXITED(status))
		printf("%s: exit %d\n", name, WEXITSTATUS(status));
	else if (WIFSTOPPED(status))
		printf("%s: stopped %d\n", name, WSTOPSIG(status));
	else if (status == 0xffff)
		printf("%s: continued\n", name);
	else
		printf("%s: signal %d%s\n", name, WTERMSIG(status), status & 0x80 ? " core" : "");
}

/* Runs a function in a child, and prints how it ends. */
static inline void in_child(const char *name, void (*function)(void))
{
	int status = 0, pid = fork();

	if (pid == 0) {
		function();
		exit(0);
	}
	if (pid < 0) {
		show(name, -errno);
		return;
	}
	while (syscall(SYS_wait4, pid, &status, 0, 0) == -EINTR)
		;
	show_status(name, status);
}

/* A file with a content. */
static inline int make_file(const char *path, const char *content)
{
	int fd = syscall(SYS_open, path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	syscall(SYS_write, fd, content, strlen(content));
	syscall(SYS_lseek, fd, 0, SEEK_SET);
	return fd;
}
