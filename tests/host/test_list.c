/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <lib/list.h>

/*
 * Lists: after each change the elements have to be in the expected order, and each has to know its
 * predecessor.
 */

struct item {
	int number;
	struct list_head link;
};

/* The numbers in a list as text. */
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

static void both_ends(void)
{
	struct item items[4];
	LIST_HEAD(list);

	CHECK(list_empty(&list));
	CHECK_STREQ(list_text(&list), "");
	for (int i = 0; i < 4; i++)
		items[i].number = i;
	list_add(&items[1].link, &list);
	list_add(&items[0].link, &list);
	list_add_tail(&items[2].link, &list);
	list_add_tail(&items[3].link, &list);
	CHECK(!list_empty(&list));
	CHECK_STREQ(list_text(&list), "0123");
}

/* Any link can be the place, not only the head. */
static void in_the_middle(void)
{
	struct item items[4];
	LIST_HEAD(list);

	for (int i = 0; i < 4; i++)
		items[i].number = i;
	list_add_tail(&items[1].link, &list);
	list_add_tail(&items[0].link, &items[1].link);
	list_add(&items[3].link, &items[1].link);
	list_add_tail(&items[2].link, &items[3].link);
	CHECK_STREQ(list_text(&list), "0123");
}

static void taking_out(void)
{
	struct item items[4], *item, *next;
	LIST_HEAD(list);

	for (int i = 0; i < 4; i++) {
		items[i].number = i;
		list_add_tail(&items[i].link, &list);
	}
	list_del(&items[3].link);
	CHECK(items[3].link.next == NULL && items[3].link.prev == NULL);
	CHECK_STREQ(list_text(&list), "012");
	list_del(&items[0].link);
	CHECK_STREQ(list_text(&list), "12");
	list_add_tail(&items[0].link, &list);
	CHECK_STREQ(list_text(&list), "120");

	list_for_each_entry_safe(item, next, &list, link)
		list_del(&item->link);
	CHECK(list_empty(&list));
}

int main(void)
{
	host_run("elements at both ends", both_ends);
	host_run("elements in the middle", in_the_middle);
	host_run("elements taken out", taking_out);
	return host_done();
}
