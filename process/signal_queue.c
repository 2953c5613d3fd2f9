/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kmalloc.h>
#include <process/signal_queue.h>

/*
 * Pending signals. A bit says that a signal is pending, and an entry of the queue says what it
 * tells (the sender, the address of a fault, a value).
 *
 *	set      . . 1 . . 1 . . . 1		the signals that are pending
 *	queue    SIGUSR1 → RT 34 (value 1) → RT 34 (value 2)
 *
 * A standard signal (1 to 31) is pending once, however often it was sent. Each real-time signal
 * (32 to 64) has an entry of its own, and the entries keep their order.
 *
 * The invariant: each entry has its bit. A bit without an entry is possible, because a signal must
 * be sent also if there is no memory for the entry. Then the receiver learns only the number.
 *
 * Mostly one signal is pending. So the head has room for one entry, and others are allocated.
 */

/* Exceptions are delivered first: their handlers look at the registers of the program. */
#define SIGS_OF_EXCEPTIONS                                                         \
	(SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | SIG_BIT(SIGTRAP) | \
	 SIG_BIT(SIGFPE) | SIG_BIT(SIGSYS))

void pending_init(struct pending_signals *pending)
{
	pending->set = 0;
	pending->queue.next = pending->queue.prev = &pending->queue;
	pending->first.info.signal = 0;
}

static struct queued_signal *new_entry(struct pending_signals *pending, u32 count)
{
	if (count >= MAX_QUEUED_SIGNALS)
		return NULL;
	if (likely(!pending->first.info.signal))
		return &pending->first;
	return kmalloc(sizeof(pending->first), GFP_ATOMIC | __GFP_NOWARN);
}

int pending_add(struct pending_signals *pending, const struct signal_info *info, u32 *count)
{
	struct queued_signal *entry;

	if (info->signal < SIGRTMIN && sigset_has(&pending->set, info->signal))
		return 0;
	entry = new_entry(pending, *count);
	if (entry) {
		entry->info = *info;
		list_add_tail(&entry->link, &pending->queue);
		(*count)++;
	} else if (info->signal >= SIGRTMIN && info->code != SI_USER) {
		return -EAGAIN;
	}
	sigset_add(&pending->set, info->signal);
	return 0;
}

static void remove(struct pending_signals *pending, struct queued_signal *entry, u32 *count)
{
	list_del(&entry->link);
	if (likely(entry == &pending->first))
		entry->info.signal = 0;
	else
		kfree(entry);
	(*count)--;
}

int pending_take(struct pending_signals *pending, sigset_t allowed, struct signal_info *info,
		 u32 *count)
{
	struct queued_signal *entry, *found = NULL;
	sigset_t set = pending->set & allowed;
	bool more = false;
	int signal;

	if (!set)
		return 0;
	signal = sigset_lowest(set & SIGS_OF_EXCEPTIONS ? set & SIGS_OF_EXCEPTIONS : set);
	list_for_each_entry(entry, &pending->queue, link) {
		if (entry->info.signal != signal)
			continue;
		more = found;
		if (more)
			break;
		found = entry;
	}
	if (found) {
		*info = found->info;
		remove(pending, found, count);
	} else {
		*info = (struct signal_info){ .signal = signal };
	}
	if (!more)
		sigset_remove(&pending->set, signal);
	return signal;
}

void pending_drop(struct pending_signals *pending, sigset_t set, u32 *count)
{
	struct queued_signal *entry, *next;

	if (!(pending->set & set))
		return;
	pending->set &= ~set;
	list_for_each_entry_safe(entry, next, &pending->queue, link)
		if (set & SIG_BIT(entry->info.signal))
			remove(pending, entry, count);
}
