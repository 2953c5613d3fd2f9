/* SPDX-License-Identifier: MIT */
#include <lib/string.h>
#include <tests/kernel/ktest.h>

/* The macros of ktest.h call these functions. A failure prints the place and both values. */

void ktest_expected(const struct ktest_place *place)
{
	ktest_fail(place->file, place->line, "expected %s", place->text);
}

void ktest_required(const struct ktest_place *place)
{
	ktest_fail(place->file, place->line, "required %s", place->text);
}

void ktest_expect_64(const struct ktest_place *place, u64 got, u64 want)
{
	if (got != want)
		ktest_fail(place->file, place->line, "%s is %llu (%#llx), expected %llu (%#llx)",
			   place->text, got, got, want, want);
}

void ktest_expect_32(u32 got, u32 want, const struct ktest_place *place)
{
	ktest_expect_64(place, got, want);
}

void ktest_expect_signed(u32 got, s32 want, const struct ktest_place *place)
{
	ktest_expect_64(place, got, (u64)want);
}

void ktest_expect_unsigned(s32 got, u32 want, const struct ktest_place *place)
{
	ktest_expect_64(place, (u64)got, want);
}

void ktest_expect_text(const char *got, const char *want, const struct ktest_place *place)
{
	if (strcmp(got, want) != 0)
		ktest_fail(place->file, place->line, "%s is \"%s\", expected \"%s\"", place->text,
			   got, want);
}
