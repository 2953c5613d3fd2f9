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

#define OLD_FRAME_END (sizeof(struct old_frame) + 624u)

struct old_frame_end {
	u32 mask_high;
	u32 code[2];
};

#define OLD_FRAME_SIZE (OLD_FRAME_END + sizeof(struct old_frame_end))

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
static u32 selector(u32 word)
{
	return (u16)word;
}

static u32 stack_flags(const struct task_signals *signals, u32 esp)
{
	if (!signals->stack_size)
		return SS_DISABLE;
	return signal_on_stack(signals, esp) ? SS_ONSTACK : signals->stack_flags;
}

/* popl %eax; movl $119, %eax; int $0x80 */
#define OLD_CODE_LOW  (119u << 16 | 0xb858)
#define OLD_CODE_HIGH 0x80cd0000u
/* movl $173, %eax; int $0x80 */
#define RT_CODE_LOW   (173u << 8 | 0xb8)
#define RT_CODE_HIGH  0x0080cd00u

/* Stores into a part of the frame. They need a variable of the part's name: its address. */
#define STORE(part, member, value) user_store(value, part, offsetof(struct part, member), fault)

/*
 * Writes the frame into the program's memory, word by word: a copy of it on the kernel's stack
 * would cost as much again. A store that fails leaves those before it.
 */
static bool write_frame(u32 sp, const struct task_signals *signals, const struct trap_frame *regs,
			const struct signal_action *action, const struct signal_info *info,
			u32 fpstate, sigset_t blocked)
{
	bool rt = action->flags & SA_SIGINFO;
	u32 restorer = action->flags & SA_RESTORER ? action->restorer
		       : rt                        ? RT_SIGRETURN_ADDRESS
						   : SIGRETURN_ADDRESS;
	u32 old_frame = sp, sigcontext = sp + offsetof(struct old_frame, context);

	if (!access_ok((void __user *)sp, rt ? RT_FRAME_SIZE : OLD_FRAME_SIZE))
		return false;
	user_access_begin();
	STORE(old_frame, restorer, restorer);
	STORE(old_frame, signal, info->signal);
	if (rt) {
		u32 rt_frame = sp, rt_frame_end = sp + RT_FRAME_END;

		STORE(rt_frame, info_address, sp + RT_FRAME_INFO);
		STORE(rt_frame, context_address, rt_frame_end);
		STORE(rt_frame, info.signal, info->signal);
		STORE(rt_frame, info.error, info->error);
		STORE(rt_frame, info.code, info->code);
		STORE(rt_frame, info.word[0], info->word[0]);
		STORE(rt_frame, info.word[1], info->word[1]);
		STORE(rt_frame, info.word[2], info->word[2]);
		STORE(rt_frame, info.word[3], info->word[3]);
		STORE(rt_frame, info.word[4], info->word[4]);
		STORE(rt_frame_end, flags, 0);
		STORE(rt_frame_end, link, 0);
		STORE(rt_frame_end, stack, signals->stack);
		STORE(rt_frame_end, stack_flags, stack_flags(signals, regs->esp));
		STORE(rt_frame_end, stack_size, signals->stack_size);
		STORE(rt_frame_end, mask[0], (u32)blocked);
		STORE(rt_frame_end, mask[1], (u32)(blocked >> 32));
		STORE(rt_frame_end, code[0], RT_CODE_LOW);
		STORE(rt_frame_end, code[1], RT_CODE_HIGH);
		sigcontext = rt_frame_end + offsetof(struct rt_frame_end, context);
	} else {
		u32 old_frame_end = sp + OLD_FRAME_END;

		STORE(old_frame_end, mask_high, (u32)(blocked >> 32));
		STORE(old_frame_end, code[0], OLD_CODE_LOW);
		STORE(old_frame_end, code[1], OLD_CODE_HIGH);
	}
	STORE(sigcontext, regs.gs, selector(regs->gs));
	STORE(sigcontext, regs.fs, selector(regs->fs));
	STORE(sigcontext, regs.es, selector(regs->es));
	STORE(sigcontext, regs.ds, selector(regs->ds));
	STORE(sigcontext, regs.edi, regs->edi);
	STORE(sigcontext, regs.esi, regs->esi);
	STORE(sigcontext, regs.ebp, regs->ebp);
	STORE(sigcontext, regs.esp_unused, regs->esp);
	STORE(sigcontext, regs.ebx, regs->ebx);
	STORE(sigcontext, regs.edx, regs->edx);
	STORE(sigcontext, regs.ecx, regs->ecx);
	STORE(sigcontext, regs.eax, regs->eax);
	STORE(sigcontext, regs.vector, signals->trap_vector);
	STORE(sigcontext, regs.error_code, signals->trap_error);
	STORE(sigcontext, regs.eip, regs->eip);
	STORE(sigcontext, regs.cs, selector(regs->cs));
	STORE(sigcontext, regs.eflags, regs->eflags);
	STORE(sigcontext, regs.esp, regs->esp);
	STORE(sigcontext, regs.ss, selector(regs->ss));
	STORE(sigcontext, fpstate, fpstate);
	STORE(sigcontext, oldmask, (u32)blocked);
	STORE(sigcontext, cr2, signals->trap_address);
	user_access_end();
	return true;
fault:
	user_access_end();
	return false;
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

	sp = ((fpstate - (rt ? RT_FRAME_SIZE : OLD_FRAME_SIZE) + 4) & ~15u) - 4;
	/* The frame must not begin below the alternate stack, nor wrap around address 0. */
	if (sp > top || (signals->stack_size && top - signals->stack - 1 < signals->stack_size &&
			 sp <= signals->stack))
		return false;
	if (!signal_fpu_save(fpstate))
		return false;
	/* Without an FPU there is no state. */
	if (!write_frame(sp, signals, regs, action, info, fpstate == top ? 0 : fpstate, blocked))
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
	    get_user_u32(&mask_high, (void __user *)(sp + OLD_FRAME_END)))
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
