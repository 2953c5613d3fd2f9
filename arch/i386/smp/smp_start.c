/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/cpus.h>
#include <asm/descriptors.h>
#include <asm/irqflags.h>
#include <asm/lapic.h>
#include <asm/paging.h>
#include <asm/percpu.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/smp_start.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <asm/topology.h>
#include <asm/trampoline.h>
#include <kernel/boot_cost.h>
#include <kernel/command.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/kmap_local.h>
#include <mm/mmzone.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <mm/watermark.h>
#include <sched/sched.h>
#include <sched/thread_list.h>
#include <thread/thread.h>

/*
 * How the other CPUs start.
 *
 * The firmware leaves all CPUs but one waiting. Each is sent a reset and then an interrupt that names a page
 * below 1 MiB; there arch/i386/smp/trampoline.asm takes it from real mode to ap_main(). All CPUs are started at once,
 * and the boot CPU waits once for all of them.
 *
 * A CPU may answer late: a virtual one that its host did not run, or a real one that firmware held up. The
 * boot CPU goes on without it after a while, and from then on that CPU must not touch the kernel. So there is
 * a token for each CPU, a word that both sides change by compare-and-exchange only:
 *
 *	             trampoline            ap_main()
 *	OFFERED ───────────────▶ TAKEN ───────────────▶ RUNS
 *	   └───────────────────────┴──▶ WITHDRAWN, by the boot CPU when its patience ends
 *
 * A CPU that finds its token withdrawn parks. In the trampoline it has not even switched paging on. In
 * ap_main() it has written to its own stack and its own per-CPU data only, which nobody else uses. What a late
 * CPU needs to get there stays for ever: the trampoline's page, and the tables that map it at its own address.
 * Those tables are not the kernel's: nothing below PAGE_OFFSET is mapped in the kernel's own.
 */

extern const char trampoline_start[], trampoline_end[], trampoline_words[];
void ap_entry(void);

#define INTERRUPT_GATE 0x8e00u
#define NMI_GATE       2

#define PATIENCE_MS 5000u

static u32 patience_ms = PATIENCE_MS;

static int __init parse_cpu_wait(const char *value)
{
	return parse_u32(value, 600000, &patience_ms);
}
BOOT_PARAM("cpu_wait", "cpu_wait=milliseconds",
	   "go on without the CPUs that have not started by then; 5000", parse_cpu_wait);

/* In the direct map; NULL before place_trampoline(), and where no other CPU is started. */
static struct trampoline_words *words;

static bool exchange_token(u32 cpu, u32 from, u32 to)
{
	return __atomic_compare_exchange_n(&words->entries[cpu].token, &from, to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* --- on the CPU that is started --------------------------------------------------------------- */

static void __noreturn park(void)
{
	__atomic_fetch_add(&words->parked, 1, __ATOMIC_SEQ_CST);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/*
 * Up to the exchange of the token this CPU writes to nothing but its own stack and per-CPU data. A CPU that is in
 * cpus_online is sent interrupts, and its APIC drops them while it is switched off (Intel SDM 3A, 11.4.7.2): so the
 * APIC is switched on before. Until it is in cpus_online no other CPU asks it to flush, so it forgets all
 * translations right after: those that it uses before never change.
 */
static void __noreturn ap_main(u32 cpu)
{
	char *stack = (char *)words->entries[cpu].stack - THREAD_STACK_SIZE;

	trap_init_cpu(cpu);
	paging_init_cpu();
	kmap_local_init_cpu();
	if (!exchange_token(cpu, TOKEN_TAKEN, TOKEN_RUNS))
		park();
	lapic_init_cpu(false);
	__atomic_or_fetch(&cpus_online, 1u << cpu, __ATOMIC_SEQ_CST);
	flush_tlb_all_local();
	thread_adopt(stack, stack + THREAD_STACK_SIZE);
	lapic_timer_start();
	local_irq_enable();
	sched_idle();
}

/* --- what it needs ---------------------------------------------------------------------------- */

static void *__init zeroed_page(void)
{
	return (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
}

#if CONFIG_PAE

/* The four entries of PAE have no rights (Intel SDM 3A, table 4-8). */
static phys_addr_t __init root_with(pteval_t first_entry, pde_t *directory)
{
	pteval_t *root = zeroed_page();

	if (!root)
		return 0;
	root[0] = __pa(directory) | PTE_PRESENT;
	directory[0].val = first_entry;
	root[PAGE_OFFSET >> 30] = swapper_pdpt[PAGE_OFFSET >> 30];
	return __pa(root);
}

#else

static phys_addr_t __init root_with(pteval_t first_entry, pde_t *directory)
{
	unsigned int text = pde_index((unsigned long)ap_entry);

	directory[0].val = first_entry;
	directory[text] = swapper_pg_dir[text];
	return __pa(directory);
}

#endif

/*
 * Tables that map two things: the trampoline's page at its own address, which is not writable there, and the
 * kernel's text. 0 without memory; then what was allocated is lost, and the machine has a few KiB at most.
 */
static phys_addr_t __init make_start_tables(phys_addr_t page)
{
	pte_t *table = zeroed_page();
	pde_t *directory = zeroed_page();

	if (!table || !directory)
		return 0;
	set_pte(&table[pte_index((unsigned long)page)],
		mk_pte(PFN_DOWN(page), pgprot(PTE_PRESENT | PTE_ACCESSED)));
	return root_with(__pa(table) | PTE_PRESENT | PTE_ACCESSED, directory);
}

/* The code at its place, with what it needs to know of this kernel. */
static bool __init place_trampoline(phys_addr_t page)
{
	const size_t size = (size_t)(trampoline_end - trampoline_start);
	char *code = __va(page);
	phys_addr_t tables = make_start_tables(page);

	BUG_ON(size > PAGE_SIZE - 64);
	if (!tables)
		return false;
	memcpy(code, trampoline_start, size);
	words = (void *)(code + (trampoline_words - trampoline_start));
	words->start32 += (u32)page;
	words->gdt_base += (u32)page;
	words->idt_base += (u32)page;
	words->nmi_entry += (u32)page;
	words->idt[NMI_GATE] = (words->nmi_entry & 0xffff) | TRAMPOLINE_CS << 16 |
			       (u64)(INTERRUPT_GATE | (words->nmi_entry & 0xffff0000)) << 32;
	words->start_cr3 = (u32)tables;
	words->kernel_cr3 = read_cr3();
	/* Global pages are switched on when the tables are in use, as on the first CPU. */
	words->cr4 = read_cr4() & ~CR4_PGE;
	words->efer = cpu_has(CPU_NX) ? EFER_NXE : 0;
	words->entry = (u32)ap_entry;
	words->main = (u32)ap_main;
	words->base_msr = lapic_has_base_register();
	words->id_register = (u32)lapic_id_register();
	words->nr_entries = topology.nr_cpus;
	for (u32 cpu = 0; cpu < topology.nr_cpus; cpu++)
		words->entries[cpu].apic_id = topology.apic_id[cpu];
	return true;
}

static bool __init give_percpu_data(u32 cpu)
{
	unsigned long size = (unsigned long)(percpu_end - percpu_start), data;

	data = __get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(size));
	if (!data)
		return false;
	per_cpu_offset[cpu] = data - (unsigned long)percpu_start;
	per_cpu(cpu_offset, cpu) = per_cpu_offset[cpu];
	return true;
}

/* --- on the boot CPU -------------------------------------------------------------------------- */

static void __init wait_us(u32 us)
{
	u64 start = time_ns(), cycles = time_cycles();

	while (time_ns() - start < us * 1000ull)
		cpu_relax();
	boot_cost_waited(time_cycles() - cycles);
}

/* Bit n: CPU n has a stack, per-CPU data, and an offered token. */
static u32 __init offer_tokens(u32 wanted)
{
	u32 offered = 0;

	for (u32 cpu = 1; cpu < wanted; cpu++) {
		char *stack = vmalloc(THREAD_STACK_SIZE);

		if (!stack || !give_percpu_data(cpu)) {
			vfree(stack);
			pr_warn("CPU %u (APIC %u): no memory to start it\n", cpu,
				topology.apic_id[cpu]);
			continue;
		}
		words->entries[cpu].stack = (u32)(stack + THREAD_STACK_SIZE);
		__atomic_store_n(&words->entries[cpu].token, TOKEN_OFFERED, __ATOMIC_SEQ_CST);
		offered |= 1u << cpu;
	}
	return offered;
}

#define for_each_cpu_of(cpu, cpus)                \
	for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++) \
		if ((cpus) >> (cpu)&1)

static void __init send_startups(u32 cpus)
{
	u32 cpu;

	for_each_cpu_of(cpu, cpus)
		lapic_send_startup(topology.apic_id[cpu], (u8)(trampoline_page >> PAGE_SHIFT));
}

/* A look every 100 us. One that took longer than PAUSE_NS was a pause of the host, in which no CPU ran. */
#define LOOK_US  100u
#define PAUSE_NS 100000000ull

/*
 * Waits until all of these CPUs are online, or for a time. Returns those that are not. The time is the clock's, but of
 * a pause only PAUSE_NS count: otherwise a virtual machine that its host stops for a while would lose its CPUs.
 */
static u32 __init wait_for(u32 cpus, u32 us)
{
	u64 left = us * 1000ull, last = time_ns();

	while (cpus & ~READ_ONCE(cpus_online) && left > 0) {
		u64 now, passed;

		wait_us(LOOK_US);
		now = time_ns();
		passed = min(now - last, PAUSE_NS);
		left -= min(left, passed);
		last = now;
	}
	return cpus & ~READ_ONCE(cpus_online);
}

/* A CPU that exchanged its token first is a few instructions away from cpus_online, which must not grow later. */
static void __init withdraw_token(u32 cpu)
{
	if (!exchange_token(cpu, TOKEN_OFFERED, TOKEN_WITHDRAWN) &&
	    !exchange_token(cpu, TOKEN_TAKEN, TOKEN_WITHDRAWN)) {
		spin_until(READ_ONCE(cpus_online) >> cpu & 1);
		return;
	}
	pr_warn("CPU %u (APIC %u) did not start within %u ms (cpu_wait=): the kernel runs without it\n",
		cpu, topology.apic_id[cpu], patience_ms);
}

void __init smp_start_others(u32 wanted)
{
	u32 cpu, cpus;

	if (!trampoline_page || !place_trampoline(trampoline_page)) {
		pr_warn("SMP: no memory below 640 KiB, or for page tables, to start CPUs with: using one\n");
		return;
	}
	cpus = offer_tokens(wanted);
	zone_limits_update(); /* all of them share what CPUs may keep of a zone */
	for_each_cpu_of(cpu, cpus)
		lapic_send_init(topology.apic_id[cpu]);
	wait_us(10000);
	send_startups(cpus);
	/* Intel SDM 3A, 9.4.4.1: once more to those that did not answer. */
	send_startups(wait_for(cpus, 200));
	cpus = wait_for(cpus, patience_ms * 1000);
	for_each_cpu_of(cpu, cpus)
		withdraw_token(cpu);
}

/* --- for tests -------------------------------------------------------------------------------- */

u32 smp_parked(void)
{
	return words ? __atomic_load_n(&words->parked, __ATOMIC_SEQ_CST) : 0;
}

bool smp_start_late(u32 cpu)
{
	if (!words || cpu >= topology.nr_cpus || READ_ONCE(cpus_online) >> cpu & 1)
		return false;
	lapic_send_init(topology.apic_id[cpu]);
	delay_ms(10);
	lapic_send_startup(topology.apic_id[cpu], (u8)(trampoline_page >> PAGE_SHIFT));
	return true;
}
