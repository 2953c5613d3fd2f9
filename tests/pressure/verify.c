/* SPDX-License-Identifier: MIT */

/*
 * verify PROCS MIB PASSES seq|rand [alone [MAPPED] | for SECONDS]:
 *
 * PROCS processes each have MIB MiB, and know each byte of it. A pass looks at each page, in order
 * or at random, and writes it anew; after the last one, all pages are looked at once more. Unless
 * "alone" is given, a child looks at all pages between two passes, too, at the same time as its
 * parent. With MAPPED, that many MiB are mapped, in two pieces if one is too large, and the pages
 * are apart from each other. With SECONDS there are passes until the time is over.
 *
 * The program has no library, so it runs on 32-bit Linux unchanged. Each process prints a line
 * after each 128 MiB. When all processes have ended a pass, the program prints how many pages were
 * swapped until then, and at the end "VERIFY ok" or the number of processes with errors.
 */

#include "counts.h"

#define WORDS 1024u
#define NEVER 0xff /* a page that was not written yet */

static volatile unsigned int *done;
static ulong procs, apart = 1; /* pages from one to the next */

/* The memory of this process: bytes of the first piece, and both pieces. */
static ulong first_bytes;
static volatile ulong *pieces[2];

static int is_error(const volatile void *address)
{
	return (ulong)address > -4096ul;
}

/* The kernel, the program and its stack leave no hole of nearly 3 GiB, but two smaller ones. */
static void map_memory(ulong bytes)
{
	first_bytes = bytes;
	while (is_error(pieces[0] = (void *)map(first_bytes, 0x22)) && first_bytes > 1 << 20)
		first_bytes -= 1 << 20;
	if (first_bytes < bytes)
		pieces[1] = (void *)map(bytes - first_bytes, 0x22);
	if (is_error(pieces[0]) || is_error(pieces[1])) {
		str("VERIFY no room for bytes: ");
		num(bytes);
		flush();
		sys(EXIT, 1, 0, 0, 0, 0);
	}
}

static volatile ulong *words_of(ulong page)
{
	ulong offset = page * apart << 12;

	return offset < first_bytes ? pieces[0] + offset / sizeof(ulong)
				    : pieces[1] + (offset - first_bytes) / sizeof(ulong);
}

static ulong value(ulong process, ulong page, ulong pass, ulong word)
{
	return (process << 28 ^ page * 2654435761ul ^ pass * 40503ul) + word * 97;
}

/* Wrong words of a page that was written in a pass. */
static ulong look(const volatile ulong *words, ulong process, ulong page, unsigned char pass)
{
	ulong wrong = 0;

	for (ulong i = 0; i < WORDS; i++)
		wrong += words[i] != (pass == NEVER ? 0 : value(process, page, pass, i));
	return wrong;
}

static void count_pass(ulong pass)
{
	static const char *const counts[] = { "pswpin",        "pswpout",        "pgscan_kswapd",
					      "pgscan_direct", "pgsteal_kswapd", "pgsteal_direct",
					      "pgmajfault" };

	if (__sync_add_and_fetch(done, 1) != procs * (pass + 1))
		return;
	str("VERIFY pass=");
	num(pass);
	for (ulong i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		str(" ");
		str(counts[i]);
		str("=");
		num(count("/proc/vmstat", counts[i]));
	}
	str(" LowFree_kib=");
	num(count("/proc/meminfo", "LowFree"));
	str(" HighFree_kib=");
	num(count("/proc/meminfo", "HighFree"));
	flush();
}

/* The test runner ends a boot that says nothing for two minutes. */
static void show_progress(ulong process, ulong pass, ulong pages)
{
	if (pages == 0 || pages % (128 << 8))
		return;
	str("VERIFY process=");
	num(process);
	str(" pass=");
	num(pass);
	str(" MiB=");
	num(pages >> 8);
	flush();
}

/* A child looks at all pages, at the same time as its parent. */
static void look_in_child(const unsigned char *last, ulong process, ulong pages)
{
	ulong wrong = 0;

	if (sys(FORK, 0, 0, 0, 0, 0))
		return;
	for (ulong page = 0; page < pages; page++)
		wrong += look(words_of(page), process, page, last[page]);
	sys(EXIT, wrong != 0, 0, 0, 0, 0);
}

/* Seconds since boot. */
static ulong now(void)
{
	ulong time[2] = { 0 };

	sys(CLOCK_GETTIME, 1, (long)time, 0, 0, 0);
	return time[0];
}

/* Waits for all children. Returns how many of them have ended badly. */
static ulong reap(void)
{
	ulong bad = 0;

	for (long status; sys(WAIT4, -1, (long)&status, 0, 0, 0) > 0;)
		bad += status != 0;
	return bad;
}

static ulong run(ulong process, ulong mib, ulong passes, int random, int alone, ulong seconds)
{
	ulong pages = mib << 8, wrong = 0, x = process + 1;
	unsigned char *last = (unsigned char *)map(((pages + 4095) & ~4095ul), 0x22);

	map_memory(mib * apart << 20);
	for (ulong i = 0; i < pages; i++)
		last[i] = NEVER;
	for (ulong pass = 0, start = now(); pass < passes || now() - start < seconds; pass++) {
		for (ulong i = 0; i < pages; i++) {
			volatile ulong *words;
			ulong page = i;

			show_progress(process, pass, i);
			if (random && pass) {
				x = x * 1664525 + 1013904223;
				page = (x >> 8) % pages;
			}
			words = words_of(page);
			wrong += look(words, process, page, last[page]);
			for (ulong word = 0; word < WORDS; word++)
				words[word] = value(process, page, pass % NEVER, word);
			last[page] = (unsigned char)(pass % NEVER);
		}
		if (!seconds)
			count_pass(pass);
		if (pass % 2)
			wrong += reap();
		else if (!alone)
			look_in_child(last, process, pages);
	}
	for (ulong page = 0; page < pages; page++) {
		show_progress(process, passes, page);
		wrong += look(words_of(page), process, page, last[page]);
	}
	wrong += reap();
	if (!seconds)
		count_pass(passes);
	return wrong;
}

void start(long *stack)
{
	char **words = (char **)(stack + 1);
	ulong bad = 0, seconds = 0;
	int alone = stack[0] > 5 && words[5][0] == 'a';

	procs = (ulong)number_of(words[1]);
	if (stack[0] > 6 && !alone)
		seconds = (ulong)number_of(words[6]);
	else if (stack[0] > 6)
		apart = (ulong)number_of(words[6]) / (ulong)number_of(words[2]);
	done = (volatile unsigned int *)map(4096, 0x21);
	for (ulong i = 0; i < procs; i++)
		if (sys(FORK, 0, 0, 0, 0, 0) == 0) {
			ulong wrong = run(i, (ulong)number_of(words[2]), (ulong)number_of(words[3]),
					  words[4][0] == 'r', alone, seconds);

			if (wrong) {
				str("VERIFY wrong words: ");
				num(wrong);
				flush();
			}
			sys(EXIT, wrong != 0, 0, 0, 0, 0);
		}
	bad = reap();
	if (bad) {
		str("VERIFY failed: processes with errors: ");
		num(bad);
	} else {
		str("VERIFY ok");
	}
	flush();
	sys(EXIT, bad != 0, 0, 0, 0, 0);
	__builtin_unreachable();
}
