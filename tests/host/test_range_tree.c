/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <lib/errno.h>
#include <lib/limits.h>
#include <lib/range_tree.h>

/*
 * Range trees: single cases, the checker on damaged trees, and random calls beside a model. The
 * model is a sorted array of the ranges. It finds everything by looking at all of them from the
 * lowest on, so it shares no idea with the tree.
 */

static struct range_tree tree;
static struct range_node nodes[64];

#define NR_NODES ARRAY_SIZE(nodes)
#define BASE     1000ul /* of the trees in single cases */

static void begin(unsigned long start, unsigned long end)
{
	range_tree_init(&tree, start, end);
	memset(nodes, 0xa5, sizeof(nodes));
}

/* Ends the program at the first damage: a damaged tree may make the next call loop for ever. */
static void expect_sound(void)
{
	const char *wrong = range_tree_check(&tree);

	if (!wrong)
		return;
	printf("# damaged tree: %s\n", wrong);
	fflush(stdout);
	abort();
}

/* --- single cases ----------------------------------------------------------------------------- */

static bool insert_lowest(unsigned int i, unsigned long size)
{
	bool found = range_tree_insert_lowest(&tree, &nodes[i], size);

	expect_sound();
	return found;
}

static int insert(unsigned int i, unsigned long start, unsigned long size)
{
	int error = range_tree_insert(&tree, &nodes[i], start, size);

	expect_sound();
	return error;
}

static void drop(unsigned int i)
{
	range_tree_remove(&tree, &nodes[i]);
	expect_sound();
}

/* Ten ranges of three addresses side by side in thirty. */
static void fill(void)
{
	begin(BASE, BASE + 30);
	for (unsigned int i = 0; i < 10; i++)
		CHECK(insert_lowest(i, 3));
}

static void an_empty_tree_is_one_gap(void)
{
	begin(BASE, BASE + 10);
	CHECK(range_tree_first(&tree, 0) == NULL);
	CHECK(range_tree_find(&tree, BASE) == NULL);
	CHECK_EQ(range_tree_largest_gap(&tree), 10);
	CHECK(!insert_lowest(0, 11));
	CHECK(!insert_lowest(0, 0));
	CHECK(insert_lowest(0, 10));
	CHECK_EQ(nodes[0].start, BASE);
	CHECK_EQ(range_tree_largest_gap(&tree), 0);
	CHECK(!insert_lowest(1, 1));
	CHECK(!insert_lowest(1, 0));
	CHECK(range_tree_first(&tree, BASE + 10) == NULL);
	CHECK(range_tree_next(&nodes[0]) == NULL);
	drop(0);
	CHECK(tree.root == NULL && tree.last == NULL && tree.count == 0);
}

/* There are gaps of 3, 6 and 3 addresses. */
static void the_lowest_gap_that_is_large_enough_is_taken(void)
{
	fill();
	drop(1);
	drop(5);
	drop(4);
	drop(8);
	CHECK_EQ(range_tree_largest_gap(&tree), 6);
	CHECK(insert_lowest(20, 4));
	CHECK_EQ(nodes[20].start, BASE + 12);
	CHECK(insert_lowest(21, 3));
	CHECK_EQ(nodes[21].start, BASE + 3);
	CHECK(insert_lowest(22, 2));
	CHECK_EQ(nodes[22].start, BASE + 16);
	CHECK(insert_lowest(23, 3));
	CHECK_EQ(nodes[23].start, BASE + 24);
	CHECK(!insert_lowest(24, 1));
}

static void every_address_has_a_range_or_a_next_one(void)
{
	fill();
	for (unsigned int i = 0; i < 10; i += 3)
		drop(i);
	for (unsigned long at = 0; at < 30; at++) {
		bool held = at / 3 % 3;
		unsigned long i = held ? at / 3 : at / 3 + 1;
		const struct range_node *want = i < 10 ? &nodes[i] : NULL;

		CHECK(range_tree_first(&tree, BASE + at) == want);
		CHECK(range_tree_find(&tree, BASE + at) == (held ? want : NULL));
	}
	CHECK(range_tree_first(&tree, 0) == &nodes[1]);
	CHECK(range_tree_find(&tree, 0) == NULL);
	CHECK(range_tree_find(&tree, ULONG_MAX) == NULL);
}

static void a_range_at_an_address_overlaps_nothing(void)
{
	begin(BASE, BASE + 100);
	CHECK_EQ(insert(0, BASE + 40, 20), 0);
	CHECK_EQ(nodes[0].start, BASE + 40);
	CHECK_EQ(nodes[0].end, BASE + 60);
	for (unsigned long start = 1; start < 100; start++)
		for (unsigned long size = 1; start + size <= 100; size++) {
			bool free = start + size <= 40 || start >= 60;

			CHECK_EQ(insert(1, BASE + start, size), free ? 0 : -EEXIST);
			if (free)
				drop(1);
		}
	CHECK_EQ(insert(1, BASE, 40), 0);
	CHECK_EQ(insert(2, BASE + 60, 40), 0);
	CHECK_EQ(range_tree_largest_gap(&tree), 0);
	CHECK_EQ(insert(3, BASE + 99, 1), -EEXIST);
	CHECK_EQ(tree.count, 3);
}

static void a_range_outside_or_without_addresses_is_refused(void)
{
	begin(BASE, BASE + 100);
	CHECK_EQ(insert(0, BASE + 50, 0), -EINVAL);
	CHECK_EQ(insert(0, BASE - 1, 1), -EINVAL);
	CHECK_EQ(insert(0, BASE - 1, 10), -EINVAL);
	CHECK_EQ(insert(0, 0, 1), -EINVAL);
	CHECK_EQ(insert(0, BASE + 100, 1), -EINVAL);
	CHECK_EQ(insert(0, BASE + 99, 2), -EINVAL);
	CHECK_EQ(insert(0, BASE + 50, ULONG_MAX), -EINVAL);
	CHECK_EQ(insert(0, BASE + 50, ULONG_MAX - BASE), -EINVAL);
	CHECK_EQ(insert(0, ULONG_MAX, 1), -EINVAL);
	CHECK_EQ(insert(0, ULONG_MAX, ULONG_MAX), -EINVAL);
	CHECK_EQ(tree.count, 0);
	CHECK_EQ(insert(0, BASE + 99, 1), 0);
	CHECK_EQ(insert(1, BASE, 1), 0);
}

/* The largest address space there is; only ULONG_MAX is not in it. */
static void the_ends_of_the_address_space_can_be_used(void)
{
	unsigned long start;

	begin(0, ULONG_MAX);
	CHECK_EQ(range_tree_largest_gap(&tree), ULONG_MAX);
	CHECK_EQ(insert(0, 0, 1), 0);
	CHECK_EQ(insert(1, ULONG_MAX - 1, 1), 0);
	CHECK_EQ(insert(2, ULONG_MAX - 1, 2), -EINVAL);
	CHECK_EQ(insert(2, 0, ULONG_MAX), -EEXIST);
	CHECK(range_tree_find(&tree, 0) == &nodes[0]);
	CHECK(range_tree_find(&tree, 1) == NULL);
	CHECK(range_tree_first(&tree, 1) == &nodes[1]);
	CHECK(range_tree_find(&tree, ULONG_MAX - 1) == &nodes[1]);
	CHECK(range_tree_first(&tree, ULONG_MAX) == NULL);
	CHECK_EQ(range_tree_largest_gap(&tree), ULONG_MAX - 2);
	CHECK(range_tree_find_gap(&tree, 1, 1, ULONG_MAX - 2, ULONG_MAX, &start));
	CHECK_EQ(start, ULONG_MAX - 2);
	CHECK(!range_tree_find_gap(&tree, 1, 1, ULONG_MAX - 1, ULONG_MAX, &start));
	CHECK(!range_tree_find_gap(&tree, 1, 16, ULONG_MAX - 14, ULONG_MAX, &start));
	CHECK(range_tree_find_gap(&tree, 1, 16, ULONG_MAX - 15, ULONG_MAX, &start));
	CHECK_EQ(start, ULONG_MAX - 15);
	drop(0);
	CHECK_EQ(insert(0, 0, ULONG_MAX - 1), 0);
	drop(0);
	drop(1);
	CHECK(insert_lowest(0, ULONG_MAX));
	CHECK(range_tree_find(&tree, ULONG_MAX - 1) == &nodes[0]);
}

/* There are gaps at 3 to 5, 12 to 17 and 24 to 26, and nothing above 30. */
static void a_gap_is_found_in_a_window_and_aligned(void)
{
	static const struct {
		unsigned long size, align, low, high, want; /* 0: nothing is found */
	} cases[] = {
		{ 1, 1, 0, ULONG_MAX, 1003 }, { 3, 1, 0, 2000, 1003 },
		{ 4, 1, 0, 2000, 1012 },      { 7, 1, 0, 2000, 0 },
		{ 0, 1, 0, 2000, 0 },         { 3, 1, 1004, 2000, 1012 },
		{ 3, 1, 1013, 2000, 1013 },   { 3, 1, 1016, 2000, 1024 },
		{ 3, 1, 1016, 1026, 0 },      { 2, 1, 1016, 1026, 1016 },
		{ 2, 4, 0, 2000, 1004 },      { 3, 4, 0, 2000, 1012 },
		{ 2, 8, 0, 2000, 1016 },      { 3, 8, 0, 2000, 1024 },
		{ 3, 16, 0, 2000, 1024 },     { 1, 2048, 0, 2000, 0 },
		{ 1, 1, 1026, 1027, 1026 },   { 1, 1, 1027, 2000, 0 },
		{ 1, 1, 1012, 1012, 0 },      { 1, 1, 1017, 1012, 0 },
		{ 1, 1, 0, 1000, 0 },         { ULONG_MAX, 1, 0, 2000, 0 },
		{ 1, 1, 1006, 1012, 0 },      { 1, 1, 1006, 1013, 1012 },
	};

	fill();
	drop(1);
	drop(5);
	drop(4);
	drop(8);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long start = 0;
		bool found = range_tree_find_gap(&tree, cases[i].size, cases[i].align, cases[i].low,
						 cases[i].high, &start);

		if (found != (cases[i].want != 0) || (found && start != cases[i].want))
			host_fail(__FILE__, __LINE__, "case %u: %s at %lu, expected %lu", i,
				  found ? "found" : "not found", start, cases[i].want);
	}
}

/* Trees of all sizes: each range comes out once, and afterwards the tree can be used again. */
static void dismantling_returns_each_range_once(void)
{
	for (unsigned int size = 0; size <= NR_NODES; size++) {
		bool seen[NR_NODES] = { false };
		struct range_node *node;
		unsigned int count = 0;

		begin(BASE, BASE + 1000);
		for (unsigned int i = 0; i < size; i++)
			CHECK_EQ(insert(i, BASE + 3 * i + i % 2, 2), 0);
		while ((node = range_tree_dismantle(&tree))) {
			CHECK(!seen[node - nodes]);
			seen[node - nodes] = true;
			count++;
		}
		CHECK_EQ(count, size);
		expect_sound();
		CHECK(insert_lowest(0, 1000));
	}
}

/* Each subset of eight ranges is removed by one sweep. */
static void a_sweep_removes_the_marked_ranges(void)
{
	for (unsigned int marked = 0; marked < 256; marked++) {
		unsigned long left = 0;

		fill();
		for (unsigned int i = 0; i < 8; i++)
			if (marked >> i & 1)
				range_tree_mark(&nodes[i]);
		range_tree_sweep(&tree);
		expect_sound();
		for (unsigned int i = 0; i < 10; i++) {
			bool stays = i >= 8 || !(marked >> i & 1);

			CHECK_EQ(range_tree_find(&tree, BASE + i * 3) == &nodes[i], stays);
			left += stays;
		}
		CHECK_EQ(tree.count, left);
	}
}

/* --- the checker ------------------------------------------------------------------------------ */

static void grow(void)
{
	begin(BASE, BASE + 64);
	for (unsigned int i = 0; i < 20; i++)
		insert_lowest(i, 2);
	for (unsigned int i = 1; i < 20; i += 5)
		drop(i);
}

/* Changes a word of a good tree, and expects the checker to see it. */
#define CHECK_DAMAGE(place, value, text)                    \
	do {                                                \
		grow();                                     \
		place = (value);                            \
		CHECK_STREQ(range_tree_check(&tree), text); \
	} while (0)

static void the_checker_sees_damage(void)
{
	grow();
	CHECK(range_tree_check(&tree) == NULL);
	CHECK_DAMAGE(nodes[2].gap, 0, "a gap is not the space between two ranges");
	CHECK_DAMAGE(nodes[3].gap, 1, "a gap is not the space between two ranges");
	CHECK_DAMAGE(nodes[3].start, nodes[2].start, "ranges overlap, are empty or out of order");
	CHECK_DAMAGE(nodes[3].end, nodes[3].start, "ranges overlap, are empty or out of order");
	CHECK_DAMAGE(tree.root->max_gap, 0, "a largest gap is wrong");
	CHECK_DAMAGE(tree.root->max_gap, 60, "a largest gap is wrong");
	CHECK_DAMAGE(tree.root->height, 0, "a height is wrong");
	CHECK_DAMAGE(tree.root->child[1]->parent, &nodes[0], "a parent link is wrong");
	CHECK_DAMAGE(tree.last, &nodes[0], "the link to the highest range is wrong");
	CHECK_DAMAGE(tree.count, 3, "the number of ranges is wrong");
	CHECK_DAMAGE(tree.end, nodes[19].start, "a range ends outside of the address space");
}

static void the_checker_sees_a_leaning_tree(void)
{
	begin(BASE, BASE + 64);
	for (unsigned int i = 0; i < 3; i++)
		insert_lowest(i, 2);
	/* 0 ─ 1 ─ 2, each the right child of the one before. */
	nodes[0] = (struct range_node){ .start = nodes[0].start, .end = nodes[0].end };
	nodes[0].child[1] = &nodes[1];
	nodes[0].height = 3;
	nodes[1].parent = &nodes[0];
	nodes[1].child[0] = NULL;
	tree.root = &nodes[0];
	CHECK_STREQ(range_tree_check(&tree), "heights differ by more than one");
}

/* --- random calls beside the model ------------------------------------------------------------ */

#define LIVES          2000
#define CALLS_PER_LIFE 1500

static struct model_range {
	unsigned long start, end;
	struct range_node *node;
} model[NR_NODES]; /* sorted by address */
static unsigned int nr_ranges;
static bool in_tree[NR_NODES];
static struct {
	unsigned long inserted, refused, lowest, removed, swept, gaps, no_gaps;
} sums;

static unsigned long random_up_to(unsigned long most)
{
	return most == ULONG_MAX ? (unsigned long)host_random()
				 : (unsigned long)host_random_below((u64)most + 1);
}

/* Any magnitude is as likely as any other, and 0 and @most are among the results. */
static unsigned long random_size(unsigned long most)
{
	unsigned long size = random_up_to(most);

	if (size == most || size == 0)
		return size;
	return size >> host_random_below(sizeof(size) * CHAR_BIT);
}

/* Around a border of the tree or of a range, or anywhere. */
static unsigned long random_address(void)
{
	unsigned long at = tree.start + random_up_to(tree.end - tree.start);

	if (host_random_below(2) && nr_ranges) {
		const struct model_range *range = &model[host_random_below(nr_ranges)];

		at = host_random_below(2) ? range->start : range->end;
	} else if (host_random_below(8) == 0) {
		at = host_random_below(2) ? tree.start : tree.end;
	}
	return at + host_random_below(3) - 1;
}

static struct range_node *random_free_node(void)
{
	for (unsigned int i = 0; i < 2 * NR_NODES; i++) {
		u64 which = host_random_below(NR_NODES);

		if (!in_tree[which])
			return &nodes[which];
	}
	return NULL;
}

/* The gap below the range with this index, or the highest one. */
static unsigned long gap_start(unsigned int i)
{
	return i ? model[i - 1].end : tree.start;
}

static unsigned long gap_end(unsigned int i)
{
	return i < nr_ranges ? model[i].start : tree.end;
}

static bool model_find_gap(unsigned long size, unsigned long align, unsigned long low,
			   unsigned long high, unsigned long *start)
{
	for (unsigned int i = 0; size && i <= nr_ranges; i++) {
		unsigned long from = max(gap_start(i), low), to = min(gap_end(i), high);
		unsigned long over = from % align, skip = over ? align - over : 0;

		if (from >= to || to - from < skip || to - from - skip < size)
			continue;
		*start = from + skip;
		return true;
	}
	return false;
}

static int model_error(unsigned long start, unsigned long size)
{
	unsigned long end;

	if (size == 0 || __builtin_add_overflow(start, size, &end) || start < tree.start ||
	    end > tree.end)
		return -EINVAL;
	for (unsigned int i = 0; i < nr_ranges; i++)
		if (model[i].start < end && start < model[i].end)
			return -EEXIST;
	return 0;
}

static void model_insert(struct range_node *node, unsigned long start, unsigned long size)
{
	unsigned int i = nr_ranges++;

	for (; i && model[i - 1].start > start; i--)
		model[i] = model[i - 1];
	model[i] = (struct model_range){ start, start + size, node };
	in_tree[node - nodes] = true;
}

static void model_remove(unsigned int i)
{
	in_tree[model[i].node - nodes] = false;
	memset(model[i].node, 0x5a, sizeof(*model[i].node));
	nr_ranges--;
	for (; i < nr_ranges; i++)
		model[i] = model[i + 1];
}

static void random_insert(void)
{
	unsigned long start = random_address(), size = random_size(tree.end - tree.start);
	struct range_node *node = random_free_node();
	int want = model_error(start, size);

	if (!node)
		return;
	CHECK_EQ(range_tree_insert(&tree, node, start, size), want);
	if (want) {
		sums.refused++;
		return;
	}
	sums.inserted++;
	model_insert(node, start, size);
}

static void random_insert_lowest(void)
{
	unsigned long start, size = random_size(tree.end - tree.start);
	struct range_node *node = random_free_node();
	bool want = model_find_gap(size, 1, tree.start, tree.end, &start);

	if (!node)
		return;
	CHECK_EQ(range_tree_insert_lowest(&tree, node, size), want);
	if (!want) {
		sums.refused++;
		return;
	}
	CHECK_EQ(node->start, start);
	sums.lowest++;
	model_insert(node, start, size);
}

static void random_remove(void)
{
	unsigned int i;

	if (!nr_ranges)
		return;
	i = (unsigned int)host_random_below(nr_ranges);
	range_tree_remove(&tree, model[i].node);
	model_remove(i);
	sums.removed++;
}

static void random_sweep(void)
{
	u64 one_in = 1 + host_random_below(8);
	struct range_node *marked[NR_NODES];
	unsigned int nr_marked = 0;

	for (unsigned int i = 0; i < nr_ranges; i++)
		if (host_random_below(one_in) == 0)
			range_tree_mark(marked[nr_marked++] = model[i].node);
	range_tree_sweep(&tree);
	for (unsigned int i = 0; i < nr_ranges;)
		if (nr_marked && model[i].node->height == 0)
			model_remove(i);
		else
			i++;
	sums.swept += nr_marked;
}

static void random_find_gap(void)
{
	unsigned long size = random_size(tree.end - tree.start);
	unsigned long align = 1ul << host_random_below(host_random_below(2) ? 4 : 31);
	unsigned long low = random_address(), high = random_address();
	unsigned long start = 0, want_start = 0;
	bool want = model_find_gap(size, align, low, high, &want_start);

	CHECK_EQ(range_tree_find_gap(&tree, size, align, low, high, &start), want);
	if (want)
		CHECK_EQ(start, want_start);
	want ? sums.gaps++ : sums.no_gaps++;
}

static bool model_find_gap_below(unsigned long size, unsigned long low, unsigned long high,
				 unsigned long *start, struct range_node **above)
{
	for (unsigned int i = nr_ranges + 1; size && i--;) {
		unsigned long from = max(gap_start(i), low), to = min(gap_end(i), high);

		if (from >= to || to - from < size)
			continue;
		*start = to - size;
		*above = i < nr_ranges ? model[i].node : NULL;
		return true;
	}
	return false;
}

static void random_find_gap_below(void)
{
	unsigned long size = random_size(tree.end - tree.start);
	unsigned long low = random_address(), high = random_address();
	unsigned long start = 0, want_start = 0;
	struct range_node *above = NULL, *want_above = NULL;
	bool want = model_find_gap_below(size, low, high, &want_start, &want_above);

	CHECK_EQ(range_tree_find_gap_below(&tree, size, low, high, &start, &above), want);
	if (want)
		CHECK_EQ(start, want_start);
	if (want)
		CHECK(above == want_above);
}

/* Moves one border or both into the gaps beside the range, or into the range. */
static void random_resize(void)
{
	unsigned int i;
	unsigned long low, high;

	if (!nr_ranges)
		return;
	i = (unsigned int)host_random_below(nr_ranges);
	low = gap_start(i);
	high = gap_end(i + 1);
	low += host_random_below(2) ? host_random_below(min(model[i].end - low, 1ul << 20))
				    : model[i].start - low;
	high -= host_random_below(2) ? host_random_below(min(high - low, 1ul << 20)) : 0;
	range_tree_set_start(model[i].node, low);
	range_tree_set_end(model[i].node, high);
	model[i].start = low;
	model[i].end = high;
}

static void random_find(void)
{
	unsigned long addr = random_address();
	unsigned int i = 0;
	bool held;

	while (i < nr_ranges && model[i].end <= addr)
		i++;
	held = i < nr_ranges && model[i].start <= addr;
	CHECK(range_tree_first(&tree, addr) == (i < nr_ranges ? model[i].node : NULL));
	CHECK(range_tree_find(&tree, addr) == (held ? model[i].node : NULL));
}

static void compare(void)
{
	unsigned long largest = 0;
	struct range_node *node;
	unsigned int i = 0;

	expect_sound();
	CHECK_EQ(tree.count, nr_ranges);
	range_tree_for_each(node, &tree) {
		REQUIRE(i < nr_ranges && node == model[i].node);
		CHECK_EQ(node->start, model[i].start);
		CHECK_EQ(node->end, model[i].end);
		CHECK(range_tree_prev(node) == (i ? model[i - 1].node : NULL));
		i++;
	}
	CHECK_EQ(i, nr_ranges);
	for (i = 0; i <= nr_ranges; i++)
		largest = max(largest, gap_end(i) - gap_start(i));
	CHECK_EQ(range_tree_largest_gap(&tree), largest);
}

/* Small and large address spaces, at the bottom, in the middle and at the top. */
static void begin_life(void)
{
	static const unsigned long sizes[] = { 1, 20, 100, 1000, 1ul << 20, ULONG_MAX };
	unsigned long size = sizes[host_random_below(ARRAY_SIZE(sizes))];
	unsigned long start = min((unsigned long)host_random(), ULONG_MAX - size);

	if (host_random_below(3) == 0)
		start = host_random_below(2) ? 0 : ULONG_MAX - size;
	begin(start, start + size);
	memset(in_tree, 0, sizeof(in_tree));
	nr_ranges = 0;
}

static void random_call(void)
{
	static void (*const often[])(
		void) = { random_insert,         random_insert, random_insert_lowest, random_remove,
			  random_remove,         random_find,   random_find_gap,      random_find,
			  random_find_gap_below, random_resize };

	if (host_random_below(100) == 0)
		random_sweep();
	else
		often[host_random_below(ARRAY_SIZE(often))]();
}

static void random_calls_agree_with_the_model(void)
{
	for (unsigned int life = 0; life < LIVES; life++) {
		begin_life();
		for (unsigned int call = 0; call < CALLS_PER_LIFE; call++) {
			random_call();
			compare();
		}
	}
	printf("# inserted: %lu at an address, %lu lowest; %lu refused; removed: %lu, %lu swept; "
	       "gaps: %lu found, %lu not\n",
	       sums.inserted, sums.lowest, sums.refused, sums.removed, sums.swept, sums.gaps,
	       sums.no_gaps);
}

int main(void)
{
	host_run("an empty tree is one gap", an_empty_tree_is_one_gap);
	host_run("the lowest gap that is large enough is taken",
		 the_lowest_gap_that_is_large_enough_is_taken);
	host_run("every address has a range or a next one",
		 every_address_has_a_range_or_a_next_one);
	host_run("a range at an address overlaps nothing", a_range_at_an_address_overlaps_nothing);
	host_run("a range outside or without addresses is refused",
		 a_range_outside_or_without_addresses_is_refused);
	host_run("the ends of the address space can be used",
		 the_ends_of_the_address_space_can_be_used);
	host_run("a gap is found in a window and aligned", a_gap_is_found_in_a_window_and_aligned);
	host_run("a sweep removes the marked ranges", a_sweep_removes_the_marked_ranges);
	host_run("dismantling returns each range once", dismantling_returns_each_range_once);
	host_run("the checker sees damage", the_checker_sees_damage);
	host_run("the checker sees a leaning tree", the_checker_sees_a_leaning_tree);
	host_run("random calls agree with the model", random_calls_agree_with_the_model);
	return host_done();
}
