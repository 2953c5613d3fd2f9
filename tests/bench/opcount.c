/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/traps.h>
#include <sched/sched.h>
#include <tests/bench/opcount.h>

/*
 * Counts the expensive instructions that a thread executes.
 *
 * The number of instructions hides what makes them expensive on a real CPU: a locked instruction
 * waits for all earlier stores, and INVLPG and writes of CR3 and CR4 discard translations.
 * Therefore the code is single-stepped. With the trap flag set, the CPU raises a debug exception
 * after each instruction, and the handler decodes the next one. The sources need no counters, and
 * no executed instruction is missed.
 *
 * POPF restores the flag that PUSHF saved, so sections with interrupts off are stepped like all
 * others. An interrupt clears the flag for its handler, and IRET sets it again. A thread that
 * starts to run with the flag on loses it at its first step.
 *
 * The price: some hundred instructions per instruction, so cycles are measured in another run.
 */

static struct opcounts counts;
static const struct thread *stepped;

/*
 * --- decoding an instruction --------------------------------------------------------------------
 */

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

/*
 * A ModRM byte (Intel SDM 2A, 2.1.3) contains the operand, and a register or an opcode extension.
 */
static bool names_memory(u8 modrm)
{
	return modrm >> 6 != 3;
}

static unsigned int reg_field(u8 modrm)
{
	return modrm >> 3 & 7;
}

/* Two-byte opcodes, without the first byte (Intel SDM 2D, table A-3). */
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

static bool count_step(struct trap_frame *frame)
{
	if (!READ_ONCE(stepped))
		return false;
	if (current == stepped)
		count_instruction((const u8 *)(unsigned long)frame->eip);
	else
		frame->eflags &= ~X86_EFLAGS_TF;
	return true;
}
DEBUG_HANDLER(count_step);

void opcount_begin(void)
{
	WRITE_ONCE(stepped, current);
	__asm__ volatile("pushfl; orl %0, (%%esp); popfl" ::"i"(X86_EFLAGS_TF) : "memory", "cc");
}

/* An exception also follows the instruction that clears the flag. The code that ends the counting
 * is not counted. */
void opcount_end(void)
{
	struct opcounts so_far = counts;

	__asm__ volatile("pushfl; andl %0, (%%esp); popfl" ::"i"(~X86_EFLAGS_TF) : "memory", "cc");
	__asm__ volatile("nop");
	WRITE_ONCE(stepped, NULL);
	counts = so_far;
}

struct opcounts opcount_take(void)
{
	struct opcounts taken = counts;

	counts = (struct opcounts){ 0 };
	return taken;
}
