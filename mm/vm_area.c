/* SPDX-License-Identifier: MIT */
#include <asm/page.h>
#include <kernel/spinlock.h>
#include <kernel/symbols.h>
#include <lib/command.h>
#include <mm/page_alloc.h>
#include <mm/vm_area.h>

/*
 * Ranges in use are a list in order of address; a hole is what lies between two neighbours. First fit
 * from the bottom: the range is large and the mappings are few. Behind each range one page stays
 * unmapped, so that a run over its end faults.
 *
 * Descriptors are cut from whole pages and recycled through a list of their own.
 */

/* Guards the two lists. Taken before zone locks. */
static spinlock_t vm_area_lock;

static struct vm_area *areas;
static struct vm_area *spare;
static unsigned long range_start, range_end;

void vm_area_init(unsigned long start, unsigned long end)
{
	range_start = start;
	range_end = end;
}

/* One page of new descriptors. */
static void refill(void)
{
	struct vm_area *descriptor = (struct vm_area *)__get_free_pages(GFP_KERNEL, 0);

	if (!descriptor)
		return;
	for (size_t i = 0; i < PAGE_SIZE / sizeof(*descriptor); i++) {
		descriptor[i].next = spare;
		spare = &descriptor[i];
	}
}

/* The link after which a hole of `size` begins at *start; NULL if there is none. */
static struct vm_area **find_hole(unsigned long size, unsigned long *start)
{
	struct vm_area **link = &areas;

	*start = range_start;
	for (; *link; link = &(*link)->next) {
		if ((*link)->addr - *start >= size)
			return link;
		*start = (*link)->addr + (*link)->size + PAGE_SIZE;
	}
	return range_end > *start && range_end - *start >= size ? link : NULL;
}

struct vm_area *vm_area_get(unsigned long size, unsigned int flags, unsigned long caller)
{
	struct vm_area **link, *area = NULL;
	unsigned long start, irq_flags;

	if (size >= range_end - range_start)
		return NULL;
	irq_flags = spin_lock_irqsave(&vm_area_lock);
	if (!spare)
		refill();
	link = find_hole(size + PAGE_SIZE, &start);
	if (link && spare) {
		area = spare;
		spare = area->next;
		*area = (struct vm_area){
			.addr = start, .size = size, .flags = flags, .caller = caller, .next = *link
		};
		*link = area;
	}
	spin_unlock_irqrestore(&vm_area_lock, irq_flags);
	return area;
}

static struct vm_area **find_link(unsigned long addr)
{
	struct vm_area **link = &areas;

	while (*link && (*link)->addr < addr)
		link = &(*link)->next;
	return *link && (*link)->addr == addr ? link : NULL;
}

struct vm_area *vm_area_find(unsigned long addr)
{
	unsigned long irq_flags = spin_lock_irqsave(&vm_area_lock);
	struct vm_area **link = find_link(addr);

	spin_unlock_irqrestore(&vm_area_lock, irq_flags);
	return link ? *link : NULL;
}

void vm_area_put(struct vm_area *area)
{
	unsigned long irq_flags = spin_lock_irqsave(&vm_area_lock);
	struct vm_area **link = find_link(area->addr);

	*link = area->next;
	area->next = spare;
	spare = area;
	spin_unlock_irqrestore(&vm_area_lock, irq_flags);
}

static const char *purpose(unsigned int flags)
{
	if (flags & VM_ALLOC)
		return "vmalloc";
	return flags & VM_MAP ? "vmap" : "ioremap";
}

void vmallocinfo_show(printf_fn *out)
{
	char caller[SYMBOL_TEXT];

	for (struct vm_area *area = areas; area; area = area->next) {
		out("0x%08lx-0x%08lx %8lu %s", area->addr, area->addr + area->size + PAGE_SIZE,
		    area->size + PAGE_SIZE, symbol_format(area->caller, caller));
		if (area->flags & VM_IOREMAP)
			out(" phys=0x%08llx", (unsigned long long)area->phys);
		else
			out(" pages=%lu", area->size >> PAGE_SHIFT);
		out(" %s\n", purpose(area->flags));
	}
}

static int vmallocinfo(int argc, char **argv)
{
	vmallocinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("vmallocinfo", "", "ranges of the vmalloc area", vmallocinfo);
