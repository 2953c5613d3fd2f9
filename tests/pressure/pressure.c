/* SPDX-License-Identifier: MIT */

/*
 * pressure PROCS MIB_EACH PASSES seq|rand [KERNEL_MIB]: PROCS processes each write MIB_EACH MiB of
 * anonymous memory, page by page, PASSES times. A pass begins when all processes have finished the
 * one before.
 *
 * The program has no library, so it runs on 32-bit Linux unchanged. It prints how much was touched
 * when the first page is swapped out, with LowFree and HighFree; and for each pass how the counts
 * of /proc/vmstat have changed, and the cycles per page. Each page is checked before it is written
 * again, and the number of wrong ones is printed at the end.
 *
 * With KERNEL_MIB, that much memory of the kernel is taken while the processes still hold theirs:
 * bytes of sockets, which are in low memory on Linux, and on Highland with unixbuf=low.
 */

#include "alone.h"
#include "counts.h"

/* Shared by all processes. */
struct shared {
	volatile unsigned int done, go, started, touched, wrong;
};

static volatile struct shared *shared;
static unsigned int procs, passes;
static int random_order;
static ulong size, pages;
static u64 swapped_before, free_before;

static const char *const counts[] = {
	"pswpin",         "pswpout",       "allocstall*",
	"pgscan_kswapd",  "pgscan_direct", "pgsteal_kswapd",
	"pgsteal_direct", "pgmajfault",    "kswapd_low_wmark_hit_quickly",
	"oom_kill"
};
#define NR_COUNTS (sizeof(counts) / sizeof(counts[0]))

static u64 tsc(void)
{
	u64 time;

	asm volatile("rdtsc" : "=A"(time));
	return time;
}

static void pause_for(long ms)
{
	long time[2] = { 0, ms * 1000000 };

	sys(NANOSLEEP, (long)time, 0, 0, 0, 0);
}

static void mem(void)
{
	static const char *const lines[] = { "LowFree", "HighFree", "SwapFree", "PageTables",
					     "Slab" };

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		str(" ");
		str(lines[i]);
		str("_kib=");
		num(count("/proc/meminfo", lines[i]));
	}
}

/* After each MiB of the first pass. */
static void report_touched(void)
{
	unsigned int rest;

	__sync_fetch_and_add(&shared->touched, 1);
	if (shared->started || count("/proc/vmstat", "pswpout") <= swapped_before)
		return;
	shared->started = 1;
	str("PRESSURE swapping starts: touched_mib=");
	num(shared->touched);
	str(" permille=");
	num(divide((u64)shared->touched * 1024000, (unsigned int)free_before, &rest));
	mem();
	flush();
}

/* A page holds its number and its process, and the pass in which it was written. */
static void touch(volatile unsigned int *page, ulong number, ulong process, unsigned int pass)
{
	if (pass && page[1] != (unsigned int)(number * 31 + process))
		__sync_fetch_and_add(&shared->wrong, 1);
	page[0] = pass;
	page[1] = (unsigned int)(number * 31 + process);
}

static void child(ulong process)
{
	long memory = map(size, 0x22);

	for (unsigned int pass = 0; pass < passes; pass++) {
		ulong x = process + 1;

		while (shared->go <= pass)
			sys(SCHED_YIELD, 0, 0, 0, 0, 0);
		for (ulong i = 0; i < pages; i++) {
			ulong page = i;

			if (random_order && pass) {
				x = x * 1664525 + 1013904223;
				page = (x >> 8) % pages;
			}
			touch((volatile unsigned int *)(memory + (long)(page << 12)), page, process,
			      pass);
			if (!pass && i % 256 == 255)
				report_touched();
		}
		__sync_fetch_and_add(&shared->done, 1);
	}
	while (shared->go <= passes)
		pause_for(50);
	sys(EXIT, 0, 0, 0, 0, 0);
}

static int a_child_died(void)
{
	int status;

	if (sys(WAIT4, -1, (long)&status, 1, 0, 0) <= 0)
		return 0;
	str("PRESSURE a process died, status=");
	num((unsigned int)status);
	flush();
	return 1;
}

/* Returns 0 if a process dies. */
static int run_pass(unsigned int pass)
{
	u64 before[NR_COUNTS], time;
	unsigned int rest;

	for (unsigned int i = 0; i < NR_COUNTS; i++)
		before[i] = count("/proc/vmstat", counts[i]);
	time = tsc();
	shared->go = pass + 1;
	while (shared->done < procs * (pass + 1)) {
		pause_for(20);
		if (a_child_died())
			return 0;
	}
	str("PRESSURE pass=");
	num(pass);
	str(" cycles_per_page=");
	num(divide(tsc() - time, (unsigned int)pages * procs, &rest));
	for (unsigned int i = 0; i < NR_COUNTS; i++) {
		str(" ");
		str(counts[i]);
		str("=");
		num(count("/proc/vmstat", counts[i]) - before[i]);
	}
	flush();
	str("PRESSURE  ");
	mem();
	flush();
	return 1;
}

/* --- memory of the kernel --------------------------------------------------------------------- */

static char bytes[16384];

/* Fills pairs of sockets with this many MiB. */
static void fill_kernel(ulong mib)
{
	ulong written = 0;
	long r = 0;
	int fd[2];

	while (written < mib << 20 && (r = sys(SOCKETPAIR, 1, 1 | 04000, 0, (long)fd, 0)) >= 0) {
		for (int i = 0; i < 2; i++) {
			while ((r = sys(WRITE, fd[i], (long)bytes, sizeof(bytes), 0, 0)) > 0)
				written += (ulong)r;
		}
		if (r != -11) /* EAGAIN: the buffer is full */
			break;
	}
	str("PRESSURE kernel_mib=");
	num(written >> 20);
	str(" oom_kill=");
	num(count("/proc/vmstat", "oom_kill"));
	mem();
	flush();
}

void start(long *stack)
{
	char **argv = (char **)(stack + 1);

	if (stack[0] < 5) {
		str("usage: pressure PROCS MIB_EACH PASSES seq|rand");
		flush();
		sys(EXIT, 1, 0, 0, 0, 0);
	}
	procs = (unsigned int)number_of(argv[1]);
	passes = (unsigned int)number_of(argv[3]);
	random_order = argv[4][0] == 'r';
	size = (ulong)number_of(argv[2]) << 20;
	pages = size >> 12;
	shared = (void *)map(4096, 0x21);
	swapped_before = count("/proc/vmstat", "pswpout");
	free_before = count("/proc/meminfo", "MemFree");
	str("PRESSURE procs=");
	num(procs);
	str(" mib_each=");
	num(size >> 20);
	str(random_order ? " random" : " sequential");
	mem();
	flush();
	for (ulong process = 0; process < procs; process++) {
		if (!sys(FORK, 0, 0, 0, 0, 0))
			child(process);
	}
	for (unsigned int pass = 0; pass < passes && run_pass(pass); pass++)
		;
	if (stack[0] > 5)
		fill_kernel((ulong)number_of(argv[5]));
	shared->go = passes + 1;
	while (sys(WAIT4, -1, 0, 0, 0, 0) > 0)
		;
	str("PRESSURE end wrong=");
	num(shared->wrong);
	flush();
	sys(EXIT, shared->wrong != 0, 0, 0, 0, 0);
	__builtin_unreachable();
}
