/* SPDX-License-Identifier: MIT */
#include <asm/atomic.h>
#include <asm/pgtable.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <kernel/cpu_call.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <mm/highmem.h>
#include <mm/kmap_slots.h>
#include <sched/thread_list.h>
#include <sched/wait.h>

/*
 * A page of high memory has no address of its own. kmap() gives it one that every thread on every
 * CPU may use until kunmap(). One page table, the pkmap, holds these mappings: 512 slots with PAE,
 * 1024 without, shared by all CPUs. The pkmap and its deferred flush are Linux's idea; Xen
 * (domain_page.c) and Haiku's physical page mapper defer their flushes in similar ways.
 *
 *	slot      0       1       2       3       4
 *	PTE     page A  page B  page C    -       -       ...
 *	users     2       0       1       -       -
 *	state    held    idle    held   empty   empty
 *	                                  ▲ next_slot
 *
 *	held   The PTE maps a page, and the page has users.
 *	idle   The last user is gone, but the PTE still maps the page. Clearing it now would cost a
 *	       TLB flush on all CPUs. If the page is mapped again first, that cost is saved.
 *	empty  The PTE is clear, and no CPU has a translation for the slot in its TLB.
 *
 * A page without a slot gets the empty slot at next_slot. After the last slot, all idle slots
 * become empty together: the kernel clears their PTEs, and then all CPUs flush once. So one flush
 * serves up to 512 mappings.
 *
 * Step 1: with a lock. All of kmap() and kunmap() could be this, each with kmap_lock held:
 *
 *	kmap(page):                                kunmap(page):
 *	    slot = the slot of page                    slot = the slot of page
 *	    if page has none:                          slot.users--
 *	        slot = an empty slot (*)               if no user is left and a thread waits:
 *	        slot.page = page; set the PTE              wake it
 *	    slot.users++
 *
 *	(*) if no slot is empty, make the idle ones empty; if none is idle, wait for one
 *
 * This is simple, but expensive: most calls only change a count, and yet all CPUs queue for one
 * lock. It can also deadlock. The owner of the lock may be waiting until all CPUs have flushed. But
 * kunmap() may be called with interrupts off, and a CPU that spins on the lock with interrupts off
 * never flushes. Both CPUs would wait for ever.
 *
 * Step 2: users are counted without the lock. A slot with a user never changes its page. So a CPU
 * that becomes a user of the right slot needs no lock:
 *
 *	kmap(page):                                kunmap(page):
 *	    slot = page.number                         slot = page.number
 *	    if slot.page != page:                      slot.users--, atomically
 *	        do step 1                              if no user is left and a thread waits:
 *	    slot.users++, atomically                       wake it
 *	    if slot is empty or slot.page != page:
 *	        slot.users--, atomically
 *	        do step 1
 *
 * This is the fast path. Step 1 remains as the slow path: it gives a slot to a page, and makes idle
 * slots empty. The fast path on one CPU may race with the slow path on another one, in two ways:
 *
 * Race 1: CPU A becomes a user of an idle slot while CPU B makes the slot empty. B does so by one
 * compare-and-exchange of the count, from "no users" to "empty". If A was first, the exchange fails
 * and the slot stays. If B was first, A finds the slot empty, takes its increment back and uses the
 * slow path.
 *
 * Race 2: after A has compared slot.page and before it increments, B makes the slot empty and gives
 * it to another page. Therefore A compares again after the increment. Now the slot has a user and
 * cannot change, so this answer is final. If the slot has another page, A takes its increment back
 * and uses the slow path. For a moment the count was one too high; hold() lists the consequences.
 *
 * The slot records its page; page.number is only a hint where to look, and may be stale. So making
 * a slot empty need not write to the page descriptor. It must not, either: the page may be free by
 * then, or another CPU may own it.
 *
 * Price: the slots are few, so kmap() may have to wait. An idle mapping hides a late touch; with
 * DEBUG=1 a slot that becomes idle is therefore unmapped and flushed at once.
 */

/*
 * Protects which slots are empty, the pages of the others, and the PTEs. Its owner may wait until
 * all CPUs have flushed, so a CPU must never wait for it with interrupts off. It is taken by
 * callers that may sleep only: kmap(), and with DEBUG=1 kunmap() if its caller may sleep. No
 * interrupt handler takes it. Taken inside: the lock of the line, the scheduler's, the thread
 * list's, and that of smp_call().
 */
static spinlock_t kmap_lock;

/* Where the search for an empty slot begins; LAST_PKMAP after the last slot. */
static unsigned int next_slot;

/* --- finding an empty slot; kmap_lock is held ------------------------------------------------- */

/* Turns idle into empty; false if the slot has a user. The slot may be used after a flush only. */
static inline bool empty_if_idle(struct kmap_slot *slot, pte_t *pte)
{
	s32 idle = KMAP_IDLE;

	if (!__atomic_compare_exchange_n(&slot->count, &idle, KMAP_EMPTY, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return false;
	slot->page = NULL;
	clear_pte(pte);
	return true;
}

/*
 * Makes all idle slots empty. All CPUs flush, and not just this one: an address of kmap() may reach
 * another CPU through memory, without passing any code that could flush there.
 */
static noinline void recycle_idle_slots(void)
{
	pte_t *ptes = pkmap_ptes;
	bool any = false;

	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		any |= empty_if_idle(&kmap_slots[slot], &ptes[slot]);
	if (!any)
		return;
	flush_tlb_nonglobal(TLB_KMAP);
	next_slot = 0;
}

/* False if next_slot is LAST_PKMAP: a sentinel, which is never empty, follows the last slot. */
static inline bool next_is_empty(void)
{
	return kmap_slots[next_slot].count < KMAP_EMPTY_BELOW;
}

/* Returns LAST_PKMAP if no slot from next_slot on is empty. */
static unsigned int find_empty_slot(void)
{
	while (!next_is_empty() && next_slot < LAST_PKMAP)
		next_slot++;
	return next_slot;
}

static noinline unsigned int new_slot_slow(void)
{
	unsigned int slot = find_empty_slot();

	if (slot < LAST_PKMAP)
		return slot;
	recycle_idle_slots();
	return find_empty_slot();
}

/* Returns an empty slot, or LAST_PKMAP if all are held. */
static inline unsigned int new_slot(void)
{
	return likely(next_is_empty()) ? next_slot : new_slot_slow();
}

/* --- waiting for a slot ----------------------------------------------------------------------- */

/*
 * If all slots are held, kmap() waits. The waiting threads form a line, in FIFO order: a slot that
 * becomes idle wakes the first thread of the line, and newcomers cannot overtake. A thread is
 * woken, too, when another thread maps the page that it waits for: it shares that slot, and leaves
 * the line.
 *
 * A thread enters and leaves the line with both kmap_lock and line.lock held, so either lock keeps
 * the line unchanged. kunmap() takes line.lock alone, since it may be called with interrupts off;
 * no owner of line.lock ever waits for anything.
 */
static struct wait_queue line;

/**
 * struct slot_waiter - a thread in the line; on the stack of that thread
 * @waiter: its place in the line
 * @page: page that it wants to map
 * @since_ns: time at which it entered the line
 * @woken: set by the CPU that wakes it: a slot became idle, or the page got a slot
 * @reported: its long wait was reported
 */
struct slot_waiter {
	struct waiter waiter;
	const struct page *page;
	u64 since_ns;
	bool woken;
	bool reported;
};

static struct slot_waiter *slot_waiter(struct waiter *waiter)
{
	return container_of(waiter, struct slot_waiter, waiter);
}

/* The caller holds line.lock or kmap_lock, so the thread cannot leave the line meanwhile. */
static void wake(struct waiter *waiter)
{
	WRITE_ONCE(slot_waiter(waiter)->woken, true);
	wake_up_process(waiter->thread);
}

static noinline void wake_first(void)
{
	unsigned long flags = spin_lock_irqsave(&line.lock);

	if (line.first)
		wake(line.first);
	spin_unlock_irqrestore(&line.lock, flags);
}

/* The page gets a slot before kmap_lock is released; other threads that want it share that slot. */
static void wake_waiters_for(const struct page *page)
{
	for (struct waiter *waiter = line.first; waiter; waiter = waiter->next)
		if (slot_waiter(waiter)->page == page)
			wake(waiter);
}

/* A woken thread that has not run yet does not wait: it may map its page, and then unmap others. */
static bool waits_in_line(const struct thread *thread)
{
	struct waiter *waiter = line.first;

	while (waiter && waiter->thread != thread)
		waiter = waiter->next;
	return waiter && !READ_ONCE(slot_waiter(waiter)->woken);
}

static bool all_slots_are_held(void)
{
	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		if (kmap_slot_users(&kmap_slots[slot]) <= 0)
			return false;
	return true;
}

/*
 * Panics if no slot can ever become idle. A thread that holds slots and waits for one more proves
 * nothing, since another thread may unmap its pages. It is a deadlock if every thread waits in the
 * line, or for the end of a thread that does.
 *
 * kmap_lock is held, so the line does not change. The threads are checked before the slots: a
 * thread that unmapped a page and then began to wait is seen waiting, and then its slot is seen
 * idle.
 */
static void check_deadlock(void)
{
	if (!threads_all_wait(waits_in_line) || !all_slots_are_held())
		return;
	pr_emerg("kmap: all slots are held:\n");
	kmap_show_holders(printk);
	panic("kmap: all %u slots are held, and no thread is left to give one back", LAST_PKMAP);
}

#define SECOND_NS 1000000000ull

/* The first thread of the line checks this often for a deadlock. */
#define CHECK_TICKS HZ

/* A thread that has waited this long reports once who holds the slots. */
#define PATIENCE_SECONDS 10u

static void report_long_wait(void)
{
	pr_warn("kmap: thread '%s' has waited more than %u s for a slot; all %u are held:\n",
		current->name, PATIENCE_SECONDS, LAST_PKMAP);
	kmap_show_holders(printk);
}

/* The first thread of the line was not woken for CHECK_TICKS. */
static void check_wait(struct slot_waiter *me)
{
	spin_lock(&kmap_lock);
	check_deadlock();
	spin_unlock(&kmap_lock);
	if (me->reported || time_ns() - me->since_ns < PATIENCE_SECONDS * SECOND_NS)
		return;
	me->reported = true;
	report_long_wait();
}

static void sleep_until_woken(struct slot_waiter *me, bool first)
{
	for (;;) {
		set_current_state(THREAD_SLEEPING);
		if (READ_ONCE(me->woken))
			break;
		if (!first) {
			schedule();
			continue;
		}
		schedule_timeout(CHECK_TICKS);
		if (!READ_ONCE(me->woken))
			check_wait(me);
	}
	set_current_state(THREAD_RUNNABLE);
}

/*
 * Waits until the page has a slot, and returns LAST_PKMAP then, or until an empty slot can be had,
 * and returns it. kmap_lock is held on entry and on return, and released in between.
 *
 * No wake-up is lost. kunmap() drops its user and then looks at the line. A thread clears @woken,
 * enters the line, and then looks at the slots. So at least one of the two sees the other.
 */
static noinline unsigned int wait_in_line(const struct page *page)
{
	struct slot_waiter me = { .page = page, .since_ns = time_ns() };
	unsigned int slot = LAST_PKMAP;

	for (;;) {
		bool first;

		WRITE_ONCE(me.woken, false);
		prepare_to_wait(&line, &me.waiter);
		if (kmap_slot_is_of(kmap_slot_hint(page), page))
			break;
		first = line.first == &me.waiter;
		if (first)
			slot = new_slot();
		if (slot < LAST_PKMAP)
			break;
		check_deadlock();
		spin_unlock(&kmap_lock);
		sleep_until_woken(&me, first);
		spin_lock(&kmap_lock);
	}
	finish_wait(&line, &me.waiter);
	/* While there is a line, a page can get a slot nowhere else. */
	if (slot < LAST_PKMAP)
		wake_waiters_for(page);
	/* Several slots may have become idle, and each woke the same first thread: pass one on. */
	wake_first();
	return slot;
}

/* --- counting users without the lock ---------------------------------------------------------- */

/* For reports: the call that made the slot held. */
static inline void note_holder(struct kmap_slot *slot, unsigned long caller)
{
	slot->caller = caller;
	slot->thread = current;
	WRITE_ONCE(slot->since, READ_ONCE(sched_ticks));
}

/* DEBUG=1: if the caller may wait for a flush, a late touch faults on all CPUs from now on. */
static void unmap_at_once(unsigned int slot)
{
	if (!cpu_may_call_others())
		return;
	spin_lock(&kmap_lock);
	/* The slot may have got a user, or another page, in the meantime. Only idle matters. */
	if (empty_if_idle(&kmap_slots[slot], &pkmap_ptes[slot])) {
		flush_tlb_kernel_page(kmap_slot_address(slot), TLB_KMAP);
		next_slot = min(next_slot, slot);
	}
	spin_unlock(&kmap_lock);
}

static inline void became_idle(struct kmap_slot *slot)
{
	if (DEBUG)
		unmap_at_once((unsigned int)(slot - kmap_slots));
	if (unlikely(!load_equals(line.first, NULL)))
		wake_first();
}

/*
 * Subtracts a user if it is the only one; false if it is not, or if it is no user at all.
 *
 * @since is cleared before the subtraction. After it, a new first user may already have set @since,
 * and clearing would erase that. If another user joins between the two, the exchange fails. Then
 * @since is 0 although the slot is held, until drop_user() sets it again.
 */
static inline bool drop_only_user(struct kmap_slot *slot)
{
	s32 one_user = 0;

	if (unlikely(!load_equals(slot->count, 0)))
		return false;
	WRITE_ONCE(slot->since, 0);
	return likely(atomic_try_cmpxchg(&slot->count, &one_user, KMAP_IDLE));
}

/* Subtracts a user, which may have been mistaken: then the slot may be empty. */
static noinline void drop_user(struct kmap_slot *slot)
{
	for (;;) {
		s32 count = READ_ONCE(slot->count);

		if (count == 0) {
			if (!drop_only_user(slot))
				continue;
			became_idle(slot);
			return;
		}
		/* This thread is still a user, so the slot stays held while it sets @since. */
		if (count > 0 && !READ_ONCE(slot->since))
			WRITE_ONCE(slot->since, READ_ONCE(sched_ticks));
		if (atomic_try_cmpxchg(&slot->count, &count, count - 1))
			return;
	}
}

enum held { NOT_HELD, HELD_FIRST, HELD_WITH_OTHERS };

/*
 * Adds a user to the slot if it belongs to the page: step 2 of kmap() above. HELD_FIRST: the caller
 * must call note_holder(). HELD_WITH_OTHERS: it must do so if @since is 0, since the others may be
 * mistaken, or about to leave.
 *
 * Between the increment and drop_user(), a slot of another page has a *mistaken user*. The kernel
 * must expect one in any slot, and for as long as a time slice, since its thread may be preempted:
 * an idle slot with a mistaken user does not become empty; the count of an empty slot may be a
 * little above KMAP_EMPTY; and use_slot() adds to the count rather than setting it. Recycling for a
 * waiting thread may have skipped the slot, so dropping a mistaken user wakes that thread, as
 * kunmap() does.
 *
 * Why the second comparison is final: the locked increment is a full barrier, so the two loads that
 * follow are later. A count of 0 or more includes this user, and empty_if_idle() fails from then
 * on. use_slot() writes the PTE and the page before it makes the count 0 or more. So a CPU that
 * sees this count, and then the page, may use the PTE.
 */
static inline enum held hold(struct kmap_slot *slot, const struct page *page)
{
	if (unlikely(!load_equals(slot->page, page)))
		return NOT_HELD;
	/* Compare again: a slot with a user keeps its page. */
	if (likely(atomic_inc_and_test(&slot->count))) {
		if (likely(load_equals(slot->page, page)))
			return HELD_FIRST;
	} else if (!load_is_negative(slot->count) && load_equals(slot->page, page)) {
		return HELD_WITH_OTHERS;
	}
	drop_user(slot);
	return NOT_HELD;
}

/* Out of line: inlined, it costs the fast path a register. */
static noinline void note_late(struct kmap_slot *slot, unsigned long caller)
{
	note_holder(slot, caller);
}

/* --- mapping and unmapping -------------------------------------------------------------------- */

/* Maps the page in an empty slot, with one user. kmap_lock is held. */
static void use_slot(struct page *page, unsigned int slot, unsigned long caller)
{
	set_pte(&pkmap_ptes[slot], mk_local_pte(page));
	kmap_slots[slot].page = page;
	note_holder(&kmap_slots[slot], caller);
	/* Subtract, not store: another CPU may be a mistaken user, and about to subtract itself. */
	__atomic_fetch_sub(&kmap_slots[slot].count, KMAP_EMPTY, __ATOMIC_RELEASE);
	WRITE_ONCE(page->number, (u16)slot);
	next_slot = slot + 1;
}

static inline void *address_of(unsigned int slot)
{
	return (void *)kmap_slot_address(slot);
}

/* Adds a user to the slot of the page, and returns it. While kmap_lock is held, the page keeps it. */
static noinline unsigned int share_slot(const struct page *page, unsigned long caller)
{
	unsigned int slot = kmap_slot_hint(page);

	if (hold(&kmap_slots[slot], page) == HELD_FIRST || !READ_ONCE(kmap_slots[slot].since))
		note_holder(&kmap_slots[slot], caller);
	return slot;
}

/* While kmap_lock is held, no other CPU gives the page a slot, or takes its slot away. */
static noinline void *map_slow(struct page *page, unsigned long caller)
{
	unsigned int slot = LAST_PKMAP;

	spin_lock(&kmap_lock);
	if (!kmap_slot_is_of(kmap_slot_hint(page), page)) {
		if (!line.first)
			slot = new_slot();
		if (slot == LAST_PKMAP)
			slot = wait_in_line(page);
	}
	if (slot != LAST_PKMAP)
		use_slot(page, slot, caller);
	else
		slot = share_slot(page, caller);
	spin_unlock(&kmap_lock);
	return address_of(slot);
}

void *kmap_high(struct page *page)
{
	unsigned int slot = kmap_slot_hint(page);
	unsigned long caller;
	enum held held;

	might_sleep("kmap");
	held = hold(&kmap_slots[slot], page);
	caller = (unsigned long)__builtin_return_address(0);
	if (unlikely(held == NOT_HELD))
		return map_slow(page, caller);
	if (likely(held == HELD_FIRST))
		note_holder(&kmap_slots[slot], caller);
	else if (unlikely(load_equals(kmap_slots[slot].since, 0)))
		note_late(&kmap_slots[slot], caller);
	return address_of(slot);
}

/* The most frequent mistake is to pass the address instead of the descriptor. */
static noinline void __noreturn bad_kunmap(const struct page *page)
{
	unsigned long offset = (unsigned long)page - (unsigned long)mem_map;

	if (offset % sizeof(*page) || offset / sizeof(*page) >= max_pfn)
		panic("kunmap(%p): expected the descriptor of the page, not an address", page);
	if (in_interrupt())
		panic("kunmap of frame %#lx in an interrupt, expected a thread", page_to_pfn(page));
	if (kmap_slot_is_of(kmap_slot_hint(page), page))
		kmap_slot_describe(kmap_slot_address(kmap_slot_hint(page)), printk);
	panic("kunmap of frame %#lx, which is not mapped by kmap()", page_to_pfn(page));
}

/* The slot has several users, or by a mistake of the caller none. */
static noinline void kunmap_slow(struct kmap_slot *slot)
{
	if (load_is_negative(slot->count))
		bad_kunmap(slot->page);
	drop_user(slot);
}

void kunmap_high(struct page *page)
{
	struct kmap_slot *slot;

	if (DEBUG && page_to_pfn(page) >= max_pfn)
		bad_kunmap(page);
	/* Only with DEBUG=1 does kunmap() pass low pages to this function. */
	if (DEBUG && !page_is_highmem(page))
		return;
	slot = &kmap_slots[kmap_slot_hint(page)];
	/* Keeps the address in one register; the compiler would use two, and save one of them. */
	__asm__("" : "+r"(slot));
	if (unlikely(in_interrupt() || !load_equals(slot->page, page)))
		bad_kunmap(page);
	if (likely(drop_only_user(slot)))
		became_idle(slot);
	else
		kunmap_slow(slot);
}

void __init kmap_init(void)
{
	pkmap_ptes = pte_alloc_kernel(PKMAP_BASE);
	if (!pkmap_ptes)
		panic("kmap_init: no memory for the page table of kmap()");
	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		kmap_slots[slot].count = KMAP_EMPTY;
}
