/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <asm/region.h>
#include <asm/sections.h>
#include <lib/vsnprintf.h>

/*
 * Names the part of the address space that contains an address, for reports. <asm/layout.h> defines
 * the layout. This works before any of the parts is in use.
 */

static bool within(unsigned long vaddr, const char *start, const char *end)
{
	return vaddr >= (unsigned long)start && vaddr < (unsigned long)end;
}

static bool is_mapped(unsigned long vaddr)
{
	pte_t *pte = pte_lookup(vaddr);

	return pte ? pte_present(*pte) : pde_large(kernel_pde(vaddr));
}

static const char *image_part(unsigned long vaddr)
{
	if (within(vaddr, text_start, text_end))
		return "kernel text";
	if (within(vaddr, init_text_start, init_text_end))
		return "kernel init text (free memory once the kernel has booted)";
	if (within(vaddr, rodata_start, rodata_end))
		return "kernel read-only data";
	if (within(vaddr, boot_stack_guard, boot_stack))
		return "guard page below the boot stack";
	if (within(vaddr, boot_stack, boot_stack_end))
		return "boot stack";
	if (within(vaddr, init_data_start, init_data_end) ||
	    within(vaddr, init_bss_start, init_bss_end))
		return "kernel init data (free memory once the kernel has booted)";
	if (within(vaddr, ro_after_init_start, ro_after_init_end))
		return "kernel data that is read-only once the kernel has booted";
	if (within(vaddr, data_start, kernel_end))
		return "kernel data";
	return NULL;
}

static const char *vmalloc_part(unsigned long vaddr)
{
	if (is_mapped(vaddr))
		return "vmalloc, mapped";
	if (vaddr - PAGE_SIZE >= vmalloc_start && is_mapped(vaddr - PAGE_SIZE))
		return "vmalloc guard page behind a range";
	return "vmalloc, nothing mapped here";
}

static const char *fixmap_part(unsigned long vaddr, char *buf, size_t size)
{
	unsigned int idx = ((FIXADDR_TOP - vaddr - 1) >> PAGE_SHIFT);
	unsigned int slot, page;

	if (idx >= NR_FIXED_ADDRESSES)
		return "fixmap, unused";
	if (idx < FIX_KMAP_END) {
		snprintf(buf, size, "fixmap page %u", idx);
		return buf;
	}
	if (idx >= FIX_WINDOW_END) {
		slot = FIX_WINDOW_BEGIN - idx;
		snprintf(buf, size, "window %u of CPU %u", slot % TABLE_WINDOWS,
			 slot / TABLE_WINDOWS);
		return buf;
	}
	slot = FIX_KMAP_BEGIN - idx;
	page = slot % FIX_KMAP_PER_CPU;
	if (page == 0 || page % KMAP_LOCAL_STRIDE)
		snprintf(buf, size, "guard of the kmap_local slots of CPU %u",
			 slot / FIX_KMAP_PER_CPU);
	else
		snprintf(buf, size, "kmap_local slot %u of CPU %u", page / KMAP_LOCAL_STRIDE,
			 slot / FIX_KMAP_PER_CPU);
	return buf;
}

static const char *part(unsigned long vaddr, char *buf, size_t size)
{
	const char *name;

	if (vaddr < PAGE_SIZE)
		return "page 0, never mapped (a NULL pointer?)";
	if (vaddr < PAGE_OFFSET)
		return "user half, nothing mapped";
	if (vaddr >= FIXADDR_TOP)
		return "last page, never mapped (an error number?)";
	if (vaddr >= FIXADDR_START)
		return fixmap_part(vaddr, buf, size);
	if (vaddr >= PKMAP_END)
		return "gap between pkmap and fixmap";
	if (vaddr >= PKMAP_BASE) {
		snprintf(buf, size, "pkmap slot %lu", (vaddr - PKMAP_BASE) >> PAGE_SHIFT);
		return buf;
	}
	if (vaddr >= VMALLOC_END)
		return "gap between vmalloc and pkmap";
	name = image_part(vaddr);
	if (name)
		return name;
	if (direct_map_size && vaddr >= vmalloc_start)
		return vmalloc_part(vaddr);
	if (direct_map_size && vaddr >= (unsigned long)high_memory)
		return is_mapped(vaddr) ? "taken from the vmalloc range at boot"
					: "gap above the direct map";
	return is_mapped(vaddr) ? "direct map" : "hole in the direct map";
}

const char *region_name(unsigned long vaddr, char *buf, size_t size)
{
	const char *name = part(vaddr, buf, size);

	if (name != buf)
		snprintf(buf, size, "%s", name);
	return buf;
}
