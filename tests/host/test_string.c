/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <lib/errno.h>

/*
 * Compares the kernel's string functions with the C library's: the same calls on random strings
 * over a small alphabet, so that equal beginnings, repetitions and misses are frequent. Each buffer
 * ends at the end of its allocation, so the address sanitizer notices a byte that is read beyond
 * it.
 */

extern __typeof__(memcpy) hl_memcpy;
extern __typeof__(memmove) hl_memmove;
extern __typeof__(memset) hl_memset;
extern __typeof__(memcmp) hl_memcmp;
extern __typeof__(memchr) hl_memchr;
extern __typeof__(strlen) hl_strlen;
extern __typeof__(strnlen) hl_strnlen;
extern __typeof__(strcmp) hl_strcmp;
extern __typeof__(strncmp) hl_strncmp;
extern __typeof__(strchr) hl_strchr;
extern __typeof__(strrchr) hl_strrchr;
extern __typeof__(strstr) hl_strstr;
extern __typeof__(strspn) hl_strspn;
extern __typeof__(strcspn) hl_strcspn;
long hl_strscpy(char *to, const char *from, size_t size);

#define ROUNDS 20000

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static char random_char(void)
{
	return "abAB\x80\xff"[host_random_below(6)];
}

/* A string of at most max - 1 characters in an allocation of exactly its size. */
static char *random_string(size_t max)
{
	size_t len = host_random_below(max);
	char *s = malloc(len + 1);

	for (size_t i = 0; i < len; i++)
		s[i] = random_char();
	s[len] = '\0';
	return s;
}

static u8 *random_block(size_t n)
{
	u8 *block = malloc(n ? n : 1);

	for (size_t i = 0; i < n; i++)
		block[i] = (u8)host_random();
	return block;
}

/* All alignments of both ends, all lengths up to several words. */
static void copies(void)
{
	u8 got[96], want[96], from[96];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (u8)(i * 7 + 1);
	for (size_t to = 0; to < 8; to++) {
		for (size_t at = 0; at < 8; at++) {
			for (size_t n = 0; n < 64; n++) {
				memset(got, 0xee, sizeof(got));
				memset(want, 0xee, sizeof(want));
				memcpy(want + to, from + at, n);
				CHECK(hl_memcpy(got + to, from + at, n) == got + to);
				CHECK(memcmp(got, want, sizeof(got)) == 0);
			}
		}
	}
}

static void moves(void)
{
	u8 got[96], want[96];

	for (size_t to = 0; to < 40; to++) {
		for (size_t from = 0; from < 40; from++) {
			for (size_t n = 0; n < 56; n++) {
				for (size_t i = 0; i < sizeof(got); i++)
					got[i] = want[i] = (u8)(i * 5 + 3);
				memmove(want + to, want + from, n);
				CHECK(hl_memmove(got + to, got + from, n) == got + to);
				CHECK(memcmp(got, want, sizeof(got)) == 0);
			}
		}
	}
}

static void fills(void)
{
	static const int values[] = { 0, 1, 0x80, 0xff, 0x1ab, -1 };
	u8 got[96], want[96];

	for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
		for (size_t to = 0; to < 8; to++) {
			for (size_t n = 0; n < 64; n++) {
				memset(got, 0x55, sizeof(got));
				memset(want, 0x55, sizeof(want));
				memset(want + to, values[v], n);
				CHECK(hl_memset(got + to, values[v], n) == got + to);
				CHECK(memcmp(got, want, sizeof(got)) == 0);
			}
		}
	}
}

static void blocks(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		size_t n = host_random_below(40);
		u8 *a = random_block(n), *b = random_block(n);
		int byte = (int)host_random_below(256);

		if (host_random() & 1)
			memcpy(b, a, n - host_random_below(n + 1));
		CHECK_EQ(sign(hl_memcmp(a, b, n)), sign(memcmp(a, b, n)));
		CHECK(hl_memcmp(a, a, n) == 0);
		if (n)
			byte = a[host_random_below(n)];
		CHECK(hl_memchr(a, byte, n) == memchr(a, byte, n));
		CHECK(hl_memchr(a, byte + 256, n) == memchr(a, byte, n));
		free(a);
		free(b);
	}
}

static void lengths(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		char *s = random_string(40);
		size_t len = strlen(s), most = host_random_below(50);

		CHECK_EQ(hl_strlen(s), len);
		CHECK_EQ(hl_strnlen(s, most), min(len, most));
		/* Without a terminator, only the allowed bytes may be read. */
		s[len] = 'x';
		CHECK_EQ(hl_strnlen(s, len + 1), len + 1);
		free(s);
	}
}

static void comparisons(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		char *a = random_string(8), *b = random_string(8);
		size_t most = host_random_below(10);

		CHECK_EQ(sign(hl_strcmp(a, b)), sign(strcmp(a, b)));
		CHECK_EQ(sign(hl_strncmp(a, b, most)), sign(strncmp(a, b, most)));
		CHECK(hl_strcmp(a, a) == 0);
		free(a);
		free(b);
	}
}

static void searches(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		char *s = random_string(16), *part = random_string(4);
		char c = host_random_below(8) ? random_char() : '\0';

		CHECK(hl_strchr(s, c) == strchr(s, c));
		CHECK(hl_strrchr(s, c) == strrchr(s, c));
		CHECK(hl_strstr(s, part) == strstr(s, part));
		CHECK_EQ(hl_strspn(s, part), strspn(s, part));
		CHECK_EQ(hl_strcspn(s, part), strcspn(s, part));
		free(s);
		free(part);
	}
}

static void bounded_copies(void)
{
	char small[4];

	CHECK_EQ(hl_strscpy(small, "abc", sizeof(small)), 3);
	CHECK_STREQ(small, "abc");
	CHECK_EQ(hl_strscpy(small, "abcd", sizeof(small)), -E2BIG);
	CHECK_STREQ(small, "abc");
	CHECK_EQ(hl_strscpy(small, "", 1), 0);
	CHECK_EQ(hl_strscpy(small, "x", 1), -E2BIG);
	CHECK_STREQ(small, "");
	CHECK_EQ(hl_strscpy(NULL, "x", 0), -E2BIG);
	for (int round = 0; round < ROUNDS; round++) {
		char *from = random_string(20);
		size_t len = strlen(from), size = 1 + host_random_below(24);
		char *to = malloc(size);

		CHECK_EQ(hl_strscpy(to, from, size), len < size ? (long)len : -E2BIG);
		CHECK_EQ(strlen(to), min(len, size - 1));
		CHECK(strncmp(to, from, strlen(to)) == 0);
		free(from);
		free(to);
	}
}

int main(void)
{
	host_run("memcpy copies its range only", copies);
	host_run("memmove with every overlap", moves);
	host_run("memset fills its range only", fills);
	host_run("memcmp and memchr as libc's", blocks);
	host_run("strlen and strnlen as libc's", lengths);
	host_run("strcmp and strncmp as libc's", comparisons);
	host_run("strchr strrchr strstr strspn strcspn as libc's", searches);
	host_run("strscpy cuts and terminates", bounded_copies);
	return host_done();
}
