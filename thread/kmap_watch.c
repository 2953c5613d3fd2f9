/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <kernel/command.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/kmap_slots.h>
#include <sched/thread_list.h>
#include <thread/kmap_watch.h>
#include <thread/thread.h>

/*
 * A search for forgotten kunmap() calls.
 *
 * Holding a kmap() slot for a long time is allowed, but in a kernel without user programs it
 * usually means that a kunmap() is missing. The slots are few: each one that leaks is lost for all
 * threads. With kmap_leak_ms= a thread searches the slots periodically and reports each long holder
 * once. Without the parameter there is no thread, and the search costs nothing.
 */

#define LEAK_MS_MAX 3600000 /* one hour */

static u32 leak_ms;

static int parse_leak_ms(const char *value)
{
	return parse_u32(value, LEAK_MS_MAX, &leak_ms);
}
BOOT_PARAM("kmap_leak_ms", "kmap_leak_ms=nn",
	   "warn once of a kmap() that is held for longer than this; 0: never", parse_leak_ms);

/* For each slot the @since of the holder reported last, so that each holder is reported once. */
static u32 reported[LAST_PKMAP];

static void report_if_leaked(unsigned int number)
{
	const struct kmap_slot *slot = &kmap_slots[number];
	char text[SYMBOL_TEXT], name[THREAD_NAME];
	u32 since = READ_ONCE(slot->since);

	if (kmap_slot_users(slot) <= 0 || !since || kmap_slot_held_ms(slot) < leak_ms ||
	    reported[number] == since)
		return;
	reported[number] = since;
	warn("kmap: frame %#lx is held for %u ms since %s, thread '%s'; expected less than %u ms",
	     pte_pfn(pkmap_ptes[number]), kmap_slot_held_ms(slot),
	     symbol_format(slot->caller - 1, text), thread_name(slot->thread, name), leak_ms);
}

static int watch_for_leaks(void *unused)
{
	while (!kthread_should_stop()) {
		for (unsigned int number = 0; number < LAST_PKMAP; number++)
			report_if_leaked(number);
		msleep(max(leak_ms / 2, 1000u / HZ));
	}
	return 0;
}

void kmap_watch_init(void)
{
	memset(reported, 0xff, sizeof(reported)); /* a time that no slot can have */
	if (leak_ms && !kthread_run(watch_for_leaks, NULL, "kmap-watch"))
		pr_warn("kmap_leak_ms=%u: no memory for a thread; leaks are not reported\n",
			leak_ms);
}
