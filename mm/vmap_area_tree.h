/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Ranges that share a piece of address space: where is the lowest hole that is large enough, and which
 * range has an address? Both in a number of steps that grows with the logarithm of the number of ranges.
 *
 * Nothing here locks or allocates: the node is part of what the range belongs to.
 */

/**
 * struct vmap_area_node - one range, in one tree
 * @start: first byte
 * @end: one past the last
 * @hole: private: bytes between the range below and @start
 * @max_hole: private: the largest @hole of this node and of all below it in the tree
 * @parent, @child, @height: private
 */
struct vmap_area_node {
	unsigned long start, end;
	unsigned long hole, max_hole;
	struct vmap_area_node *parent, *child[2];
	unsigned int height;
};

/**
 * struct vmap_area_tree - a piece of address space, and the ranges in it
 * @start: first byte
 * @end: one past the last
 * @count: number of ranges
 * @root: private
 * @last: private: the highest range
 */
struct vmap_area_tree {
	unsigned long start, end;
	unsigned long count;
	struct vmap_area_node *root, *last;
};

/**
 * vmap_area_tree_init() - begin without ranges
 * @tree: to be initialised
 * @start: first byte of the address space
 * @end: one past the last
 */
void vmap_area_tree_init(struct vmap_area_tree *tree, unsigned long start, unsigned long end);

/**
 * vmap_area_tree_insert() - put a range at the bottom of the lowest hole that is large enough
 * @tree: where
 * @node: in no tree; its start and end are set
 * @size: bytes, not 0
 *
 * Return: false if no hole has @size bytes; then nothing has changed.
 */
bool vmap_area_tree_insert(struct vmap_area_tree *tree, struct vmap_area_node *node,
			   unsigned long size);

/**
 * vmap_area_tree_remove() - take a range out; a hole takes its place
 * @tree: where it is
 * @node: the range
 */
void vmap_area_tree_remove(struct vmap_area_tree *tree, struct vmap_area_node *node);

/**
 * vmap_area_tree_mark() - say that a range is to be swept out
 * @node: in a tree, with which nothing but marking and vmap_area_tree_sweep() is done next
 */
static inline void vmap_area_tree_mark(struct vmap_area_node *node)
{
	node->height = 0;
}

/**
 * vmap_area_tree_sweep() - take out all ranges that are marked
 * @tree: where
 *
 * Builds the tree anew from what remains: some twenty instructions for each range that goes and eighty for
 * each that stays, where vmap_area_tree_remove() takes two hundred for each that goes.
 */
void vmap_area_tree_sweep(struct vmap_area_tree *tree);

/**
 * vmap_area_tree_find() - which range has an address, or is the next one above it?
 * @tree: where
 * @addr: any address
 *
 * Return: the lowest range that ends above @addr, NULL if there is none.
 */
struct vmap_area_node *vmap_area_tree_find(const struct vmap_area_tree *tree, unsigned long addr);

/**
 * vmap_area_tree_largest_hole() - the most that vmap_area_tree_insert() would find room for
 * @tree: where
 *
 * Return: bytes.
 */
unsigned long vmap_area_tree_largest_hole(const struct vmap_area_tree *tree);

/**
 * vmap_area_tree_check() - look for damage
 * @tree: all of it is walked
 *
 * Order, holes and their maxima, heights and balance, links in both directions.
 * Return: NULL, or what is wrong.
 */
const char *vmap_area_tree_check(const struct vmap_area_tree *tree);
