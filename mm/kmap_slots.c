/* SPDX-License-Identifier: MIT */
#include <asm/pgtable.h>
#include <asm/time.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <kernel/report_section.h>
#include <kernel/symbols.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/kmap_slots.h>
#include <mm/window_report.h>
#include <sched/thread_list.h>

/*
 * Reports of the slots of kmap(). The slots are few, and a mapping may be handed to another
 * thread, so the usual question is: which code holds them? Each slot records the call that made it
 * held, the thread and the time; the command kmapinfo prints them, and so does a kmap() that waits
 * for long.
 *
 * Nothing here takes kmap_lock, so that a report works at any time. A slot may change while it is
 * printed.
 */

struct kmap_slot kmap_slots[LAST_PKMAP + 1];
pte_t *pkmap_ptes __ro_after_init;

#define TICK_MS (1000u / HZ)

u32 kmap_slot_held_ms(const struct kmap_slot *slot)
{
	return (READ_ONCE(sched_ticks) - READ_ONCE(slot->since)) * TICK_MS;
}

/* --- holders ---------------------------------------------------------------------------------- */

static bool same_holder(const struct kmap_slot *a, const struct kmap_slot *b)
{
	return kmap_slot_is_held(a) && kmap_slot_is_held(b) && a->caller == b->caller &&
	       a->thread == b->thread;
}

void kmap_show_holders(printf_fn *out)
{
	char text[SYMBOL_TEXT], name[THREAD_NAME];

	for (unsigned int i = 0; i < LAST_PKMAP; i++) {
		const struct kmap_slot *slot = &kmap_slots[i];
		unsigned int count = 0, before = 0;
		u32 longest = 0;

		for (unsigned int k = 0; kmap_slot_is_held(slot) && k < LAST_PKMAP; k++) {
			if (!same_holder(slot, &kmap_slots[k]))
				continue;
			count++;
			before += k < i;
			longest = max(longest, kmap_slot_held_ms(&kmap_slots[k]));
		}
		if (count && !before)
			out("  %u slot%s held by '%s' since %s, for %u ms at most\n", count,
			    count == 1 ? "" : "s", thread_name(slot->thread, name),
			    symbol_format(slot->caller - 1, text), longest);
	}
}

void kmap_slot_describe(unsigned long vaddr, printf_fn *out)
{
	unsigned int number = (unsigned int)((vaddr - PKMAP_BASE) >> PAGE_SHIFT);
	char text[SYMBOL_TEXT], name[THREAD_NAME];

	if (vaddr < PKMAP_BASE || number >= LAST_PKMAP || !kmap_slots[number].caller)
		return;
	out("  slot %u was last held for %s, thread '%s'\n", number,
	    symbol_format(kmap_slots[number].caller - 1, text),
	    thread_name(kmap_slots[number].thread, name));
}

/* --- kmapinfo --------------------------------------------------------------------------------- */

static void count_slots(unsigned int *held, unsigned int *idle)
{
	*held = *idle = 0;
	for (unsigned int number = 0; number < LAST_PKMAP; number++) {
		*held += kmap_slot_users(&kmap_slots[number]) > 0;
		*idle += kmap_slot_users(&kmap_slots[number]) == 0;
	}
}

/*
 * Mappings of kmap_local_page() are in the slots of a CPU while their thread runs, and in its
 * struct thread while it does not.
 */
static void show_local(printf_fn *out)
{
	unsigned int mappings = 0, threads = 0;
	struct saved_kmaps saved;

	for (u32 id = 0; thread_list_next_kmaps(id, &saved); id = saved.id + 1) {
		mappings += saved.kmaps.nr;
		threads++;
	}
	out("kmap_local slots: %u in use; %u mapping%s saved with %u thread%s\n",
	    kmap_local_in_use(), mappings, mappings == 1 ? "" : "s", threads,
	    threads == 1 ? "" : "s");
}

static void show_saved(printf_fn *out)
{
	struct saved_kmaps saved;

	for (u32 id = 0; thread_list_next_kmaps(id, &saved); id = saved.id + 1) {
		for (u32 i = 0; i < saved.kmaps.nr; i++) {
			const struct page *page = saved.kmaps.use[i].page;

			if (page)
				out("  saved with '%s': frame %#lx, at %08lx when it runs on CPU "
				    "%u\n",
				    saved.name, page_to_pfn(page),
				    kmap_local_slot_address(saved.cpu, i), saved.cpu);
		}
	}
}

void kmapinfo_show(printf_fn *out)
{
	unsigned int held, idle;

	count_slots(&held, &idle);
	out("kmap slots: %u held, %u idle, %u empty\n", held, idle, LAST_PKMAP - held - idle);
	kmap_show_holders(out);
	show_local(out);
}

/* Also the kmap_local slots in use, and the windows to page tables. */
static void show_slots(printf_fn *out)
{
	char text[SYMBOL_TEXT];

	for (unsigned int number = 0; number < LAST_PKMAP; number++) {
		const struct kmap_slot *slot = &kmap_slots[number];

		if (!pte_present(pkmap_ptes[number]))
			continue;
		out("%08lx frame %#lx", kmap_slot_address(number), pte_pfn(pkmap_ptes[number]));
		if (kmap_slot_is_held(slot))
			out(" %d user%s, since %s, %u ms\n", kmap_slot_users(slot),
			    kmap_slot_users(slot) == 1 ? "" : "s",
			    symbol_format(slot->caller - 1, text), kmap_slot_held_ms(slot));
		else if (kmap_slot_users(slot) > 0)
			out(" %d user%s, not noted yet\n", kmap_slot_users(slot),
			    kmap_slot_users(slot) == 1 ? "" : "s");
		else
			out(" idle\n");
	}
	kmap_local_show(out);
	show_saved(out);
	table_windows_show(out);
}

static int kmapinfo(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "slots") != 0) {
		console_printf("kmapinfo: '%s', expected 'slots' or no argument\n", argv[1]);
		return -EINVAL;
	}
	kmapinfo_show(console_printf);
	if (argc == 2)
		show_slots(console_printf);
	return 0;
}

static void list_arguments(const char *prefix, word_offer_fn *offer, void *arg)
{
	offer(arg, "slots");
}
PROMPT_COMMAND("kmapinfo", "[slots]", "count the slots of kmap(), and list their holders", kmapinfo,
	       .words = list_arguments, .example = "kmapinfo slots");

/* --- the section of `report json` ------------------------------------------------------------- */

/* A slot with users. */
static void held_values(struct json *json, unsigned int number)
{
	const struct kmap_slot *slot = &kmap_slots[number];
	char text[SYMBOL_TEXT], name[THREAD_NAME];
	s32 users = kmap_slot_users(slot);

	if (users <= 0)
		return;
	json_object(json, NULL);
	json_number(json, "slot", number);
	json_number(json, "pfn", pte_pfn(pkmap_ptes[number]));
	json_number(json, "users", (u64)users);
	if (kmap_slot_is_held(slot)) {
		json_string(json, "caller", symbol_format(slot->caller - 1, text));
		json_string(json, "thread", thread_name(slot->thread, name));
		json_number(json, "ms", kmap_slot_held_ms(slot));
	}
	json_object_end(json);
}

/* There may be a thousand idle slots, so each has two numbers only. */
static void idle_values(struct json *json, unsigned int number)
{
	if (kmap_slot_users(&kmap_slots[number]) != 0)
		return;
	json_array(json, NULL);
	json_number(json, NULL, number);
	json_number(json, NULL, pte_pfn(pkmap_ptes[number]));
	json_array_end(json);
}

static void list(struct json *json, const char *key,
		 void (*values)(struct json *json, unsigned int number))
{
	json_array(json, key);
	for (unsigned int number = 0; number < LAST_PKMAP; number++)
		values(json, number);
	json_array_end(json);
}

static void kmap_section(struct json *json)
{
	unsigned int held, idle;

	count_slots(&held, &idle);
	json_number(json, "base", PKMAP_BASE);
	json_number(json, "slots", LAST_PKMAP);
	json_number(json, "held", held);
	json_number(json, "idle", idle);
	list(json, "held_slots", held_values);
	list(json, "idle_slots", idle_values);
}
REPORT_SECTION(410, "kmap", kmap_section);
