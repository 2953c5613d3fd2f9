/* SPDX-License-Identifier: MIT */

/*
 * Which pages leave when not all fit? The program uses memory in an order that one rule or another
 * is bad at, and counts the touches that had to read a page in.
 *
 *	order loop N PASSES        goes over N thousandths of what fits, page by page
 *	order random N ROUNDS      touches pages of it at random. A round is a touch for each page
 *	order new                  uses a set of 0.9 of what fits, then another one, three times
 *	order read|mapped N FILE   touches a set of N thousandths of the RAM at random. After each
 *	                           touch it reads the next page of a file, or of its mapping
 *	order lock N               locks N MiB of low memory, when high memory is free again
 *	order mixed N FILE ROUNDS  touches and reads pages of both at random, and shows the zones
 *
 * As many pages fit as were touched when swapping starts. The program has no library, so it runs on
 * 32-bit Linux unchanged.
 */

#include "alone.h"
#include "counts.h"

static volatile unsigned char *memory;
static ulong touches;

static ulong random_below(ulong limit)
{
	static ulong x = 2463534242ul;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x % limit;
}

/* --- counts ----------------------------------------------------------------------------------- */

/* Looks of the hand per freed page, the most in any 10,000 pages: samples at each 1000. */
#define SAMPLES 10u

static u64 scans[SAMPLES], steals[SAMPLES], worst;
static unsigned int nr_samples;

static void sample(void)
{
	u64 scan = count("/proc/vmstat", "pgscan_*"), steal = count("/proc/vmstat", "pgsteal_*");
	unsigned int i = nr_samples % SAMPLES, rest;
	u64 looks;

	if (nr_samples && steal - steals[(nr_samples - 1) % SAMPLES] < 1000)
		return;
	if (nr_samples >= SAMPLES) {
		looks = divide((scan - scans[i]) * 100, (unsigned int)(steal - steals[i]), &rest);
		if (looks > worst)
			worst = looks;
	}
	scans[i] = scan;
	steals[i] = steal;
	nr_samples++;
}

static const char *const names[] = { "pgmajfault", "pswpin", "pswpout", "pgscan_*", "pgsteal_*" };
#define NR_NAMES (sizeof(names) / sizeof(names[0]))

static u64 before[NR_NAMES];

static void begin(void)
{
	touches = 0;
	nr_samples = 0;
	worst = 0;
	for (unsigned int i = 0; i < NR_NAMES; i++)
		before[i] = count("/proc/vmstat", names[i]);
}

static void end(const char *what, ulong number)
{
	str("ORDER ");
	str(what);
	str("=");
	num(number);
	str(" touches=");
	num(touches);
	for (unsigned int i = 0; i < NR_NAMES; i++) {
		str(" ");
		str(names[i]);
		str("=");
		num(count("/proc/vmstat", names[i]) - before[i]);
	}
	str(" worst_looks_percent=");
	num(worst);
	flush();
}

static void touch(ulong page)
{
	memory[page << 12]++;
	if (++touches % 256 == 0)
		sample();
}

static void touch_all(ulong first, ulong nr)
{
	for (ulong i = first; i < first + nr; i++)
		touch(i);
}

/* Touches pages until the first one is swapped out. Returns their number. */
static ulong fill(void)
{
	u64 out = count("/proc/vmstat", "pswpout");
	ulong nr = 0;

	do {
		touch_all(nr, 64);
		nr += 64;
	} while (count("/proc/vmstat", "pswpout") == out);
	str("ORDER fits=");
	num(nr);
	flush();
	return nr;
}

static ulong part(ulong pages, ulong thousandths)
{
	unsigned int rest;

	return (ulong)divide((u64)pages * thousandths, 1000, &rest);
}

/* --- orders ----------------------------------------------------------------------------------- */

static void loop(ulong thousandths, ulong passes)
{
	ulong first = fill(), nr = part(first, thousandths);

	touch_all(first, nr - first);
	for (ulong pass = 2; pass <= passes; pass++) {
		begin();
		touch_all(0, nr);
		end("pass", pass);
	}
}

static void at_random(ulong thousandths, ulong rounds)
{
	ulong first = fill(), nr = part(first, thousandths);

	touch_all(first, nr - first);
	str("ORDER pages=");
	num(nr);
	flush();
	for (ulong round = 1; round <= rounds; round++) {
		begin();
		for (ulong i = 0; i < nr; i++)
			touch(random_below(nr));
		end("round", round);
	}
}

static void new_set(void)
{
	ulong first = fill(), nr = part(first, 900);

	for (int pass = 0; pass < 5; pass++)
		touch_all(0, nr);
	for (ulong pass = 1; pass <= 3; pass++) {
		begin();
		touch_all(first, nr);
		end("pass", pass);
	}
}

static char buffer[4096];

static void beside_stream(ulong thousandths, const char *path, int is_mapped)
{
	ulong ram = (ulong)count("/proc/meminfo", "MemTotal") / 4, nr = part(ram, thousandths);
	long fd = sys(OPEN, (long)path, 0, 0, 0, 0);
	volatile unsigned char *mapped = 0;

	if (is_mapped)
		mapped = (void *)map_file(3 * ram << 12, 2, fd);
	touch_all(0, nr);
	for (ulong i = 0; i < 4 * nr; i++)
		touch(random_below(nr));
	begin();
	for (ulong i = 0; i < 3 * ram; i++) {
		if (mapped)
			buffer[0] += mapped[i << 12];
		else if (sys(READ, fd, (long)buffer, sizeof(buffer), 0, 0) != sizeof(buffer))
			sys(EXIT, 1, 0, 0, 0, 0);
		touch(random_below(nr));
	}
	end(is_mapped ? "mapped" : "read", thousandths);
}

static void show_zones(void)
{
	sys(WRITE, 1, (long)file, read_all("/proc/zoneinfo"), 0, 0);
}

static void mixed(ulong thousandths, const char *path, ulong rounds)
{
	ulong ram = (ulong)count("/proc/meminfo", "MemFree") / 4, nr = part(ram, thousandths);
	long fd = sys(OPEN, (long)path, 0, 0, 0, 0);

	touch_all(0, nr);
	for (ulong round = 0; round <= rounds; round++) {
		begin();
		for (ulong i = 0; i < nr; i++) {
			touch(random_below(nr));
			sys(LSEEK, fd, (long)(random_below(nr) << 12), 0, 0, 0);
			if (sys(READ, fd, (long)buffer, sizeof(buffer), 0, 0) != sizeof(buffer))
				sys(EXIT, 1, 0, 0, 0, 0);
		}
		end("round", round);
		if (!round || round == rounds)
			show_zones();
	}
}

static void show_low(const char *what)
{
	str("ORDER ");
	str(what);
	str(" LowFree_kib=");
	num(count("/proc/meminfo", "LowFree"));
	str(" HighFree_kib=");
	num(count("/proc/meminfo", "HighFree"));
	flush();
}

static void lock(ulong mib)
{
	ulong high = (ulong)count("/proc/meminfo", "HighFree") / 4 + 256, nr = mib << 8, wrong = 0;

	touch_all(0, high + nr);
	for (ulong i = high; i < high + nr; i++)
		*(volatile ulong *)(memory + (i << 12)) = i;
	sys(MUNMAP, (long)memory, (long)(high << 12), 0, 0, 0);
	show_low("unlocked");
	if (sys(MLOCK, (long)memory + (long)(high << 12), (long)(nr << 12), 0, 0, 0))
		sys(EXIT, 1, 0, 0, 0, 0);
	show_low("locked");
	for (ulong i = high; i < high + nr; i++)
		wrong += *(volatile ulong *)(memory + (i << 12)) != i;
	str("ORDER wrong=");
	num(wrong);
	flush();
}

void start(long *stack)
{
	char **argv = (char **)(stack + 1);
	ulong n = stack[0] > 2 ? (ulong)number_of(argv[2]) : 0;

	memory = (void *)map(2000ul << 20, 0x4022); /* without a reserve */
	if (stack[0] < 2)
		sys(EXIT, 1, 0, 0, 0, 0);
	if (argv[1][0] == 'l' && stack[0] > 3)
		loop(n, (ulong)number_of(argv[3]));
	else if (argv[1][0] == 'l')
		lock(n);
	else if (argv[1][0] == 'n')
		new_set();
	else if (argv[1][0] == 'm' && argv[1][1] == 'i')
		mixed(n, argv[3], (ulong)number_of(argv[4]));
	else if (argv[1][0] == 'm' || argv[1][1] == 'e')
		beside_stream(n, argv[3], argv[1][0] == 'm');
	else
		at_random(n, (ulong)number_of(argv[3]));
	str("ORDER done");
	flush();
	sys(EXIT, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}
