/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <lib/errno.h>
#include <lib/glob.h>
#include <lib/nearest.h>
#include <lib/parse.h>

/*
 * The functions that read words which people type: numbers, sizes, yes or no, patterns, and the
 * nearest known name.
 */

#define UNTOUCHED 0x5a5a5a5a5a5a5a5aull

static void size_is(const char *s, u64 want, const char *rest)
{
	char *end;
	u64 val = memparse(s, &end);

	if (val != want || strcmp(end, rest) != 0)
		host_fail(__FILE__, __LINE__, "\"%s\": %#llx \"%s\", expected %#llx \"%s\"", s, val,
			  end, want, rest);
}

static void size_fails(const char *s)
{
	char *end;

	CHECK_EQ(memparse(s, &end), 0);
	CHECK(end == s);
}

static void sizes(void)
{
	size_is("0", 0, "");
	size_is("1", 1, "");
	size_is("4096", 4096, "");
	size_is("0x1000", 4096, "");
	size_is("0XaBcDeF", 0xabcdef, "");
	size_is("010", 8, "");
	size_is("08", 0, "8");
	size_is("0x", 0, "x");
	size_is("0xg", 0, "xg");
	size_is("64K", 65536, "");
	size_is("64k", 65536, "");
	size_is("3M", 3 << 20, "");
	size_is("0x10m", 16 << 20, "");
	size_is("4G", SZ_4G, "");
	size_is("2T", 2ull << 40, "");
	size_is("2P", 2ull << 50, "");
	size_is("1E", 1ull << 60, "");
	size_is("64M@16M", 64 << 20, "@16M");
	size_is("1GB", 1 << 30, "B");
	size_is("18446744073709551615", UINT64_MAX, "");
	size_is("0xffffffffffffffff", UINT64_MAX, "");
	size_is("01777777777777777777777", UINT64_MAX, "");
	size_is("15E", 15ull << 60, "");
	size_is("0xE", 14, "");
	size_is("0K", 0, "");
	CHECK_EQ(memparse("2K", NULL), 2048);
}

static void bad_sizes(void)
{
	size_fails("");
	size_fails("K");
	size_fails("-1");
	size_fails("+1");
	size_fails(" 1");
	size_fails("foo");
	size_fails("@1");
	size_fails("18446744073709551616");
	size_fails("99999999999999999999999999");
	size_fails("0x10000000000000000");
	size_fails("02000000000000000000000");
	size_fails("16E");
	size_fails("18014398509481984K");
}

/* Random numbers in all three bases come back. */
static void round_trips(void)
{
	static const char *const formats[] = { "%llu", "%#llx", "%#llo", "%#llX" };
	char text[64];

	for (int round = 0; round < 20000; round++) {
		u64 val, want = host_random() >> host_random_below(64);

		snprintf(text, sizeof(text), formats[round % ARRAY_SIZE(formats)], want);
		CHECK_EQ(parse_u64(text, &val), 0);
		CHECK_EQ(val, want);
	}
}

static void numbers_up_to_a_limit(void)
{
	u32 val = 5;

	CHECK_EQ(parse_u32("7", 7, &val), 0);
	CHECK_EQ(val, 7);
	CHECK_EQ(parse_u32("8", 7, &val), -ERANGE);
	CHECK_EQ(parse_u32("0x100000000", UINT_MAX, &val), -ERANGE);
	CHECK_EQ(parse_u32("7K", 7, &val), -EINVAL);
	CHECK_EQ(val, 7);
}

static void whole_numbers(void)
{
	u64 val = UNTOUCHED;

	CHECK_EQ(parse_u64("1K", &val), -EINVAL);
	CHECK_EQ(parse_u64("1 ", &val), -EINVAL);
	CHECK_EQ(parse_u64("", &val), -EINVAL);
	CHECK_EQ(parse_u64("18446744073709551616", &val), -ERANGE);
	CHECK_EQ(val, UNTOUCHED);
	CHECK_EQ(parse_u64("0xc0000000", &val), 0);
	CHECK_EQ(val, 0xc0000000u);
}

static void yes_or_no(void)
{
	static const char *const yes[] = { "1", "y", "yes", "on", "true" };
	static const char *const no[] = { "0", "n", "no", "off", "false" };
	static const char *const neither[] = { "", "2", "Yes", "o", "onn", "maybe" };
	bool val;

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		val = false;
		CHECK(parse_bool(yes[i], &val) == 0 && val);
		val = true;
		CHECK(parse_bool(no[i], &val) == 0 && !val);
	}
	for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
		CHECK_EQ(parse_bool(neither[i], &val), -EINVAL);
}

static void patterns(void)
{
	static const struct {
		const char *pattern, *s;
		bool matches;
	} cases[] = {
		{ "", "", true },
		{ "", "a", false },
		{ "*", "", true },
		{ "*", "abc", true },
		{ "?", "", false },
		{ "?", "a", true },
		{ "a*", "abc", true },
		{ "a*", "bc", false },
		{ "*c", "abc", true },
		{ "*c", "abcd", false },
		{ "a*c", "ac", true },
		{ "a*b*c", "axbxbxc", true },
		{ "a**c", "abc", true },
		{ "*ab", "aab", true },
		{ "*ab*", "xxaxabx", true },
		{ "?b?", "abc", true },
		{ "?b?", "ab", false },
		{ "buddy*", "buddy.x", true },
		{ "[abc]", "b", true },
		{ "[abc]", "d", false },
		{ "[a-c]x", "bx", true },
		{ "[!a-c]", "b", false },
		{ "[!a-c]", "d", true },
		{ "[^a]", "b", true },
		{ "[]x]", "]", true },
		{ "[a-]", "-", true },
		{ "[abc", "[abc", true },
		{ "[abc", "a", false },
		{ "*[0-9]", "a1b2", true },
		{ "*[0-9]", "a1b", false },
		{ "[a-c]", "", false },
		{ "abc", "ab", false },
		{ "ab", "abc", false },
		{ "*.*", "suite.name", true },
		{ "*.*", "suite", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (glob_match(cases[i].pattern, cases[i].s) != cases[i].matches)
			host_fail(__FILE__, __LINE__, "\"%s\" on \"%s\": expected %d",
				  cases[i].pattern, cases[i].s, cases[i].matches);
}

/* The plain recursive definition, whose time grows exponentially with the number of stars. */
static bool glob_plain(const char *p, const char *s)
{
	if (!*p)
		return !*s;
	if (*p == '*')
		return glob_plain(p + 1, s) || (*s && glob_plain(p, s + 1));
	return *s && (*p == '?' || *p == *s) && glob_plain(p + 1, s + 1);
}

static void random_patterns(void)
{
	for (int round = 0; round < 100000; round++) {
		char p[8] = "", s[12] = "";
		size_t p_len = host_random_below(8), s_len = host_random_below(12);

		for (size_t i = 0; i < p_len; i++)
			p[i] = "ab*?*"[host_random_below(5)];
		for (size_t i = 0; i < s_len; i++)
			s[i] = "ab"[host_random_below(2)];
		if (glob_match(p, s) != glob_plain(p, s))
			host_fail(__FILE__, __LINE__, "\"%s\" on \"%s\": expected %d", p, s,
				  glob_plain(p, s));
	}
}

static void patterns_without_explosion(void)
{
	char s[4097];

	memset(s, 'a', sizeof(s) - 1);
	s[sizeof(s) - 1] = '\0';
	CHECK(!glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", s));
}

static void lists_of_patterns(void)
{
	char glob[GLOB_SIZE], longer[2 * GLOB_SIZE];

	CHECK(glob_match_any("a,b", "a"));
	CHECK(glob_match_any("a,b", "b"));
	CHECK(glob_match_any(" a ,, k* ", "kmap"));
	CHECK(!glob_match_any("a,b", "a,b"));
	CHECK(!glob_match_any("a,b", "c"));
	CHECK(!glob_match_any("", ""));
	CHECK(!glob_match_any(" , ", ""));
	CHECK(glob_next(" ,", glob) == NULL);
	CHECK_STREQ(glob_next("x*,y z", glob), ",y z");
	CHECK_STREQ(glob, "x*");
	/* A pattern that is too long is cut, and its rest does not count as another pattern. */
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	CHECK_STREQ(glob_next(longer, glob), "");
	CHECK_EQ(strlen(glob), GLOB_SIZE - 1);
}

static void distances(void)
{
	CHECK_EQ(edit_distance("", ""), 0);
	CHECK_EQ(edit_distance("abc", "abc"), 0);
	CHECK_EQ(edit_distance("ABC", "abc"), 0);
	CHECK_EQ(edit_distance("ACB", "abc"), 1);
	CHECK_EQ(edit_distance("abc", ""), 3);
	CHECK_EQ(edit_distance("", "abc"), 3);
	CHECK_EQ(edit_distance("abc", "abd"), 1);
	CHECK_EQ(edit_distance("abc", "abcd"), 1);
	CHECK_EQ(edit_distance("abc", "bc"), 1);
	CHECK_EQ(edit_distance("abc", "acb"), 1);
	CHECK_EQ(edit_distance("meminfo", "memifno"), 1);
	CHECK_EQ(edit_distance("kitten", "sitting"), 3);
	CHECK_EQ(edit_distance("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""), 32);
	for (int round = 0; round < 10000; round++) {
		char a[8] = "", b[8] = "";

		for (size_t i = 0; i < 6; i++) {
			a[i] = "abc"[host_random_below(3)];
			b[i] = "abc"[host_random_below(3)];
		}
		CHECK_EQ(edit_distance(a, b), edit_distance(b, a));
		CHECK((edit_distance(a, b) == 0) == (strcmp(a, b) == 0));
	}
}

static const char *nearest_of(const char *word)
{
	static const char *const names[] = { "mem",     "memmap",   "memblock",
					     "vmalloc", "selftest", "run" };
	struct nearest nearest = { .word = word };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		nearest_offer(&nearest, names[i]);
	return nearest.name ? nearest.name : "none";
}

static void nearest_names(void)
{
	CHECK_STREQ(nearest_of("memap"), "memmap");
	CHECK_STREQ(nearest_of("mme"), "mem");
	CHECK_STREQ(nearest_of("selftset"), "selftest");
	CHECK_STREQ(nearest_of("vmaloc"), "vmalloc");
	CHECK_STREQ(nearest_of("xyzzy"), "none");
	CHECK_STREQ(nearest_of(""), "none");
}

int main(void)
{
	host_run("sizes", sizes);
	host_run("bad sizes are refused, not guessed", bad_sizes);
	host_run("numbers come back", round_trips);
	host_run("numbers up to a limit", numbers_up_to_a_limit);
	host_run("whole numbers", whole_numbers);
	host_run("yes or no", yes_or_no);
	host_run("patterns", patterns);
	host_run("random patterns as defined", random_patterns);
	host_run("patterns take no exponential time", patterns_without_explosion);
	host_run("lists of patterns", lists_of_patterns);
	host_run("edit distance", distances);
	host_run("nearest name", nearest_names);
	return host_done();
}
