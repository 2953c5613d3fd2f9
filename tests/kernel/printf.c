/* SPDX-License-Identifier: MIT */
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <tests/kernel/ktest.h>

/*
 * Formatted printing as compiled for the kernel. tests/host/test_printf.c compares it with the C
 * library's at length.
 */

#define EXPECT_TEXT(want, ...)                                        \
	do {                                                          \
		char _buf[128];                                       \
		int _len = snprintf(_buf, sizeof(_buf), __VA_ARGS__); \
		EXPECT_STREQ(_buf, want);                             \
		EXPECT_EQ(_len, strlen(want));                        \
	} while (0)

KTEST(printf, integers)
{
	EXPECT_TEXT("0 -1 2147483647 -2147483648", "%d %i %d %d", 0, -1, INT_MAX, INT_MIN);
	EXPECT_TEXT("4294967295 7fffffff ffffffff", "%u %lx %lx", UINT_MAX, LONG_MAX, ULONG_MAX);
	EXPECT_TEXT("32767 18446744073709551615", "%d %llu", SHRT_MAX, ULLONG_MAX);
	EXPECT_TEXT("4294967295 ffffffff FFFFFFFF 37777777777", "%u %x %X %o", ~0u, ~0u, ~0u, ~0u);
	EXPECT_TEXT("18446744073709551615", "%llu", UINT64_MAX);
	EXPECT_TEXT("-9223372036854775808", "%lld", INT64_MIN);
	EXPECT_TEXT("0xfd00000000", "%#llx", 0xfd00000000ull);
	EXPECT_TEXT("1777777777777777777777", "%llo", UINT64_MAX);
	EXPECT_TEXT("-1 255 -1 65535", "%hhd %hhu %hd %hu", (s8)-1, (u8)255, (s16)-1, (u16)65535);
	EXPECT_TEXT("4096 -5 7", "%zu %td %ld", (size_t)4096, (ptrdiff_t)-5, 7l);
}

KTEST(printf, fields)
{
	EXPECT_TEXT("[   42][42   ][00042][+42][ 42]", "[%5d][%-5d][%05d][%+d][% d]", 42, 42, 42,
		    42, 42);
	EXPECT_TEXT("[0x00001f][  0x1f][001f]", "[%#08x][%#6x][%.4x]", 0x1f, 0x1f, 0x1f);
	EXPECT_TEXT("[  -007][0][]", "[%6.3d][%#x][%.0d]", -7, 0, 0);
	EXPECT_TEXT("[   ab][ab   ][a]", "[%5s][%-5s][%.1s]", "ab", "ab", "ab");
	EXPECT_TEXT("[   x][7   ]", "[%*s][%-*d]", 4, "x", 4, 7);
	EXPECT_TEXT("100% c", "%d%% %c", 100, 'c');
}

KTEST(printf, pointers)
{
	void *null = NULL;
	char *volatile text = NULL; /* volatile, or GCC warns */

	EXPECT_TEXT("0xc0100000", "%p", (void *)0xc0100000ul);
	EXPECT_TEXT("0x00000000", "%p", null);
	EXPECT_TEXT("(null)", "%s", text);
}

KTEST(printf, cut_to_the_buffer)
{
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	EXPECT_EQ(snprintf(buf, 5, "%s", "1234567"), 7);
	EXPECT_STREQ(buf, "1234");
	EXPECT_EQ(buf[5], 'x');
	EXPECT_EQ(scnprintf(buf, 5, "%s", "1234567"), 4);
	EXPECT_EQ(scnprintf(buf, sizeof(buf), "%d", 12), 2);
	EXPECT_EQ(snprintf(NULL, 0, "%d", 12345), 5);
}
