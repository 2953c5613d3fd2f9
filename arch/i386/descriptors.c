/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/descriptors.h>
#include <asm/percpu.h>
#include <asm/trap_report.h>
#include <asm/traps.h>
#include <kernel/preempt.h>
#include <lib/string.h>

/*
 * Segments, the interrupt table, and two tasks that i386 requires (Intel SDM 3A, chapters 3, 6 and
 * 8). All CPUs share the interrupt table. Each CPU has its own segments and tasks.
 *
 * Segments are flat, except %fs, whose base leads to the CPU's per-CPU data (asm/percpu.h). One
 * task is needed only because the CPU stores its registers there when it leaves it. The other task
 * handles double faults. A double fault is mostly a stack overflow into the guard page: the CPU has
 * no room to push a frame, so the handler needs a stack of its own, which a task gate provides.
 *
 * Ring 3 has two flat segments and three for thread-local storage, at the places in the table where
 * Linux has them. From ring 3 the CPU enters the kernel on the stack that the first task names
 * (esp0). Programs may execute only those INT instructions whose gates admit ring 3, and no
 * instruction for ports, because the task has no bitmap of ports.
 */

/* Intel SDM 3A, figure 8-2. */
struct task_state {
	u32 link, esp0, ss0, esp1, ss1, esp2, ss2;
	u32 cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi, edi;
	u32 es, cs, ss, ds, fs, gs, ldt;
	u16 trap, io_map;
};

struct table_pointer {
	u16 limit;
	u32 base;
} __packed;

extern const u32 trap_stubs[NR_VECTORS];
extern const char syscall_entry[];

/* Tasks are aligned to more than their size, so that none crosses a page border (8.2.1). */
struct cpu_tables {
	struct task_state kernel_task __aligned(128);
	struct task_state double_fault_task __aligned(128);
	u64 gdt[SEL_USER_DATA / 8 + 1];
	u8 double_fault_stack[4096] __aligned(16);
};

static DEFINE_PER_CPU(struct cpu_tables, cpu_tables);

static u64 idt[NR_VECTORS];

/* Intel SDM 3A, figures 3-8 and 8-3: the base is in three pieces. */
static u64 descriptor(u32 base, u32 limit, u64 type)
{
	return type | (limit & 0xffff) | (u64)(limit & 0xf0000) << 32 |
	       (u64)(base & 0xffffff) << 16 | (u64)(base >> 24) << 56;
}

#define CODE_SEGMENT 0x00c09a0000000000ull /* 32 bits, readable, limit in pages */
#define DATA_SEGMENT 0x00c0920000000000ull /* 32 bits, writable, limit in pages */
#define TASK_SEGMENT 0x0000890000000000ull /* available, limit in bytes */
#define FLAT         0xfffff

#define RING_3 (3ull << 45) /* the DPL of a descriptor */

static u64 interrupt_gate(u32 handler)
{
	return (handler & 0xffff) | SEL_CODE << 16 | (u64)(0x8e00 | (handler & 0xffff0000)) << 32;
}

static u64 task_gate(u32 selector)
{
	return selector << 16 | 0x8500ull << 32;
}

static void load_segments(struct cpu_tables *tables)
{
	struct table_pointer pointer = { sizeof(tables->gdt) - 1, (u32)tables->gdt };

	__asm__ volatile("lgdt %0\n\t"
			 "ljmp %1, $1f\n\t"
			 "1: movw %w2, %%ds\n\t"
			 "movw %w2, %%es\n\t"
			 "movw %w2, %%ss\n\t"
			 "movw %w2, %%gs\n\t"
			 "movw %w3, %%fs\n\t" ::"m"(pointer),
			 "i"(SEL_CODE), "r"(SEL_DATA), "r"(SEL_PERCPU)
			 : "memory");
	__asm__ volatile("ltr %w0" ::"r"(SEL_TASK));
	/* After a reset the LDT is the 64 KiB at address 0, where a program can map its own. */
	__asm__ volatile("lldt %w0" ::"r"(0));
}

static void load_idt(void)
{
	struct table_pointer pointer = { sizeof(idt) - 1, (u32)idt };

	__asm__ volatile("lidt %0" ::"m"(pointer));
}

/*
 * Entry of the task, on an empty stack. Only the error code is there, always 0, which also ends a
 * backtrace. The task switch has stored the registers of the faulting code in its own task.
 */
static void double_fault(void)
{
	const struct task_state *task = &this_cpu_ptr(cpu_tables)->kernel_task;
	struct trap_frame frame;

	memset(&frame, 0, sizeof(frame));
	frame.edi = task->edi;
	frame.esi = task->esi;
	frame.ebp = task->ebp;
	frame.ebx = task->ebx;
	frame.edx = task->edx;
	frame.ecx = task->ecx;
	frame.eax = task->eax;
	frame.vector = TRAP_DOUBLE_FAULT;
	frame.eip = task->eip;
	frame.cs = task->cs;
	frame.eflags = task->eflags;
	double_fault_panic(&frame, task->esp);
}

static void fill_tables(struct cpu_tables *tables, u32 percpu_base)
{
	struct task_state *task = &tables->double_fault_task;

	task->cr3 = read_cr3();
	task->eip = (u32)double_fault;
	task->esp = (u32)(tables->double_fault_stack + sizeof(tables->double_fault_stack));
	task->eflags = 2; /* the bit that is always 1 */
	task->cs = SEL_CODE;
	task->ds = task->es = task->ss = task->gs = SEL_DATA;
	task->fs = SEL_PERCPU;
	task->io_map = tables->kernel_task.io_map = sizeof(*task);

	tables->gdt[SEL_CODE / 8] = descriptor(0, FLAT, CODE_SEGMENT);
	tables->gdt[SEL_DATA / 8] = descriptor(0, FLAT, DATA_SEGMENT);
	tables->gdt[SEL_PERCPU / 8] = descriptor(percpu_base, FLAT, DATA_SEGMENT);
	tables->gdt[SEL_USER_CODE / 8] = descriptor(0, FLAT, CODE_SEGMENT | RING_3);
	tables->gdt[SEL_USER_DATA / 8] = descriptor(0, FLAT, DATA_SEGMENT | RING_3);
	tables->kernel_task.ss0 = SEL_DATA;
	tables->gdt[SEL_TASK / 8] =
		descriptor((u32)&tables->kernel_task, sizeof(*task) - 1, TASK_SEGMENT);
	tables->gdt[SEL_DOUBLE_FAULT / 8] = descriptor((u32)task, sizeof(*task) - 1, TASK_SEGMENT);
}

void trap_init_cpu(u32 cpu)
{
	struct cpu_tables *tables = &per_cpu(cpu_tables, cpu);

	fill_tables(tables, per_cpu_offset[cpu]);
	load_segments(tables);
	load_idt();
	this_cpu(cpu_number) = cpu;
	this_cpu(cpu_tag_word) = cpu + 1;
	preempt_init();
}

void __init trap_init(void)
{
	for (unsigned int v = 0; v < NR_VECTORS; v++)
		idt[v] = interrupt_gate(trap_stubs[v]);
	idt[TRAP_DOUBLE_FAULT] = task_gate(SEL_DOUBLE_FAULT);
	idt[TRAP_BREAKPOINT] |= RING_3;
	idt[TRAP_OVERFLOW] |= RING_3;
	idt[SYSCALL_VECTOR] = interrupt_gate((u32)syscall_entry) | RING_3;
	trap_init_cpu(0);
}

void cpu_set_user_stack(u32 esp0)
{
	this_cpu_ptr(cpu_tables)->kernel_task.esp0 = esp0;
}

/* At each switch to a program, so without a loop. */
void cpu_set_program(u32 esp0, const u64 *tls)
{
	struct cpu_tables *tables = this_cpu_ptr(cpu_tables);
	u64 *entries = &tables->gdt[TLS_FIRST];

	_Static_assert(NR_TLS == 3, "each entry is written");
	tables->kernel_task.esp0 = esp0;
	entries[0] = tls[0];
	entries[1] = tls[1];
	entries[2] = tls[2];
}

void cpu_set_tls(const u64 *tls)
{
	memcpy(&this_cpu_ptr(cpu_tables)->gdt[TLS_FIRST], tls, NR_TLS * sizeof(*tls));
}

void trap_set_double_fault_cr3(u32 cr3)
{
	this_cpu_ptr(cpu_tables)->double_fault_task.cr3 = cr3;
}
