/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <kernel/console.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/vsnprintf.h>

/*
 * The page tables as text: all of them as ranges with equal rights, in the format of Linux's
 * kernel_page_tables, or one address level by level.
 */

/* Bits that make two neighbours different. */
#define SHOWN_BITS \
	(PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_PWT | PTE_PCD | PDE_LARGE | PTE_GLOBAL | PTE_NX)

struct range {
	unsigned long start;
	pteval_t bits;
	bool pde;
};

static void show_size(printf_fn *out, unsigned long bytes)
{
	static const char units[] = "KMG";
	int unit = 0;

	for (bytes >>= 10; bytes && bytes % 1024 == 0 && units[unit + 1]; unit++)
		bytes >>= 10;
	out("%9lu%c", bytes, units[unit]);
}

static void show_range(printf_fn *out, const struct range *r, unsigned long end)
{
	if (!(r->bits & PTE_PRESENT))
		return;
	out("0x%08lx-0x%08lx", r->start, end);
	show_size(out, end - r->start);
	out(" %s%s%s%s%s%s%s %s\n", r->bits & PTE_USER ? "USR " : "    ",
	    r->bits & PTE_WRITE ? "RW " : "ro ", r->bits & PTE_PWT ? "PWT " : "    ",
	    r->bits & PTE_PCD ? "PCD " : "    ", r->pde ? "PSE " : "    ",
	    r->bits & PTE_GLOBAL ? "GLB " : "    ", r->bits & PTE_NX ? "NX" : "x ",
	    r->pde ? "pmd" : "pte");
}

/* Where the layout changes a range ends, too, and its name is printed. */
struct marker {
	unsigned long start;
	const char *name;
};

/* A range goes on as long as its neighbour has the same rights and size of page. */
static void dump(printf_fn *out, const struct marker *markers)
{
	struct range current = { 0 };
	unsigned long vaddr = 0, next;

	do {
		pde_t pde = swapper_pg_dir[pde_index(vaddr)];
		bool large = pde_large(pde);
		bool table = pde_present(pde) && !large;
		pteval_t bits = table ? pte_lookup(vaddr)->val : pde.val;

		bits = bits & PTE_PRESENT ? bits & SHOWN_BITS : 0;
		if (!table && !large)
			bits = 0;
		if (bits != current.bits || large != current.pde || vaddr == markers->start) {
			show_range(out, &current, vaddr);
			current = (struct range){ vaddr, bits, large };
		}
		for (; vaddr == markers->start && markers->name; markers++)
			out("---[ %s ]---\n", markers->name);
		next = vaddr + (table ? PAGE_SIZE : PDE_SIZE - (vaddr & ~PDE_MASK));
		vaddr = next > markers->start ? markers->start : next;
	} while (vaddr);
	show_range(out, &current, 0);
}

void ptdump_show(printf_fn *out)
{
	const struct marker markers[] = {
		{ 0, "User Space" },
		{ PAGE_OFFSET, "Kernel Mapping" },
		{ vmalloc_start, "vmalloc() Area" },
		{ VMALLOC_END, "vmalloc() End" },
		{ PKMAP_BASE, "Persistent kmap() Area" },
		{ FIXADDR_START, "Fixmap Area" },
		{ FIXADDR_TOP, "End" },
		{ ~0ul, NULL },
	};

	dump(out, markers);
}

void pagetable_walk_show(unsigned long vaddr, printf_fn *out)
{
	pde_t pde = swapper_pg_dir[pde_index(vaddr)];
	pte_t *pte = pte_lookup(vaddr);

	char second[40] = "";

	if (pte)
		snprintf(second, sizeof(second), " pte[%u] = " PTE_FMT, pte_index(vaddr), pte->val);
	out("CR3 %08lx pde[%u] = " PTE_FMT "%s%s\n", read_cr3(), pde_index(vaddr), pde.val,
	    pde_large(pde) ? " large" : "", second);
}

static int ptdump_command(int argc, char **argv)
{
	ptdump_show(console_printf);
	return 0;
}
PROMPT_COMMAND("ptdump", "", "all kernel mappings, with their rights", ptdump_command);

static int ptwalk_command(int argc, char **argv)
{
	char region[REGION_TEXT];
	u64 vaddr;

	if (argc != 2 || parse_u64(argv[1], &vaddr) != 0 || vaddr > ~0ul) {
		console_printf("usage: ptwalk ADDR, an address of 32 bits such as 0xc0100000\n");
		return -EINVAL;
	}
	console_printf("%08lx lies in: %s\n", (unsigned long)vaddr,
		       region_name((unsigned long)vaddr, region, sizeof(region)));
	pagetable_walk_show((unsigned long)vaddr, console_printf);
	return 0;
}
PROMPT_COMMAND("ptwalk", "ADDR", "how one address is translated", ptwalk_command);
