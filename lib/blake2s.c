/* SPDX-License-Identifier: MIT */
#include <lib/blake2s.h>
#include <lib/string.h>

/*
 * BLAKE2s, RFC 7693: a cryptographic hash for 32-bit CPUs. A hash with a key is a signature that
 * only owners of the key can make. Graded test results are signed with it
 * (tests/kernel/graded.c).
 *
 * The input is cut into blocks of 64 bytes. A key is a block of its own in front of the data,
 * filled up with zeros. compress() mixes a block into the eight words of the hash: ten rounds, each
 * of which mixes the four columns of a 4 x 4 matrix, and then its four diagonals. The last block is
 * marked, so no hash is the beginning of a longer computation.
 *
 * All words with secrets are in one structure, which is cleared at the end. They are read byte by
 * byte, so the result is the same on each machine.
 */

#define BLOCK  64
#define ROUNDS 10

struct blake2s {
	u32 hash[8];
	u32 words[16]; /* of the block */
	u32 matrix[16];
	u8 block[BLOCK];
	u32 bytes; /* that were hashed so far */
};

/* RFC 7693, 2.6: the first 32 bits of the fractional parts of the roots of 2, 3, 5, ... 19. */
static const u32 start_words[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* RFC 7693, 2.7: the order in which a round takes the words of the block. */
static const u8 word_order[ROUNDS][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

/* The cells of the matrix that one step mixes: four columns, then four diagonals. */
static const u8 mixed_cells[8][4] = {
	{ 0, 4, 8, 12 },  { 1, 5, 9, 13 },  { 2, 6, 10, 14 }, { 3, 7, 11, 15 },
	{ 0, 5, 10, 15 }, { 1, 6, 11, 12 }, { 2, 7, 8, 13 },  { 3, 4, 9, 14 },
};

static u32 rotate_right(u32 word, unsigned int bits)
{
	return word >> bits | word << (32 - bits);
}

/* RFC 7693, 3.1: mixes two words of the block into four cells. */
static void mix(u32 *matrix, const u8 *cell, u32 x, u32 y)
{
	u32 *a = &matrix[cell[0]], *b = &matrix[cell[1]];
	u32 *c = &matrix[cell[2]], *d = &matrix[cell[3]];

	*a += *b + x;
	*d = rotate_right(*d ^ *a, 16);
	*c += *d;
	*b = rotate_right(*b ^ *c, 12);
	*a += *b + y;
	*d = rotate_right(*d ^ *a, 8);
	*c += *d;
	*b = rotate_right(*b ^ *c, 7);
}

/* RFC 7693, 3.2. The count of bytes has 64 bits there; here it has 32, and the others are 0. */
static void compress(struct blake2s *state, bool last)
{
	u32 *matrix = state->matrix;

	for (u32 i = 0; i < 16; i++) {
		const u8 *byte = &state->block[4 * i];

		state->words[i] = byte[0] | byte[1] << 8 | byte[2] << 16 | (u32)byte[3] << 24;
	}
	memcpy(matrix, state->hash, sizeof(state->hash));
	memcpy(matrix + 8, start_words, sizeof(start_words));
	matrix[12] ^= state->bytes;
	if (last)
		matrix[14] = ~matrix[14];
	for (u32 round = 0; round < ROUNDS; round++) {
		const u8 *order = word_order[round];

		for (u32 i = 0; i < 8; i++)
			mix(matrix, mixed_cells[i], state->words[order[2 * i]],
			    state->words[order[2 * i + 1]]);
	}
	for (u32 i = 0; i < 8; i++)
		state->hash[i] ^= matrix[i] ^ matrix[i + 8];
}

/* Hashes up to 64 bytes, filled up with zeros, which count as @counted bytes. */
static void add_block(struct blake2s *state, const void *data, size_t n, u32 counted, bool last)
{
	memset(state->block, 0, BLOCK);
	memcpy(state->block, data, n);
	state->bytes += counted;
	compress(state, last);
}

void blake2s(void *out, size_t out_size, const void *key, size_t key_size, const void *data,
	     size_t n)
{
	const u8 *byte = data;
	struct blake2s state = { .bytes = 0 };

	memcpy(state.hash, start_words, sizeof(state.hash));
	state.hash[0] ^= 0x01010000u ^ (u32)key_size << 8 ^ (u32)out_size;
	if (key_size)
		add_block(&state, key, key_size, BLOCK, n == 0);
	for (; n > BLOCK; n -= BLOCK, byte += BLOCK)
		add_block(&state, byte, BLOCK, BLOCK, false);
	if (n || !key_size)
		add_block(&state, byte, n, (u32)n, true);
	for (size_t i = 0; i < out_size; i++)
		((u8 *)out)[i] = (u8)(state.hash[i / 4] >> 8 * (i % 4));
	memset(&state, 0, sizeof(state));
	/* The compiler must not leave out the memset(), although nothing reads the memory again. */
	__asm__ volatile("" : : "r"(&state) : "memory");
}
