/* SPDX-License-Identifier: MIT */
#include <asm/setup.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/printk.h>
#include <lib/blake2s.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <tests/kernel/graded.h>

/*
 * Results that a grader can believe.
 *
 * A grader boots a kernel that contains a student's code, and reads the results of the tests on the
 * console. But code under test can print, too: "ok 1 merges_to_the_top" is one call of
 * console_printf(). So the grader puts a random key on the command line (grade_key=), and the test
 * runner signs each result with it:
 *
 *	    ok 3 merges_to_the_top
 *	    # graded ok buddy.merges_to_the_top 5f0c...
 *
 * The signature is 16 bytes of BLAKE2s with a secret as its key. The secret is replaced after each
 * line, by a function that cannot be inverted:
 *
 *	secret = BLAKE2s(key: the 16 bytes of grade_key=, data: "start")      32 bytes
 *	for each line:
 *		signature = BLAKE2s(key: secret, data: the result)            16 bytes
 *		secret    = BLAKE2s(key: secret, data: "next")                32 bytes
 *
 * So a line is valid in one place only: a copy of an old line is wrong there, and the secrets of
 * the past are gone. The last line, "end N", says how many results the run had. The grader repeats
 * the computation (hashlib.blake2s of Python) and needs nothing from the kernel but these lines.
 *
 * The key has to disappear before code under test runs. boot/grade_key.c takes it off the command
 * line, and parse_grade_key() runs before memory is set up. From then on only `secret` is left. It
 * is in this kernel's memory, which all code of the kernel can read: code that searches for it can
 * forge results. labs/honesty.md says what that means for a teacher.
 */

#define KEY_BYTES 16

static struct {
	bool on;
	unsigned int results;
	u8 secret[BLAKE2S_SIZE];
	char text[256];
} graded;

static void __printf(2, 0) say(const char *indent, const char *fmt, va_list args)
{
	u8 signature[KEY_BYTES];
	char digits[2 * KEY_BYTES + 1];

	vsnprintf(graded.text, sizeof(graded.text), fmt, args);
	blake2s(signature, sizeof(signature), graded.secret, BLAKE2S_SIZE, graded.text,
		strlen(graded.text));
	blake2s(graded.secret, BLAKE2S_SIZE, graded.secret, BLAKE2S_SIZE, "next", 4);
	for (size_t i = 0; i < sizeof(signature); i++)
		snprintf(digits + 2 * i, 3, "%02x", signature[i]);
	console_printf("%s# graded %s %s\n", indent, graded.text, digits);
}

void graded_begin(void)
{
	graded.results = 0;
}

void graded_say(const char *indent, const char *fmt, ...)
{
	va_list args;

	if (!graded.on)
		return;
	graded.results++;
	va_start(args, fmt);
	say(indent, fmt, args);
	va_end(args);
}

static __printf(1, 2) void say_end(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("", fmt, args);
	va_end(args);
}

void graded_end(void)
{
	if (graded.on)
		say_end("end %u", graded.results);
}

/* --- the key ---------------------------------------------------------------------------------- */

/* Returns the value of a digit, or 16. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 16;
}

/* Returns false, and prints why, if the text is no key. No message shows a digit of it. */
static bool read_key(const char *text, u8 *key)
{
	size_t length = strlen(text);

	if (length != 2 * KEY_BYTES) {
		pr_warn("grade_key=: %s%zu characters, expected 32 hexadecimal digits: "
			"results will not be signed\n",
			length == BOOT_GRADE_KEY - 1 ? "at least " : "", length);
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned int digit = digit_value(text[i]);

		if (digit == 16) {
			pr_warn("grade_key=: character %zu is no hexadecimal digit, expected 32 "
				"of them: results will not be signed\n",
				i + 1);
			return false;
		}
		key[i / 2] = (u8)(key[i / 2] << 4 | digit);
	}
	return true;
}

/* The command line has stars in place of the value, which the chooser moved to the boot record. */
static int parse_grade_key(const char *stars)
{
	char *text = boot_record.grade_key;

	if (!*text) {
		pr_warn("grade_key= is there more than once: the first one counts\n");
		return 0;
	}
	/* The first bytes of `secret` hold the key for a moment, so no stack holds it. */
	graded.on = read_key(text, graded.secret);
	if (graded.on)
		blake2s(graded.secret, BLAKE2S_SIZE, graded.secret, KEY_BYTES, "start", 5);
	else
		memset(graded.secret, 0, sizeof(graded.secret));
	memset(boot_record.grade_key, 0, sizeof(boot_record.grade_key));
	return 0;
}
BOOT_PARAM("grade_key", "grade_key=hex", "sign the results of tests with this key",
	   parse_grade_key);
