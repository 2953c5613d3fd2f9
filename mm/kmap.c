/* SPDX-License-Identifier: MIT */
#include <asm/atomic.h>
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <asm/traps.h>
#include <kernel/cpu_call.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/symbols.h>
#include <kernel/thread.h>
#include <kernel/wait.h>
#include <mm/highmem.h>
#include <mm/kmap_slots.h>

/*
 * kmap(): mappings that stay until somebody undoes them, wherever that is. One page table of slots at
 * PKMAP_BASE serves everybody, so a page that is mapped twice shares its slot, and slots are counted.
 *
 * A slot is in one of three states:
 *
 *	empty  PTE empty; no CPU has a translation for it
 *	held   PTE present; it has users
 *	idle   PTE present; nobody uses it. Still mapped, because to unmap would cost a flush. If its page
 *	       is mapped again, it is held again for nothing.
 *
 * With DEBUG=1 a slot that becomes idle is unmapped and flushed at once, so that a late touch faults.
 *
 * New mappings take empty slots in rising order. When the end is reached all idle slots are cleared and
 * one flush makes all of them empty: the cost of the flush is spread over as many mappings as there are
 * slots. The PTEs are not global, so a CR3 load is that flush. All CPUs do it, and before it is over no
 * cleared slot is used again: an address of kmap() may be handed to another CPU through memory, which does
 * not pass through here and could not flush for itself.
 *
 * Where all slots are held, a thread that wants one waits in a line, and the first of it is woken when a slot
 * becomes idle. No other thread passes the line. A thread whose page gets a slot in the meantime is woken, too,
 * and leaves the line.
 *
 * A mapping may be handed on, so a thread that holds slots and waits proves nothing: another thread may give
 * them back. It is a deadlock if no thread is left that could: all of them wait for a slot, or for the end of
 * one that does. Then the kernel stops. Of any other long wait it only warns, with the names of the holders.
 *
 * The slot itself says to which page it belongs. The descriptor of a highmem page has the number of a slot only as a
 * hint where to look: that slot may belong to another page by now, and freeing a block overwrites the number of its
 * first frame. To take a slot away from a page only the slot is changed: the page may be free by then, or in use by
 * another CPU.
 */

/*
 * Guards all below, the PTEs, which slots are empty, and to which pages the others belong.
 * Its holder may wait until all CPUs have flushed. A CPU that waited for it with interrupts off would never
 * flush, so only a caller that may sleep takes it: kmap(), and kunmap() of a DEBUG=1 kernel where it is called
 * like that. No handler takes it. The lock of the line, the scheduler's, that of the list of threads, and that
 * of smp_call() are taken inside.
 *
 * A slot that is mapped is held and given back without it, by an atomic count. Two rules make that safe. Only a
 * slot without users is emptied, in one atomic step, so a held one stays what it is. And a caller that has counted
 * itself as a user looks again whether the slot belongs to its page: the slot may have changed just before.
 */
static spinlock_t kmap_lock;

/*
 * Threads that wait for a slot. Each is a struct slot_waiter. They enter and leave with both kmap_lock and
 * line.lock held, so either lock keeps the line as it is. kunmap() may be called with interrupts off, and takes
 * line.lock alone: nothing is waited for while that is held.
 */
static struct wait_queue line;

struct slot_waiter {
	struct waiter waiter;
	const struct page *page; /* what it wants to map */
	u64 since_ns;
	bool woken; /* there may be something to find: a slot that is idle, or one of the page */
	bool told;  /* the user has been told how long it waits */
};

static unsigned int next_slot; /* where to look for an empty one */

_Static_assert((LAST_PKMAP & (LAST_PKMAP - 1)) == 0,
	       "a mask makes the number of a slot of any number");

/* The number of the slot that may belong to the page: that of some slot, whatever the descriptor contains. */
static inline unsigned int slot_hint(const struct page *page)
{
	return READ_ONCE(page->number) & (LAST_PKMAP - 1);
}

/* Does the slot belong to the page? The answer may be out of date at once, unless the caller has kmap_lock or is a
 * user of the slot. */
static inline bool is_slot_of(unsigned int slot, const struct page *page)
{
	return load_equals(kmap_slots[slot].page, page);
}

/* From idle to empty, if nobody was faster. The caller owes a flush before the slot is used again. */
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

/* All idle slots become empty. */
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

/* Behind the last slot is one that is never empty. A count may be some users more than KMAP_EMPTY: those that took
 * the slot for theirs and have not left it yet. */
static inline bool next_is_empty(void)
{
	return kmap_slots[next_slot].count < KMAP_EMPTY / 2;
}

/* Returns LAST_PKMAP where there is none. */
static unsigned int find_empty_slot(void)
{
	while (!next_is_empty() && next_slot < LAST_PKMAP)
		next_slot++;
	return next_slot;
}

static noinline unsigned int new_slot_slowly(void)
{
	unsigned int slot = find_empty_slot();

	if (slot < LAST_PKMAP)
		return slot;
	recycle_idle_slots();
	return find_empty_slot();
}

/* Returns LAST_PKMAP if all are held. Slots are mostly used in a row. */
static inline unsigned int new_slot(void)
{
	return likely(next_is_empty()) ? next_slot : new_slot_slowly();
}

/* --- waiting for a slot --------------------------------------------------------------------------- */

/* With the lock of the line, or kmap_lock: the thread has to take both to leave the line. */
static void wake(struct waiter *waiter)
{
	WRITE_ONCE(container_of(waiter, struct slot_waiter, waiter)->woken, true);
	sched_wake(waiter->thread);
}

static noinline void wake_first(void)
{
	unsigned long flags = spin_lock_irqsave(&line.lock);

	if (line.first)
		wake(line.first);
	spin_unlock_irqrestore(&line.lock, flags);
}

/* A page gets a slot before kmap_lock is released: threads that want one for the same page need not wait. */
static void wake_waiters_for(const struct page *page)
{
	for (struct waiter *waiter = line.first; waiter; waiter = waiter->next)
		if (container_of(waiter, struct slot_waiter, waiter)->page == page)
			wake(waiter);
}

/* A thread that is woken, and has not run yet, does not wait: it may map its page, and give back what it holds. */
static bool waits_in_line(const struct thread *thread)
{
	struct waiter *waiter = line.first;

	while (waiter && waiter->thread != thread)
		waiter = waiter->next;
	return waiter && !READ_ONCE(container_of(waiter, struct slot_waiter, waiter)->woken);
}

static bool all_slots_are_held(void)
{
	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		if (kmap_slot_users(&kmap_slots[slot]) <= 0)
			return false;
	return true;
}

/*
 * The order matters: a thread that gave a slot back before it began to wait is found waiting, and then the slot
 * is found idle. Nobody enters or leaves the line meanwhile.
 */
static void check_deadlock(void)
{
	if (!threads_all_wait(waits_in_line) || !all_slots_are_held())
		return;
	pr_emerg("kmap: all slots are held:\n");
	kmap_show_holders(printk);
	panic("kmap: all %u slots are held, and no thread is left to give one back: all wait for one",
	      LAST_PKMAP);
}

/* The first of the line looks that often whether a slot can still become idle. */
#define CHECK_NS 1000000000ull

/* A thread that has waited that long says once which slots it waits for. */
#define PATIENCE_SECONDS 10u

static void tell_of_long_wait(void)
{
	pr_warn("kmap: thread '%s' has waited more than %u s for a slot; all %u are held:\n",
		current->name, PATIENCE_SECONDS, LAST_PKMAP);
	kmap_show_holders(printk);
}

/* The first of the line was not woken for a while. */
static void look_around(struct slot_waiter *me)
{
	spin_lock(&kmap_lock);
	check_deadlock();
	spin_unlock(&kmap_lock);
	if (me->told || time_ns() - me->since_ns < PATIENCE_SECONDS * CHECK_NS)
		return;
	me->told = true;
	tell_of_long_wait();
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
		schedule_until(time_ns() + CHECK_NS);
		if (!READ_ONCE(me->woken))
			look_around(me);
	}
	set_current_state(THREAD_RUNNABLE);
}

/*
 * For a page that has no slot, when all are held: returns an empty slot, or LAST_PKMAP when the page has one.
 * A wake-up cannot be lost: kunmap() gives a slot back and then looks at the line; a thread enters the line, and
 * says that it was not woken, and then looks at the slots.
 */
static noinline unsigned int wait_in_line(const struct page *page)
{
	struct slot_waiter me = { .page = page, .since_ns = time_ns() };
	unsigned int slot = LAST_PKMAP;

	for (;;) {
		bool first;

		WRITE_ONCE(me.woken, false);
		prepare_to_wait(&line, &me.waiter);
		if (is_slot_of(slot_hint(page), page))
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
	/* While there is a line, pages get slots here only. */
	if (slot < LAST_PKMAP)
		wake_waiters_for(page);
	/* Several slots may have become idle while one thread was woken. */
	wake_first();
	return slot;
}

/* --- counting users ------------------------------------------------------------------------------- */

static inline void note_holder(struct kmap_slot *slot, unsigned long caller)
{
	slot->caller = caller;
	slot->thread = current;
	WRITE_ONCE(slot->since, READ_ONCE(sched_ticks));
}

/* DEBUG=1: a touch faults from now on, on every CPU; but not where the caller must not wait for them. */
static void unmap_at_once(unsigned int slot)
{
	if (!cpu_may_call_others())
		return;
	spin_lock(&kmap_lock);
	/* If it is still idle; it does not matter to which page it belongs. */
	if (empty_if_idle(&kmap_slots[slot], &pkmap_ptes[slot])) {
		flush_tlb_page(kmap_slot_address(slot), TLB_KMAP);
		next_slot = min(next_slot, slot);
	}
	spin_unlock(&kmap_lock);
}

static inline void became_idle(unsigned int slot)
{
	if (DEBUG)
		unmap_at_once(slot);
	if (unlikely(!load_equals(line.first, NULL)))
		wake_first();
}

/* One user less; returns whether it was the last. @since is cleared before: after the count the slot may have another
 * first user at once, which sets @since. */
static inline bool give_back(struct kmap_slot *slot, bool *unused)
{
	if (likely(load_equals(slot->count, 0)))
		WRITE_ONCE(slot->since, 0);
	return atomic_dec_from_zero(&slot->count, unused);
}

static noinline void give_back_wrong_one(struct kmap_slot *slot)
{
	bool unused;

	if (give_back(slot, &unused))
		became_idle((unsigned int)(slot - kmap_slots));
}

enum held { NOT_HELD, HELD_FIRST, HELD_WITH_OTHERS };

/* One more user of the slot, if it belongs to the page. The first one has to call note_holder(). */
static inline enum held hold(struct kmap_slot *slot, const struct page *page)
{
	bool first, empty;

	if (unlikely(!load_equals(slot->page, page)))
		return NOT_HELD;
	first = atomic_inc_to_zero(&slot->count, &empty);
	/* With this user it stays what it is; this says what. */
	if (likely(first)) {
		if (likely(load_equals(slot->page, page)))
			return HELD_FIRST;
	} else if (!empty && load_equals(slot->page, page)) {
		return HELD_WITH_OTHERS;
	}
	give_back_wrong_one(slot);
	return NOT_HELD;
}

/* An empty slot becomes the page's, with one user. */
static void use_slot(struct page *page, unsigned int slot, unsigned long caller)
{
	set_pte(&pkmap_ptes[slot], mk_local_pte(page));
	kmap_slots[slot].page = page;
	note_holder(&kmap_slots[slot], caller);
	/* Not a store: another CPU may have counted itself as a user, and be about to find that the slot is not its
	 * page's. */
	__atomic_fetch_sub(&kmap_slots[slot].count, KMAP_EMPTY, __ATOMIC_RELEASE);
	WRITE_ONCE(page->number, (u16)slot);
	next_slot = slot + 1;
}

static inline void *address_of(unsigned int slot)
{
	return (void *)kmap_slot_address(slot);
}

/* While the lock is held a page that has a slot keeps it, and gets no second one. */
static noinline void *map_slowly(struct page *page, unsigned long caller)
{
	unsigned int slot = LAST_PKMAP;

	spin_lock(&kmap_lock);
	if (!is_slot_of(slot_hint(page), page)) {
		if (!line.first)
			slot = new_slot();
		if (slot == LAST_PKMAP)
			slot = wait_in_line(page);
	}
	if (slot < LAST_PKMAP) {
		use_slot(page, slot, caller);
	} else {
		slot = slot_hint(page);
		if (hold(&kmap_slots[slot], page) == HELD_FIRST)
			note_holder(&kmap_slots[slot], caller);
	}
	spin_unlock(&kmap_lock);
	return address_of(slot);
}

void *kmap_high(struct page *page)
{
	unsigned int slot = slot_hint(page);
	unsigned long caller;
	enum held held;

	might_sleep("kmap");
	held = hold(&kmap_slots[slot], page);
	caller = (unsigned long)__builtin_return_address(0);
	if (unlikely(held == NOT_HELD))
		return map_slowly(page, caller);
	if (likely(held == HELD_FIRST))
		note_holder(&kmap_slots[slot], caller);
	return address_of(slot);
}

/* An address where a descriptor should be is what is mostly given by mistake. */
static noinline void __noreturn bad_kunmap(const struct page *page)
{
	unsigned long offset = (unsigned long)page - (unsigned long)mem_map;

	if (offset % sizeof(*page) || offset / sizeof(*page) >= max_pfn)
		panic("kunmap(%p): expected the descriptor of the page, not an address", page);
	if (in_interrupt())
		panic("kunmap of frame %#lx in an interrupt", page_to_pfn(page));
	if (is_slot_of(slot_hint(page), page))
		kmap_slot_describe((unsigned long)address_of(slot_hint(page)), printk);
	panic("kunmap of frame %#lx, which is not mapped by kmap()", page_to_pfn(page));
}

void kunmap_high(struct page *page)
{
	unsigned int slot;
	bool unused;

	if (DEBUG && page_to_pfn(page) >= max_pfn)
		bad_kunmap(page);
	if (DEBUG && !page_is_highmem(page))
		return;
	slot = slot_hint(page);
	if (unlikely(in_interrupt() || !is_slot_of(slot, page)))
		bad_kunmap(page);
	if (unlikely(!give_back(&kmap_slots[slot], &unused))) {
		if (unused)
			bad_kunmap(page);
		return;
	}
	became_idle(slot);
}

/*
 * page_address() of a page that has none is NULL, and a caller that does not check it touches page 0. Each CPU keeps
 * the last such page, so that the report of such a fault can say where the NULL may have come from.
 */
struct no_address {
	const struct page *page;
	unsigned long caller;
};
static DEFINE_PER_CPU(struct no_address, no_address);

static noinline void remember_no_address(const struct page *page, unsigned long caller)
{
	preempt_disable();
	*this_cpu_ptr(no_address) = (struct no_address){ page, caller };
	preempt_enable();
}

static void explain_fault(unsigned long address, printf_fn *out)
{
	const struct no_address *last = this_cpu_ptr(no_address);
	char text[SYMBOL_TEXT];

	kmap_slot_describe(address, out);
	if (address < PAGE_SIZE && last->page)
		out("  page_address(frame %#lx) was NULL for %s: the page is not mapped\n",
		    page_to_pfn(last->page), symbol_format(last->caller - 1, text));
}

void *page_address_high(const struct page *page)
{
	unsigned int slot = slot_hint(page);

	if (!is_slot_of(slot, page) || kmap_slot_users(&kmap_slots[slot]) <= 0) {
		remember_no_address(page, (unsigned long)__builtin_return_address(0));
		return NULL;
	}
	return address_of(slot);
}

struct page *kmap_to_page(const void *addr)
{
	unsigned long vaddr = (unsigned long)addr;

	if (vaddr >= PKMAP_BASE && vaddr < kmap_slot_address(LAST_PKMAP)) {
		pte_t pte = pkmap_ptes[(vaddr - PKMAP_BASE) >> PAGE_SHIFT];

		return pte_present(pte) ? pfn_to_page(pte_pfn(pte)) : NULL;
	}
	if (is_direct_map(addr))
		return virt_to_page(addr);
	return kmap_local_to_page(vaddr);
}

void __init kmap_init(void)
{
	pkmap_ptes = pte_alloc_kernel(PKMAP_BASE);
	if (!pkmap_ptes)
		panic("no memory for the page table of kmap()");
	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		kmap_slots[slot].count = KMAP_EMPTY;
	fault_use_explanation(explain_fault);
}
