/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>

/*
 * One function reads digits for all three bases: it looks the value of a digit up in a string and
 * stops at the first value that the base does not have. It checks for overflow before each
 * multiplication.
 */

static int digit_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
	const char *at = c ? strchr(digits, lower) : NULL;

	return at ? (int)(at - digits) : INT_MAX;
}

static int parse_number(const char *s, const char **end, u64 *val)
{
	unsigned int base = 10;
	u64 number = 0;

	*end = s;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16) {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	}
	if (digit_value(*s) >= (int)base)
		return -EINVAL;
	for (; digit_value(*s) < (int)base; s++) {
		u64 digit = (u64)digit_value(*s);

		if (number > (UINT64_MAX - digit) / base)
			return -ERANGE;
		number = number * base + digit;
	}
	*end = s;
	*val = number;
	return 0;
}

/* The exponent of the power of two that a suffix means; 0 for any other character. */
static unsigned int suffix_shift(char c)
{
	static const char suffixes[] = "kKmMgGtTpPeE";
	const char *at = c ? strchr(suffixes, c) : NULL;

	return at ? 10 * (unsigned int)((at - suffixes) / 2 + 1) : 0;
}

u64 memparse(const char *ptr, char **retptr)
{
	const char *end;
	u64 number = 0;

	if (parse_number(ptr, &end, &number) == 0) {
		unsigned int shift = suffix_shift(*end);

		if (shift)
			end++;
		if (number << shift >> shift == number)
			number <<= shift;
		else
			end = ptr;
	}
	if (retptr)
		*retptr = (char *)end;
	return end == ptr ? 0 : number;
}

int parse_u64(const char *s, u64 *val)
{
	const char *end;
	u64 number;
	int err = parse_number(s, &end, &number);

	if (err)
		return err;
	if (*end)
		return -EINVAL;
	*val = number;
	return 0;
}

int parse_u32(const char *s, u32 most, u32 *val)
{
	u64 number;
	int err = parse_u64(s, &number);

	if (err)
		return err;
	if (number > most)
		return -ERANGE;
	*val = (u32)number;
	return 0;
}

int parse_bool(const char *s, bool *val)
{
	/* Words for no have even indexes, words for yes odd ones. */
	static const char *const words[] = { "0",   "1",   "n",  "y",     "no",
					     "yes", "off", "on", "false", "true" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(s, words[i]) == 0) {
			*val = i % 2;
			return 0;
		}
	}
	return -EINVAL;
}
