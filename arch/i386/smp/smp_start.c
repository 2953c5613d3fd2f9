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
#include <asm/table_window.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <asm/topology.h>
#include <asm/trampoline.h>
#include <asm/user_cpu.h>
#include <kernel/boot_cost.h>
#include <kernel/command.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <sched/sched.h>
#include <sched/thread_list.h>
#include <thread/thread.h>

/*
 * How the other CPUs start. The firmware leaves all CPUs but one waiting. The boot CPU sends each a
 * reset and then an interrupt that names a page below 1 MiB. The code there, trampoline.asm, brings
 * the CPU from real mode to ap_main(). All CPUs are started at once, and the boot CPU waits once
 * for all of them.
 *
 * A CPU may answer late: a virtual one that its host did not run, or a real one that firmware
 * delayed. The boot CPU stops waiting after a while, and from then on that CPU must not touch the
 * kernel. So each CPU has a token, a word that both sides change only by compare-and-exchange:
 *
 *	             trampoline            ap_main()
 *	OFFERED ───────────────▶ TAKEN ───────────────▶ RUNS
 *	   └───────────────────────┴──▶ WITHDRAWN, by the boot CPU when its patience ends
 *
 * A CPU that finds its token withdrawn parks. In the trampoline, its paging is still off. In
 * ap_main(), it has written only to its own stack and per-CPU data, which nothing else uses. The
 * price: the trampoline's page, and tables that map it at its own address, stay allocated for late
 * CPUs. The kernel's own tables map nothing below PAGE_OFFSET.
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
	   "continue without CPUs that have not started by then; 5000", parse_cpu_wait);

/*
 * Address in the direct map; NULL before place_trampoline(), and on a machine that starts no other
 * CPU.
 */
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
 * Before the exchange of its token, this CPU writes only to its own stack and per-CPU data. Its
 * APIC is switched on before the CPU enters cpu_online_mask, because a switched-off APIC drops the
 * interrupts that CPUs in cpu_online_mask receive (Intel SDM 3A, 11.4.7.2). Until then no other CPU
 * asks it to flush. So it drops all translations right after; the ones that it used before never
 * change.
 */
static void __noreturn ap_main(u32 cpu)
{
	char *stack = (char *)words->entries[cpu].stack - THREAD_STACK_SIZE;

	trap_init_cpu(cpu);
	paging_init_cpu();
	user_cpu_init();
	kmap_local_init_cpu();
	table_window_init_cpu();
	if (!exchange_token(cpu, TOKEN_TAKEN, TOKEN_RUNS))
		park();
	lapic_init_cpu(false);
	cpumask_set_cpu(cpu, &__cpu_online_mask);
	flush_tlb_all_local();
	thread_adopt(stack, stack + THREAD_STACK_SIZE);
	lapic_timer_start();
	local_irq_enable();
	sched_idle();
}

/* --- memory for the start --------------------------------------------------------------------- */

static void *__init zeroed_page(void)
{
	return (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
}

#if CONFIG_PAE

/* The four entries of PAE have no rights (table 4-8). */
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
 * Make tables that map two things: the trampoline's page at its own address, read-only, and the
 * kernel's text. Return 0 without memory; the pages allocated so far are then lost, on a machine
 * that has only a few KiB left.
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

/* Copy the code to its page, with the values that it needs from this kernel. */
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
	/* As on the boot CPU, global pages are switched on once the final tables are in use. */
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

/* Return the CPUs that have a stack, per-CPU data, and an offered token. */
static struct cpumask __init offer_tokens(u32 wanted)
{
	struct cpumask offered = { 0 };

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
		__cpumask_set_cpu(cpu, &offered);
	}
	return offered;
}

static void __init send_startups(const struct cpumask *cpus)
{
	u32 cpu;

	for_each_cpu(cpu, cpus)
		lapic_send_startup(topology.apic_id[cpu], (u8)(trampoline_page >> PAGE_SHIFT));
}

/*
 * Check every 100 us. A check that took longer than PAUSE_NS was a pause of the host, in which no
 * CPU ran.
 */
#define LOOK_US  100u
#define PAUSE_NS 100000000ull

/*
 * Wait until all of these CPUs are online, or until the time is over. Return those that are not. A
 * pause of the host counts as PAUSE_NS at most. Otherwise a virtual machine that its host stops for
 * a while would lose its CPUs.
 */
static struct cpumask __init wait_for(const struct cpumask *cpus, u32 us)
{
	u64 left = us * 1000ull, last = time_ns();
	struct cpumask missing;

	for (;;) {
		u64 now, passed;

		cpumask_andnot(&missing, cpus, cpu_online_mask);
		if (cpumask_empty(&missing) || left == 0)
			return missing;

		wait_us(LOOK_US);
		now = time_ns();
		passed = min(now - last, PAUSE_NS);
		left -= min(left, passed);
		last = now;
	}
}

/*
 * If the CPU exchanged its token first, it is a few instructions away from cpu_online_mask. Wait
 * for it, since cpu_online_mask must not grow later.
 */
static void __init withdraw_token(u32 cpu)
{
	if (!exchange_token(cpu, TOKEN_OFFERED, TOKEN_WITHDRAWN) &&
	    !exchange_token(cpu, TOKEN_TAKEN, TOKEN_WITHDRAWN)) {
		spin_until(cpu_online(cpu));
		return;
	}
	pr_warn("CPU %u (APIC %u) did not start within %u ms (cpu_wait=): the kernel runs without "
		"it\n",
		cpu, topology.apic_id[cpu], patience_ms);
}

void __init smp_start_others(u32 wanted)
{
	struct cpumask cpus, missing;
	u32 cpu;

	if (!trampoline_page || !place_trampoline(trampoline_page)) {
		pr_warn("SMP: no memory below 640 KiB, or for page tables, to start CPUs with: "
			"using one\n");
		return;
	}
	cpus = offer_tokens(wanted);
	for_each_cpu(cpu, &cpus)
		lapic_send_init(topology.apic_id[cpu]);
	wait_us(10000);
	time_share();
	send_startups(&cpus);
	/* Send a second start-up interrupt to the CPUs that did not answer (9.4.4.1). */
	missing = wait_for(&cpus, 200);
	send_startups(&missing);
	missing = wait_for(&cpus, patience_ms * 1000);
	for_each_cpu(cpu, &missing)
		withdraw_token(cpu);
}

/* --- for tests -------------------------------------------------------------------------------- */

u32 smp_parked(void)
{
	return words ? __atomic_load_n(&words->parked, __ATOMIC_SEQ_CST) : 0;
}

bool smp_start_late(u32 cpu)
{
	if (!words || cpu >= topology.nr_cpus || cpu_online(cpu))
		return false;
	lapic_send_init(topology.apic_id[cpu]);
	mdelay(10);
	lapic_send_startup(topology.apic_id[cpu], (u8)(trampoline_page >> PAGE_SHIFT));
	return true;
}
