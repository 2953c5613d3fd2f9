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
 * 7.3.17), the cycle counter and the clock. The hash replaces the pool, and a hash of the new pool
 * under another key is the output. So an output does not reveal the pool, and an old pool cannot be
 * computed from a newer one.
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

static void stir(u32 counter)
{
	u32 fresh[8];

	for (u32 i = 0; i < 4; i++)
		fresh[i] = hardware_word();
	fresh[4] = (u32)time_cycles();
	fresh[5] = (u32)time_ns();
	fresh[6] = counter;
	fresh[7] = (u32)(unsigned long)&fresh;
	blake2s(pool, sizeof(pool), pool, sizeof(pool), fresh, sizeof(fresh));
}

void entropy_fill(void *to, size_t n)
{
	static u32 requests;
	u8 *bytes = to, block[BLAKE2S_SIZE];

	while (n) {
		size_t part = min(n, sizeof(block));
		unsigned long flags = spin_lock_irqsave(&pool_lock);

		stir(++requests);
		blake2s(block, sizeof(block), pool, sizeof(pool), "output", 6);
		spin_unlock_irqrestore(&pool_lock, flags);
		memcpy(bytes, block, part);
		bytes += part;
		n -= part;
	}
	memset(block, 0, sizeof(block));
}
