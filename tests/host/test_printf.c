/* SPDX-License-Identifier: MIT */
#include "host.h"

/*
 * Compares the kernel's vsnprintf() with the C library's. Formats are made of all flags, widths,
 * precisions and lengths, and both print edge values with them. Where they differ on purpose (%p, a
 * NULL string that a precision cuts, unknown conversions), the test has the expected text.
 */

int hl_snprintf(char *buf, size_t size, const char *fmt, ...);
int hl_scnprintf(char *buf, size_t size, const char *fmt, ...);

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-truncation"

static char got[512], want[512];

#define SAME(fmt, ...)                                                                         \
	do {                                                                                   \
		int _want = snprintf(want, sizeof(want), fmt, ##__VA_ARGS__);                  \
		int _got = hl_snprintf(got, sizeof(got), fmt, ##__VA_ARGS__);                  \
		if (_got != _want || strcmp(got, want) != 0)                                   \
			host_fail(__FILE__, __LINE__, "%s: \"%s\" (%d), expected \"%s\" (%d)", \
				  fmt, got, _got, want, _want);                                \
	} while (0)

#define IS(text, fmt, ...)                                         \
	do {                                                       \
		hl_snprintf(got, sizeof(got), fmt, ##__VA_ARGS__); \
		CHECK_STREQ(got, text);                            \
	} while (0)

static const char *const widths[] = { "", "1", "5", "12", "30" };
static const char *const precisions[] = { "", ".", ".0", ".1", ".4", ".10", ".25" };

static const u64 values[] = { 0,
			      1,
			      7,
			      9,
			      10,
			      127,
			      128,
			      255,
			      32767,
			      32768,
			      65535,
			      1000000,
			      0x7fffffff,
			      0x80000000,
			      0xffffffff,
			      0x100000000,
			      0x123456789abcdef0,
			      0x7fffffffffffffff,
			      0x8000000000000000,
			      0xffffffffffffffff,
			      10000000000000000000u };

/* The flags that belong to a number of five bits, for loops over all combinations. */
static const char *flag_text(unsigned int bits)
{
	static char text[8];
	char *at = text;

	for (unsigned int i = 0; i < 5; i++)
		if (bits >> i & 1)
			*at++ = "-0+ #"[i];
	*at = '\0';
	return text;
}

static void print_integer(const char *fmt, const char *length, u64 value)
{
	if (strcmp(length, "ll") == 0 || strcmp(length, "j") == 0)
		SAME(fmt, value);
	else if (*length == 'l' || *length == 'z' || *length == 't')
		SAME(fmt, (unsigned long)value);
	else
		SAME(fmt, (unsigned int)value);
}

static void integers(void)
{
	static const char *const lengths[] = { "", "hh", "h", "l", "ll", "z", "t", "j" };
	char fmt[64];

	for (const char *conversion = "diuoxX"; *conversion; conversion++)
		for (unsigned int flags = 0; flags < 32; flags++)
			for (size_t w = 0; w < ARRAY_SIZE(widths); w++)
				for (size_t p = 0; p < ARRAY_SIZE(precisions); p++)
					for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
						snprintf(fmt, sizeof(fmt), "<%%%s%s%s%s%c>",
							 flag_text(flags), widths[w], precisions[p],
							 lengths[l], *conversion);
						for (size_t v = 0; v < ARRAY_SIZE(values); v++)
							print_integer(fmt, lengths[l], values[v]);
					}
}

static void random_integers(void)
{
	for (int round = 0; round < 100000; round++) {
		u64 value = host_random() >> host_random_below(64);

		SAME("%lld %llu %llx %llo", (s64)value, value, value, value);
		SAME("%d %u %#x", (int)value, (unsigned int)value, (unsigned int)value);
	}
}

static void strings(void)
{
	static const char *const texts[] = { "", "a", "hello",
					     "a longer text than most widths are" };
	static const char *const flags[] = { "", "-" };
	char fmt[64];

	for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
		for (size_t w = 0; w < ARRAY_SIZE(widths); w++)
			for (size_t p = 0; p < ARRAY_SIZE(precisions); p++) {
				snprintf(fmt, sizeof(fmt), "<%%%s%s%ss>", flags[f], widths[w],
					 precisions[p]);
				for (size_t t = 0; t < ARRAY_SIZE(texts); t++)
					SAME(fmt, texts[t]);
			}
	SAME("%s|%s", "two", "strings");
	IS("(null)", "%s", (char *)NULL);
	IS("  (null)", "%8s", (char *)NULL);
	IS("(nul", "%.4s", (char *)NULL);
}

/* With a precision the string need not be terminated. */
static void unterminated_strings(void)
{
	char *s = malloc(3);

	memcpy(s, "abc", 3);
	IS("abc", "%.3s", s);
	IS("ab", "%.2s", s);
	IS("  abc", "%5.*s", 3, s);
	free(s);
}

static void characters(void)
{
	SAME("%c%c%c", 'a', '%', 'z');
	SAME("<%5c><%-5c>", 'a', 'b');
	CHECK_EQ(hl_snprintf(got, sizeof(got), "a%cb", 0), 3);
	CHECK(memcmp(got, "a\0b", 4) == 0);
}

static void stars(void)
{
	for (int width = -12; width <= 12; width++)
		for (int precision = -3; precision <= 12; precision++) {
			SAME("<%*d>", width, 1234);
			SAME("<%.*d>", precision, 1234);
			SAME("<%*.*x>", width, precision, 0xabc);
			SAME("<%0*d>", width, -42);
			SAME("<%*.*s>", width, precision, "hello");
		}
}

static void pointers(void)
{
	if (sizeof(void *) == 4) {
		IS("0xc0001000", "%p", (void *)(uintptr_t)0xc0001000);
		IS("0x00000000", "%p", NULL);
		IS("  0x00000001|", "%12p|", (void *)1);
		IS("0x00000001  |", "%-12p|", (void *)1);
	} else {
		IS("0x00000000c0001000", "%p", (void *)(uintptr_t)0xc0001000);
		IS("0x0000000000000000", "%p", NULL);
	}
}

/* Every size of the buffer, which is an allocation of exactly that size. */
static void cut_output(void)
{
	char whole[64];
	int len = snprintf(whole, sizeof(whole), "%s %08x %-6d|", "some text", 0xbeef, 42);

	for (int size = 0; size < len + 3; size++) {
		char *buf = malloc(size ? (size_t)size : 1);

		CHECK_EQ(hl_snprintf(buf, (size_t)size, "%s %08x %-6d|", "some text", 0xbeef, 42),
			 len);
		if (size) {
			CHECK_EQ(strlen(buf), min(size - 1, len));
			CHECK(strncmp(buf, whole, strlen(buf)) == 0);
		}
		CHECK_EQ(hl_scnprintf(buf, (size_t)size, "%s %08x %-6d|", "some text", 0xbeef, 42),
			 size == 0 ? 0 : min(size - 1, len));
		free(buf);
	}
	CHECK_EQ(hl_snprintf(NULL, 0, "%d", 12345), 5);
}

static void mistakes(void)
{
	SAME("100%%");
	SAME("%5%");
	IS("%y", "%y", 1);
	IS("%-08.3lk|", "%-08.3lk|", 1);
	IS("%", "%");
	IS("a%l", "a%l");
	/* A width that is too large is limited to MAX_WIDTH, and computing it does not overflow. */
	CHECK_EQ(hl_snprintf(got, sizeof(got), "%99999999999d", 1), SHRT_MAX);
	CHECK_EQ(hl_snprintf(got, sizeof(got), "%*d", INT_MIN, 1), SHRT_MAX);
	CHECK_EQ(hl_snprintf(got, sizeof(got), "%.*d", INT_MAX, 1), SHRT_MAX);
}

int main(void)
{
	host_run("integers of every flag, width, precision and length as libc's", integers);
	host_run("random integers as libc's", random_integers);
	host_run("strings as libc's", strings);
	host_run("strings without a terminator", unterminated_strings);
	host_run("characters", characters);
	host_run("width and precision as arguments", stars);
	host_run("pointers have all their digits", pointers);
	host_run("output is cut to the buffer", cut_output);
	host_run("unknown conversions are copied", mistakes);
	return host_done();
}
