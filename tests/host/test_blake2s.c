/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <lib/blake2s.h>

/*
 * BLAKE2s against the vectors of RFC 7693, and against Python's hashlib for all lengths of keys,
 * and data of up to two blocks.
 */

static void is(const void *hash, size_t n, const char *want)
{
	const u8 *byte = hash;
	char text[2 * BLAKE2S_SIZE + 1];

	for (size_t i = 0; i < n; i++)
		sprintf(text + 2 * i, "%02x", byte[i]);
	CHECK_STREQ(text, want);
}

/* Appendix B. */
static void abc(void)
{
	u8 hash[32];

	blake2s(hash, 32, NULL, 0, "abc", 3);
	is(hash, 32, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
}

/* Appendix E: the bytes that its self-test hashes. */
static void sequence(u8 *out, u32 n, u32 seed)
{
	u32 a = 0xdead4badu * seed, b = 1;

	for (u32 i = 0; i < n; i++) {
		u32 sum = a + b;

		a = b;
		b = sum;
		out[i] = (u8)(sum >> 24);
	}
}

static void self_test_of_the_rfc(void)
{
	static const u32 sizes[] = { 16, 20, 28, 32 }, lengths[] = { 0, 3, 64, 65, 255, 1024 };
	static u8 hashes[8192];
	u8 data[1024], key[32], hash[32];
	size_t at = 0;

	for (u32 s = 0; s < ARRAY_SIZE(sizes); s++)
		for (u32 i = 0; i < ARRAY_SIZE(lengths); i++) {
			sequence(data, lengths[i], lengths[i]);
			blake2s(hashes + at, sizes[s], NULL, 0, data, lengths[i]);
			at += sizes[s];
			sequence(key, sizes[s], sizes[s]);
			blake2s(hashes + at, sizes[s], key, sizes[s], data, lengths[i]);
			at += sizes[s];
		}
	blake2s(hash, 32, NULL, 0, hashes, at);
	is(hash, 32, "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
}

/*
 * The hash of 4323 hashes. In Python:
 *
 *	data = bytes(range(131))
 *	all = b"".join(hashlib.blake2s(data[:n], key=data[:k], digest_size=1 + (n + k) % 32)
 *	               .digest() for k in range(33) for n in range(131))
 *	print(hashlib.blake2s(all).hexdigest())
 */
static void hashlib_of_python(void)
{
	static u8 hashes[33 * 131 * 32];
	u8 data[131], hash[32];
	size_t at = 0;

	for (u32 i = 0; i < sizeof(data); i++)
		data[i] = (u8)i;
	for (u32 k = 0; k <= 32; k++)
		for (u32 n = 0; n < 131; n++) {
			size_t size = 1 + (n + k) % 32;

			blake2s(hashes + at, size, data, k, data, n);
			at += size;
		}
	blake2s(hash, 32, NULL, 0, hashes, at);
	is(hash, 32, "6265bc601c0a0455b85c8a143133a4ba82cbda2d8b829592e82b3208c0e0ef85");
}

static void key_is_overwritten(void)
{
	u8 state[32], next[32];

	memset(state, 7, sizeof(state));
	blake2s(next, 32, state, 32, "next", 4);
	blake2s(state, 32, state, 32, "next", 4);
	CHECK(memcmp(state, next, 32) == 0);
}

int main(void)
{
	host_run("abc", abc);
	host_run("the self-test of RFC 7693", self_test_of_the_rfc);
	host_run("hashlib of Python", hashlib_of_python);
	host_run("the hash may overwrite its key", key_is_overwritten);
	return host_done();
}
