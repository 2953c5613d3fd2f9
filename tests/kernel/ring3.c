/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/extable.h>
#include <asm/irqflags.h>
#include <asm/time.h>
#include <asm/traps.h>
#include <asm/uaccess.h>
#include <asm/user_context.h>
#include <kernel/syscall.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>
#include <vm/mm.h>
#include <vm/mman.h>

/*
 * A few instructions in ring 3. Each program is a kernel thread with an address space of three
 * pages: code, data, and one that is not mapped. It calls a system call of this file, whose number
 * no program of a user has.
 */

#define CODE  0x100000ul
#define DATA  (CODE + PAGE_SIZE)
#define STACK (DATA + PAGE_SIZE)
#define CALL  511
#define END   100 /* in EBX: the program ends, with a result in ECX */

#define AC_DF (X86_EFLAGS_AC | 0x400)

/* Calls the kernel with EBX = 0, 1, 2, ... */
extern const char calls[], shares[], programs_end[];
__asm__(".pushsection .rodata\n"
	"calls:\n"
	"1: movl $511, %eax\n\t"
	"int $0x80\n\t"
	"incl %ebx\n\t"
	"jmp 1b\n"
	/*
	 * EBX: 1 or 2, kept in registers of the FPU (bit 0 of ESI) and of SSE (bit 1), until the
	 * other program has counted, too. EDI: the counters.
	 */
	"shares:\n\t"
	"pushl %ebx\n\t"
	"testl $1, %esi\n\t"
	"jz 2f\n\t"
	"fildl (%esp)\n"
	"2: testl $2, %esi\n\t"
	"jz 3f\n\t"
	"movd %ebx, %xmm7\n"
	"3: incl (%edi, %ebx, 4)\n\t"
	"movl %ebx, %ecx\n\t"
	"xorl $3, %ecx\n\t"
	"cmpl $1000, (%edi, %ecx, 4)\n\t"
	"jb 3b\n\t"
	"cmpl $1000, (%edi, %ebx, 4)\n\t"
	"jb 3b\n\t"
	"movl %ebx, %ecx\n\t"
	"movl %ebx, %edx\n\t"
	"testl $1, %esi\n\t"
	"jz 4f\n\t"
	"fistpl (%esp)\n\t"
	"movl (%esp), %ecx\n"
	"4: testl $2, %esi\n\t"
	"jz 5f\n\t"
	"movd %xmm7, %edx\n"
	"5: shll $4, %edx\n\t"
	"orl %edx, %ecx\n\t"
	"movl $100, %ebx\n\t"
	"movl $511, %eax\n\t"
	"int $0x80\n"
	"programs_end:\n"
	".popsection");

struct program {
	struct user_context context;
	struct mm *mm;
	const char *code;
	u32 number;
	u32 result;
};

static struct program programs[2];

static struct program *current_program(void)
{
	return container_of(current->user, struct program, context);
}

static void leave_program(void)
{
	current->user = NULL;
	current->mm = NULL;
}

static void adopt(struct program *program)
{
	unsigned long flags = local_irq_save();

	user_context_init(&program->context);
	program->context.pagetable = &program->mm->pagetable;
	program->context.esp0 = thread_stack_top(current);
	current->mm = program->mm;
	current->user = &program->context;
	user_context_switch(NULL, &program->context);
	local_irq_restore(flags);
}

static int run(void *arg)
{
	struct program *program = arg;
	struct trap_frame *frame;

	adopt(program);
	frame = user_frame(&program->context);
	memset(frame, 0, sizeof(*frame));
	frame->ds = frame->es = SEL_USER_DATA;
	frame->eip = CODE + (u32)(program->code - calls);
	frame->esp = STACK;
	frame->ebx = program->number;
	frame->edi = DATA;
	frame->esi = cpu_has(CPU_FPU) | cpu_has(CPU_SSE) << 1;
	user_frame_sanitize(frame);
	user_enter(frame);
}

static struct mm *make_mm(void)
{
	struct mm *mm = mm_create();

	if (!mm)
		return NULL;
	if (vm_mmap(mm, CODE, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0, true) == (long)CODE &&
	    vm_write_mm(mm, CODE, calls, (size_t)(programs_end - calls)) == 0)
		return mm;
	mm_put(mm);
	return NULL;
}

/* --- the system call -------------------------------------------------------------------------- */

static struct trap_frame first;
static u32 debug_exceptions;

static bool take_step(struct trap_frame *frame)
{
	if (!user_mode(frame) || frame->eip < CODE || frame->eip >= DATA)
		return false;
	debug_exceptions++;
	frame->eflags &= ~X86_EFLAGS_TF;
	return true;
}
DEBUG_HANDLER(take_step);

static void expect_the_same(const struct trap_frame *regs)
{
	EXPECT_EQ(regs->eax, first.eax);
	EXPECT_EQ(regs->ecx, first.ecx);
	EXPECT_EQ(regs->edx, first.edx);
	EXPECT_EQ(regs->esi, first.esi);
	EXPECT_EQ(regs->edi, first.edi);
	EXPECT_EQ(regs->ebp, first.ebp);
	EXPECT_EQ(regs->esp, STACK);
	EXPECT_EQ(regs->eip, first.eip);
	EXPECT_EQ(regs->ds, SEL_USER_DATA);
	EXPECT_EQ(regs->error_code, CALL);
	EXPECT_EQ(regs->vector, SYSCALL_VECTOR);
}

static void __noreturn end_program(u32 result)
{
	current_program()->result = result;
	leave_program();
	thread_end();
}

static long call(struct trap_frame *regs)
{
	unsigned long flags = local_irq_save();

	local_irq_restore(flags);
	EXPECT_EQ(flags & 0x400, 0);
	EXPECT_EQ(flags & X86_EFLAGS_IF, X86_EFLAGS_IF);
	if (cpu_has(CPU_SMAP))
		EXPECT_EQ(flags & X86_EFLAGS_AC, 0);
	EXPECT(regs == user_frame(current->user));
	switch (regs->ebx) {
	case 0:
		regs->ecx = 0x11111111;
		regs->edx = 0x22222222;
		regs->ebp = 0x33333333;
		first = *regs;
		regs->eflags |= AC_DF;
		break;
	case 1:
		expect_the_same(regs);
		/* A 486 may not keep AC; DF is there on each CPU. */
		EXPECT_EQ(regs->eflags & 0x400, 0x400);
		regs->eflags &= ~AC_DF;
		/* Behind the end of the table, not present, and of the kernel. */
		regs->es = 0x83;
		regs->fs = TLS_FIRST * 8 + 3;
		regs->gs = 0x0b;
		break;
	case 2:
		expect_the_same(regs);
		EXPECT_EQ(regs->es & 0xffff, 0);
		EXPECT_EQ(regs->fs & 0xffff, 0);
		EXPECT_EQ(regs->gs & 0xffff, 0);
		regs->eflags |= X86_EFLAGS_TF;
		break;
	case 3:
		EXPECT_EQ(debug_exceptions, 1);
		end_program(1);
	case END:
		end_program(regs->ecx);
	default:
		end_program(0);
	}
	return CALL;
}

static struct thread *start(struct program *program, struct mm *mm, const char *code, u32 number)
{
	struct thread *thread = kthread_create(run, program, "ring3");

	*program = (struct program){ .mm = mm, .code = code, .number = number };
	return thread;
}

KTEST(ring3, a_program_comes_and_goes)
{
	long (*before)(struct trap_frame * regs) = syscall_table[CALL];
	struct mm *mm = make_mm();
	struct thread *thread;

	KTEST_REQUIRE(mm);
	thread = start(&programs[0], mm, calls, 0);
	if (thread) {
		debug_exceptions = 0;
		syscall_table[CALL] = call;
		wake_up_process(thread);
		kthread_join(thread);
		syscall_table[CALL] = before;
		EXPECT_EQ(programs[0].result, 1);
	}
	mm_put(mm);
}

/* Neither calls the kernel while it waits for the other: the tick must take the CPU from it. */
KTEST(ring3, programs_share_a_cpu_and_its_registers)
{
	long (*before)(struct trap_frame * regs) = syscall_table[CALL];
	struct thread *threads[2];
	struct mm *mm;

	if (!time_has_ticks()) {
		ktest_skip("without ticks a program keeps its CPU");
		return;
	}
	mm = make_mm();
	KTEST_REQUIRE(mm);
	for (u32 i = 0; i < 2; i++)
		threads[i] = start(&programs[i], mm, shares, i + 1);
	if (threads[0] && threads[1]) {
		syscall_table[CALL] = call;
		for (int i = 0; i < 2; i++) {
			kthread_bind(threads[i], 0);
			wake_up_process(threads[i]);
		}
		for (int i = 0; i < 2; i++)
			kthread_join(threads[i]);
		syscall_table[CALL] = before;
		EXPECT_EQ(programs[0].result, 0x11);
		EXPECT_EQ(programs[1].result, 0x22);
	} else {
		for (int i = 0; i < 2; i++)
			if (threads[i])
				thread_drop(threads[i]);
	}
	mm_put(mm);
}

/* --- access from the kernel ------------------------------------------------------------------- */

static void __user *user(unsigned long addr)
{
	return (void *)addr;
}

static int copies(void *arg)
{
	struct program *program = arg;
	char bytes[16] = "0123456789abcde";
	u32 word;

	adopt(program);
	EXPECT_EQ(copy_to_user(user(STACK - 7), bytes, 16), 9);
	memset(bytes, 0, sizeof(bytes));
	EXPECT_EQ(copy_from_user(bytes, user(STACK - 7), 16), 9);
	EXPECT_STREQ(bytes, "0123456");
	EXPECT_EQ(copy_from_user(bytes, user(STACK - 3), 3), 0);
	EXPECT_EQ(clear_user(user(STACK - 2), 5), 3);
	EXPECT_EQ(strncpy_from_user(bytes, user(STACK - 7), 16), 5);
	EXPECT_STREQ(bytes, "01234");
	EXPECT_EQ(strncpy_from_user(bytes, user(STACK - 7), 3), 3);
	EXPECT_EQ(put_user_u32(0x01010101, user(STACK - 4)), 0);
	EXPECT_EQ(strncpy_from_user(bytes, user(STACK - 4), 16), -EFAULT);
	EXPECT_EQ(get_user_u32(&word, user(STACK - 2)), -EFAULT);
	EXPECT_EQ(get_user_u32(&word, user(STACK - 4)), 0);
	EXPECT_EQ(word, 0x01010101);
	/* Any other access of the kernel is a mistake, which SMAP finds. */
	EXPECT_EQ(probe_read(user(STACK - 4), &word), cpu_has(CPU_SMAP) ? -EFAULT : 0);
	if (cpu_has(CPU_SMEP))
		EXPECT_EQ(probe_call(user(CODE)), -EFAULT);
	leave_program();
	return 0;
}

KTEST(ring3, the_kernel_copies_up_to_the_last_byte)
{
	struct thread *thread;
	struct mm *mm = make_mm();

	KTEST_REQUIRE(mm);
	programs[0].mm = mm;
	thread = kthread_run(copies, &programs[0], "copies");
	EXPECT(thread);
	if (thread)
		kthread_join(thread);
	mm_put(mm);
}
