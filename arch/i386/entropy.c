/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/entropy.h>
#include <asm/time.h>
#include <kernel/spinlock.h>
#include <lib/blake2s.h>
#include <lib/chacha20.h>
#include <lib/string.h>

/*
 * Random bytes for programs: AT_RANDOM, getrandom(2), /dev/urandom.
 *
 * The generator erases its key fast (Bernstein, "Fast-key-erasure random-number generators", 2017,
 * blog.cr.yp.to/20170723-random.html). A key makes a batch of four blocks of ChaCha20. Their first
 * bytes are the next key at once, so the old one is gone. The others are handed out, and erased
 * while they are:
 *
 *	key ──ChaCha20──▶ │ next key │ erased, handed out │ left ───────▶│
 *	 ▲                  32 bytes   224 bytes
 *	 └── BLAKE2s with the old key ◀── RDRAND, clock, times of requests
 *
 * So the bytes that were handed out cannot be found in memory afterwards, nor computed from what is
 * left there or from others. Before a batch is made, the key is hashed with what is new, unless
 * that was done less than a second ago: RDRAND (Intel SDM 1, 7.3.17), the clock, and the cycle
 * counter at the times of the requests. The hash is keyed with the old key, so new input never
 * makes the key easier to guess.
 *
 * The price: on a CPU without RDRAND the bytes are only as good as the jitter of the clock at the
 * time of the requests. The kernel never waits for better ones. A hash costs 9,000 instructions, a
 * batch 7,000, which 14 calls of execve(2) share.
 */

#define BATCH_BLOCKS   4u
#define BATCH_BYTES    (BATCH_BLOCKS * CHACHA20_BLOCK_WORDS * sizeof(u32))
#define KEY_BYTES      (CHACHA20_KEY_WORDS * sizeof(u32))
#define RENEWAL_NS     1000000000u
#define NR_NOISE_WORDS 4u

/* Guards all that follows. Interrupts are off; no other lock is acquired while it is held. */
static spinlock_t lock;

/* It begins with the key. @left bytes at its end were not handed out yet. */
static u32 batch[BATCH_BLOCKS * CHACHA20_BLOCK_WORDS];
static size_t left;

static u32 noise[NR_NOISE_WORDS], nr_requests;
static u64 renewed_ns;
static bool seeded;

static u32 hardware_word(void)
{
	u32 word = 0;

	if (cpu_has(CPU_RDRAND))
		__asm__ volatile("rdrand %0" : "=r"(word) : : "cc");
	return word;
}

/* Clears secrets where the compiler would see that nothing reads them again. */
static void erase(void *secret, size_t n)
{
	memset(secret, 0, n);
	__asm__ volatile("" : : "r"(secret) : "memory");
}

static void renew_key(u64 now)
{
	struct {
		u32 hardware[8];
		u64 cycles, ns;
		u32 noise[NR_NOISE_WORDS];
	} input = { .cycles = time_cycles(), .ns = now };

	for (u32 i = 0; i < 8; i++)
		input.hardware[i] = hardware_word();
	memcpy(input.noise, noise, sizeof(noise));
	blake2s(batch, KEY_BYTES, batch, KEY_BYTES, &input, sizeof(input));
	erase(&input, sizeof(input));
	renewed_ns = now;
	seeded = true;
}

static void make_batch(void)
{
	u64 now = time_ns();
	u32 key[CHACHA20_KEY_WORDS];

	if (!seeded || now - renewed_ns >= RENEWAL_NS)
		renew_key(now);
	memcpy(key, batch, sizeof(key));
	for (u32 i = 0; i < BATCH_BLOCKS; i++)
		chacha20_block(batch + i * CHACHA20_BLOCK_WORDS, key, i);
	erase(key, sizeof(key));
	left = BATCH_BYTES - KEY_BYTES;
}

/* The time of a request is a bit of noise, for the next key. */
static void add_noise(void)
{
	u32 *word = &noise[nr_requests++ % NR_NOISE_WORDS];

	*word = (*word << 7 | *word >> 25) ^ (u32)time_cycles();
}

void entropy_fill(void *to, size_t n)
{
	u8 *bytes = to;

	while (n) {
		unsigned long flags = spin_lock_irqsave(&lock);
		size_t part;
		u8 *from;

		add_noise();
		if (!left)
			make_batch();
		part = min(n, left);
		from = (u8 *)batch + BATCH_BYTES - left;
		memcpy(bytes, from, part);
		memset(from, 0, part);
		left -= part;
		spin_unlock_irqrestore(&lock, flags);
		bytes += part;
		n -= part;
	}
}
