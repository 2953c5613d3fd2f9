/* SPDX-License-Identifier: MIT */
#include <mm/mmzone.h>
#include <process/numbers.h>

/*
 * Numbers of tasks and processes.
 *
 * A number must not be used again while anything remembers it: a zombie, a process group whose
 * leader has ended, a session. So a number is an object of its own with a count of users:
 *
 *	bucket ─▶ number 7, users 4 ─▶ process 7 ─▶ task 7
 *	             ▲ group 7: processes 7 and 9
 *
 * New numbers count up, and begin again at FIRST_AGAIN after NUMBER_MAX. So a number that a program
 * has kept too long rarely names another process at once. Linux does the same.
 *
 * The object is a part of the task that was given the number, so it needs no allocation. A process
 * that led a group keeps its memory until the last member leaves.
 *
 * The price: 20 bytes for each number in use, and a search in a bucket, which has a few numbers as
 * long as there are some thousand tasks.
 */

#define BUCKETS     256u
#define FIRST_AGAIN 300u

/* Each task needs a stack of four pages, its descriptor, and page tables. */
#define LOWMEM_PAGES_PER_TASK 12u
#define FEWEST_TASKS          16u
#define MOST_TASKS            30000u

static struct number *buckets[BUCKETS];
static u32 last_number = 1; /* number 1 is for init= */
static u32 nr_given;
static u32 nr_tasks; /* changed by locked operations */

struct number *number_of(u32 value)
{
	struct number *number = buckets[value % BUCKETS];

	while (number && number->value != value)
		number = number->next;
	return number;
}

/* There are at most MOST_TASKS tasks, and each has made one number: one is always free. */
static u32 next_free(void)
{
	do {
		last_number = last_number < NUMBER_MAX ? last_number + 1 : FIRST_AGAIN;
	} while (number_of(last_number));
	return last_number;
}

bool number_insert(struct number *number, u32 wanted)
{
	struct number **bucket;

	if (wanted && number_of(wanted))
		return false;
	*number = (struct number){ .value = wanted ?: next_free() };
	bucket = &buckets[number->value % BUCKETS];
	number->next = *bucket;
	*bucket = number;
	nr_given++;
	return true;
}

u32 numbers_given(void)
{
	return READ_ONCE(nr_given);
}

u32 number_last(void)
{
	return READ_ONCE(last_number);
}

void number_remove(struct number *number)
{
	struct number **link = &buckets[number->value % BUCKETS];

	while (*link != number)
		link = &(*link)->next;
	*link = number->next;
}

/* --- the limit -------------------------------------------------------------------------------- */

u32 tasks_limit(void)
{
	unsigned long lowmem = zones[ZONE_DMA].managed_pages + zones[ZONE_NORMAL].managed_pages;

	return (u32)min(max(lowmem / LOWMEM_PAGES_PER_TASK, (unsigned long)FEWEST_TASKS),
			(unsigned long)MOST_TASKS);
}

bool tasks_reserve(u32 limit)
{
	if (__atomic_add_fetch(&nr_tasks, 1, __ATOMIC_RELAXED) <= min(limit, tasks_limit()))
		return true;
	tasks_unreserve();
	return false;
}

void tasks_unreserve(void)
{
	__atomic_sub_fetch(&nr_tasks, 1, __ATOMIC_RELAXED);
}
