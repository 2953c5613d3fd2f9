/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/entropy.h>
#include <asm/time.h>
#include <kernel/spinlock.h>
#include <lib/blake2s.h>
#include <lib/string.h>

/*
 * Random bytes for programs: AT_RANDOM, getrandom(2), /dev/urandom.
 *
 * Each request hashes the pool with what is new: the CPU's own generator (RDRAND, Intel SDM 1,
 * 7.3.17), the cycle counter and the clock. The hash replaces the pool. A hash of the new pool with
 * a word behind it is the output. So an output does not reveal the pool, and an old pool cannot be
 * computed from a newer one. Both inputs fit into one block of the hash, since each block costs
 * some 4,000 instructions, which execve(2) pays, too.
 *
 * The price: on a CPU without RDRAND the bytes are only as good as the jitter of the clock at the
 * time of the requests. The kernel never waits for better ones.
 */

/* Guards the pool. Interrupts are off; no other lock is acquired while it is held. */
static spinlock_t pool_lock;
static u8 pool[BLAKE2S_SIZE];

static u32 hardware_word(void)
{
	u32 word = 0;

	if (cpu_has(CPU_RDRAND))
		__asm__ volatile("rdrand %0" : "=r"(word) : : "cc");
	return word;
}

/* The pool and the words behind it, which are hashed together. */
struct input {
	u8 pool[BLAKE2S_SIZE];
	u32 more[8];
};

static void stir(u32 counter)
{
	struct input input;

	memcpy(input.pool, pool, sizeof(pool));
	for (u32 i = 0; i < 4; i++)
		input.more[i] = hardware_word();
	input.more[4] = (u32)time_cycles();
	input.more[5] = (u32)time_ns();
	input.more[6] = counter;
	input.more[7] = (u32)(unsigned long)&input;
	blake2s(pool, sizeof(pool), "", 0, &input, sizeof(input));
	memset(&input, 0, sizeof(input));
}

/* The input is shorter than that of stir(), so no output is ever a pool. */
static void output(u8 *block)
{
	u8 input[BLAKE2S_SIZE + 6];

	memcpy(input, pool, sizeof(pool));
	memcpy(input + sizeof(pool), "output", 6);
	blake2s(block, BLAKE2S_SIZE, "", 0, input, sizeof(input));
	memset(input, 0, sizeof(input));
}

void entropy_fill(void *to, size_t n)
{
	static u32 requests;
	u8 *bytes = to, block[BLAKE2S_SIZE];

	while (n) {
		size_t part = min(n, sizeof(block));
		unsigned long flags = spin_lock_irqsave(&pool_lock);

		stir(++requests);
		output(block);
		spin_unlock_irqrestore(&pool_lock, flags);
		memcpy(bytes, block, part);
		bytes += part;
		n -= part;
	}
	memset(block, 0, sizeof(block));
}
