/* SPDX-License-Identifier: MIT */
#include <kernel/backtrace.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/symbols.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/page_owner.h>

#if DEBUG

/*
 * Which calls allocated each block.
 *
 * A frame descriptor has no room for its owner. So there is a second table, owners, with two
 * bytes per frame: the number of a chain of calls. The kernel has some hundred different chains
 * that allocate memory. Each is stored once, in chains, and is found by a hash:
 *
 *	owners[pfn]  ──▶  chains[n]: calls[0..], number of blocks, number of pages
 *
 * Number 0 means no owner. When chains is three quarters full, all new chains of calls share the
 * last entry, "others".
 *
 * Price: two bytes per frame, and a walk up the stack per allocation. Hence only with DEBUG=1.
 */

#define CALLS        8 /* per chain, at most */
#define NR_CHAINS    1024u
#define OTHERS       (NR_CHAINS - 1)
#define MOST_CHAINS  (OTHERS * 3 / 4) /* a hash table that is fuller is slow */
#define SHOWN_CHAINS 10u              /* by the prompt command without an argument */
#define GOLDEN_RATIO 0x9e3779b1u      /* a prime near 2^32 / 1.618: spreads the bits of a hash */

struct chain {
	unsigned long calls[CALLS];
	u32 blocks, pages;
};

/* Protects all tables below. It may be taken with any other lock held; its holder takes none. */
static spinlock_t owner_lock;
static u16 *owners __ro_after_init;
static struct chain chains[NR_CHAINS];
static u32 nr_chains = 1;

void __init page_owner_init(void)
{
	owners = memblock_alloc((size_t)(max_pfn * sizeof(*owners)), PAGE_SIZE);
	if (owners)
		pr_info("page_owner: %lu kB\n", (max_pfn * sizeof(*owners)) >> 10);
	else
		pr_warn("page_owner: off, since its table needs %lu kB of lowmem\n",
			(max_pfn * sizeof(*owners)) >> 10);
}

static u32 hash(const unsigned long calls[CALLS])
{
	u32 sum = 0;

	for (unsigned int i = 0; i < CALLS; i++)
		sum = (sum ^ (u32)calls[i]) * GOLDEN_RATIO;
	return sum >> 16;
}

/*
 * Number of a chain of calls. A new chain gets the entry that its hash selects, or the next free
 * one.
 */
static u16 find_chain(const unsigned long calls[CALLS])
{
	u32 at = hash(calls) % OTHERS;

	for (u32 tries = 0; tries < OTHERS; tries++, at = (at + 1) % OTHERS) {
		struct chain *chain = &chains[at];

		if (at == 0)
			continue;
		if (memcmp(chain->calls, calls, sizeof(chain->calls)) == 0)
			return (u16)at;
		if (chain->calls[0] || nr_chains > MOST_CHAINS)
			continue;
		memcpy(chain->calls, calls, sizeof(chain->calls));
		nr_chains++;
		return (u16)at;
	}
	return OTHERS;
}

/* The calls from the allocating one upwards. The calls below it are inside of the allocator. */
static void calls_from(unsigned long caller, unsigned long calls[CALLS])
{
	unsigned long address;
	unsigned int nr = 0;

	memset(calls, 0, CALLS * sizeof(*calls));
	for (unsigned int depth = 0; nr < CALLS && (address = caller_address(depth)); depth++)
		if (nr || address == caller)
			calls[nr++] = address;
	if (nr == 0)
		calls[0] = caller;
}

void page_owner_set(const struct page *page, unsigned int order, unsigned long caller)
{
	unsigned long calls[CALLS], flags;
	u16 number;

	if (!owners)
		return;
	calls_from(caller, calls);
	flags = spin_lock_irqsave(&owner_lock);
	number = find_chain(calls);
	owners[page_to_pfn(page)] = number;
	chains[number].blocks++;
	chains[number].pages += 1u << order;
	spin_unlock_irqrestore(&owner_lock, flags);
}

void page_owner_clear(const struct page *page, unsigned int order)
{
	unsigned long flags;
	u16 *owner;

	if (!owners)
		return;
	owner = &owners[page_to_pfn(page)];
	flags = spin_lock_irqsave(&owner_lock);
	if (*owner) {
		chains[*owner].blocks--;
		chains[*owner].pages -= 1u << order;
		*owner = 0;
	}
	spin_unlock_irqrestore(&owner_lock, flags);
}

void page_owner_split(const struct page *page, unsigned int order)
{
	unsigned long flags, pfn = page_to_pfn(page);

	if (!owners)
		return;
	flags = spin_lock_irqsave(&owner_lock);
	for (unsigned long i = 1; owners[pfn] && i < 1ul << order; i++) {
		owners[pfn + i] = owners[pfn];
		chains[owners[pfn]].blocks++;
	}
	spin_unlock_irqrestore(&owner_lock, flags);
}

/* --- the report ------------------------------------------------------------------------------- */

/*
 * The chains are sorted by pages, the most pages first. Returns the chain after `last`, or the
 * first one if `last` is NR_CHAINS; NR_CHAINS if there is none.
 */
static u32 next_by_pages(u32 last)
{
	u32 best = NR_CHAINS;

	for (u32 i = 1; i < NR_CHAINS; i++) {
		u32 pages = READ_ONCE(chains[i].pages);

		if (!pages || (last < NR_CHAINS && (pages > chains[last].pages ||
						    (pages == chains[last].pages && i <= last))))
			continue;
		if (best == NR_CHAINS || pages > chains[best].pages)
			best = i;
	}
	return best;
}

void page_owner_show(printf_fn *out, unsigned int limit)
{
	char text[SYMBOL_TEXT];
	u32 at = NR_CHAINS;

	if (!owners)
		out("page_owner: off\n");
	while (owners && limit-- && (at = next_by_pages(at)) < NR_CHAINS) {
		const struct chain *chain = &chains[at];

		out("%u times, %u pages%s\n", chain->blocks, chain->pages,
		    at == OTHERS ? " by others" : ":");
		for (unsigned int i = 0; i < CALLS && chain->calls[i]; i++)
			out("  %s\n", symbol_format(chain->calls[i] - 1, text));
	}
}

static int page_owner(int argc, char **argv)
{
	u32 limit = SHOWN_CHAINS;

	if (argc == 2 && parse_u32(argv[1], NR_CHAINS, &limit) != 0) {
		console_printf("page_owner: '%s', expected a number of callers, at most %u\n",
			       argv[1], NR_CHAINS);
		return -EINVAL;
	}
	page_owner_show(console_printf, limit);
	return 0;
}
PROMPT_COMMAND("page_owner", "[NUMBER]", "the calls that allocated the most pages", page_owner,
	       .example = "page_owner 3");

#endif
