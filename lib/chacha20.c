/* SPDX-License-Identifier: MIT */
#include <lib/chacha20.h>
#include <lib/string.h>

/*
 * ChaCha20 (Bernstein 2008; RFC 8439): makes 64 bytes of a short key and a number, which nothing
 * can tell from random ones without the key. A hash could do the same, but costs more than three
 * times as much per byte.
 *
 * The input is a 4 x 4 matrix of words: a constant, the key, the number of the block, and a nonce,
 * which is 0 here. A double round mixes the four columns, and then the four diagonals. After ten of
 * them the input is added, so that no step can be computed backward.
 */

#define DOUBLE_ROUNDS 10

static inline u32 rotate_left(u32 word, unsigned int bits)
{
	return word << bits | word >> (32 - bits);
}

/* RFC 8439, 2.1. */
static inline void quarter_round(u32 *pa, u32 *pb, u32 *pc, u32 *pd)
{
	u32 a = *pa, b = *pb, c = *pc, d = *pd;

	a += b;
	d = rotate_left(d ^ a, 16);
	c += d;
	b = rotate_left(b ^ c, 12);
	a += b;
	d = rotate_left(d ^ a, 8);
	c += d;
	b = rotate_left(b ^ c, 7);
	*pa = a;
	*pb = b;
	*pc = c;
	*pd = d;
}

/* RFC 8439, 2.3. */
void chacha20_block(u32 block[CHACHA20_BLOCK_WORDS], const u32 key[CHACHA20_KEY_WORDS], u32 counter)
{
	/* "expand 32-byte k" */
	static const u32 constant[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(block, constant, sizeof(constant));
	memcpy(block + 4, key, CHACHA20_KEY_WORDS * sizeof(u32));
	block[12] = counter;
	block[13] = block[14] = block[15] = 0;
	for (u32 round = 0; round < DOUBLE_ROUNDS; round++) {
		quarter_round(block, block + 4, block + 8, block + 12);
		quarter_round(block + 1, block + 5, block + 9, block + 13);
		quarter_round(block + 2, block + 6, block + 10, block + 14);
		quarter_round(block + 3, block + 7, block + 11, block + 15);
		quarter_round(block, block + 5, block + 10, block + 15);
		quarter_round(block + 1, block + 6, block + 11, block + 12);
		quarter_round(block + 2, block + 7, block + 8, block + 13);
		quarter_round(block + 3, block + 4, block + 9, block + 14);
	}
	for (u32 i = 0; i < 4; i++)
		block[i] += constant[i];
	for (u32 i = 0; i < CHACHA20_KEY_WORDS; i++)
		block[4 + i] += key[i];
	block[12] += counter;
}
