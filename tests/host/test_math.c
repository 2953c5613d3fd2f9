/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <lib/math.h>

/*
 * Compares lib/div64.c with this machine's division: every pair of edge values, and random numbers
 * of every length, since numbers of similar length give the interesting quotients. The square roots
 * and bit counts of <lib/math.h> are compared with their definitions.
 */

u64 hl_udivmoddi4(u64 n, u64 d, u64 *rem);
s64 hl_divmoddi4(s64 n, s64 d, s64 *rem);
u64 hl_udivdi3(u64 n, u64 d);
u64 hl_umoddi3(u64 n, u64 d);
s64 hl_divdi3(s64 n, s64 d);
s64 hl_moddi3(s64 n, s64 d);

static void compare(u64 n, u64 d)
{
	s64 sn = (s64)n, sd = (s64)d, srem;
	u64 rem;

	if (d == 0)
		return;
	if (hl_udivmoddi4(n, d, &rem) != n / d || rem != n % d || hl_udivdi3(n, d) != n / d ||
	    hl_umoddi3(n, d) != n % d)
		host_fail(__FILE__, __LINE__, "%#llx / %#llx", n, d);
	if (sn == INT64_MIN && sd == -1)
		return;
	if (hl_divmoddi4(sn, sd, &srem) != sn / sd || srem != sn % sd ||
	    hl_divdi3(sn, sd) != sn / sd || hl_moddi3(sn, sd) != sn % sd)
		host_fail(__FILE__, __LINE__, "%lld / %lld", (long long)sn, (long long)sd);
}

/* All numbers within 2 of a power of two, of a difference of two such, and of 10^n. */
static void edges(void)
{
	static u64 edge[4096];
	size_t n = 0;
	u64 ten = 1;

	for (int i = 0; i < 64; i++)
		for (u64 near = 0; near < 5; near++)
			edge[n++] = (1ull << i) + near - 2;
	for (int i = 0; i < 64; i += 4)
		for (int j = 0; j < i; j += 8)
			edge[n++] = (1ull << i) - (1ull << j);
	for (int i = 0; i < 20; i++, ten *= 10)
		edge[n++] = ten;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			compare(edge[i], edge[j]);
}

static void random_numbers(void)
{
	for (int round = 0; round < 1000000; round++)
		compare(host_random() >> host_random_below(64),
			host_random() >> host_random_below(64));
}

/* Dividends around the multiples of a divisor, where an estimate would be one off. */
static void multiples(void)
{
	for (int round = 0; round < 1000000; round++) {
		u64 d = host_random() >> host_random_below(64);
		u64 n = d * (host_random() >> host_random_below(64));

		compare(n - 1, d);
		compare(n, d);
		compare(n + 1, d);
	}
}

static void roots(void)
{
	for (unsigned long root = 0; root <= ULONG_MAX >> (4 * sizeof(root));
	     root += 1 + root / 1000) {
		unsigned long square = root * root;

		CHECK_EQ(int_sqrt(square), root);
		CHECK_EQ(int_sqrt(square + root), root);
		CHECK_EQ(int_sqrt(square + 2 * root), root);
		if (square)
			CHECK_EQ(int_sqrt(square - 1), root - 1);
	}
	CHECK_EQ(int_sqrt(ULONG_MAX), ULONG_MAX >> (4 * sizeof(long)));
}

static void weights(void)
{
	for (int round = 0; round < 100000; round++) {
		u32 word = (u32)host_random();

		CHECK_EQ(hweight32(word), __builtin_popcount(word));
	}
	CHECK_EQ(hweight32(0), 0);
	CHECK_EQ(hweight32(~0u), 32);
}

int main(void)
{
	host_run("edge values", edges);
	host_run("random numbers", random_numbers);
	host_run("around the multiples", multiples);
	host_run("integer square roots", roots);
	host_run("bits of a word", weights);
	return host_done();
}
