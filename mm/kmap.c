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
 * CPU may use until kunmap(). One page table, the pkmap, has the PTEs of all these mappings; all
 * CPUs share it. docs/highmem.md tells why it is built like this. The pkmap and its deferred flush
 * are Linux's idea; Xen (domain_page.c) and Haiku's physical page mapper defer their flushes in
 * similar ways.
 *
 * A user of a slot is one kmap() that has not been undone: a thread that maps a page twice is two
 * users. `count` is the number of users minus 1. By it, a slot is in one of three states:
 *
 *	held   count 0 or more. The PTE maps a page, and the slot keeps this page.
 *	idle   count -1. The last user is gone, but the PTE still maps the page. To map the page
 *	       again, only the count changes.
 *	empty  count KMAP_EMPTY, far below -1. The PTE is clear, and no CPU has a translation for
 *	       the slot in its TLB. (The owner of kmap_lock sets the count first. It clears the PTE
 *	       and has all CPUs flush before it releases the lock.)
 *
 * Recycling. kmap() of a page without a slot searches upward from next_slot for an empty slot, and
 * passes over held and idle ones. At the end of the table it recycles: it makes all idle slots
 * empty, has all CPUs flush once, and searches again from slot 0. So one flush serves as many
 * mappings as there were idle slots: LAST_PKMAP at most.
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
 *	(*) if no slot is empty, recycle; if no slot is idle either, wait for one
 *
 * This is simple, but expensive: most calls only change a count, and yet all CPUs queue for one
 * lock. It can also deadlock. The owner of the lock may be waiting until all CPUs have flushed. But
 * kunmap() may be called with interrupts off, and a CPU that spins on the lock with interrupts off
 * never flushes. Both CPUs would wait for ever.
 *
 * Step 2: users are counted without the lock. A slot with a user never changes its page. So a CPU
 * that becomes a user of the right slot needs no lock. Where to look? The descriptor of a page has
 * a number: the slot that the page got last. It is only a hint; slot.page is what counts.
 *
 *	kmap(page):                                kunmap(page):
 *	    slot = page.number                         slot = page.number
 *	    if slot.page != page:                      slot.users--, atomically
 *	        do step 1                              if no user is left and a thread waits:
 *	    slot.users++, atomically                       wake it
 *	    if slot is empty or slot.page != page:
 *	        slot.users--; wake, as in kunmap()
 *	        do step 1
 *
 * This is the fast path. Step 1 remains as the slow path: it gives a slot to a page, and recycles.
 * The fast path on one CPU may race with the slow path on another one, in two ways:
 *
 * Race 1: CPU A becomes a user of an idle slot while CPU B makes the slot empty. B does so by one
 * compare-and-exchange of the count, from idle to empty. If A was first, the exchange fails and the
 * slot stays. If B was first, A finds the slot empty, takes its increment back and uses the slow
 * path. (A must test both "empty" and slot.page, since B changes slot.page a little later than the
 * count.)
 *
 * Race 2: after A has compared slot.page and before it increments, B makes the slot empty and gives
 * it to another page. Therefore A compares again after the increment. Now the slot has a user and
 * cannot change, so this answer is final. If the slot has another page, A takes its increment back
 * and uses the slow path. Until then the count was one too high; hold() lists the consequences.
 *
 * The hint may be stale, so recycling need not write to the descriptor of the page. It must not,
 * either: the page may be free by then, or another CPU may own it.
 *
 * The hint may also be lost: freeing a block sets it to 0 in the first frame. Suppose a page is
 * freed while its slot is idle. After the page has been allocated again, kmap() does not find this
 * slot, and uses another one. So a page may have several slots, but at most one of them is held. A
 * forgotten idle slot is harmless: it is recycled like any other.
 *
 * Price: the slots are few, so kmap() may have to wait. And an idle mapping hides a mistake: code
 * that still uses the address after kunmap() does not fault (but see unmap_at_once()).
 */

/*
 * Protects slot->page, the PTEs, and each change of a slot to or from empty. Users are counted
 * without it. Its owner may wait until all CPUs have flushed, so a CPU must never wait for it with
 * interrupts off. Therefore only kmap() takes it, whose caller may sleep, and with DEBUG=1
 * unmap_at_once(). Its owner may take these locks: line.lock, the lock of the scheduler, the lock
 * of the thread list, and the lock of the calls to other CPUs (smp_call_function_many()).
 */
static spinlock_t kmap_lock;

/* The search for an empty slot begins here: no slot below is empty. LAST_PKMAP: after the last. */
static unsigned int next_slot;

/* --- finding an empty slot; kmap_lock is held ------------------------------------------------- */

/*
 * Makes an idle slot empty; returns false if it has a user or is empty already. All CPUs must flush
 * before the slot is used again.
 */
static inline bool empty_if_idle(struct kmap_slot *slot, pte_t *pte)
{
	s32 idle = KMAP_IDLE;

	/* The count first: until it is empty, another CPU may become a user of this mapping. */
	if (!__atomic_compare_exchange_n(&slot->count, &idle, KMAP_EMPTY, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return false;
	slot->page = NULL;
	clear_pte(pte);
	return true;
}

/*
 * Makes all idle slots empty. All CPUs flush, and not just this one. Another CPU may read an
 * address of kmap() from memory and use it. The kernel does not notice, so it cannot flush there
 * later. flush_tlb_nonglobal() loads CR3, which drops all translations that are not global; the
 * PTEs of kmap() are not global for this reason (mk_local_pte()).
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

/*
 * kmap_slots[LAST_PKMAP] is a sentinel: its count is 0, which is not empty. So new_slot() needs no
 * test for the end of the table.
 */
static inline bool next_is_empty(void)
{
	return kmap_slots[next_slot].count < KMAP_EMPTY_BELOW;
}

/* Returns LAST_PKMAP if no slot from next_slot on is empty. next_slot never passes the sentinel. */
static unsigned int find_empty_slot(void)
{
	while (!next_is_empty() && next_slot < LAST_PKMAP)
		next_slot++;
	return next_slot;
}

/* If an empty slot were overlooked, threads would wait for ever: a silent hang. */
static void check_no_slot_is_empty(void)
{
	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		if (kmap_slots[slot].count < KMAP_EMPTY_BELOW)
			panic("kmap: the search for empty slots ended at %u, but slot %u is empty",
			      next_slot, slot);
}

static noinline unsigned int new_slot_slow(void)
{
	unsigned int slot = find_empty_slot();

	if (slot < LAST_PKMAP)
		return slot;
	recycle_idle_slots();
	slot = find_empty_slot();
	if (unlikely(slot == LAST_PKMAP))
		check_no_slot_is_empty();
	return slot;
}

/* Returns an empty slot, or LAST_PKMAP if all are held. */
static inline unsigned int new_slot(void)
{
	return likely(next_is_empty()) ? next_slot : new_slot_slow();
}

/* --- waiting for a slot ----------------------------------------------------------------------- */

/*
 * If all slots are held, kmap() waits. The waiting threads form a line, in FIFO order, and a slot
 * that becomes idle wakes the first thread of the line. A newcomer that needs an empty slot cannot
 * overtake: it joins the line. One whose page still has an idle slot may take that slot, since the
 * fast path does not look at the line; then the first thread waits for the next one. A thread is
 * also woken when another thread maps the page that it waits for: it shares that slot, and leaves
 * the line.
 *
 * A thread enters and leaves the line with both kmap_lock and line.lock held, so while a CPU holds
 * one of the two, the line does not change. If a thread waits, kunmap() takes line.lock, and not
 * kmap_lock, since it may be called with interrupts off. The owner of line.lock spins for the
 * scheduler's lock at most; it never waits for a flush.
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

/*
 * This thread holds kmap_lock until the page has its slot. So the woken threads find the slot, and
 * share it.
 */
static void wake_waiters_for(const struct page *page)
{
	for (struct waiter *waiter = line.first; waiter; waiter = waiter->next)
		if (slot_waiter(waiter)->page == page)
			wake(waiter);
}

/*
 * A thread that was woken, but has not run yet, counts as running: it may map its page and later
 * unmap others.
 */
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
 * line, or waits for another thread to end (kthread_join()). Idle threads of the CPUs do not count,
 * and neither do those that serve devices (thread_is_service()).
 * Nor does a thread that has ended, unless another one joins it: that one will run.
 *
 * kmap_lock is held, so no thread enters or leaves the line. But a thread may still unmap its page
 * and wake the first of the line, and then end or join another one. So the threads are checked
 * first. If that thread is seen waiting, its unmapping is older, so the slots, read afterwards,
 * show it. In the other order a slot could be seen held, and then its thread waiting: a false
 * deadlock.
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

/* After waiting this long, the first thread of the line reports once which threads hold slots. */
#define PATIENCE_SECONDS 10u

static void report_long_wait(void)
{
	pr_warn("kmap: thread '%s' has waited more than %u s for a slot; all %u are held:\n",
		current->name, PATIENCE_SECONDS, LAST_PKMAP);
	kmap_show_holders(printk);
}

/* This thread is the first of the line, and was not woken for CHECK_TICKS. */
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

/*
 * @first: this thread was the first of the line when wait_in_line() looked. If it becomes the first
 * while it sleeps, the thread that leaves the line wakes it, and wait_in_line() looks again.
 */
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
 * Waits until one of two things happens. An empty slot is there for this thread: returns it. Or
 * another thread has mapped the page: returns LAST_PKMAP. kmap_lock is held on entry and on return,
 * and released in between.
 *
 * No wake-up is lost. kunmap() subtracts its user and then looks at the line. A thread enters the
 * line and then looks at the slots. Both have a full barrier in between: the locked exchange of
 * kunmap(), and the exchange of set_current_state() in prepare_to_wait(). So whichever is later
 * sees the other. @woken is cleared first: a wake-up that comes after that is kept.
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
	/*
	 * While the line is not empty, map_slow() takes no slot by itself. So this is the only
	 * place that must wake the threads that want the same page.
	 */
	if (slot < LAST_PKMAP)
		wake_waiters_for(page);
	/* Several slots may have become idle, and each woke the same first thread: pass one on. */
	wake_first();
	return slot;
}

/* --- counting users without the lock ---------------------------------------------------------- */

/* For reports: the call that made the slot held. The caller is a user of it, or in use_slot(). */
static inline void note_holder(struct kmap_slot *slot, unsigned long caller)
{
	slot->caller = caller;
	slot->thread = current;
	WRITE_ONCE(slot->since, READ_ONCE(sched_ticks));
}

/*
 * DEBUG=1: unmaps the idle slot now, on all CPUs, if the caller may wait for them. Then code that
 * still uses the address faults. (Until other CPUs run, the caller always may: then no other CPU
 * owns kmap_lock.)
 */
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
 * Subtracts a user if the slot has one user; false if it has more, or none.
 *
 * @since is cleared before the subtraction. Clearing it afterwards could erase the value that a new
 * first user has written. If another user joins between the clearing and the exchange, the exchange
 * fails. Then @since is 0 although the slot is held, until drop_user() sets it again.
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
 * Adds a user to the slot if it belongs to the page (step 2 of the first comment). HELD_FIRST: the
 * caller must call note_holder(). HELD_WITH_OTHERS: it must do so if @since is 0, because then no
 * user is noted: the other one was mistaken, has cleared @since to leave, or has not noted itself
 * yet.
 *
 * Between the increment and drop_user(), the slot may have a *mistaken user*: a user of a slot that
 * is empty, or has another page. That may take a time slice, if the thread is preempted. All other
 * code must expect it:
 *
 *	- An idle slot with a mistaken user does not become empty. A waiting thread may therefore
 *	  have skipped it. So drop_user() wakes that thread, as kunmap() does.
 *	- The count of an empty slot may be a little above KMAP_EMPTY.
 *	- use_slot() subtracts KMAP_EMPTY, a negative number, instead of storing 0.
 *	- If a mistaken user was first, hold() returns HELD_WITH_OTHERS for the first real user.
 *	- In page_address(), kmapinfo and the check of kunmap(), an idle slot with a mistaken user
 *	  counts as held.
 *
 * Why the second comparison is final: the locked increment is a full barrier, so the two loads
 * after it cannot be earlier. A count of 0 or more includes this user, so empty_if_idle() fails
 * from then on, and the page stays. use_slot() writes the PTE and the page before it makes the
 * count 0 or more, with release. So a CPU that sees this count, and then the page, may use the PTE.
 */
static inline enum held hold(struct kmap_slot *slot, const struct page *page)
{
	if (unlikely(!load_equals(slot->page, page)))
		return NOT_HELD;
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

/*
 * Maps the page in an empty slot, with one user. kmap_lock is held. No flush: all CPUs have flushed
 * since the slot was last mapped, and a CPU does not cache an entry that is not present (Intel SDM
 * 3A, 4.10.2.3).
 */
static void use_slot(struct page *page, unsigned int slot, unsigned long caller)
{
	set_pte(&pkmap_ptes[slot], mk_local_pte(page));
	kmap_slots[slot].page = page;
	note_holder(&kmap_slots[slot], caller);
	/* Subtract, not store: the count may include a mistaken user, which will subtract 1. */
	__atomic_fetch_sub(&kmap_slots[slot].count, KMAP_EMPTY, __ATOMIC_RELEASE);
	WRITE_ONCE(page->number, (u16)slot);
	next_slot = slot + 1;
}

static inline void *address_of(unsigned int slot)
{
	return (void *)kmap_slot_address(slot);
}

/* Adds a user to the slot of the page. hold() succeeds: kmap_lock is held, so the slot stays. */
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

	if (DEBUG && current->service)
		panic("kmap: thread '%s' serves devices, expected kmap_local_page()",
		      current->name);
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

/*
 * The most frequent mistake is to pass the address instead of the descriptor. (Without DEBUG=1,
 * kunmap() finds it only if the word there has the flag of high memory.) Interrupt handlers may not
 * call kunmap(): check_deadlock() relies on it that only threads give slots back.
 */
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
