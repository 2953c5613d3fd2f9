/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/fixmap.h>
#include <asm/irqflags.h>
#include <asm/traps.h>
#include <kernel/cpu_call.h>
#include <kernel/preempt.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <sched/sched.h>
#include <tests/crash/kmap.h>
#include <tests/crash/ways.h>
#include <thread/thread.h>

/*
 * Errors in the use of kmap functions that must stop the kernel. The boots crash-* check that they
 * do.
 */

void unmap_out_of_order(void)
{
	void *first = kmap_local_page(alloc_page(GFP_HIGHUSER));

	kmap_local_page(alloc_page(GFP_HIGHUSER));
	kunmap_local(first);
}

void map_too_deep(void)
{
	for (unsigned int i = 0; i <= KMAP_LOCAL_DEPTH; i++)
		kmap_local_page(alloc_page(GFP_HIGHUSER));
}

static int yield_for_ever(void *unused)
{
	for (;;)
		sched_yield();
	return 0;
}

/* Called after each instruction; NULL: this file steps through nothing. */
static void (*at_each_step)(struct trap_frame *frame);

static bool run_at_each_step(struct trap_frame *frame)
{
	if (!at_each_step)
		return false;
	at_each_step(frame);
	return true;
}
DEBUG_HANDLER(run_at_each_step);

/* Switches to another thread after each instruction. */
static void switch_away(struct trap_frame *frame)
{
	if (!(frame->eflags & X86_EFLAGS_IF) || in_atomic())
		return;
	set_need_resched();
	preempt_schedule_irq();
}

/* Waits for a tick after each instruction. */
static void wait_for_tick(struct trap_frame *frame)
{
	if (!(frame->eflags & X86_EFLAGS_IF))
		return;
	cpu_wait_for_interrupt();
	local_irq_disable();
}

/* Uses all slots, and then asks for one more with a debug exception after each instruction. */
static void map_one_more_in_steps(void (*at_each)(struct trap_frame *frame))
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	for (unsigned int i = 0; i < KMAP_LOCAL_DEPTH; i++)
		kmap_local_page(page);
	at_each_step = at_each;
	__asm__ volatile("pushfl; orl %0, (%%esp); popfl" ::"i"(X86_EFLAGS_TF) : "memory", "cc");
	kmap_local_page(page);
}

void map_too_deep_preempted(void)
{
	struct thread *thread = kthread_create(yield_for_ever, NULL, "another");

	kthread_bind(thread, smp_processor_id());
	wake_up_process(thread);
	map_one_more_in_steps(switch_away);
}

void map_too_deep_interrupted(void)
{
	map_one_more_in_steps(wait_for_tick);
}

void touch_unmapped(void)
{
	u32 *addr = kmap_local_page(alloc_page(GFP_HIGHUSER));

	kunmap_local(addr);
	*(volatile u32 *)addr = 1;
}

void touch_after_kunmap_atomic(void)
{
	u32 *addr = kmap_atomic(alloc_page(GFP_HIGHUSER));

	kunmap_atomic(addr);
	*(volatile u32 *)addr = 1;
}

void kunmap_local_of_vmalloc(void)
{
	kunmap_local(vmalloc(PAGE_SIZE));
}

void kunmap_local_twice(void)
{
	void *addr = kmap_local_page(alloc_page(GFP_HIGHUSER));

	kunmap_local(addr);
	kunmap_local(addr);
}

static int end_with_mappings(void *unused)
{
	kmap_local_page(alloc_page(GFP_HIGHUSER));
	kmap_local_page(alloc_page(GFP_HIGHUSER));
	return 0;
}

void end_thread_with_mappings(void)
{
	kthread_join(kthread_run(end_with_mappings, NULL, "forgetful"));
}

static struct page *interrupts_page;

static void map_and_forget(void *unused)
{
	kmap_local_page(interrupts_page);
	barrier(); /* so that the call above is not a jump, and leaves a return address */
}

/* Needs a real interrupt, and so runs on another CPU. */
void leave_mapping_in_interrupt(void)
{
	interrupts_page = alloc_page(GFP_HIGHUSER);
	preempt_disable();
	smp_call_function_many(cpu_online_mask, map_and_forget, NULL, true);
	preempt_enable();
	/* The other CPU panics at the end of its interrupt, which this CPU cannot see. */
	msleep(1000);
}

/* Passes the address instead of the page, the classic mistake. */
void kunmap_by_address(void)
{
	u32 *addr = kmap(alloc_page(GFP_HIGHUSER));

	addr[0] = PAGE_FLAGS(PAGE_USED, 0, ZONE_HIGHMEM);
	kunmap((struct page *)hide(addr));
}

void touch_after_kunmap(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	u32 *addr = kmap(page);

	kunmap(page);
	*(volatile u32 *)addr = 1;
}

/* Without DEBUG=1 the mapping stays until all slots are used up and another one is needed. */
void touch_after_recycling(void)
{
	u32 *addr = NULL;

	for (unsigned int i = 0; i <= LAST_PKMAP; i++) {
		struct page *page = alloc_page(GFP_HIGHUSER);

		if (i < LAST_PKMAP)
			addr = kmap(page);
		else
			kmap(page);
		kunmap(page);
	}
	*(volatile u32 *)addr = 1;
}

void trust_page_address(void)
{
	*(volatile u32 *)hide(page_address(alloc_page(GFP_HIGHUSER))) = 1;
}

static int take_slots(void *unused)
{
	for (;;) {
		kmap(alloc_page(GFP_HIGHUSER));
		sched_yield();
	}
	return 0;
}

/* Each thread holds some slots and wants one more. Only from the join on no other thread can return
 * one. */
void deadlock_kmap(void)
{
	struct thread *last;

	kthread_run(take_slots, NULL, "taker/0");
	kthread_run(take_slots, NULL, "taker/1");
	last = kthread_run(take_slots, NULL, "taker/2");
	msleep(200);
	kthread_join(last);
}

void exhaust_kmap(void)
{
	for (;;)
		kmap(alloc_page(GFP_HIGHUSER));
}

void kunmap_unmapped(void)
{
	kunmap(alloc_page(GFP_HIGHUSER));
}

void sleep_in_atomic(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	kmap_atomic(page);
	kmap(page);
}
