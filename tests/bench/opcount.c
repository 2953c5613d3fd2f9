/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/traps.h>
#include <sched/sched.h>
#include <tests/bench/opcount.h>

/*
 * An instruction count hides what makes instructions expensive on a real CPU: a locked one waits for all
 * stores before it, INVLPG and moves to CR3 and CR4 throw translations away. So the code is executed step by
 * step: with the trap flag set the CPU raises a debug exception behind every instruction, and the handler
 * looks at the one that comes next. No source needs a counter for that, and nothing executed escapes it.
 *
 * POPF gives back the flag that PUSHF had seen, so sections with interrupts off are looked into like all
 * others. An interrupt clears the flag for its handler and IRET sets it again; a thread that came to run with
 * the flag on loses it at its first step.
 *
 * Price: some hundred instructions per instruction. What is measured in cycles is not run so.
 */

static struct opcounts counts;
static const struct thread *stepped;

/* --- what an instruction is ------------------------------------------------------------------- */

#define LOCK_PREFIX 0xf0

static bool is_prefix(u8 byte)
{
	static const u8 prefixes[] = { LOCK_PREFIX, 0xf2, 0xf3, 0x2e, 0x36, 0x3e,
				       0x26,        0x64, 0x65, 0x66, 0x67 };

	for (unsigned int i = 0; i < sizeof(prefixes); i++)
		if (byte == prefixes[i])
			return true;
	return false;
}

/* A ModRM byte (Intel SDM 2A, 2.1.3): what it operates on, and which register or operation. */
static bool names_memory(u8 modrm)
{
	return modrm >> 6 != 3;
}

static unsigned int reg_field(u8 modrm)
{
	return modrm >> 3 & 7;
}

/* Opcodes of two bytes, from the second on (Intel SDM 2D, table A-3). */
static void count_two_bytes(const u8 *code)
{
	if (code[0] == 0x01 && reg_field(code[1]) == 7 && names_memory(code[1]))
		counts.invlpg++;
	else if (code[0] == 0x22 && reg_field(code[1]) == 3)
		counts.cr3++;
	else if (code[0] == 0x22 && reg_field(code[1]) == 4)
		counts.cr4++;
}

static void count_instruction(const u8 *code)
{
	bool locked = false;

	counts.steps++;
	for (; is_prefix(*code); code++)
		locked |= *code == LOCK_PREFIX;
	/* XCHG of 8 and of 32 bits. */
	if ((code[0] == 0x86 || code[0] == 0x87) && names_memory(code[1]))
		locked = true;
	counts.locked += locked;
	counts.cli += code[0] == 0xfa || code[0] == 0xfb;
	counts.popf += code[0] == 0x9d;
	if (code[0] == 0x0f)
		count_two_bytes(code + 1);
}

/* --- stepping --------------------------------------------------------------------------------- */

static void step(struct trap_frame *frame)
{
	if (current == stepped)
		count_instruction((const u8 *)(unsigned long)frame->eip);
	else
		frame->eflags &= ~X86_EFLAGS_TF;
}

void opcount_begin(void)
{
	stepped = current;
	trap_use_debug(step);
	__asm__ volatile("pushfl; orl %0, (%%esp); popfl" ::"i"(X86_EFLAGS_TF) : "memory", "cc");
}

/* The instruction that clears the flag is followed by an exception, too. What ends the counting is not counted. */
void opcount_end(void)
{
	struct opcounts so_far = counts;

	__asm__ volatile("pushfl; andl %0, (%%esp); popfl" ::"i"(~X86_EFLAGS_TF) : "memory", "cc");
	__asm__ volatile("nop");
	trap_use_debug(NULL);
	counts = so_far;
	stepped = NULL;
}

struct opcounts opcount_take(void)
{
	struct opcounts taken = counts;

	counts = (struct opcounts){ 0 };
	return taken;
}
