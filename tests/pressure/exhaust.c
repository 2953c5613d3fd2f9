/* SPDX-License-Identifier: MIT */

/*
 * exhaust N: fills sockets in N processes, 450 connections each, until memory is gone. The bytes
 * are memory of the kernel: on Linux low memory, on Highland too with unixbuf=low.
 *
 * The program has no library, so it runs on 32-bit Linux unchanged. It prints how much low and high
 * memory is free, and how each child ends that is killed.
 */

#include "alone.h"

enum { EAGAIN = 11, ENOMEM = 12, ENOBUFS = 105 };

#define CONNECTIONS 450
#define WRITES      64

static char data[16384];

static void mem(void)
{
	struct {
		long up;
		ulong loads[3], total, free, shared, buffers, total_swap, free_swap;
		unsigned short procs, pad;
		ulong total_high, free_high;
		unsigned int unit;
		char rest[8];
	} info;

	sys(SYSINFO, (long)&info, 0, 0, 0, 0);
	str(" lowfree_kib=");
	num((info.free - info.free_high) / 1024 * info.unit);
	str(" highfree_kib=");
	num(info.free_high / 1024 * info.unit);
}

static void pause_for(long seconds)
{
	long time[2] = { seconds, 0 };

	sys(NANOSLEEP, (long)time, 0, 0, 0, 0);
}

static void failed(const char *what, long error, long pair)
{
	str("EXHAUST ");
	str(what);
	str(" error=-");
	num((ulong)-error);
	str(" pair=");
	num((ulong)pair);
	mem();
	flush();
}

/* Writes into both sockets until both are full. Returns the error that ended it. */
static long fill(const int *fd)
{
	long r = 0;

	for (int k = 0; k < WRITES; k++) {
		r = sys(WRITE, fd[0], (long)data, sizeof(data), 0, 0);
		if (r < 0)
			break;
		r = sys(WRITE, fd[1], (long)data, sizeof(data), 0, 0);
		if (r < 0 && r != -EAGAIN)
			break;
	}
	return r < 0 && r != -EAGAIN ? r : 0;
}

static void child(long number)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd[2];
		long r = sys(SOCKETPAIR, 1, 1 | 04000, 0, (long)fd, 0); /* not blocking */

		if (r < 0) {
			failed("socketpair", r, i);
			break;
		}
		r = fill(fd);
		if (r)
			failed("write", r, i);
		if (r == -ENOMEM || r == -ENOBUFS)
			break;
		if (i % 150 == 149) {
			str("EXHAUST proc=");
			num((ulong)number);
			str(" pairs=");
			num((ulong)i + 1);
			mem();
			flush();
		}
	}
	str("EXHAUST child done");
	mem();
	flush();
	for (;;)
		pause_for(1000);
}

static void bury(void)
{
	int status;

	while (sys(WAIT4, -1, (long)&status, 1, 0, 0) > 0) {
		str("EXHAUST a child died, status=");
		num((ulong)status);
		mem();
		flush();
	}
}

/* One child after the other, roughly. */
void start(long *stack)
{
	char **argv = (char **)(stack + 1);
	long pids[64], nr = stack[0] > 1 ? number_of(argv[1]) : 0;

	if (nr > 64)
		nr = 64;
	for (long p = 0; p < nr; p++) {
		pids[p] = sys(FORK, 0, 0, 0, 0, 0);
		if (!pids[p])
			child(p);
		pause_for(2);
		bury();
	}
	pause_for(5);
	bury();
	str("EXHAUST end");
	mem();
	flush();
	for (long p = 0; p < nr; p++) {
		if (pids[p] > 0)
			sys(KILL, pids[p], 9, 0, 0, 0);
	}
	while (sys(WAIT4, -1, 0, 0, 0, 0) > 0)
		;
	str("EXHAUST all gone");
	mem();
	flush();
	sys(EXIT, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}
