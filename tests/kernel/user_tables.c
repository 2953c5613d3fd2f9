/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/pagetable.h>
#include <asm/set_memory.h>
#include <asm/table_window.h>
#include <asm/tlbflush.h>
#include <asm/user_context.h>
#include <kernel/cpu_call.h>
#include <kernel/preempt.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <sched/sched.h>
#include <tests/helpers/cpus.h>
#include <tests/kernel/ktest.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/gather.h>
#include <vm/mman.h>

/*
 * The debts of a program's page tables to the CPUs: flushes, and the entries of the kernel. QEMU
 * forgets too many translations to show that a flush is missing, so flushes are counted.
 */

/* Was a flush of pages of programs counted since the last call? */
static bool flushed(void)
{
	static u32 before;
	u32 now = tlb_flushes(TLB_USER);
	bool any = now != before;

	before = now;
	return any;
}

KTEST(user_tables, changes_that_owe_a_flush)
{
	struct mm *mm = mm_create(), *child;
	unsigned long addr;
	u32 word = 1;
	int err;

	KTEST_REQUIRE(mm);
	addr = (unsigned long)vm_mmap(mm, 0x10000000, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0, false);
	EXPECT_EQ(vm_fault(mm, addr, AREA_READ), 0);
	flushed();
	EXPECT_EQ(vm_write_mm(mm, addr, &word, sizeof(word)), 0);
	EXPECT(flushed());
	child = mm_fork(mm, &err);
	EXPECT(flushed());
	if (child) {
		EXPECT_EQ(vm_write_mm(child, addr, &word, sizeof(word)), 0);
		EXPECT(flushed());
		mm_put(child);
	}
	/* The empty table may still be cached when it is freed. */
	vm_zap_object(mm, addr, addr + PAGE_SIZE);
	EXPECT(flushed());
	EXPECT_EQ(vm_munmap(mm, addr, 2 * PAGE_SIZE), 0);
	EXPECT(flushed());
	mm_put(mm);
}

KTEST(user_tables, the_kernel_half_follows_a_split)
{
	const unsigned int order = PDE_SHIFT - PAGE_SHIFT;
	unsigned long block;
	struct mm *mm;

	if (CONFIG_PAE) {
		ktest_skip("with PAE all address spaces have the same directories of the kernel");
		return;
	}
	block = __get_free_pages(GFP_KERNEL | __GFP_NOWARN, order);
	if (!block) {
		ktest_skip("no memory for a large page");
		return;
	}
	mm = mm_create();
	EXPECT(mm);
	if (mm) {
		u32 nr = pde_index(block);

		EXPECT_EQ(set_memory_ro(block, 1), 0);
		EXPECT_EQ(mm->pagetable.top[nr], kernel_pagetable.top[nr]);
		EXPECT_EQ(set_memory_rw(block, 1), 0);
		mm_put(mm);
	}
	free_pages(block, order);
}

/* --- pages that are taken away ---------------------------------------------------------------- */

#define LATE_NS 5000000u

static struct {
	const struct mm *mm;
	const struct page *page;
	enum page_state state;
	volatile bool closed;
	u32 wrong;
} late;

/*
 * A CPU that answers no flush for a while after the entry is gone, and could use its old
 * translation all the time.
 */
static int answer_late(void *arg)
{
	unsigned long flags = local_irq_save();
	u64 end = time_ns() + SECOND;

	late.closed = true;
	while (READ_ONCE(late.mm->anon_pages) && time_ns() < end)
		cpu_relax();
	end = time_ns() + LATE_NS;
	while (time_ns() < end) {
		late.wrong += page_state(late.page) != late.state;
		cpu_relax();
	}
	local_irq_restore(flags);
	return 0;
}

KTEST(user_tables, a_page_is_freed_when_all_cpus_have_flushed)
{
	struct mm *mm = NULL;
	struct thread *other;
	unsigned long addr;
	struct page *page;
	u32 cpu;

	if (one_cpu())
		return;
	preempt_disable();
	cpu = other_cpu();
	preempt_enable();
	mm = mm_create();
	KTEST_REQUIRE(mm);
	addr = (unsigned long)vm_mmap(mm, 0x10000000, PAGE_SIZE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0, false);
	EXPECT_EQ(vm_fault(mm, addr, AREA_WRITE), 0);
	page = vm_get_page(mm, addr, AREA_READ);
	if (page) {
		late.mm = mm;
		late.page = page;
		late.state = page_state(page);
		late.closed = false;
		late.wrong = 0;
		vm_put_page(page);
		__atomic_fetch_or(&mm->pagetable.cpus, 1u << cpu, __ATOMIC_SEQ_CST);
		other = run_on(cpu, answer_late, NULL);
		while (other && !late.closed)
			sched_yield();
		EXPECT_EQ(vm_munmap(mm, addr, PAGE_SIZE), 0);
		if (other)
			kthread_join(other);
		EXPECT_EQ(late.wrong, 0);
		__atomic_fetch_and(&mm->pagetable.cpus, ~(1u << cpu), __ATOMIC_SEQ_CST);
	}
	mm_put(mm);
}

/* --- CPUs that run no program ----------------------------------------------------------------- */

static void load_tables(void *arg)
{
	pagetable_load(arg);
}

/* A program runs, and is followed by a thread of the kernel. */
static void run_and_rest(void *arg)
{
	struct user_context *context = arg;

	user_context_switch(NULL, context);
	user_context_switch(context, NULL);
}

KTEST(user_tables, a_flush_sends_away_cpus_that_run_no_program)
{
	static struct user_context context;
	struct mm *mm = mm_create();
	struct pagetable *pt;

	KTEST_REQUIRE(mm);
	pt = &mm->pagetable;
	user_context_init(&context);
	context.pagetable = pt;
	on_each_cpu(run_and_rest, &context, true);
	EXPECT_EQ(pagetable_users(pt), cpu_online_mask->bits);
	flush_tlb_user_all(pt);
	EXPECT_EQ(pagetable_users(pt), 0);
	on_each_cpu(load_tables, pt, true);
	flush_tlb_user_all(pt);
	EXPECT_EQ(pagetable_users(pt), cpu_online_mask->bits);
	mm_put(mm);
}

/* --- windows to page tables ------------------------------------------------------------------- */

static void fill(struct page *page, u32 value)
{
	u32 *words = kmap_local_page(page);

	words[0] = value;
	kunmap_local(words);
}

static u32 through_window(const struct page *page)
{
	const u32 *words = table_window_open(WINDOW_TABLE, page);
	u32 value = READ_ONCE(words[0]);

	table_window_close(WINDOW_TABLE);
	return value;
}

/* A CPU that keeps an old translation of its window sees the page before. */
KTEST(user_tables, a_window_shows_the_page_that_is_asked_for)
{
	struct page *pages[2] = { alloc_page(GFP_HIGHUSER), alloc_page(GFP_HIGHUSER) };

	if (pages[0] && pages[1]) {
		fill(pages[0], 100);
		fill(pages[1], 101);
		for (u32 round = 0; round < 4; round++) {
			preempt_disable();
			EXPECT_EQ(through_window(pages[round & 1]), 100 + (round & 1));
			preempt_enable();
		}
	}
	for (u32 i = 0; i < 2; i++)
		if (pages[i])
			__free_page(pages[i]);
}

static unsigned long window_on_cpu[NR_CPUS];

static void note_window(void *arg)
{
	window_on_cpu[smp_processor_id()] = this_cpu(table_windows_start);
}

/* Two CPUs with one window would move it under each other's hands. */
KTEST(user_tables, each_cpu_has_windows_of_its_own)
{
	u32 cpu;

	memset(window_on_cpu, 0, sizeof(window_on_cpu));
	on_each_cpu(note_window, NULL, true);
	for_each_online_cpu(cpu)
		EXPECT_EQ(window_on_cpu[cpu], table_window_address(cpu, WINDOW_TABLE));
	EXPECT_EQ(table_window_address(1, WINDOW_TABLE),
		  table_window_address(0, WINDOW_FROM) + PAGE_SIZE);
}
