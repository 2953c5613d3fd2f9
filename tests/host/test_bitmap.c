/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <lib/bitmap.h>
#include <lib/list.h>
#include <lib/sort.h>

/*
 * Bitmaps against an array of bools, sort() against qsort(), lists against an array of the order.
 */

#define NBITS 200

static DECLARE_BITMAP(map, NBITS);
static bool model[NBITS];

static unsigned long model_next(unsigned long from, bool value)
{
	for (; from < NBITS; from++)
		if (model[from] == value)
			return from;
	return NBITS;
}

static unsigned long model_area(unsigned long start, unsigned long nr, unsigned long align_mask)
{
	for (unsigned long first = start; first + nr <= NBITS; first++)
		if ((first & align_mask) == 0 && (model_next(first, true) >= first + nr || nr == 0))
			return first;
	return NBITS;
}

static void compare_map(void)
{
	unsigned long weight = 0, bit, nr = host_random_below(20);
	unsigned long align_mask = (1ul << host_random_below(5)) - 1;

	for (bit = 0; bit < NBITS; bit++) {
		weight += model[bit];
		CHECK_EQ(test_bit(bit, map), model[bit]);
		CHECK_EQ(find_next_bit(map, NBITS, bit), model_next(bit, true));
		CHECK_EQ(find_next_zero_bit(map, NBITS, bit), model_next(bit, false));
	}
	CHECK_EQ(bitmap_weight(map, NBITS), weight);
	for_each_set_bit(bit, map, NBITS)
	{
		CHECK(model[bit]);
		weight--;
	}
	CHECK_EQ(weight, 0);
	bit = host_random_below(NBITS);
	CHECK_EQ(bitmap_find_next_zero_area(map, NBITS, bit, nr + 1, align_mask),
		 model_area(bit, nr + 1, align_mask));
}

static void bitmaps(void)
{
	bitmap_zero(map, NBITS);
	for (int round = 0; round < 5000; round++) {
		unsigned long start = host_random_below(NBITS);
		unsigned long len = host_random_below(min(NBITS - start, 70ul) + 1);
		bool value = host_random() & 1;

		(value ? bitmap_set : bitmap_clear)(map, start, len);
		for (unsigned long i = 0; i < len; i++)
			model[start + i] = value;
		start = host_random_below(NBITS);
		(value ? __clear_bit : __set_bit)(start, map);
		model[start] = !value;
		compare_map();
	}
}

/* What lies in the last word past the end is noise. */
static void bitmap_ends(void)
{
	memset(map, 0xff, sizeof(map));
	bitmap_clear(map, 0, 70);
	CHECK_EQ(find_next_bit(map, 70, 0), 70);
	CHECK_EQ(find_next_bit(map, 70, 70), 70);
	CHECK_EQ(find_next_bit(map, 70, 1000), 70);
	CHECK_EQ(bitmap_weight(map, 70), 0);
	CHECK_EQ(bitmap_find_next_zero_area(map, 70, 0, 70, 0), 0);
	CHECK_EQ(bitmap_find_next_zero_area(map, 70, 0, 71, 0), 70);
	CHECK_EQ(bitmap_find_next_zero_area(map, 70, 1, 64, 63), 70);
	memset(map, 0, sizeof(map));
	bitmap_set(map, 0, 70);
	CHECK_EQ(find_next_zero_bit(map, 70, 0), 70);
	CHECK_EQ(bitmap_weight(map, 70), 70);
	CHECK_EQ(bitmap_weight(map, NBITS), 70);
}

struct record {
	u32 key;
	u8 rest[5];
} __packed;

static int compare_records(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static void sorts(void)
{
	struct record got[100], want[100];

	for (int round = 0; round < 5000; round++) {
		size_t n = host_random_below(ARRAY_SIZE(got) + 1);

		for (size_t i = 0; i < n; i++) {
			got[i].key = (u32)host_random_below(50);
			memset(got[i].rest, (int)got[i].key, sizeof(got[i].rest));
		}
		memcpy(want, got, sizeof(got));
		sort(got, n, sizeof(got[0]), compare_records);
		qsort(want, n, sizeof(want[0]), compare_records);
		CHECK(n == 0 || memcmp(got, want, n * sizeof(got[0])) == 0);
	}
}

struct item {
	int number;
	struct list_head link;
};

/* The numbers in a list as text, checked in both directions. */
static const char *list_text(const struct list_head *list)
{
	static char text[64];
	const struct list_head *back = list;
	struct item *item;
	int len = 0;

	text[0] = '\0';
	list_for_each_entry(item, list, link) {
		CHECK(item->link.prev == back);
		back = &item->link;
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%d", item->number);
	}
	CHECK(list->prev == back);
	return text;
}

static void lists(void)
{
	struct item items[6], *item, *next;
	LIST_HEAD(list);
	LIST_HEAD(other);

	CHECK(list_empty(&list));
	CHECK(list_first_entry_or_null(&list, struct item, link) == NULL);
	for (int i = 0; i < 6; i++)
		items[i].number = i;
	list_add(&items[1].link, &list);
	list_add(&items[0].link, &list);
	list_add_tail(&items[2].link, &list);
	list_add_tail(&items[3].link, &list);
	CHECK_STREQ(list_text(&list), "0123");
	CHECK(list_first_entry(&list, struct item, link) == &items[0]);
	CHECK(list_last_entry(&list, struct item, link) == &items[3]);
	CHECK(list_is_last(&items[3].link, &list) && !list_is_last(&items[2].link, &list));

	list_del(&items[1].link);
	CHECK(items[1].link.next == NULL && items[1].link.prev == NULL);
	list_del_init(&items[0].link);
	CHECK(list_empty(&items[0].link));
	CHECK_STREQ(list_text(&list), "23");
	list_move(&items[3].link, &list);
	CHECK_STREQ(list_text(&list), "32");
	list_move_tail(&items[3].link, &other);
	CHECK_STREQ(list_text(&list), "2");
	CHECK_STREQ(list_text(&other), "3");

	list_add_tail(&items[4].link, &other);
	list_splice_init(&other, &list);
	CHECK_STREQ(list_text(&list), "342");
	CHECK(list_empty(&other));
	list_splice_init(&other, &list);
	CHECK_STREQ(list_text(&list), "342");
	list_for_each_entry_safe(item, next, &list, link)
		list_del(&item->link);
	CHECK(list_empty(&list));
}

int main(void)
{
	host_run("bitmaps as an array of bools", bitmaps);
	host_run("bitmaps end in the middle of a word", bitmap_ends);
	host_run("sort as qsort", sorts);
	host_run("lists", lists);
	return host_done();
}
