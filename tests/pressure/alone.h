/* SPDX-License-Identifier: MIT */
#pragma once

/* For programs that are linked with nothing: entry, system calls, a line of output. */

typedef unsigned long ulong;
typedef unsigned long long u64;

enum {
	EXIT = 1,
	FORK = 2,
	READ = 3,
	WRITE = 4,
	OPEN = 5,
	CLOSE = 6,
	LSEEK = 19,
	KILL = 37,
	WAIT4 = 114,
	SYSINFO = 116,
	SCHED_YIELD = 158,
	NANOSLEEP = 162,
	MMAP2 = 192,
	CLOCK_GETTIME = 265,
	MUNMAP = 91,
	MLOCK = 150,
	SOCKETPAIR = 360,
};

/* The program: the stack has the number of arguments, and their addresses. */
void start(long *stack) __attribute__((noreturn, used));

asm(".globl _start\n"
    "_start:\n"
    "	mov %esp, %eax\n"
    "	and $-16, %esp\n"
    "	sub $12, %esp\n"
    "	push %eax\n"
    "	call start\n");

static inline long sys(long nr, long a, long b, long c, long d, long e)
{
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
		     : "memory");
	return result;
}

static char line[512];
static int at;

static inline void str(const char *s)
{
	while (*s)
		line[at++] = *s++;
}

/* Quotient and rest without a library, by shifts. */
static inline u64 divide(u64 value, unsigned int by, unsigned int *rest)
{
	u64 quotient = 0, r = 0;

	for (int i = 63; i >= 0; i--) {
		r = r << 1 | (value >> i & 1);
		if (r >= by) {
			r -= by;
			quotient |= 1ull << i;
		}
	}
	*rest = (unsigned int)r;
	return quotient;
}

static inline void num(u64 value)
{
	char digits[24];
	unsigned int rest;
	int n = 0;

	do {
		value = divide(value, 10, &rest);
		digits[n++] = (char)('0' + rest);
	} while (value);
	while (n)
		line[at++] = digits[--n];
}

static inline void flush(void)
{
	line[at++] = '\n';
	sys(WRITE, 1, (long)line, at, 0, 0);
	at = 0;
}

static inline long number_of(const char *s)
{
	long value = 0;

	while (*s >= '0' && *s <= '9')
		value = value * 10 + *s++ - '0';
	return value;
}
