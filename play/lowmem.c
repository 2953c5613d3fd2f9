/* SPDX-License-Identifier: MIT */
#include <drivers/input.h>
#include <fs/unix.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <vm/mm.h>
#include <vm/mman.h>
#include <vm/tables.h>

/*
 * `demo lowmem`: low memory is used up, while gigabytes of high memory are free. Two things of the
 * kernel do that on other kernels, and on this one only if a boot parameter says so:
 *
 *	page tables	of address spaces that read one byte in each table's range. The bytes are
 *			all those of the page of zeroes, so nothing else is allocated
 *	buffers		of sockets, full of bytes that nothing reads
 *
 * Each is shown twice: first in low memory, until little of that is free, then the same work with
 * high memory. All of it is undone before the next line, and nothing of the boot's choice changes.
 *
 * The work ends above the marks where the kernel begins to reclaim memory. So no program suffers
 * from the scene. The program /tests/exhaust does not stop there.
 */

#define MOST_THINGS 4096u
/* Beside the high mark, this much stays free: more than a thing needs. */
#define SPARE       (SZ_8M / PAGE_SIZE)

/* One kind of work: makes a thing that needs low memory, or NULL; and ends it. */
struct work {
	const char *name;
	void *(*make)(void);
	void (*end)(void *thing);
	bool (*set_low)(bool low);
};

static unsigned long to_mib(unsigned long pages)
{
	return pages >> (20 - PAGE_SHIFT);
}

static unsigned long low_free(void)
{
	return nr_free_pages() - nr_free_highpages();
}

/* --- page tables ------------------------------------------------------------------------------ */

static void end_space(void *mm)
{
	mm_put(mm);
}

static void *make_space(void)
{
	unsigned long size = TASK_SIZE / 2;
	struct mm *mm = mm_create();
	long addr =
		mm ? vm_mmap(mm, 0, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0, false)
		   : 0;
	unsigned long end = (unsigned long)addr + size;

	if (!mm || addr < 0)
		goto fail;
	for (unsigned long at = (unsigned long)addr; at < end; at += PDE_SIZE) {
		if (vm_fault(mm, at, PROT_READ))
			goto fail;
	}
	return mm;
fail:
	if (mm)
		mm_put(mm);
	return NULL;
}

static bool tables_low(bool low)
{
	mms_trim();
	return !tables_set_high(!low);
}

/* --- buffers of sockets ----------------------------------------------------------------------- */

/* The other socket waits in the queue of the first one, as one for accept(2). */
static void *make_connection(void)
{
	struct socket *a = unix_create(), *b = unix_create();
	bool done = a && b && unix_pair(a, b) == 0;

	for (u32 i = 0; i < 2 && done; i++)
		done = stream_fill(&a->connection->streams[i]);
	if (done) {
		list_add_tail(&b->link, &a->pending);
		return a;
	}
	if (a)
		unix_close(a);
	if (b)
		unix_close(b);
	return NULL;
}

static void end_connection(void *thing)
{
	unix_close(thing);
}

static const struct work works[] = {
	{ "page tables of address spaces", make_space, end_space, tables_low },
	{ "full buffers of connections", make_connection, end_connection, stream_set_low },
};

/* --- the scene -------------------------------------------------------------------------------- */

/* Does as much work as there is memory for, and undoes it. Returns the number of things. */
static u32 show(const struct work *work, bool low, u32 most, void **things)
{
	unsigned long low_before = low_free(), high_before = nr_free_highpages();
	unsigned long least = zones[ZONE_NORMAL].watermark[WMARK_HIGH] + SPARE;
	bool before = work->set_low(low);
	u32 nr = 0;

	while (nr < most && zone_free_pages(&zones[ZONE_NORMAL]) > least &&
	       !console_interrupted()) {
		things[nr] = work->make();
		if (!things[nr])
			break;
		nr++;
	}
	console_printf("%5u %-30s %-4s %6lu -> %4lu MiB %8lu -> %5lu MiB\n", nr, work->name,
		       low ? "low" : "high", to_mib(low_before), to_mib(low_free()),
		       to_mib(high_before), to_mib(nr_free_highpages()));
	for (u32 i = 0; i < nr; i++)
		work->end(things[i]);
	work->set_low(before);
	return nr;
}

static int lowmem(void)
{
	void **things = kmalloc(MOST_THINGS * sizeof(*things), GFP_KERNEL);

	if (!things)
		return -ENOMEM;
	console_printf("%36s %-4s %18s %21s\n", "", "in", "low memory free", "high memory free");
	for (u32 i = 0; i < ARRAY_SIZE(works) && !console_interrupted(); i++) {
		u32 nr = show(&works[i], true, MOST_THINGS, things);

		show(&works[i], false, nr, things);
	}
	kfree(things);
	if (!totalhigh_pages())
		console_printf("This machine has no high memory, so nothing helps it.\n");
	return console_interrupted() ? -EINTR : 0;
}

static int demo(int argc, char **argv)
{
	if (strcmp(argv[1], "lowmem") == 0)
		return lowmem();
	console_printf("demo: '%s', expected lowmem\n", argv[1]);
	return -EINVAL;
}

static void scenes(const char *prefix, word_offer_fn *offer, void *arg)
{
	offer(arg, "lowmem");
}

PROMPT_COMMAND("demo", "SCENE", "low memory runs out, high memory is free: lowmem", demo,
	       .words = scenes, .example = "demo lowmem", .streams = true);
