/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/errno.h>
#include <lib/types.h>

/*
 * A radix tree finds a pointer by a number, such as a page by its index in a file. Six bits of the
 * number choose one of 64 slots in each node:
 *
 *	index 0x1043          height 3:  1 ── 1 ── 3
 *
 *	root ─▶ node ─▶ node ─▶ node ─▶ item        the highest six bits first
 *	        [1]     [1]     [3]
 *
 * The tree is as high as its largest index demands. An index of 0 alone needs no node: the root is
 * the item, so a file of one page costs nothing. Lookup, insertion and removal take as many steps
 * as the tree is high: 6 for 32-bit numbers, and 2 for the pages of a file of 16 MiB.
 *
 * Most calls are for an index near the last one. So the tree remembers a lowest node, a leaf, from
 * the last call. An index of the same leaf needs one step. A leaf keeps its indexes when the tree
 * gets higher or lower, so the tree forgets it only when it is freed.
 *
 * An item may have a tag. A node has one bit for each slot that holds a tagged item, or a node with
 * any, so the tagged ones among many items are found without a look at the others. An item loses
 * its tag before it is removed.
 *
 * The tree takes no lock, and the owner of the tree provides the memory of the nodes.
 */

#define RADIX_BITS  6u
#define RADIX_SLOTS (1u << RADIX_BITS)

/**
 * struct radix_node - 64 slots; private
 * @slots: items, or nodes of the next level; NULL: nothing
 * @count: number of slots in use, not 0
 * @tags: a bit for each slot with a tag
 */
struct radix_node {
	void *slots[RADIX_SLOTS];
	unsigned long count;
	u32 tags[RADIX_SLOTS / 32];
};

/**
 * struct radix_nodes - where nodes come from
 * @alloc: returns a node of zeroes, or NULL
 * @free: frees a node
 */
struct radix_nodes {
	struct radix_node *(*alloc)(void);
	void (*free)(struct radix_node *node);
};

/**
 * struct radix_tree - items by number; one without items is all zeroes, except @nodes
 * @nodes: where nodes come from
 * @root: private: with @height 0 the item of index 0, else the topmost node
 * @height: private: levels of nodes
 * @root_tag: private: with @height 0, the tag of the root
 * @leaf_number: private: the indexes of @leaf, divided by RADIX_SLOTS
 * @leaf: private: a lowest node that was used, or NULL
 */
struct radix_tree {
	const struct radix_nodes *nodes;
	void *root;
	u32 height;
	bool root_tag;
	unsigned long leaf_number;
	struct radix_node *leaf;
};

/**
 * radix_tree_descend() - the part of radix_tree_lookup() for another leaf than the last one
 * @tree: any
 * @index: any
 *
 * Context: that of radix_tree_lookup().
 * Return: that of radix_tree_lookup().
 */
void *radix_tree_descend(struct radix_tree *tree, unsigned long index);

/**
 * radix_tree_lookup() - find the item of an index
 * @tree: any
 * @index: any
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: the item; NULL if there is none.
 */
static inline void *radix_tree_lookup(struct radix_tree *tree, unsigned long index)
{
	if (likely(tree->leaf && index / RADIX_SLOTS == tree->leaf_number))
		return tree->leaf->slots[index % RADIX_SLOTS];
	return radix_tree_descend(tree, index);
}

/**
 * radix_tree_insert_elsewhere() - radix_tree_insert() for another leaf than the last one
 * @tree: any
 * @index: any
 * @item: not NULL
 *
 * Context: that of radix_tree_insert().
 * Return: that of radix_tree_insert().
 */
int radix_tree_insert_elsewhere(struct radix_tree *tree, unsigned long index, void *item);

/**
 * radix_tree_insert() - add an item
 * @tree: any
 * @index: any
 * @item: not NULL
 *
 * Context: any that tree->nodes allows; the caller serializes calls for one tree.
 * Return: 0; -EEXIST if the index has an item; -ENOMEM. On failure nothing has changed.
 */
static inline int radix_tree_insert(struct radix_tree *tree, unsigned long index, void *item)
{
	struct radix_node *leaf = tree->leaf;

	if (!leaf || index / RADIX_SLOTS != tree->leaf_number)
		return radix_tree_insert_elsewhere(tree, index, item);
	if (leaf->slots[index % RADIX_SLOTS])
		return -EEXIST;
	leaf->slots[index % RADIX_SLOTS] = item;
	leaf->count++;
	return 0;
}

/**
 * radix_tree_replace() - put another item in the place of one
 * @tree: any
 * @index: of an item
 * @item: not NULL
 *
 * A tag stays.
 * Context: any; the caller serializes calls for one tree.
 */
void radix_tree_replace(struct radix_tree *tree, unsigned long index, void *item);

/**
 * radix_tree_delete() - remove an item
 * @tree: any
 * @index: of an item without a tag, or of none
 *
 * Nodes that become empty are freed.
 * Context: any that tree->nodes allows; the caller serializes calls for one tree.
 * Return: the item; NULL if there was none.
 */
void *radix_tree_delete(struct radix_tree *tree, unsigned long index);

/**
 * radix_tree_next() - find the next item
 * @tree: any
 * @index: smallest index to look at; set to the index of the item
 *
 * The caller may delete the item, and continue with the next index. After ULONG_MAX there is none.
 * Context: any; the caller serializes calls for one tree.
 * Return: the item; NULL if there is none, and @index is undefined.
 */
void *radix_tree_next(struct radix_tree *tree, unsigned long *index);

/**
 * radix_tree_take() - remove the next items of one leaf
 * @tree: any
 * @first: smallest index to look at; no item from here on has a tag
 * @items: has room for RADIX_SLOTS items; set to the removed ones, by their indexes
 *
 * Cheaper than radix_tree_next() and radix_tree_delete() for each of them.
 * Context: that of radix_tree_delete().
 * Return: their number; 0 if no item is left at @first or behind it.
 */
u32 radix_tree_take(struct radix_tree *tree, unsigned long first, void **items);

/**
 * radix_tree_set_tag(), radix_tree_clear_tag() - give an item a tag, or remove the tag
 * @tree: any
 * @index: of an item; to clear it, of anything
 *
 * Context: any; the caller serializes calls for one tree.
 */
void radix_tree_set_tag(struct radix_tree *tree, unsigned long index);
void radix_tree_clear_tag(struct radix_tree *tree, unsigned long index);

/**
 * radix_tree_next_tagged() - find the next item with a tag
 * @tree: any
 * @index: smallest index to look at; set to the index of the item
 *
 * Context: any; the caller serializes calls for one tree.
 * Return: the item; NULL if there is none, and @index is undefined.
 */
void *radix_tree_next_tagged(struct radix_tree *tree, unsigned long *index);
