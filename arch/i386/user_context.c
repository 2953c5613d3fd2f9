/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/descriptors.h>
#include <asm/irqflags.h>
#include <asm/pagetable.h>
#include <asm/smap.h>
#include <asm/user_context.h>
#include <asm/user_cpu.h>
#include <lib/string.h>

/*
 * The CPU's state of a program besides its general registers, which are in the trap frame at the
 * top of the thread's kernel stack:
 *
 *	| kernel stack ◀─────────── | trap frame | struct thread |
 *	                                         ▲ esp0
 *
 * The kernel itself uses no floating-point registers. So they are those of the program all the time
 * that its thread has the CPU. They are saved when the thread loses the CPU and loaded when it gets
 * one, always, so no program sees the registers of another. (An FPU that is loaded only when it is
 * used was cheaper on a 486. On later CPUs nearly all programs use SSE, and it leaked:
 * CVE-2018-3665.)
 *
 * A kernel thread runs on the page tables and the registers that it finds. The price of a switch
 * between two programs is one FXSAVE and one FXRSTOR, and the load of CR3 if the address spaces
 * differ.
 *
 * The state has the layout of FXSAVE on CPUs that have it, else that of FNSAVE. Without an FPU
 * nothing is saved, and its instructions raise exception 7.
 */

/* Places in the 512 bytes of FXSAVE: Intel SDM 1, 10.5.1. */
#define FXSAVE_MXCSR      24
#define FXSAVE_MXCSR_MASK 28

#define FPU_CONTROL  0x037fu /* all exceptions masked, 64 bits of precision */
#define MXCSR_MASKED 0x1f80u /* all exceptions masked */

/* Bits of MXCSR that the CPU has; FXRSTOR with any other raises #GP. */
static u32 mxcsr_mask __ro_after_init;

static u32 *word_at(struct fpu_state *fpu, unsigned int offset)
{
	return (u32 *)(fpu->bytes + offset);
}

/* FNSAVE also initialises the FPU. */
static void fpu_save(struct fpu_state *fpu)
{
	if (cpu_has(CPU_FXSR))
		__asm__ volatile("fxsave %0" : "=m"(*fpu));
	else if (cpu_has(CPU_FPU))
		__asm__ volatile("fnsave %0" : "=m"(*fpu));
}

/* FRSTOR waits for a pending exception of the registers before, which is no longer wanted. */
static void fpu_load(const struct fpu_state *fpu)
{
	if (cpu_has(CPU_FXSR))
		__asm__ volatile("fxrstor %0" ::"m"(*fpu));
	else if (cpu_has(CPU_FPU))
		__asm__ volatile("fnclex; frstor %0" ::"m"(*fpu));
}

void user_context_switch(struct user_context *prev, struct user_context *next)
{
	if (prev)
		fpu_save(&prev->fpu);
	if (!next) {
		pagetable_rest();
		return;
	}
	pagetable_load(next->pagetable);
	cpu_set_program(next->esp0, next->tls);
	fpu_load(&next->fpu);
}

/* The registers of a new program. */
static struct fpu_state initial_fpu __ro_after_init;

static void __init make_initial_fpu(void)
{
	struct fpu_state *fpu = &initial_fpu;

	*word_at(fpu, 0) = FPU_CONTROL;
	if (cpu_has(CPU_FXSR)) {
		*word_at(fpu, FXSAVE_MXCSR) = MXCSR_MASKED;
	} else {
		*word_at(fpu, 0) |= 0xffff0000;
		*word_at(fpu, 4) = 0xffff0000;
		*word_at(fpu, 8) = 0xffffffff; /* all registers are empty */
	}
}

void user_context_init(struct user_context *context)
{
	context->fpu = initial_fpu;
}

void user_context_reset_fpu(void)
{
	fpu_load(&initial_fpu);
}

void user_context_set_pagetable(struct user_context *context, struct pagetable *pagetable)
{
	unsigned long flags = local_irq_save();

	context->pagetable = pagetable;
	pagetable_load(pagetable);
	cpu_set_user_stack(context->esp0);
	local_irq_restore(flags);
}

void user_context_save_fpu(struct user_context *context)
{
	unsigned long flags = local_irq_save();

	fpu_save(&context->fpu);
	if (!cpu_has(CPU_FXSR))
		fpu_load(&context->fpu);
	local_irq_restore(flags);
}

void user_context_load_fpu(struct user_context *context)
{
	unsigned long flags = local_irq_save();

	if (cpu_has(CPU_FXSR))
		*word_at(&context->fpu, FXSAVE_MXCSR) &= mxcsr_mask;
	fpu_load(&context->fpu);
	local_irq_restore(flags);
}

/* --- registers in the memory of a program ----------------------------------------------------- */

#define FSAVE_SIZE 112u /* with the two words behind the image */

/* Accesses with the labels 1 to 5, which may be one and the same, continue at 6 after a fault. */
#define FPU_FAULTS(label)                         \
	".pushsection exception_table, \"a\"\n\t" \
	".balign 4\n\t"                           \
	".long " label ", 6b\n\t"                 \
	".popsection\n\t"

static int write_fxsave(void __user *fxsave)
{
	int error = -EFAULT;

	if (!access_ok(fxsave, sizeof(struct fpu_state)))
		return -EFAULT;
	__asm__ volatile(SMAP_STAC "1: fxsave (%[at])\n\t"
				   "xorl %[error], %[error]\n"
				   "6: " SMAP_CLAC FPU_FAULTS("1b")
			 : [error] "+r"(error)
			 : [at] "r"(fxsave)
			 : "memory", "cc");
	return error;
}

/*
 * A fault leaves the registers alone, so FNSAVE can be repeated when the page is there. Bits 16 to
 * 31 of the first three words are ones, as the SDM draws them (1, 8.1.10); emulators store zeroes.
 */
int user_context_write_fpu(void __user *fsave, void __user *fxsave)
{
	u32 ones = 0xffff0000, tail = cpu_has(CPU_FXSR) ? 0 : ones;
	int error = -EFAULT;
	u16 status;

	if (!access_ok(fsave, FSAVE_SIZE) || (cpu_has(CPU_FXSR) && write_fxsave(fxsave)))
		return -EFAULT;
	__asm__ volatile("fnstsw %0" : "=a"(status));
	tail |= status;
	__asm__ volatile(SMAP_STAC "1: fnsave (%[at])\n"
				   "2: orl %[ones], (%[at])\n"
				   "3: orl %[ones], 4(%[at])\n"
				   "4: orl %[ones], 8(%[at])\n"
				   "5: movl %[tail], 108(%[at])\n\t"
				   "xorl %[error], %[error]\n"
				   "6: " SMAP_CLAC FPU_FAULTS("1b, 6b, 2b, 6b, 3b, 6b, 4b, 6b, 5b")
			 : [error] "+r"(error)
			 : [at] "r"(fsave), [ones] "r"(ones), [tail] "r"(tail)
			 : "memory", "cc");
	return error;
}

static int read_fsave(const void __user *fsave)
{
	int error = -EFAULT;

	if (!access_ok(fsave, FSAVE_SIZE))
		return -EFAULT;
	/* FRSTOR waits for a pending exception of the registers before. */
	__asm__ volatile(SMAP_STAC "fnclex\n"
				   "1: frstor (%[at])\n\t"
				   "xorl %[error], %[error]\n"
				   "6: " SMAP_CLAC FPU_FAULTS("1b")
			 : [error] "+r"(error)
			 : [at] "r"(fsave)
			 : "memory", "cc");
	return error;
}

/* FXRSTOR raises #GP at an address that is not aligned, and for bits that MXCSR does not have. An
 * emulator may load those bits. */
static int read_fxsave_slowly(const void __user *fxsave) noinline;
static int read_fxsave_slowly(const void __user *fxsave)
{
	struct fpu_state fpu __aligned(16);

	if (copy_from_user(&fpu, fxsave, sizeof(fpu)))
		return -EFAULT;
	*word_at(&fpu, FXSAVE_MXCSR) &= mxcsr_mask;
	fpu_load(&fpu);
	return 0;
}

static int read_fxsave(const void __user *fxsave)
{
	int error = -EFAULT;

	if (!access_ok(fxsave, sizeof(struct fpu_state)))
		return -EFAULT;
	__asm__ volatile(SMAP_STAC "1: testl %[reserved], 24(%[at])\n\t"
				   "jnz 6f\n"
				   "2: fxrstor (%[at])\n\t"
				   "xorl %[error], %[error]\n"
				   "6: " SMAP_CLAC FPU_FAULTS("1b, 6b, 2b")
			 : [error] "+r"(error)
			 : [at] "r"(fxsave), [reserved] "r"(~mxcsr_mask)
			 : "memory", "cc");
	return error ? read_fxsave_slowly(fxsave) : 0;
}

int user_context_read_fpu(const void __user *fsave, const void __user *fxsave)
{
	if (cpu_has(CPU_FXSR) && read_fxsave(fxsave))
		return -EFAULT;
	return read_fsave(fsave);
}

/* --- thread-local storage --------------------------------------------------------------------- */

void user_context_load_tls(const struct user_context *context)
{
	unsigned long flags = local_irq_save();

	cpu_set_tls(context->tls);
	local_irq_restore(flags);
}

/* --- registers that a program writes ---------------------------------------------------------- */

static bool is_tls_selector(u32 selector)
{
	u32 index = selector >> 3;

	return (selector & 7) == 3 && index >= TLS_FIRST && index < TLS_FIRST + NR_TLS;
}

static u32 user_selector(u32 selector)
{
	selector = (selector & 0xffff) | 3;
	if (likely(selector == SEL_USER_DATA))
		return selector;
	if (selector == 3) /* the null selector */
		return 0;
	return selector == SEL_USER_CODE || is_tls_selector(selector) ? selector : 0;
}

void user_frame_sanitize(struct trap_frame *frame)
{
	frame->cs = SEL_USER_CODE;
	frame->ss = SEL_USER_DATA;
	frame->ds = user_selector(frame->ds);
	frame->es = user_selector(frame->es);
	frame->fs = user_selector(frame->fs);
	frame->gs = user_selector(frame->gs);
	frame->eflags = (frame->eflags & X86_EFLAGS_USER) | X86_EFLAGS_IF | X86_EFLAGS_ALWAYS;
}

/* --- boot ------------------------------------------------------------------------------------- */

/* A CPU without CPUID may have an FPU or not: only one that exists answers (Intel SDM 1, 19.1). */
static void __init find_fpu(void)
{
	u16 status = 0xffff;

	if (boot_cpu.has_cpuid)
		return;
	write_cr0(read_cr0() & ~(unsigned long)(CR0_EM | CR0_TS));
	__asm__ volatile("fninit; fnstsw %0" : "+m"(status));
	if (status == 0)
		boot_cpu.features[CPU_FPU / 32] |= 1u << CPU_FPU % 32;
}

static void __init find_mxcsr_mask(void)
{
	struct fpu_state fpu __aligned(16);

	if (!cpu_has(CPU_FXSR))
		return;
	memset(&fpu, 0, sizeof(fpu));
	fpu_save(&fpu);
	mxcsr_mask = *word_at(&fpu, FXSAVE_MXCSR_MASK);
	if (!mxcsr_mask)
		mxcsr_mask = 0xffbf; /* 11.6.6 */
}

/*
 * Also on the boot CPU. With CR0.AM a program may set AC, to find accesses that are not aligned.
 * CR4 is not touched if the CPU has none of the features: it may have no CR4.
 */
void user_cpu_init(void)
{
	unsigned long cr0 = read_cr0() & ~(unsigned long)(CR0_EM | CR0_TS | CR0_MP);
	unsigned long cr4 = (cpu_has(CPU_FXSR) ? CR4_OSFXSR : 0) |
			    (cpu_has(CPU_SSE) ? CR4_OSXMMEXCPT : 0) |
			    (cpu_has(CPU_SMEP) ? CR4_SMEP : 0) | (cpu_has(CPU_SMAP) ? CR4_SMAP : 0);

	write_cr0(cr0 | CR0_NE | CR0_AM | (cpu_has(CPU_FPU) ? CR0_MP : CR0_EM));
	if (cr4)
		write_cr4(read_cr4() | cr4);
	if (cpu_has(CPU_FPU))
		__asm__ volatile("fninit");
}

void __init user_cpu_init_boot(void)
{
	find_fpu();
	user_cpu_init();
	find_mxcsr_mask();
	make_initial_fpu();
}
