/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/traps.h>
#include <lib/string.h>

/*
 * Segments, the interrupt table, and the two tasks that i386 insists on (Intel SDM 3A, chapters 3, 6
 * and 7).
 *
 * Segments are flat. There is one task for all of the kernel, needed only because the CPU stores into
 * it when it switches away; and one for double faults. A double fault is mostly a stack that ran into
 * its guard page: there is no room to push a frame, so the handler must bring a stack of its own, and
 * that is what a task gate does.
 */

#define SEL_CODE         0x08
#define SEL_DATA         0x10
#define SEL_TASK         0x18
#define SEL_DOUBLE_FAULT 0x20

/* Intel SDM 3A, figure 7-2. */
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

/* Aligned to more than their size, so that they do not cross a page (Intel SDM 3A, 7.2.1). */
static struct task_state kernel_task __aligned(128);
static struct task_state double_fault_task __aligned(128);
static u8 double_fault_stack[4096] __aligned(16);

static u64 gdt[] = {
	0,
	0x00cf9a000000ffffull, /* code: base 0, limit 4 GiB, readable */
	0x00cf92000000ffffull, /* data: base 0, limit 4 GiB, writable */
	0,                     /* kernel_task */
	0,                     /* double_fault_task */
};
static u64 idt[NR_VECTORS];

static u64 task_descriptor(const struct task_state *task)
{
	u32 base = (u32)task, limit = sizeof(*task) - 1;

	return limit | (u64)(base & 0xffffff) << 16 | 0x89ull << 40 | (u64)(base >> 24) << 56;
}

static u64 interrupt_gate(u32 handler)
{
	return (handler & 0xffff) | SEL_CODE << 16 | (u64)(0x8e00 | (handler & 0xffff0000)) << 32;
}

static u64 task_gate(u32 selector)
{
	return selector << 16 | 0x8500ull << 32;
}

static void __init load_segments(void)
{
	struct table_pointer pointer = { sizeof(gdt) - 1, (u32)gdt };

	__asm__ volatile("lgdt %0\n\t"
			 "ljmp %1, $1f\n\t"
			 "1: movw %w2, %%ds\n\t"
			 "movw %w2, %%es\n\t"
			 "movw %w2, %%ss\n\t"
			 "movw %w2, %%fs\n\t"
			 "movw %w2, %%gs\n\t" ::"m"(pointer),
			 "i"(SEL_CODE), "r"(SEL_DATA)
			 : "memory");
	__asm__ volatile("ltr %w0" ::"r"(SEL_TASK));
}

static void __init load_idt(void)
{
	struct table_pointer pointer = { sizeof(idt) - 1, (u32)idt };

	__asm__ volatile("lidt %0" ::"m"(pointer));
}

/*
 * Where the task begins: on an empty stack but for the error code, always 0, which the CPU pushed and
 * which ends a backtrace. The state of what faulted was saved into its task by the switch.
 */
static void double_fault(void)
{
	struct trap_frame frame;

	memset(&frame, 0, sizeof(frame));
	frame.edi = kernel_task.edi;
	frame.esi = kernel_task.esi;
	frame.ebp = kernel_task.ebp;
	frame.ebx = kernel_task.ebx;
	frame.edx = kernel_task.edx;
	frame.ecx = kernel_task.ecx;
	frame.eax = kernel_task.eax;
	frame.vector = TRAP_DOUBLE_FAULT;
	frame.eip = kernel_task.eip;
	frame.cs = kernel_task.cs;
	frame.eflags = kernel_task.eflags;
	double_fault_panic(&frame, kernel_task.esp);
}

void __init trap_init(void)
{
	double_fault_task.cr3 = read_cr3();
	double_fault_task.eip = (u32)double_fault;
	double_fault_task.esp = (u32)(double_fault_stack + sizeof(double_fault_stack));
	double_fault_task.eflags = 2; /* the bit that is always 1 */
	double_fault_task.cs = SEL_CODE;
	double_fault_task.ds = double_fault_task.es = double_fault_task.ss = SEL_DATA;
	double_fault_task.fs = double_fault_task.gs = SEL_DATA;
	double_fault_task.io_map = kernel_task.io_map = sizeof(struct task_state);

	gdt[SEL_TASK / 8] = task_descriptor(&kernel_task);
	gdt[SEL_DOUBLE_FAULT / 8] = task_descriptor(&double_fault_task);
	for (unsigned int v = 0; v < NR_VECTORS; v++)
		idt[v] = interrupt_gate(trap_stubs[v]);
	idt[TRAP_DOUBLE_FAULT] = task_gate(SEL_DOUBLE_FAULT);
	load_segments();
	load_idt();
}

void trap_set_double_fault_cr3(u32 cr3)
{
	double_fault_task.cr3 = cr3;
}
