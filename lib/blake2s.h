/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The most bytes of a hash, and of a key. */
#define BLAKE2S_SIZE 32

/**
 * blake2s() - compute a hash of BLAKE2s (RFC 7693), with or without a key
 * @out: gets the hash; it may be the same memory as @key
 * @out_size: bytes of the hash, 1 to BLAKE2S_SIZE; a shorter hash is no prefix of a longer one
 * @key: the key, which proves that the caller knows it
 * @key_size: bytes of @key, at most BLAKE2S_SIZE; 0: no key
 * @data: the bytes that are hashed
 * @n: their number
 *
 * No copy of the key or of the data stays in memory after the call.
 *
 * Context: any.
 */
void blake2s(void *out, size_t out_size, const void *key, size_t key_size, const void *data,
	     size_t n);
