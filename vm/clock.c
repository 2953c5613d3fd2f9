/* SPDX-License-Identifier: MIT */
#include <lib/limits.h>
#include <vm/clock.h>

/*
 * Which page goes? The one that will not be used for the longest time; nobody knows it. A hand that
 * goes round over all frames, and takes a page that was not used since the last round, is nearly
 * right mostly, and wrong in three ways:
 *
 *	a loop that is a little too large   every page goes just before it is wanted
 *	a file that is read once            pushes out all that is used
 *	all pages used just now             one round over 16 million frames frees nothing
 *
 * So the hand strides. The frames of a zone are cut into chunks of 32, and each round visits all
 * chunks once, in an order of its own:
 *
 *	chunks   0  1  2  3  4  5  6  7  8  9      start 4, stride 3:   4 7 0 3 6 9 2 5 8 1
 *
 * A stride without a common divisor with their number reaches each of them. Pages that came
 * together do not go together: of a loop that does not fit, a random part stays.
 *
 * Each frame has three bits. The credit grows by one when the hand finds the page used, up to 3,
 * and shrinks by one when not; a page without credit goes. "Once" is on a page that was read from a
 * file for the first time. As long as there are many of these, the hand takes no others: a stream
 * pushes out itself. A page that comes back too soon has left a mark in the tree of its file, and
 * is not "once" the second time.
 *
 * And of each six looks one frees a page, even if all were used: the pages with the least credit
 * go. That bounds the work for a page. The price: a page that is used all the time may go, one in
 * six of them in a round where nothing else can. So a debt of some pages may wait for a chunk with
 * pages that have no credit, and pages that go of their own accord count in advance. A program that
 * has changed over to other pages keeps those then, even if its old ones are in few chunks.
 */

/* A number that looks random. (Marsaglia, "Xorshift RNGs", 2003.) */
static u32 next_random(struct clock *clock)
{
	u32 x = clock->seed;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return clock->seed = x;
}

static u32 common_divisor(u32 a, u32 b)
{
	while (b) {
		u32 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static void begin_round(struct clock *clock)
{
	u32 nr = clock->nr_chunks;

	clock->left = nr;
	clock->at = next_random(clock) % nr;
	do
		clock->stride = nr > 2 ? 1 + next_random(clock) % (nr - 1) : 1;
	while (common_divisor(nr, clock->stride) != 1);
}

void clock_init(struct clock *clock, u32 nr_chunks, u32 seed)
{
	*clock = (struct clock){ .nr_chunks = nr_chunks, .seed = seed | 1 };
	if (nr_chunks)
		begin_round(clock);
}

u32 clock_next(struct clock *clock)
{
	u32 chunk = clock->at;

	clock->visited++;
	/* At most 2^20 chunks of 128 GiB: no overflow. */
	clock->at += clock->stride;
	if (clock->at >= clock->nr_chunks)
		clock->at -= clock->nr_chunks;
	if (--clock->left == 0)
		begin_round(clock);
	return chunk;
}

/* Is @a less than @b, in rounds? The products suffice for 2^44 chunks, 2 exabytes. */
static bool is_behind(const struct clock *a, const struct clock *b)
{
	return a->visited * b->nr_chunks < b->visited * a->nr_chunks;
}

void clock_catch_up(struct clock *clock, const struct clock *other)
{
	if (clock->nr_chunks && other->nr_chunks)
		clock->visited = other->visited * clock->nr_chunks / other->nr_chunks;
}

/* Is @a more than a round behind @b? */
static bool is_lost(const struct clock *a, const struct clock *b)
{
	return (a->visited + a->nr_chunks) * b->nr_chunks < b->visited * a->nr_chunks;
}

u32 clock_choose(struct clock *const *clocks, u32 nr)
{
	u32 best = nr;

	for (u32 i = 0; i < nr; i++)
		if (clocks[i]->nr_chunks && (best == nr || is_behind(clocks[i], clocks[best])))
			best = i;
	for (u32 i = 0; i < nr && best < nr; i++)
		if (is_lost(clocks[best], clocks[i]))
			clock_catch_up(clocks[best], clocks[i]);
	return best;
}

#define CREDIT_SHIFT 5u

#define MOST_OWED ((s32)CLOCK_CHUNK) /* pages, in either direction */

bool clock_look(struct clock_scan *scan, u32 index, u8 *bits, bool accessed)
{
	u8 credit = *bits & CLOCK_CREDIT;

	scan->looks++;
	if (!accessed && !credit)
		return true;
	if (accessed && credit)
		*bits &= (u8)~CLOCK_ONCE;
	if (!accessed)
		--*bits;
	else if (credit < CLOCK_CREDIT)
		++*bits;
	scan->kept[scan->nr_kept++] = (u8)((*bits & CLOCK_CREDIT) << CREDIT_SHIFT | index);
	return false;
}

u32 clock_end(struct clock *clock, const struct clock_scan *scan)
{
	s32 due, without_credit = 0;

	for (u32 i = 0; i < scan->nr_kept; i++)
		without_credit += !(scan->kept[i] >> CREDIT_SHIFT);
	clock->owed += scan->looks - scan->freed * CLOCK_LOOKS;
	clock->owed = max(clock->owed, -MOST_OWED * CLOCK_LOOKS);
	due = max(clock->owed / CLOCK_LOOKS, 0);
	due = min(due, max(without_credit, due - MOST_OWED));
	clock->owed -= due * CLOCK_LOOKS;
	return (u32)due;
}

u32 clock_force(struct clock_scan *scan)
{
	u32 best = 0, index;

	if (!scan->nr_kept)
		return CLOCK_CHUNK;
	for (u32 i = 1; i < scan->nr_kept; i++)
		if (scan->kept[i] >> CREDIT_SHIFT < scan->kept[best] >> CREDIT_SHIFT)
			best = i;
	index = scan->kept[best] % CLOCK_CHUNK;
	scan->kept[best] = scan->kept[--scan->nr_kept];
	return index;
}
