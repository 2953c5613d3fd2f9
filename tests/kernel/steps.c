/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/pgtable.h>
#include <asm/traps.h>
#include <kernel/preempt.h>
#include <kernel/thread.h>
#include <mm/highmem.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <tests/ktest.h>

/*
 * Code that is interrupted at every instruction. With EFLAGS.TF set the CPU raises a debug exception after
 * each one (Intel SDM 3B, 18.3.1.4), so what an interrupt could find, or another CPU could see, is looked at
 * in all the places that there are, and not only where a timer happens to hit.
 */

#define EFLAGS_TF 0x100

/* Who looks: another CPU does so at any time, an interrupt where the code has interrupts on. */
enum looker { CPU, INTERRUPT };

static struct {
	void (*look)(void);
	enum looker looker;
	unsigned int nr; /* looks so far */
} step;

static void one_step(struct trap_frame *frame)
{
	if (step.looker == INTERRUPT && !(frame->eflags & X86_EFLAGS_IF))
		return;
	step.nr++;
	step.look();
}

static void step_from_here(void)
{
	__asm__ volatile("pushfl; orl %0, (%%esp); popfl" ::"i"(EFLAGS_TF) : "memory", "cc");
}

/* Calls fn(), which does not sleep, and look() after each of its instructions. */
static void step_through(void (*fn)(void), void (*look)(void), enum looker looker)
{
	preempt_disable();
	step.look = look;
	step.looker = looker;
	step.nr = 0;
	trap_use_debug(one_step);
	step_from_here();
	fn();
	__asm__ volatile("pushfl; andl %0, (%%esp); popfl" ::"i"(~EFLAGS_TF) : "memory", "cc");
	trap_use_debug(NULL);
	preempt_enable();
	EXPECT(step.nr > 3);
}

/* --- entries of page tables ------------------------------------------------------------------------ */

/*
 * The entry as a walk would find it has to be not present, or one of these, whole. replace_pteval() is one
 * instruction, and is not stepped: QEMU 7.2 with several CPUs loses the flags of a locked CMPXCHG8B then.
 */
static struct {
	pteval_t entry, before, after;
	unsigned int wrong;
} walked;

static void walk(void)
{
	pteval_t now = *(volatile pteval_t *)&walked.entry;

	walked.wrong += now & PTE_PRESENT && now != walked.before && now != walked.after;
}

static void set_it(void)
{
	set_pteval(&walked.entry, walked.after);
}

static void clear_it(void)
{
	clear_pteval(&walked.entry);
}

static void expect_whole(void (*change)(void), pteval_t before, pteval_t after)
{
	walked.entry = walked.before = before;
	walked.after = after;
	walked.wrong = 0;
	step_through(change, walk, CPU);
	EXPECT_EQ(walked.entry, after);
	EXPECT_EQ(walked.wrong, 0);
}

KTEST(steps, no_walk_finds_half_an_entry)
{
	const pteval_t high = CONFIG_PAE ? (pteval_t)0x800ull << 31 : 0;
	const pteval_t one = high | 0x12345000u | PTE_PRESENT | PTE_WRITE;
	const pteval_t other = high << 1 | PTE_NX | 0x00777000u;

	expect_whole(set_it, 0, one);
	expect_whole(clear_it, one, 0);
	/* What an entry held while it was not present is of no account. */
	expect_whole(set_it, other, one);
}

/* --- kmap_local ------------------------------------------------------------------------------------ */

static struct {
	struct page *first, *second, *in_interrupt;
	u32 calls, wrong;
} mapped;

/* As an interrupt would: it leaves the slots as it found them. */
static void map_in_interrupt(void)
{
	u32 *addr = kmap_local_page(mapped.in_interrupt);

	mapped.wrong += *addr != mapped.calls;
	*addr = ++mapped.calls;
	kunmap_local(addr);
}

static void map_two(void)
{
	u32 *first = kmap_local_page(mapped.first), *second;

	*(volatile u32 *)first = 1;
	second = kmap_local_page(mapped.second);
	*(volatile u32 *)second = 2;
	mapped.wrong += *(volatile u32 *)first != 1;
	kunmap_local(second);
	mapped.wrong += *(volatile u32 *)first != 1;
	kunmap_local(first);
}

KTEST(steps, an_interrupt_may_map_anywhere)
{
	struct page *pages[3] = { NULL };

	KTEST_REQUIRE(alloc_pages_bulk(GFP_HIGHUSER, 3, pages) == 3);
	mapped.first = pages[0];
	mapped.second = pages[1];
	mapped.in_interrupt = pages[2];
	mapped.calls = mapped.wrong = 0;
	clear_highpage(pages[2]);
	step_through(map_two, map_in_interrupt, INTERRUPT);
	EXPECT_EQ(mapped.wrong, 0);
	EXPECT_EQ(mapped.calls, step.nr);
	for (unsigned int i = 0; i < 3; i++)
		__free_page(pages[i]);
}

/* --- what CPUs keep -------------------------------------------------------------------------------- */

/* More than a CPU keeps, so that there are visits to the zone. With DEBUG=1 each is filled, word by word. */
#define NR_PAGES   (DEBUG ? 2 : 200)
#define NR_OBJECTS (DEBUG ? 2 : 8)

static struct page *stepped_pages[NR_PAGES];

/* An interrupt that takes a page and an object, and gives an older page back. */
static struct page *interrupts_page;

static void allocate_in_interrupt(void)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
	void *object = kmalloc(64, GFP_ATOMIC | __GFP_NOWARN);

	if (interrupts_page)
		__free_page(interrupts_page);
	interrupts_page = page;
	kfree(object);
}

static void take_and_free(void)
{
	unsigned int nr = 0;
	void *objects[NR_OBJECTS];

	while (nr < NR_PAGES && (stepped_pages[nr] = alloc_page(GFP_ATOMIC | __GFP_NOWARN)))
		nr++;
	while (nr)
		__free_page(stepped_pages[--nr]);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = kmalloc(64, GFP_ATOMIC | __GFP_NOWARN);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		kfree(objects[i]);
}

KTEST(steps, an_interrupt_may_allocate_anywhere)
{
	struct holdings before = ktest_in_use();

	interrupts_page = NULL;
	step_through(take_and_free, allocate_in_interrupt, INTERRUPT);
	if (interrupts_page)
		__free_page(interrupts_page);
	EXPECT(page_alloc_check() == NULL);
	EXPECT_EQ(ktest_in_use().pages, before.pages);
	EXPECT_EQ(ktest_in_use().objects, before.objects);
}

/* --- the end of a thread --------------------------------------------------------------------------- */

static struct {
	struct thread *thread;
	unsigned int nr; /* times that it was preempted */
	unsigned int back_after_end;
} ending;

/* Preempts the thread wherever an interrupt could. Who is switched to is not stepped. */
static void preempt_the_ending(struct trap_frame *frame)
{
	if (current != ending.thread) {
		frame->eflags &= ~(u32)EFLAGS_TF;
		return;
	}
	if (!(frame->eflags & X86_EFLAGS_IF))
		return;
	ending.nr++;
	set_need_resched();
	preempt_schedule_irq();
	ending.back_after_end += ending.thread->finished;
}

static int return_in_steps(void *unused)
{
	ending.thread = current;
	trap_use_debug(preempt_the_ending);
	step_from_here();
	return 5;
}

/* Who waits for the thread frees its stack: from then on it must not come back. */
KTEST(steps, a_thread_that_ended_is_not_preempted)
{
	struct thread *thread;

	ending.nr = ending.back_after_end = 0;
	thread = kthread_run(return_in_steps, NULL, "ending");
	KTEST_REQUIRE(thread);
	EXPECT_EQ(kthread_join(thread), 5);
	trap_use_debug(NULL);
	EXPECT(ending.nr > 3);
	EXPECT_EQ(ending.back_after_end, 0);
}
