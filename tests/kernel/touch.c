/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <mm/kmap_local.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/touch.h>

/*
 * These two loops run over every word of 4 GiB, so they are unrolled: eight words a turn. The
 * multiplier is odd, hence different frames never have the same pattern.
 */

#define WORDS        (PAGE_SIZE / sizeof(u32))
#define FRAME_FACTOR 0x9e3779b1u

static u64 touch_limit = PHYS_ADDR_MAX;

static int parse_touch_limit(const char *value)
{
	char *end;
	u64 bytes = memparse(value, &end);

	if (*end || bytes < PAGE_SIZE)
		return -EINVAL;
	touch_limit = bytes;
	return 0;
}
BOOT_PARAM("touch_limit", "touch_limit=nn[KMG]", "memory that self-tests may write to at most",
	   parse_touch_limit);

unsigned long touch_limit_pages(void)
{
	u64 pages = touch_limit >> PAGE_SHIFT;

	return (unsigned long)min(pages, (u64)ULONG_MAX);
}

static u32 first_word(const struct page *page, u32 salt)
{
	return (u32)page_to_pfn(page) * FRAME_FACTOR ^ salt;
}

void touch_write(const struct page *page, u32 salt)
{
	u32 *words = kmap_local_page(page), word = first_word(page, salt);

	for (unsigned int i = 0; i < WORDS; i += 8, word += 8) {
		words[i] = word;
		words[i + 1] = word + 1;
		words[i + 2] = word + 2;
		words[i + 3] = word + 3;
		words[i + 4] = word + 4;
		words[i + 5] = word + 5;
		words[i + 6] = word + 6;
		words[i + 7] = word + 7;
	}
	kunmap_local(words);
}

static void report(const struct page *page, const u32 *words, u32 word)
{
	for (unsigned int i = 0; i < WORDS; i++) {
		if (words[i] == word + i)
			continue;
		ktest_fail(__FILE__, __LINE__, "frame %#lx, word %u: %#x, expected %#x",
			   page_to_pfn(page), i, words[i], word + i);
		return;
	}
}

bool touch_check(const struct page *page, u32 salt)
{
	const u32 *words = kmap_local_page(page);
	u32 first = first_word(page, salt), word = first, wrong = 0;

	for (unsigned int i = 0; i < WORDS; i += 8, word += 8) {
		wrong |= words[i] ^ word;
		wrong |= words[i + 1] ^ (word + 1);
		wrong |= words[i + 2] ^ (word + 2);
		wrong |= words[i + 3] ^ (word + 3);
		wrong |= words[i + 4] ^ (word + 4);
		wrong |= words[i + 5] ^ (word + 5);
		wrong |= words[i + 6] ^ (word + 6);
		wrong |= words[i + 7] ^ (word + 7);
	}
	if (wrong)
		report(page, words, first);
	kunmap_local(words);
	return !wrong;
}
