/* SPDX-License-Identifier: MIT */
#include <fs/proc/text.h>
#include <kernel/proc_file.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <sched/load.h>
#include <sched/sched.h>
#include <tests/kernel/ktest.h>

/* Texts of /proc, and the load averages. Programs read the files in tests/user/proc.c. */

static int nr_calls;

/* Prints *arg times 10 characters, and a byte that is zero. */
static int print_tens(void *arg, printf_fn *out)
{
	nr_calls++;
	for (u32 i = 0; i < *(u32 *)arg; i++)
		out("%u%s", i % 10, "abcdefghi");
	text_bytes("", 1);
	return 0;
}

/* Around the first size of a text, and far above it. */
KTEST(proc, a_text_gets_the_room_that_it_needs)
{
	struct text text = { 0 };

	for (u32 tens = 200; tens <= 4000; tens = tens < 210 ? tens + 1 : tens * 4) {
		bool right = true;

		nr_calls = 0;
		KTEST_REQUIRE(text_make(&text, print_tens, &tens) == 0);
		EXPECT_EQ(text.used, tens * 10 + 1);
		EXPECT(text.used <= text.size);
		EXPECT(nr_calls <= 2);
		for (u32 i = 0; i < tens; i++)
			right &= text.data[i * 10] == (char)('0' + i % 10) &&
				 !memcmp(text.data + i * 10 + 1, "abcdefghi", 9);
		EXPECT(right && !text.data[tens * 10]);
	}
	text_free(&text);
	EXPECT(!text.data);
}

static int fail(void *arg, printf_fn *out)
{
	out("this is lost");
	return -ESRCH;
}

KTEST(proc, a_text_that_fails_is_empty)
{
	struct text text = { 0 };

	EXPECT_EQ(text_make(&text, fail, NULL), -ESRCH);
	EXPECT_EQ(text.used, 0);
	EXPECT(!current->text);
	text_free(&text);
}

static int show(void *arg, printf_fn *out)
{
	((const struct proc_file *)arg)->show(out);
	return 0;
}

KTEST(proc, each_file_is_made_of_lines)
{
	struct text text = { 0 };
	const struct proc_file *file;

	for_each_in_set(file, proc_files) {
		if (!file->show)
			continue;
		KTEST_REQUIRE(text_make(&text, show, (void *)file) == 0);
		if (text.used && text.data[text.used - 1] != '\n')
			ktest_fail(__FILE__, __LINE__, "%s does not end with a line", file->name);
		EXPECT(!memchr(text.data, '\0', text.used));
	}
	text_free(&text);
}

/* The averages of the machine are restored. A load of 3 is known after five times the period. */
KTEST(proc, load_averages_reach_a_load_and_forget_it)
{
	u32 before[3];

	memcpy(before, load_averages, sizeof(before));
	memset(load_averages, 0, sizeof(before));
	for (u32 i = 0; i < 12; i++)
		load_update(3);
	EXPECT(load_hundredths(0) > 180 && load_hundredths(0) < 200);
	EXPECT(load_hundredths(1) > 50 && load_hundredths(1) < 60);
	EXPECT(load_hundredths(2) > 15 && load_hundredths(2) < 25);
	for (u32 i = 0; i < 2000; i++)
		load_update(3);
	for (u32 i = 0; i < 3; i++)
		EXPECT_EQ(load_hundredths(i), 300);
	for (u32 i = 0; i < 2000; i++)
		load_update(0);
	for (u32 i = 0; i < 3; i++)
		EXPECT_EQ(load_hundredths(i), 0);
	memcpy(load_averages, before, sizeof(before));
}
