/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/percpu.h>
#include <asm/tlbflush.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/cpu_call.h>
#include <kernel/report_section.h>

/*
 * Flushes of more than one instruction, on this CPU and on all CPUs. <asm/tlbflush.h> says which
 * change of a page table needs which flush.
 *
 * A flush on all CPUs runs the same function here and, by one interrupt each, on every other CPU,
 * and waits for the last of them. That wait is the price: it grows with the number of CPUs. So each
 * flush is counted by its cause, and the command `tlbstat` shows the counts.
 */

DEFINE_PER_CPU(struct tlb_counts, tlb_counts);

/* --- counting --------------------------------------------------------------------------------- */

static const char *const cause_names[NR_TLB_CAUSES] = {
	[TLB_BOOT] = "boot",   [TLB_FIXMAP] = "fixmap", [TLB_KMAP] = "kmap",
	[TLB_UNMAP] = "unmap", [TLB_RIGHTS] = "rights", [TLB_USER] = "user",
};

struct tlb_cause_counts tlb_causes[NR_TLB_CAUSES];

const u32 *tlb_flush_counter(enum tlb_cause cause)
{
	return &tlb_causes[cause].flushes;
}

u32 tlb_flushes(enum tlb_cause cause)
{
	return READ_ONCE(*tlb_flush_counter(cause));
}

u32 tlb_ipis(enum tlb_cause cause)
{
	return READ_ONCE(tlb_causes[cause].ipis);
}

/* --- on this CPU ------------------------------------------------------------------------------ */

/* Interrupts are off: a handler that wrote CR4 between the two writes would lose its change. */
static void flush_all_here(void *unused)
{
	unsigned long cr4;

	if (!cpu_has(CPU_PGE)) {
		flush_tlb_local();
		return;
	}
	cr4 = read_cr4();
	write_cr4(cr4 & ~CR4_PGE);
	write_cr4(cr4);
	this_cpu_add(tlb_counts.all, 1);
}

void flush_tlb_all_local(void)
{
	unsigned long flags = local_irq_save();

	flush_all_here(NULL);
	local_irq_restore(flags);
}

static void flush_nonglobal_here(void *unused)
{
	flush_tlb_local();
}

struct range {
	unsigned long start, end;
};

static void flush_range_here(void *arg)
{
	const struct range *range = arg;

	if (range->end - range->start > FLUSH_RANGE_PAGES * PAGE_SIZE) {
		flush_all_here(NULL);
		return;
	}
	for (unsigned long vaddr = range->start & PAGE_MASK; vaddr < range->end; vaddr += PAGE_SIZE)
		flush_tlb_one(vaddr);
}

/* --- on all CPUs ------------------------------------------------------------------------------ */

/* Flush on all CPUs, with one round of interrupts, and return when all are done. */
static void everywhere(smp_call_func_t flush, void *arg, enum tlb_cause cause)
{
	on_each_cpu(flush, arg, true);
	tlb_count(cause, num_online_cpus() - 1);
}

void flush_tlb_all(enum tlb_cause cause)
{
	everywhere(flush_all_here, NULL, cause);
}

void flush_tlb_nonglobal(enum tlb_cause cause)
{
	everywhere(flush_nonglobal_here, NULL, cause);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end, enum tlb_cause cause)
{
	struct range range = { start, end };

	everywhere(flush_range_here, &range, cause);
}

void flush_tlb_kernel_page(unsigned long vaddr, enum tlb_cause cause)
{
	flush_tlb_kernel_range(vaddr, vaddr + 1, cause);
}

static int tlbstat(int argc, char **argv)
{
	u32 cpu;

	console_printf("CAUSE     FLUSHES       IPIS\n");
	for (unsigned int i = 0; i < NR_TLB_CAUSES; i++)
		console_printf("%-8s %8u %10u\n", cause_names[i], tlb_flushes(i), tlb_ipis(i));
	console_printf("\nCPU     INVLPG   CR3 LOADS CR4 TOGGLES\n");
	for_each_cpu_with_data(cpu) {
		const struct tlb_counts *counts = &per_cpu(tlb_counts, cpu);

		console_printf("%3u %10u %11u %11u\n", cpu, counts->one, counts->cr3, counts->all);
	}
	return 0;
}
PROMPT_COMMAND("tlbstat", "", "TLB flushes, by cause and by CPU", tlbstat,
	       .example = "tlbstat; vmalloc 4K; release 1; tlbstat");

static void tlb_section(struct json *json)
{
	u32 cpu;

	json_array(json, "causes");
	for (unsigned int i = 0; i < NR_TLB_CAUSES; i++) {
		json_object(json, NULL);
		json_string(json, "cause", cause_names[i]);
		json_number(json, "flushes", tlb_flushes(i));
		json_number(json, "ipis", tlb_ipis(i));
		json_object_end(json);
	}
	json_array_end(json);
	json_array(json, "cpus");
	for_each_cpu_with_data(cpu) {
		const struct tlb_counts *counts = &per_cpu(tlb_counts, cpu);

		json_object(json, NULL);
		json_number(json, "invlpg", counts->one);
		json_number(json, "cr3_loads", counts->cr3);
		json_number(json, "cr4_toggles", counts->all);
		json_object_end(json);
	}
	json_array_end(json);
}
REPORT_SECTION(620, "tlb", tlb_section);
