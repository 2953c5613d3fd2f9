/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/glob.h>
#include <lib/nearest.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <tests/kernel/ktest.h>

/*
 * String functions and similar ones, as compiled for the kernel. The host tests
 * (tests/host/test_string.c and others) are thorough. These tests find what only the kernel's
 * compiler flags, instructions and CPU could get wrong.
 */

/* Every alignment of both ends, and each length up to a few words, with guard bytes around. */
KTEST(string, memcpy_all_alignments)
{
	u8 from[80], to[80];

	for (unsigned int i = 0; i < sizeof(from); i++)
		from[i] = (u8)(i + 1);
	for (unsigned int at = 0; at < 4; at++) {
		for (unsigned int start = 0; start < 4; start++) {
			for (unsigned int n = 0; n < 64; n++) {
				unsigned int wrong = 0;

				memset(to, 0xee, sizeof(to));
				EXPECT(memcpy(to + start, from + at, n) == to + start);
				for (unsigned int i = 0; i < sizeof(to); i++) {
					bool inside = i >= start && i < start + n;

					wrong += to[i] != (inside ? from[i - start + at] : 0xee);
				}
				EXPECT_EQ(wrong, 0);
			}
		}
	}
}

KTEST(string, memmove_overlapping)
{
	u8 row[64];

	for (unsigned int to = 0; to < 24; to++) {
		for (unsigned int from = 0; from < 24; from++) {
			unsigned int n = 37, wrong = 0;

			for (unsigned int i = 0; i < sizeof(row); i++)
				row[i] = (u8)(i * 3);
			memmove(row + to, row + from, n);
			for (unsigned int i = 0; i < sizeof(row); i++) {
				bool inside = i >= to && i < to + n;

				wrong += row[i] != (u8)((inside ? i - to + from : i) * 3);
			}
			EXPECT_EQ(wrong, 0);
		}
	}
}

KTEST(string, memset_all_alignments)
{
	u8 row[48];

	for (unsigned int start = 0; start < 4; start++) {
		for (unsigned int n = 0; n < 40; n++) {
			unsigned int wrong = 0;

			memset(row, 0x11, sizeof(row));
			memset(row + start, 0xfe, n);
			for (unsigned int i = 0; i < sizeof(row); i++)
				wrong += row[i] != (i >= start && i < start + n ? 0xfe : 0x11);
			EXPECT_EQ(wrong, 0);
		}
	}
}

KTEST(string, compare)
{
	EXPECT(memcmp("abc", "abd", 3) < 0);
	EXPECT(memcmp("ab\xff", "abc", 3) > 0);
	EXPECT_EQ(memcmp("abc", "abd", 2), 0);
	EXPECT_EQ(strcmp("", ""), 0);
	EXPECT(strcmp("a", "ab") < 0);
	EXPECT(strcmp("\x80", "a") > 0);
	EXPECT_EQ(strncmp("abcd", "abxx", 2), 0);
	EXPECT(strncmp("abcd", "abxx", 3) < 0);
}

KTEST(string, search)
{
	const char *s = "high memory";

	EXPECT_EQ(strlen(s), 11);
	EXPECT_EQ(strnlen(s, 4), 4);
	EXPECT(strchr(s, 'h') == s);
	EXPECT(strrchr(s, 'h') == s + 3);
	EXPECT(strchr(s, 'z') == NULL);
	EXPECT(strchr(s, '\0') == s + 11);
	EXPECT(strstr(s, "mem") == s + 5);
	EXPECT(strstr(s, "memo ") == NULL);
	EXPECT_EQ(strspn(s, "ghi"), 4);
	EXPECT_EQ(strcspn(s, " "), 4);
	EXPECT(memchr(s, 'm', 5) == NULL);
	EXPECT(memchr(s, 'm', 6) == s + 5);
}

KTEST(string, strscpy_cuts)
{
	char buf[6];

	EXPECT_EQ(strscpy(buf, "12345", sizeof(buf)), 5);
	EXPECT_STREQ(buf, "12345");
	EXPECT(strscpy(buf, "123456", sizeof(buf)) == -E2BIG);
	EXPECT_STREQ(buf, "12345");
	EXPECT(strscpy(buf, "", 0) == -E2BIG);
}

KTEST(string, parse)
{
	bool yes = false;
	char *end;
	u64 val;

	EXPECT_EQ(memparse("0x10M@16M", &end), 16 << 20);
	EXPECT_STREQ(end, "@16M");
	EXPECT_EQ(memparse("100G", NULL), 100ull << 30);
	EXPECT_EQ(memparse("16E", &end), 0);
	EXPECT_STREQ(end, "16E");
	EXPECT_EQ(memparse("M", &end), 0);
	EXPECT_STREQ(end, "M");
	EXPECT_EQ(parse_u64("18446744073709551615", &val), 0);
	EXPECT_EQ(val, UINT64_MAX);
	EXPECT(parse_u64("18446744073709551616", &val) == -ERANGE);
	EXPECT(parse_bool("on", &yes) == 0 && yes);
	EXPECT(parse_bool("maybe", &yes) == -EINVAL);
}

KTEST(string, glob_and_nearest)
{
	struct nearest nearest = { .word = "memifno" };

	EXPECT(glob_match("bud*.split[0-9]", "buddy.split7"));
	EXPECT(!glob_match("bud*.split[0-9]", "buddy.split"));
	nearest_offer(&nearest, "memblock");
	nearest_offer(&nearest, "meminfo");
	nearest_offer(&nearest, "zoneinfo");
	KTEST_REQUIRE(nearest.name != NULL);
	EXPECT_STREQ(nearest.name, "meminfo");
}

/*
 * These divisions call lib/div64.c; volatile keeps the compiler from computing the results itself.
 */
KTEST(string, division)
{
	volatile u64 n = 0xfedcba9876543210u, d = 0x123456789u;
	volatile s64 sn = -1000000000000000007, sd = 1000000007;

	EXPECT_EQ(n / d, 0xe0000000u);
	EXPECT_EQ(n % d, 0x96543210u);
	EXPECT_EQ(sn / sd, -999999993);
	EXPECT_EQ(sn % sd, sn + 999999993 * sd);
	d = 10;
	EXPECT_EQ(n / d, 1836475854449306472u);
	EXPECT_EQ(n % d, 0);
	d = 0xffffffffffffffffu;
	EXPECT_EQ(n / d, 0);
	EXPECT_EQ(n % d, n);
	n = d;
	EXPECT_EQ(n / d, 1);
}
