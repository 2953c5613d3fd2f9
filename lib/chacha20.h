/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

#define CHACHA20_KEY_WORDS   8
#define CHACHA20_BLOCK_WORDS 16

/**
 * chacha20_block() - compute a block of the key stream of ChaCha20 (RFC 8439), with a nonce of 0
 * @block: gets the block; it may not overlap @key
 * @key: the key. Each is used for one stream only, since the nonce is always the same
 * @counter: number of the block in the stream
 *
 * Words are in the byte order of the CPU, which is that of the RFC, little endian.
 *
 * Context: any.
 */
void chacha20_block(u32 block[CHACHA20_BLOCK_WORDS], const u32 key[CHACHA20_KEY_WORDS],
		    u32 counter);
