/* SPDX-License-Identifier: MIT */
#include <asm/absent_ram.h>
#include <asm/cpu.h>
#include <asm/e820.h>
#include <asm/fixmap.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <asm/probe.h>
#include <asm/sections.h>
#include <kernel/printk.h>

/*
 * Finds RAM that the memory map names and the machine does not have. A user may give a size that is
 * too large in memmap=, and so may a loader. The kernel puts its frame table at the end of lowmem,
 * so it would stop there, far from the cause.
 *
 * So the kernel tests whether the last frame of each range keeps a written value. If it does not,
 * the kernel assumes that the RAM is at the beginning of the range, and finds its end by halving:
 *
 *	range     ├─────────── answers ───────────┤┈┈┈┈┈┈ nothing ┈┈┈┈┈┤
 *	probes                    3 ↑           5 ↑ 4 ↑   2 ↑          ↑ 1
 *
 * A range of 64 GiB needs 25 probes. The price: a hole with RAM on both sides is not found. Finding
 * each hole would mean writing to each frame, and a device may be in one of them.
 */

/*
 * Frames that page tables cannot name count as RAM here; memory_setup() removes them later. The
 * kernel's own frames are not written to.
 */
static bool __init answers(u64 pfn)
{
	phys_addr_t phys = pfn << PAGE_SHIFT;

	if (phys >> boot_cpu.phys_bits)
		return true;
	if (phys + PAGE_SIZE > __pa(kernel_start) && phys < __pa(kernel_end))
		return true;
	return probe_ram(phys);
}

/* Find the end of the frames that answer. It is the end of the range if the last frame answers. */
static u64 __init end_of_answers(struct e820_frames ram)
{
	u64 low = ram.first, high = ram.end;

	if (answers(high - 1))
		return high;
	while (low < high) {
		u64 middle = low + (high - low) / 2;

		if (answers(middle))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Remove the end of one range from the map. Return false if each range answers. */
static bool __init drop_one(void)
{
	for (u32 i = 0; i < e820_table.nr; i++) {
		struct e820_frames ram = e820_ram_frames(i);
		u64 end = ram.first < ram.end ? end_of_answers(ram) : ram.end;

		if (end == ram.end)
			continue;
		pr_warn("No RAM answers at [mem %#018llx-%#018llx], where the map has some: not "
			"used\n",
			end << PAGE_SHIFT, (ram.end << PAGE_SHIFT) - 1);
		e820_remove(end << PAGE_SHIFT, (ram.end - end) << PAGE_SHIFT, E820_RAM);
		return true;
	}
	return false;
}

void __init absent_ram_drop(void)
{
	while (drop_one())
		continue;
}
