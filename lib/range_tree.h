/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A range tree holds ranges of addresses that do not overlap. It answers two questions: which
 * range holds an address, and where is the lowest gap that is large enough for a new range? Each
 * answer takes a number of steps that grows with the logarithm of the number of ranges.
 *
 * The tree allocates nothing and takes no lock. The caller embeds a struct range_node in a
 * descriptor of its own, and container_of() leads back to the descriptor. A caller that shares a
 * tree holds one lock around each call; a walk over several ranges is several calls.
 *
 * A range contains the addresses from @start to @end - 1. ULONG_MAX can therefore be no part of a
 * range, because @end would be 0.
 */

/**
 * struct range_node - one range, in one tree
 * @start: first address
 * @end: first address after the range
 * @gap: private: addresses between the range below and @start
 * @max_gap: private: largest @gap among this node and its descendants
 * @parent, @child, @height: private: links and height of the balanced tree
 */
struct range_node {
	unsigned long start, end;
	unsigned long gap, max_gap;
	struct range_node *parent, *child[2];
	unsigned int height;
};

/**
 * struct range_tree - an address space and the ranges in it
 * @start: first address of the address space
 * @end: first address after it
 * @count: number of ranges
 * @root: private
 * @last: private: the highest range
 */
struct range_tree {
	unsigned long start, end;
	unsigned long count;
	struct range_node *root, *last;
};

/**
 * range_tree_init() - set the borders of an address space without ranges
 * @tree: the tree
 * @start: first address
 * @end: first address after the last
 *
 * Context: any.
 */
void range_tree_init(struct range_tree *tree, unsigned long start, unsigned long end);

/**
 * range_tree_insert() - add a range at a given address
 * @tree: the tree
 * @node: in no tree; its @start and @end are set on success
 * @start: first address
 * @size: number of addresses
 *
 * Nothing is moved or replaced, as with mmap() and MAP_FIXED_NOREPLACE.
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: 0; -EEXIST if the range would overlap another one; -EINVAL if @size is 0 or the range
 * would leave the address space. On failure nothing has changed.
 */
int range_tree_insert(struct range_tree *tree, struct range_node *node, unsigned long start,
		      unsigned long size);

/**
 * range_tree_insert_below() - add a range whose place in the tree is known
 * @tree: the tree
 * @node: in no tree; its @start and @end are set
 * @above: result of range_tree_first() for @start, which begins at or above @end; or NULL
 * @start: first address
 * @end: first address after the range
 *
 * Context: any; the caller serializes calls for one tree.
 */
void range_tree_insert_below(struct range_tree *tree, struct range_node *node,
			     struct range_node *above, unsigned long start, unsigned long end);

/**
 * range_tree_insert_lowest() - add a range at the start of the lowest gap that is large enough
 * @tree: the tree
 * @node: in no tree; its @start and @end are set on success
 * @size: number of addresses
 *
 * One way down finds the gap and the place in the tree, so this call costs less than
 * range_tree_find_gap() and range_tree_insert().
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: false if no gap has @size addresses, or if @size is 0; then nothing has changed.
 */
bool range_tree_insert_lowest(struct range_tree *tree, struct range_node *node, unsigned long size);

/**
 * range_tree_remove() - remove a range; its addresses become part of a gap
 * @tree: the tree
 * @node: one of its ranges
 *
 * Context: any; the caller serializes calls for one tree.
 */
void range_tree_remove(struct range_tree *tree, struct range_node *node);

/**
 * range_tree_set_start(), range_tree_set_end() - move one border of a range
 * @node: in a tree
 * @start: its new first address
 * @end: its new first address after the range
 *
 * Costs less than removing the range and inserting it again, since its place in the tree stays.
 *
 * Context: any; the caller serializes calls for one tree, and makes sure that the range is not
 * empty, overlaps no other one and stays in the address space, when all its borders are moved.
 */
void range_tree_set_start(struct range_node *node, unsigned long start);
void range_tree_set_end(struct range_node *node, unsigned long end);

/**
 * range_tree_mark() - mark a range for range_tree_sweep()
 * @node: in a tree
 *
 * Between the first mark and the sweep the caller may only mark further ranges: a mark overwrites
 * the height, which all other functions need.
 *
 * Context: any; the caller serializes calls for one tree.
 */
static inline void range_tree_mark(struct range_node *node)
{
	node->height = 0;
}

/**
 * range_tree_sweep() - remove all marked ranges
 * @tree: the tree
 *
 * The sweep builds a new tree from the ranges that remain. It takes about 20 instructions for
 * each range that is removed and 80 for each that remains; range_tree_remove() takes about 200
 * for each that is removed. A sweep is therefore cheaper once a third of the ranges is removed.
 *
 * Context: any; the caller serializes calls for one tree. The recursion is as deep as the tree is
 * high.
 */
void range_tree_sweep(struct range_tree *tree);

/**
 * range_tree_dismantle() - take any range out of a tree of which nothing will be left
 * @tree: the tree; from the first call to the last one it is no tree, and only this function may
 *	  be called for it
 *
 * Nothing is balanced, so a range costs about 20 instructions.
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: the range, in no tree any more; NULL if the tree is empty, and usable again.
 */
struct range_node *range_tree_dismantle(struct range_tree *tree);

/**
 * range_tree_first() - find the lowest range that ends above an address
 * @tree: the tree
 * @addr: any address
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: the range that holds @addr, or else the first one above it; NULL if there is neither.
 */
struct range_node *range_tree_first(const struct range_tree *tree, unsigned long addr);

/**
 * range_tree_search_next() - the slow part of range_tree_next()
 * @node: in a tree
 *
 * Context: that of range_tree_next().
 * Return: that of range_tree_next().
 */
struct range_node *range_tree_search_next(const struct range_node *node);

/**
 * range_tree_next() - find the next higher range
 * @node: in a tree
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: the range, or NULL if @node is the highest.
 */
static inline struct range_node *range_tree_next(const struct range_node *node)
{
	struct range_node *parent = node->parent;

	/* A node without a child on the right, which is its parent's child on the left. */
	if (!node->child[1] && parent && parent->child[0] == node)
		return parent;
	return range_tree_search_next(node);
}

/**
 * range_tree_prev() - find the next lower range
 * @node: in a tree
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: the range, or NULL if @node is the lowest.
 */
struct range_node *range_tree_prev(const struct range_node *node);

/**
 * range_tree_find() - find the range that holds an address
 * @tree: the tree
 * @addr: any address
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: the range, or NULL if @addr is in a gap or outside of the address space.
 */
static inline struct range_node *range_tree_find(const struct range_tree *tree, unsigned long addr)
{
	struct range_node *node = range_tree_first(tree, addr);

	return node && node->start <= addr ? node : NULL;
}

/**
 * range_tree_adjoins() - does a range begin where the one below it ends?
 * @node: in a tree
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: true if no address is free directly below the range. The lowest range may also begin
 * where the address space does.
 */
static inline bool range_tree_adjoins(const struct range_node *node)
{
	return node->gap == 0;
}

/**
 * range_tree_free_below() - find the end of the range below another one
 * @tree: the tree
 * @node: in the tree; NULL: behind the highest range
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: the address behind the next lower range, or the start of the address space.
 */
static inline unsigned long range_tree_free_below(const struct range_tree *tree,
						  const struct range_node *node)
{
	if (node)
		return node->start - node->gap;
	return tree->last ? tree->last->end : tree->start;
}

/* Visits all ranges from the lowest to the highest. The body must not remove @node. */
#define range_tree_for_each(node, tree) \
	for ((node) = range_tree_first(tree, 0); node; (node) = range_tree_next(node))

/**
 * range_tree_find_gap() - find the lowest place for a range, in a window and with an alignment
 * @tree: the tree
 * @size: number of addresses
 * @align: a power of two; the place is a multiple of it
 * @low: lowest address that the range may contain
 * @high: first address that it may not contain any more
 * @start: set to the place on success
 *
 * Gaps of fewer than @size addresses are skipped in logarithmic time. Each larger gap in the
 * window is looked at until @size aligned addresses fit, so one look is enough where all ranges
 * are aligned.
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: false if there is no such place, or if @size is 0.
 */
bool range_tree_find_gap(const struct range_tree *tree, unsigned long size, unsigned long align,
			 unsigned long low, unsigned long high, unsigned long *start);

/**
 * range_tree_find_gap_below() - find the highest place for a range in a window
 * @tree: the tree
 * @size: number of addresses
 * @low: lowest address that the range may contain
 * @high: first address that it may not contain any more
 * @start: set to the place on success
 * @above: set to the lowest range above the place on success, or NULL: range_tree_insert_below()
 *         needs no search then
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: false if there is no such place, or if @size is 0.
 */
bool range_tree_find_gap_below(const struct range_tree *tree, unsigned long size, unsigned long low,
			       unsigned long high, unsigned long *start, struct range_node **above);

/**
 * range_tree_largest_gap() - find the largest size that range_tree_insert_lowest() has room for
 * @tree: the tree
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: number of addresses.
 */
unsigned long range_tree_largest_gap(const struct range_tree *tree);

/**
 * range_tree_check() - look for damage in a tree
 * @tree: the tree; all of it is visited
 *
 * Checks the order of the ranges, gaps, largest gaps, heights, balance, and the links in both
 * directions.
 *
 * Context: any; the caller serializes calls for one tree. The recursion is as deep as the tree is
 * high.
 * Return: NULL if all is well, or else a text that says which of these is wrong.
 */
const char *range_tree_check(const struct range_tree *tree);
