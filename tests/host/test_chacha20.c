/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <lib/blake2s.h>
#include <lib/chacha20.h>

/*
 * The key stream of ChaCha20 against the vectors of RFC 8439, and against a version in Python for
 * other keys and counters.
 */

static void is(const void *bytes, size_t n, const char *want)
{
	const u8 *byte = bytes;
	char text[65];

	for (size_t i = 0; i < n; i++)
		sprintf(text + 2 * i, "%02x", byte[i]);
	CHECK_STREQ(text, want);
}

/* Appendix A.1: the first half of blocks whose nonce is 0. */
static void vectors_of_the_rfc(void)
{
	u32 block[CHACHA20_BLOCK_WORDS], key[CHACHA20_KEY_WORDS] = { 0 };

	chacha20_block(block, key, 0);
	is(block, 32, "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7");
	chacha20_block(block, key, 1);
	is(block, 32, "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed");
	key[7] = 0x01000000;
	chacha20_block(block, key, 1);
	is(block, 32, "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a");
	key[7] = 0;
	key[0] = 0xff00;
	chacha20_block(block, key, 2);
	is(block, 32, "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca");
}

/*
 * The hash of 64 blocks, of a function block() that follows the RFC. In Python:
 *
 *	blocks = [block(bytes((7 * i + n) & 255 for i in range(32)), n) for n in range(64)]
 *	print(hashlib.blake2s(b"".join(blocks)).hexdigest())
 */
static void many_keys(void)
{
	static u32 blocks[64][CHACHA20_BLOCK_WORDS];
	u8 hash[BLAKE2S_SIZE];

	for (u32 n = 0; n < 64; n++) {
		u32 key[CHACHA20_KEY_WORDS];

		for (u32 i = 0; i < 32; i++)
			((u8 *)key)[i] = (u8)(7 * i + n);
		chacha20_block(blocks[n], key, n);
	}
	blake2s(hash, sizeof(hash), NULL, 0, blocks, sizeof(blocks));
	is(hash, 32, "470a4b503440cad12d52b199a92c29ef97bf40d292c8b3305b9eb9c38e7037cb");
}

int main(void)
{
	host_run("vectors of RFC 8439", vectors_of_the_rfc);
	host_run("many keys", many_keys);
	return host_done();
}
