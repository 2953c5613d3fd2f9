/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <lib/errno.h>
#include <lib/limits.h>
#include <lib/radix_tree.h>

/*
 * Radix trees: single cases, allocations that fail at each place, and random calls beside a model,
 * which is an array of (index, item) without any order.
 */

static long nr_nodes, nodes_left = LONG_MAX;

static struct radix_node *node_alloc(void)
{
	if (nodes_left <= 0)
		return NULL;
	nodes_left--;
	nr_nodes++;
	return calloc(1, sizeof(struct radix_node));
}

static void node_free(struct radix_node *node)
{
	nr_nodes--;
	free(node);
}

static const struct radix_nodes source = { .alloc = node_alloc, .free = node_free };
static struct radix_tree tree;
static char items[100];

static void begin(void)
{
	tree = (struct radix_tree){ .nodes = &source };
	nr_nodes = 0;
	nodes_left = LONG_MAX;
}

static void a_single_page_needs_no_node(void)
{
	begin();
	CHECK(radix_tree_lookup(&tree, 0) == NULL);
	CHECK(radix_tree_delete(&tree, 0) == NULL);
	CHECK_EQ(radix_tree_insert(&tree, 0, &items[0]), 0);
	CHECK_EQ(radix_tree_insert(&tree, 0, &items[1]), -EEXIST);
	CHECK_EQ(nr_nodes, 0);
	CHECK(radix_tree_lookup(&tree, 0) == &items[0]);
	CHECK(radix_tree_lookup(&tree, 1) == NULL);
	radix_tree_replace(&tree, 0, &items[2]);
	CHECK(radix_tree_lookup(&tree, 0) == &items[2]);
	radix_tree_replace(&tree, 0, &items[0]);
	CHECK_EQ(radix_tree_insert(&tree, 63, &items[1]), 0);
	radix_tree_replace(&tree, 63, &items[3]);
	CHECK(radix_tree_lookup(&tree, 63) == &items[3]);
	radix_tree_replace(&tree, 63, &items[1]);
	CHECK_EQ(nr_nodes, 1);
	CHECK_EQ(radix_tree_insert(&tree, 64, &items[2]), 0);
	CHECK_EQ(nr_nodes, 3);
	CHECK(radix_tree_delete(&tree, 64) == &items[2]);
	CHECK_EQ(nr_nodes, 1);
	CHECK(radix_tree_delete(&tree, 63) == &items[1]);
	CHECK_EQ(nr_nodes, 0);
	CHECK(radix_tree_lookup(&tree, 0) == &items[0]);
	CHECK(radix_tree_delete(&tree, 0) == &items[0]);
	CHECK(tree.root == NULL && tree.height == 0);
}

static void the_largest_index_can_be_used(void)
{
	unsigned long at = 1;

	begin();
	CHECK_EQ(radix_tree_insert(&tree, ULONG_MAX, &items[0]), 0);
	CHECK(radix_tree_next(&tree, &at) == &items[0]);
	CHECK_EQ(at, ULONG_MAX);
	CHECK_EQ(radix_tree_insert(&tree, 0, &items[1]), 0);
	at = 1;
	CHECK(radix_tree_next(&tree, &at) == &items[0]);
	CHECK(radix_tree_delete(&tree, ULONG_MAX) == &items[0]);
	CHECK_EQ(nr_nodes, 0);
	at = 1;
	CHECK(radix_tree_next(&tree, &at) == NULL);
	CHECK(radix_tree_delete(&tree, 0) == &items[1]);
}

/* An insertion without memory changes nothing, wherever the memory ends. */
static void a_failed_insertion_leaves_nothing_behind(void)
{
	static const unsigned long indexes[] = { 1, 63, 64, 4095, 4096, 1ul << 30, ULONG_MAX };

	for (unsigned int i = 0; i < ARRAY_SIZE(indexes); i++)
		for (unsigned int first = 0; first < 3; first++) {
			long before, failed = 0;

			begin();
			if (first)
				CHECK_EQ(radix_tree_insert(&tree, first == 1 ? 0 : 70, items), 0);
			before = nr_nodes;
			for (nodes_left = 0;
			     radix_tree_insert(&tree, indexes[i], &items[1]) == -ENOMEM;
			     nodes_left = ++failed) {
				CHECK_EQ(nr_nodes, before);
				CHECK(radix_tree_lookup(&tree, indexes[i]) == NULL);
			}
			CHECK(radix_tree_delete(&tree, indexes[i]) == &items[1]);
			CHECK_EQ(nr_nodes, before);
			if (first)
				CHECK(radix_tree_delete(&tree, first == 1 ? 0 : 70) == items);
			CHECK_EQ(nr_nodes, 0);
		}
}

/* --- random calls beside the model ------------------------------------------------------------ */

#define LIVES          200
#define CALLS_PER_LIFE 2000

static unsigned long model[ARRAY_SIZE(items)]; /* index of items[i] */
static bool in_tree[ARRAY_SIZE(items)], tagged[ARRAY_SIZE(items)];

static unsigned long random_index(unsigned int bits)
{
	unsigned long index = (unsigned long)host_random();

	return index >> (8 * sizeof(index) - 1 - host_random_below(bits));
}

static int model_find(unsigned long index)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++)
		if (in_tree[i] && model[i] == index)
			return (int)i;
	return -1;
}

static int model_next(unsigned long index)
{
	int best = -1;

	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++)
		if (in_tree[i] && model[i] >= index && (best < 0 || model[i] < model[best]))
			best = (int)i;
	return best;
}

static int model_next_tagged(unsigned long index)
{
	int best = -1;

	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++)
		if (tagged[i] && model[i] >= index && (best < 0 || model[i] < model[best]))
			best = (int)i;
	return best;
}

static void clear_tag(int item)
{
	radix_tree_clear_tag(&tree, model[item]);
	tagged[item] = false;
}

static bool same_leaf(unsigned long one, unsigned long other)
{
	return one / RADIX_SLOTS == other / RADIX_SLOTS;
}

/* Takes the items from an index on out of the leaf of the first one. */
static void take(unsigned long index)
{
	void *taken[RADIX_SLOTS];
	int next = model_next(index);
	unsigned long first = next < 0 ? 0 : model[next];
	u32 nr;

	for (int i = model_next_tagged(index); i >= 0; i = model_next_tagged(index))
		clear_tag(i);
	nr = radix_tree_take(&tree, index, taken);
	for (u32 i = 0; i < nr; i++) {
		CHECK(next >= 0 && taken[i] == &items[next] && same_leaf(first, model[next]));
		in_tree[next] = false;
		next = model_next(first);
	}
	CHECK(next < 0 || (nr && !same_leaf(first, model[next])));
}

static void one_call(unsigned int bits)
{
	unsigned long index = random_index(bits), at;
	u64 i = host_random_below(ARRAY_SIZE(items));
	int held, next;

	if (in_tree[i] && host_random_below(2))
		index = model[i] + host_random_below(2);
	if (host_random_below(16) == 0)
		take(index);
	held = model_find(index);
	next = model_next(index);
	switch (host_random_below(5)) {
	case 0:
		if (in_tree[i])
			break;
		nodes_left = host_random_below(4) ? LONG_MAX : (long)host_random_below(4);
		switch (radix_tree_insert(&tree, index, &items[i])) {
		case 0:
			CHECK(held < 0);
			model[i] = index;
			in_tree[i] = true;
			break;
		case -EEXIST:
			CHECK(held >= 0);
			break;
		default:
			CHECK(held < 0 && nodes_left <= 0);
		}
		break;
	case 1:
		if (held >= 0)
			clear_tag(held);
		CHECK(radix_tree_delete(&tree, index) == (held < 0 ? NULL : &items[held]));
		if (held >= 0)
			in_tree[held] = false;
		break;
	case 2:
		if (held >= 0)
			tagged[held] = host_random_below(2);
		if (held >= 0 && tagged[held])
			radix_tree_set_tag(&tree, index);
		else
			radix_tree_clear_tag(&tree, index);
		break;
	case 3:
		at = index;
		next = model_next_tagged(index);
		CHECK(radix_tree_next_tagged(&tree, &at) == (next < 0 ? NULL : &items[next]));
		if (next >= 0)
			CHECK_EQ(at, model[next]);
		break;
	default:
		at = index;
		CHECK(radix_tree_next(&tree, &at) == (next < 0 ? NULL : &items[next]));
		if (next >= 0)
			CHECK_EQ(at, model[next]);
	}
	CHECK(radix_tree_lookup(&tree, index) ==
	      (model_find(index) < 0 ? NULL : (void *)&items[model_find(index)]));
}

static void random_calls_agree_with_a_model(void)
{
	for (unsigned int life = 0; life < LIVES; life++) {
		unsigned int bits = 1 + (unsigned int)host_random_below(8 * sizeof(long));

		begin();
		memset(in_tree, 0, sizeof(in_tree));
		memset(tagged, 0, sizeof(tagged));
		for (unsigned int call = 0; call < CALLS_PER_LIFE; call++)
			one_call(bits);
		for (unsigned int i = 0; i < ARRAY_SIZE(items); i++)
			if (tagged[i])
				clear_tag((int)i);
		for (unsigned int i = 0; i < ARRAY_SIZE(items); i++)
			if (in_tree[i])
				CHECK(radix_tree_delete(&tree, model[i]) == &items[i]);
		CHECK(tree.root == NULL && tree.height == 0);
		CHECK_EQ(nr_nodes, 0);
	}
}

int main(void)
{
	host_run("a single page needs no node", a_single_page_needs_no_node);
	host_run("the largest index can be used", the_largest_index_can_be_used);
	host_run("a failed insertion leaves nothing behind",
		 a_failed_insertion_leaves_nothing_behind);
	host_run("random calls agree with a model", random_calls_agree_with_a_model);
	return host_done();
}
