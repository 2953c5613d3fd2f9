/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <asm/ptdump.h>
#include <asm/region.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * Prints the page tables: all of them as ranges with equal rights, in the format of Linux's
 * kernel_page_tables, or the entries of one address, level by level. The tables may change
 * meanwhile; the output is then a mixture.
 */

/* Bits that separate two neighbouring ranges. */
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

/* A range also ends at a border of the layout, and the name of the new part is printed. */
struct marker {
	unsigned long start;
	const char *name;
};

/* A range continues while the next page has the same rights and size. */
static void dump(printf_fn *out, const struct marker *markers)
{
	struct range current = { 0 };
	unsigned long vaddr = 0, next;

	do {
		pde_t pde = kernel_pde(vaddr);
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

/* --- one address, level by level -------------------------------------------------------------- */

/* Names of the bits, from the highest: Intel SDM 3A, tables 4-5, 4-6, 4-8 to 4-11. */
static void show_bits(printf_fn *out, pteval_t val, bool maps_a_page)
{
	static const struct {
		pteval_t bit;
		const char *name;
		bool only_in_pages;
	} names[] = {
		{ PTE_NX, "NX", false },           { PTE_GLOBAL, "global", true },
		{ PTE_DIRTY, "dirty", true },      { PTE_ACCESSED, "accessed", false },
		{ PTE_PCD, "PCD", false },         { PTE_PWT, "PWT", false },
		{ PTE_USER, "user", false },       { PTE_WRITE, "write", false },
		{ PTE_PRESENT, "present", false },
	};

	if (!(val & PTE_PRESENT)) {
		out("not present%s\n", val ? ", but not 0: a guard" : "");
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].bit && val & names[i].bit && (maps_a_page || !names[i].only_in_pages))
			out(" %s", names[i].name);
	out("\n");
}

static void show_level(printf_fn *out, const char *level, unsigned int index, pteval_t val,
		       const char *names)
{
	bool is_table = strcmp(names, "table") == 0;

	out("%-5s [%4u]  " PTE_FMT "  ", level, index, val);
	if (val & PTE_PRESENT)
		out("%s at %#llx\n%13s", names, (u64)(val & PTE_FRAME_MASK), "");
	show_bits(out, val, !is_table);
}

/* The physical address of an address that one of the two entries maps: the PTE, or a large PDE. */
static phys_addr_t translated(unsigned long vaddr, const pte_t *pte, pde_t pde)
{
	if (pte)
		return (pte->val & PTE_FRAME_MASK) | (vaddr & ~PAGE_MASK);
	return (pde.val & PTE_FRAME_MASK) | (vaddr & ~PDE_MASK);
}

/* Both modes are the same except for the level that PAE adds. */
void pagetable_walk_show(unsigned long vaddr, printf_fn *out)
{
	const unsigned int per_page = PAGE_SIZE / sizeof(pde_t);
	unsigned int index = pde_index(vaddr);
	pde_t pde = swapper_pg_dir[index];
	pte_t *pte = pte_lookup(vaddr);

	out("CR3           %08lx\n", read_cr3());
	if (CONFIG_PAE)
		show_level(out, "PDPT", index / per_page, swapper_pdpt[index / per_page], "table");
	show_level(out, "PD", index % per_page, pde.val, pte ? "table" : "large page");
	if (pte)
		show_level(out, "PT", pte_index(vaddr), pte->val, "page");
	if (pte ? !pte_present(*pte) : !pde_large(pde)) {
		out("%08lx is not mapped\n", vaddr);
		return;
	}
	out("%08lx is physical %#llx\n", vaddr, translated(vaddr, pte, pde));
}

bool pagetable_entry_show(unsigned long vaddr, phys_addr_t *paddr, printf_fn *out)
{
	pde_t pde = kernel_pde(vaddr);
	const pte_t *pte = pte_lookup(vaddr);
	pteval_t val = pte ? pte->val : pde.val;

	out("  entry    ");
	if (val & PTE_PRESENT)
		out("%s " PTE_FMT ":", pte ? "PTE" : "large PDE", val);
	show_bits(out, val, true);
	if (!(val & PTE_PRESENT))
		return false;
	*paddr = translated(vaddr, pte, pde);
	return true;
}

/* The address in one large page that maps a frame, if it is @vaddr or follows it; 0 if not. */
static unsigned long find_in_large_page(unsigned long vaddr, pde_t pde, unsigned long pfn)
{
	unsigned long index = pfn - PFN_DOWN(pde.val & PTE_FRAME_MASK);
	unsigned long found = (vaddr & PDE_MASK) + index * PAGE_SIZE;

	return pde_large(pde) && index < PTRS_PER_PTE && found >= vaddr ? found : 0;
}

unsigned long pagetable_find_frame(unsigned long vaddr, unsigned long pfn)
{
	unsigned long next, found;

	for (vaddr = max(vaddr, (unsigned long)PAGE_OFFSET); vaddr; vaddr = next) {
		const pte_t *pte = pte_lookup(vaddr);

		if (pte) {
			next = vaddr + PAGE_SIZE;
			found = pte_present(*pte) && pte_pfn(*pte) == pfn ? vaddr : 0;
		} else {
			next = (vaddr & PDE_MASK) + PDE_SIZE;
			found = find_in_large_page(vaddr, kernel_pde(vaddr), pfn);
		}
		if (found)
			return found;
	}
	return 0;
}

static int ptdump_command(int argc, char **argv)
{
	ptdump_show(console_printf);
	return 0;
}
PROMPT_COMMAND("ptdump", "", "all kernel mappings, with their rights", ptdump_command);

static int walk_command(int argc, char **argv)
{
	char region[REGION_TEXT];
	u64 vaddr;

	if (parse_u64(argv[1], &vaddr) != 0 || vaddr > ~0ul) {
		console_printf("%s: '%s', expected an address of 32 bits such as 0xc0100000\n",
			       argv[0], argv[1]);
		return -EINVAL;
	}
	console_printf("%08lx is in: %s\n", (unsigned long)vaddr,
		       region_name((unsigned long)vaddr, region, sizeof(region)));
	pagetable_walk_show((unsigned long)vaddr, console_printf);
	return 0;
}
PROMPT_COMMAND("walk", "ADDR", "how one address is translated", walk_command,
	       .example = "walk 0xc0100000");

/* The name of before, which scripts still use. */
static int ptwalk_command(int argc, char **argv)
{
	return walk_command(argc, argv);
}
PROMPT_COMMAND("ptwalk", "ADDR", "another name of walk", ptwalk_command,
	       .example = "ptwalk 0xc0100000");
