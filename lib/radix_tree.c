/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/limits.h>
#include <lib/radix_tree.h>

/*
 * A tree of height h holds the indexes below 64^h. An item with a larger index makes it higher: a
 * new topmost node gets the old one as its slot 0. A removal makes it lower again.
 *
 * Invariants between two calls: no node is empty, and a topmost node has more in use than its slot
 * 0. (Otherwise a lower tree would do.) An insertion that finds no memory has left nodes that break
 * them; trim() repairs both, as it does after a removal. A slot has a tag if and only if an item
 * below it has one; a tree without nodes keeps the tag of its only item itself.
 */

#define LONG_BITS  (8u * sizeof(unsigned long))
#define MAX_HEIGHT ((LONG_BITS + RADIX_BITS - 1) / RADIX_BITS)

/* Is the index too large for a tree of this height? A shift by all bits of a word is undefined. */
static bool beyond(unsigned long index, u32 height)
{
	return height < MAX_HEIGHT && index >> (height * RADIX_BITS);
}

/* The slot for an index in a node of a level: 0 is the lowest one. */
static u32 slot_of(unsigned long index, u32 level)
{
	return index >> (level * RADIX_BITS) & (RADIX_SLOTS - 1);
}

static void remember(struct radix_tree *tree, struct radix_node *leaf, unsigned long index)
{
	tree->leaf = leaf;
	tree->leaf_number = index / RADIX_SLOTS;
}

/* The remembered leaf, if an index belongs to it, or NULL. */
static struct radix_node *leaf_for(const struct radix_tree *tree, unsigned long index)
{
	return index / RADIX_SLOTS == tree->leaf_number ? tree->leaf : NULL;
}

static void free_node(struct radix_tree *tree, struct radix_node *node)
{
	if (tree->leaf == node)
		tree->leaf = NULL;
	tree->nodes->free(node);
}

void *radix_tree_descend(struct radix_tree *tree, unsigned long index)
{
	u32 shift = tree->height * RADIX_BITS;
	struct radix_node *leaf = NULL;
	void *at = tree->root;

	if (beyond(index, tree->height))
		return NULL;
	while (at && shift) {
		shift -= RADIX_BITS;
		leaf = at;
		at = leaf->slots[index >> shift & (RADIX_SLOTS - 1)];
	}
	if (leaf && !shift)
		remember(tree, leaf, index);
	return at;
}

void radix_tree_replace(struct radix_tree *tree, unsigned long index, void *item)
{
	/* The lookup leaves the leaf behind, if there is one. */
	if (radix_tree_lookup(tree, index) && tree->height)
		tree->leaf->slots[index % RADIX_SLOTS] = item;
	else
		tree->root = item;
}

/* --- tags ------------------------------------------------------------------------------------- */

static bool has_tag(const struct radix_node *node, u32 slot)
{
	return node->tags[slot / 32] >> slot % 32 & 1;
}

static bool any_tag(const struct radix_node *node)
{
	return node->tags[0] | node->tags[1];
}

/* The first slot with a tag from @slot on, or RADIX_SLOTS. */
static u32 next_tag(const struct radix_node *node, u32 slot)
{
	for (; slot < RADIX_SLOTS; slot = (slot | 31) + 1) {
		u32 word = node->tags[slot / 32] >> slot % 32;

		if (word)
			return slot + (u32)__builtin_ctz(word);
	}
	return slot;
}

void radix_tree_set_tag(struct radix_tree *tree, unsigned long index)
{
	struct radix_node *node = leaf_for(tree, index);
	void *at = tree->root;

	if (node && has_tag(node, index % RADIX_SLOTS))
		return;
	if (!tree->height)
		tree->root_tag = true;
	for (u32 level = tree->height; level-- > 0;) {
		u32 slot = slot_of(index, level);

		node = at;
		node->tags[slot / 32] |= 1u << slot % 32;
		at = node->slots[slot];
	}
}

/* A node without any tag left takes the bit from the node above. */
void radix_tree_clear_tag(struct radix_tree *tree, unsigned long index)
{
	struct radix_node *way[MAX_HEIGHT];
	void *at = tree->root;

	if (beyond(index, tree->height))
		return;
	if (!tree->height)
		tree->root_tag = false;
	for (u32 level = tree->height; level-- > 0; at = way[level]->slots[slot_of(index, level)]) {
		way[level] = at;
		if (!at || !has_tag(at, slot_of(index, level)))
			return;
	}
	for (u32 level = 0; level < tree->height; level++) {
		u32 slot = slot_of(index, level);

		way[level]->tags[slot / 32] &= ~(1u << slot % 32);
		if (any_tag(way[level]))
			break;
	}
}

/* next_down() for tagged items. */
static void *next_tagged_down(struct radix_tree *tree, unsigned long *index)
{
	struct radix_node *node;
	void *at = tree->root;

	for (u32 level = tree->height; level-- > 0;) {
		u32 shift = level * RADIX_BITS, first = slot_of(*index, level), slot;

		node = at;
		slot = next_tag(node, first);
		if (slot == RADIX_SLOTS) {
			shift += RADIX_BITS;
			*index = shift < LONG_BITS ? ((*index >> shift) + 1) << shift : 0;
			return NULL;
		}
		if (slot > first)
			*index = ((*index >> shift) + slot - first) << shift;
		at = node->slots[slot];
	}
	return at;
}

void *radix_tree_next_tagged(struct radix_tree *tree, unsigned long *index)
{
	void *item;

	if (!tree->height)
		return *index == 0 && tree->root_tag ? tree->root : NULL;
	do {
		if (beyond(*index, tree->height))
			return NULL;
		item = next_tagged_down(tree, index);
	} while (!item && *index);
	return item;
}

/* --- insertion and removal -------------------------------------------------------------------- */

/* Frees the empty nodes on the way to an index, and makes the tree as low as it can be. */
static void trim(struct radix_tree *tree, unsigned long index)
{
	void **way[MAX_HEIGHT]; /* for each level, the slot that holds the node */
	void **at = &tree->root;
	u32 lowest = tree->height;

	while (lowest > 0 && *at) {
		struct radix_node *node = *at;

		way[--lowest] = at;
		at = &node->slots[slot_of(index, lowest)];
	}
	for (u32 level = lowest; level < tree->height; level++) {
		struct radix_node *node = *way[level];

		if (node->count)
			break;
		free_node(tree, node);
		*way[level] = NULL;
		if (level + 1 < tree->height)
			((struct radix_node *)*way[level + 1])->count--;
	}
	while (tree->height > 0) {
		struct radix_node *node = tree->root;

		if (node && (node->count > 1 || !node->slots[0]))
			break;
		tree->root = node ? node->slots[0] : NULL;
		tree->root_tag = node && has_tag(node, 0);
		tree->height = node ? tree->height - 1 : 0;
		if (node)
			free_node(tree, node);
	}
}

/* Makes the tree high enough for an index. */
static int grow(struct radix_tree *tree, unsigned long index)
{
	while (beyond(index, tree->height)) {
		if (tree->root) {
			struct radix_node *node = tree->nodes->alloc();

			if (!node)
				return -ENOMEM;
			node->slots[0] = tree->root;
			node->count = 1;
			node->tags[0] = tree->height ? any_tag(tree->root) : tree->root_tag;
			tree->root = node;
		}
		tree->height++;
	}
	return 0;
}

static int insert_from_root(struct radix_tree *tree, unsigned long index, void *item)
{
	struct radix_node *above = NULL;
	void **at = &tree->root;
	int error = grow(tree, index);

	for (u32 level = tree->height; !error && level-- > 0;) {
		if (!*at) {
			*at = tree->nodes->alloc();
			if (!*at) {
				error = -ENOMEM;
				break;
			}
			if (above)
				above->count++;
		}
		above = *at;
		at = &above->slots[slot_of(index, level)];
	}
	if (error) {
		trim(tree, index);
		return error;
	}
	*at = item;
	if (above) {
		above->count++;
		remember(tree, above, index);
	}
	return 0;
}

int radix_tree_insert_elsewhere(struct radix_tree *tree, unsigned long index, void *item)
{
	struct radix_node *leaf;

	if (radix_tree_lookup(tree, index))
		return -EEXIST;
	leaf = leaf_for(tree, index);
	if (!leaf)
		return insert_from_root(tree, index, item);
	leaf->slots[index % RADIX_SLOTS] = item;
	leaf->count++;
	return 0;
}

static void *delete_from_root(struct radix_tree *tree, unsigned long index)
{
	struct radix_node *node = NULL;
	void **at = &tree->root;
	void *item;

	if (beyond(index, tree->height))
		return NULL;
	for (u32 level = tree->height; *at && level-- > 0;) {
		node = *at;
		at = &node->slots[slot_of(index, level)];
	}
	item = *at;
	if (!item)
		return NULL;
	*at = NULL;
	if (node)
		node->count--;
	/* The rest of a node below the topmost one keeps both invariants. */
	if (!node || !node->count || node == tree->root)
		trim(tree, index);
	return item;
}

void *radix_tree_delete(struct radix_tree *tree, unsigned long index)
{
	struct radix_node *leaf = leaf_for(tree, index);
	void **at, *item;

	/* As above, the rest of the leaf has to keep both invariants. */
	if (!leaf || leaf->count == 1 || leaf == tree->root)
		return delete_from_root(tree, index);
	at = &leaf->slots[index % RADIX_SLOTS];
	item = *at;
	*at = NULL;
	leaf->count -= item != NULL;
	return item;
}

/*
 * Looks for the first slot in use, from the slot of *index on, on the way down. A level without one
 * sets *index to the first index behind its node, and the next try begins at the root.
 * Return: the item; NULL: none, and *index has been moved, or set to 0 if no index is left.
 */
static void *next_down(struct radix_tree *tree, unsigned long *index)
{
	struct radix_node *node = NULL;
	void *at = tree->root;

	for (u32 level = tree->height; level-- > 0;) {
		u32 first = slot_of(*index, level), slot = first;

		node = at;
		while (slot < RADIX_SLOTS && !node->slots[slot])
			slot++;
		if (slot == RADIX_SLOTS) {
			u32 shift = (level + 1) * RADIX_BITS;

			*index = shift < LONG_BITS ? ((*index >> shift) + 1) << shift : 0;
			return NULL;
		}
		if (slot > first)
			*index = ((*index >> (level * RADIX_BITS)) + slot - first)
				 << (level * RADIX_BITS);
		at = node->slots[slot];
	}
	if (node)
		remember(tree, node, *index);
	return at;
}

void *radix_tree_next(struct radix_tree *tree, unsigned long *index)
{
	const struct radix_node *leaf = leaf_for(tree, *index);
	void *item;

	if (leaf) {
		for (u32 slot = *index % RADIX_SLOTS; slot < RADIX_SLOTS; slot++) {
			if (leaf->slots[slot]) {
				*index = *index / RADIX_SLOTS * RADIX_SLOTS + slot;
				return leaf->slots[slot];
			}
		}
	}
	if (!tree->root)
		return NULL;
	do {
		if (beyond(*index, tree->height))
			return NULL;
		item = next_down(tree, index);
	} while (!item && *index);
	return item;
}

u32 radix_tree_take(struct radix_tree *tree, unsigned long first, void **items)
{
	struct radix_node *leaf;
	u32 nr = 0;

	if (!radix_tree_next(tree, &first))
		return 0;
	leaf = leaf_for(tree, first);
	if (!leaf) { /* the root is the item */
		items[0] = radix_tree_delete(tree, first);
		return 1;
	}
	for (void **at = &leaf->slots[first % RADIX_SLOTS]; at < leaf->slots + RADIX_SLOTS; at++) {
		if (*at)
			items[nr++] = *at;
		*at = NULL;
	}
	leaf->count -= nr;
	if (!leaf->count || leaf == tree->root)
		trim(tree, first);
	return nr;
}
