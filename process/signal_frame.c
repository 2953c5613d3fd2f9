/* SPDX-License-Identifier: MIT */
#include <asm/uaccess.h>
#include <kernel/syscall.h>
#include <process/process.h>
#include <process/signal_fpu.h>
#include <process/signal_frame.h>

/*
 * The frame of a handler on the program's stack, in the layout of Linux for i386, because programs
 * look into it:
 *
 *	higher    FPU state, at a multiple of 64 with FXSAVE     (signal_fpu.c)
 *	          code that calls sigreturn, only looked at by debuggers
 *	          old frame: rest of the mask       RT frame: ucontext with registers and mask
 *	          old frame: registers              RT frame: siginfo_t
 *	          number of the signal              (and two pointers, in the RT frame)
 *	lower     return address: SA_RESTORER, or SIGRETURN_ADDRESS
 *
 * ESP + 4 is a multiple of 16, as at the start of each function of the System V ABI.
 *
 * Linux returns to code on the stack if there is no SA_RESTORER, and on a CPU with NX (no-execute)
 * that code cannot run. Here the handler returns to an address in the kernel's half. The program
 * gets a page fault there, and signal_trap.c does what sigreturn does.
 *
 * sigreturn trusts nothing: the program may have written anything into the frame. The registers
 * pass user_frame_sanitize(), and the FPU clears reserved bits.
 */

#define EFLAGS_TF 0x00000100u
#define EFLAGS_DF 0x00000400u
#define EFLAGS_RF 0x00010000u

#define NO_CALL UINT32_MAX /* as in signal_deliver.c */

/* struct sigcontext. It begins with the words of a trap frame. */
struct sigcontext {
	struct trap_frame regs;
	u32 fpstate, oldmask, cr2;
};

/* The part of an old frame that sigreturn needs, and the room of Linux' FPU state behind it. */
struct old_frame {
	u32 restorer, signal;
	struct sigcontext context;
};

#define OLD_FRAME_UNUSED 624u

struct old_frame_end {
	u32 mask_high;
	u32 code[2];
};

#define OLD_FRAME_SIZE (sizeof(struct old_frame) + OLD_FRAME_UNUSED + sizeof(struct old_frame_end))

/* The two parts of an RT frame that the kernel writes; between them is the rest of siginfo_t. */
struct rt_frame {
	u32 restorer, signal, info_address, context_address;
	struct signal_info info;
};

struct rt_frame_end {
	u32 flags, link;
	u32 stack, stack_flags, stack_size;
	struct sigcontext context;
	u32 mask[2];
	u32 code[2];
};

#define RT_FRAME_INFO 16u
#define RT_FRAME_END  (RT_FRAME_INFO + SIGINFO_SIZE)
#define RT_FRAME_SIZE (RT_FRAME_END + sizeof(struct rt_frame_end))

_Static_assert(sizeof(struct sigcontext) == 88, "struct sigcontext of Linux");
_Static_assert(OLD_FRAME_SIZE == 732 && RT_FRAME_SIZE == 268, "frames of Linux");

/* --- saving ----------------------------------------------------------------------------------- */

/*
 * A CPU may push a selector as 16 bits, and leave the upper half of the word on the kernel's stack
 * as it was (Intel SDM 2B, PUSH). The program must not see what was there.
 */
static void clear_upper_halves(struct trap_frame *regs)
{
	regs->gs &= 0xffff;
	regs->fs &= 0xffff;
	regs->es &= 0xffff;
	regs->ds &= 0xffff;
	regs->cs &= 0xffff;
	regs->ss &= 0xffff;
}

static void save_registers(struct sigcontext *context, const struct trap_frame *regs, u32 fpstate,
			   sigset_t blocked)
{
	const struct task_signals *signals = &current_task()->signals;

	context->regs = *regs;
	clear_upper_halves(&context->regs);
	context->regs.esp_unused = regs->esp;
	context->regs.vector = signals->trap_vector;
	context->regs.error_code = signals->trap_error;
	context->fpstate = fpstate;
	context->oldmask = (u32)blocked;
	context->cr2 = signals->trap_address;
}

/* popl %eax; movl $119, %eax; int $0x80 */
#define OLD_CODE                               \
	{                                      \
		119 << 16 | 0xb858, 0x80cd0000 \
	}
/* movl $173, %eax; int $0x80 */
#define RT_CODE_LOW  (173u << 8 | 0xb8)
#define RT_CODE_HIGH 0x0080cd00u

static bool write_old_frame(u32 sp, const struct trap_frame *regs,
			    const struct signal_action *action, const struct signal_info *info,
			    u32 fpstate, sigset_t blocked)
{
	struct old_frame frame = { .restorer = SIGRETURN_ADDRESS, .signal = (u32)info->signal };
	struct old_frame_end end = { (u32)(blocked >> 32), OLD_CODE };

	if (action->flags & SA_RESTORER)
		frame.restorer = action->restorer;
	save_registers(&frame.context, regs, fpstate, blocked);
	return !copy_to_user((void __user *)sp, &frame, sizeof(frame)) &&
	       !copy_to_user((void __user *)(sp + sizeof(frame) + OLD_FRAME_UNUSED), &end,
			     sizeof(end));
}

static bool write_rt_frame(u32 sp, const struct trap_frame *regs,
			   const struct signal_action *action, const struct signal_info *info,
			   u32 fpstate, sigset_t blocked)
{
	const struct task_signals *signals = &current_task()->signals;
	struct rt_frame frame = { .restorer = RT_SIGRETURN_ADDRESS, .signal = (u32)info->signal };
	struct rt_frame_end end;

	if (action->flags & SA_RESTORER)
		frame.restorer = action->restorer;
	frame.info_address = sp + RT_FRAME_INFO;
	frame.context_address = sp + RT_FRAME_END;
	frame.info = *info;
	end.flags = end.link = 0;
	end.stack = signals->stack;
	end.stack_size = signals->stack_size;
	end.stack_flags = !signals->stack_size                  ? SS_DISABLE
			  : signal_on_stack(signals, regs->esp) ? SS_ONSTACK
								: signals->stack_flags;
	save_registers(&end.context, regs, fpstate, blocked);
	end.mask[0] = (u32)blocked;
	end.mask[1] = (u32)(blocked >> 32);
	end.code[0] = RT_CODE_LOW;
	end.code[1] = RT_CODE_HIGH;
	return !copy_to_user((void __user *)sp, &frame, sizeof(frame)) &&
	       !copy_to_user((void __user *)(sp + RT_FRAME_END), &end, sizeof(end));
}

/* The end of the stack for the frame; 0 if the alternate stack has overflowed. */
static u32 choose_stack(struct task_signals *signals, const struct trap_frame *regs, u32 flags)
{
	if (!(flags & SA_ONSTACK) || !signals->stack_size || signal_on_stack(signals, regs->esp))
		return regs->esp;
	return signals->stack + signals->stack_size;
}

bool signal_frame_build(struct trap_frame *regs, const struct signal_action *action,
			const struct signal_info *info, sigset_t blocked)
{
	struct task_signals *signals = &current_task()->signals;
	bool rt = action->flags & SA_SIGINFO;
	u32 top = choose_stack(signals, regs, action->flags);
	u32 fpstate = signal_fpu_place(top), sp;
	bool written;

	sp = ((fpstate - (rt ? RT_FRAME_SIZE : OLD_FRAME_SIZE) + 4) & ~15u) - 4;
	/* The frame must not begin below the alternate stack, nor wrap around address 0. */
	if (sp > top || (signals->stack_size && top - signals->stack - 1 < signals->stack_size &&
			 sp <= signals->stack))
		return false;
	if (!signal_fpu_save(fpstate))
		return false;
	if (fpstate == top) /* no FPU */
		fpstate = 0;
	written = rt ? write_rt_frame(sp, regs, action, info, fpstate, blocked)
		     : write_old_frame(sp, regs, action, info, fpstate, blocked);
	if (!written)
		return false;
	if (signals->stack_flags & SS_AUTODISARM)
		signals->stack = signals->stack_size = signals->stack_flags = 0;
	signal_fpu_reset();
	regs->eax = (u32)info->signal;
	regs->edx = rt ? sp + RT_FRAME_INFO : 0;
	regs->ecx = rt ? sp + RT_FRAME_END : 0;
	regs->eip = action->handler;
	regs->esp = sp;
	regs->cs = SEL_USER_CODE;
	regs->ds = regs->es = regs->ss = SEL_USER_DATA;
	regs->eflags &= ~(EFLAGS_TF | EFLAGS_DF | EFLAGS_RF);
	return true;
}

/* --- restoring -------------------------------------------------------------------------------- */

static bool restore_registers(struct trap_frame *regs, const struct sigcontext *context)
{
	*regs = context->regs;
	regs->vector = 0x80;
	regs->error_code = NO_CALL;
	user_frame_sanitize(regs);
	return !context->fpstate || signal_fpu_restore(context->fpstate);
}

static bool return_from_old(struct trap_frame *regs)
{
	/* RET has popped the return address, and the code of SA_RESTORER the number. */
	u32 sp = regs->esp - 8;
	struct old_frame frame;
	u32 mask_high;

	if (copy_from_user(&frame, (void __user *)sp, sizeof(frame)) ||
	    get_user_u32(&mask_high, (void __user *)(sp + sizeof(frame) + OLD_FRAME_UNUSED)))
		return false;
	signals_set_blocked(frame.context.oldmask | (u64)mask_high << 32);
	return restore_registers(regs, &frame.context);
}

static bool return_from_rt(struct trap_frame *regs)
{
	struct task_signals *signals = &current_task()->signals;
	struct rt_frame_end end;

	if (copy_from_user(&end, (void __user *)(regs->esp - 4 + RT_FRAME_END), sizeof(end)))
		return false;
	signals_set_blocked(end.mask[0] | (u64)end.mask[1] << 32);
	if (!restore_registers(regs, &end.context))
		return false;
	/* Only SS_AUTODISARM has changed the alternate stack. */
	if (end.stack_flags & SS_AUTODISARM) {
		signals->stack = end.stack;
		signals->stack_size = end.stack_size;
		signals->stack_flags = SS_AUTODISARM;
	}
	return true;
}

void signal_frame_return(struct trap_frame *regs, bool rt)
{
	current_task()->signals.restart.call = NULL;
	if (!(rt ? return_from_rt(regs) : return_from_old(regs)))
		signal_force(&(struct signal_info){ .signal = SIGSEGV, .code = SI_KERNEL });
}

SYSCALL(119, sigreturn)
{
	signal_frame_return(regs, false);
	return (long)regs->eax;
}

SYSCALL(173, rt_sigreturn)
{
	signal_frame_return(regs, true);
	return (long)regs->eax;
}
