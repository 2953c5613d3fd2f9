/* SPDX-License-Identifier: MIT */
#include <mm/vmap_area_tree.h>

/*
 * One balanced binary tree of the ranges in use, in order of address, answers both questions. For the
 * second, where an address belongs, the order is enough. For the first each node knows the hole directly
 * below its range, and the largest such hole in its subtree:
 *
 *	address space   |AAA|..|BB|CCCC|......|D|EE|............|     . is free
 *
 *	tree                        C  hole 0, largest 6
 *	                          /   \
 *	    hole 0, largest 2   A       D  hole 6, largest 6          a hole of 4? Not on the left of C
 *	                         \       \                            (2), not at C (0), so on the right:
 *	       hole 2, largest 2  B       E  hole 0, largest 0        D has it
 *
 * So the way to the lowest hole that is large enough goes down once: left if the left side has one, else
 * here, else right. The hole above the highest range belongs to no node. It is the highest, so it is
 * asked last, and a range that goes there changes nobody's largest hole.
 *
 * The tree is balanced as Adelson-Velsky and Landis did it in 1962: the two subtrees of a node differ in
 * height by at most one, so a tree of n nodes is at most 1.44 log2(n) high: 14 for 1000 ranges at the
 * very worst, 10 or 11 as a rule. After a change the way is gone up again, heights and largest holes are computed
 * anew, and where heights differ by two a rotation makes them even. As soon as a subtree looks to its
 * parent as it did before the rest needs no look: mostly after two or three nodes.
 *
 * Invariant (vmap_area_tree_check() looks for it): holes and ranges together are the whole address space.
 *
 * Price: 32 bytes a range, and a store for each node on the way.
 */

enum { LEFT, RIGHT };

void vmap_area_tree_init(struct vmap_area_tree *tree, unsigned long start, unsigned long end)
{
	*tree = (struct vmap_area_tree){ .start = start, .end = end };
}

/* --- heights and largest holes ------------------------------------------------------------------ */

static inline unsigned int height_of(const struct vmap_area_node *node)
{
	return node ? node->height : 0;
}

static inline unsigned long max_hole_of(const struct vmap_area_node *node)
{
	return node ? node->max_hole : 0;
}

/* What a node says of its subtree, computed from its children. */
static inline void update(struct vmap_area_node *node)
{
	const struct vmap_area_node *left = node->child[LEFT], *right = node->child[RIGHT];

	unsigned long below = max(max_hole_of(left), max_hole_of(right));

	node->height = max(height_of(left), height_of(right)) + 1;
	node->max_hole = max(node->hole, below);
}

/* Hangs `child` where `old` hung below `parent`, or at the root. */
static inline void hang(struct vmap_area_tree *tree, struct vmap_area_node *parent,
			const struct vmap_area_node *old, struct vmap_area_node *child)
{
	if (!parent)
		tree->root = child;
	else
		parent->child[parent->child[RIGHT] == old] = child;
	if (child)
		child->parent = parent;
}

/*
 * The child on the other side becomes the root of the subtree, and the node its child on this side. Order
 * is kept:
 *
 *	    node                 up
 *	   /    \               /  \
 *	  a      up    ──▶   node   c       side: left
 *	        /  \         /  \
 *	       b    c       a    b
 */
static inline struct vmap_area_node *rotate(struct vmap_area_tree *tree,
					    struct vmap_area_node *node, int side)
{
	struct vmap_area_node *up = node->child[!side], *between = up->child[side];

	hang(tree, node->parent, node, up);
	node->child[!side] = between;
	if (between)
		between->parent = node;
	up->child[side] = node;
	node->parent = up;
	update(node);
	update(up);
	return up;
}

/* Makes a node even whose child on one side is too high by one; returns the root of the subtree. */
static struct vmap_area_node *make_even(struct vmap_area_tree *tree, struct vmap_area_node *node,
					int high)
{
	struct vmap_area_node *child = node->child[high];

	/* What moves to the other side is the child's inner half: it must not be the higher one. */
	if (height_of(child->child[!high]) > height_of(child->child[high]))
		rotate(tree, child, high);
	return rotate(tree, node, !high);
}

/* From a node that has changed, or has another child, upwards, until a parent would see no difference. */
static void retrace(struct vmap_area_tree *tree, struct vmap_area_node *node)
{
	for (; node; node = node->parent) {
		unsigned int left = height_of(node->child[LEFT]);
		unsigned int right = height_of(node->child[RIGHT]);
		unsigned int height = node->height;
		unsigned long max_hole = node->max_hole;

		if (likely(left - right + 1 <= 2))
			update(node);
		else
			node = make_even(tree, node, right > left ? RIGHT : LEFT);
		if (node->height == height && node->max_hole == max_hole)
			return;
	}
}

/* --- neighbours --------------------------------------------------------------------------------- */

static inline struct vmap_area_node *outermost(struct vmap_area_node *node, int side)
{
	while (node->child[side])
		node = node->child[side];
	return node;
}

/* The range above a node, if it has no right child: the first node on the way up that it is left of. */
static struct vmap_area_node *next_above(const struct vmap_area_node *node)
{
	struct vmap_area_node *parent = node->parent;

	while (parent && parent->child[RIGHT] == node) {
		node = parent;
		parent = node->parent;
	}
	return parent;
}

/* The range below the highest one, which has no right child. */
static struct vmap_area_node *last_but_one(const struct vmap_area_node *last)
{
	return last->child[LEFT] ? outermost(last->child[LEFT], RIGHT) : last->parent;
}

/* --- finding ------------------------------------------------------------------------------------ */

struct vmap_area_node *vmap_area_tree_find(const struct vmap_area_tree *tree, unsigned long addr)
{
	struct vmap_area_node *node = tree->root, *above = NULL;

	/* What was taken last is often given back first. */
	if (tree->last && addr >= tree->last->start)
		return addr < tree->last->end ? tree->last : NULL;
	while (node) {
		if (addr >= node->end) {
			node = node->child[RIGHT];
			continue;
		}
		above = node;
		if (addr >= node->start)
			break;
		node = node->child[LEFT];
	}
	return above;
}

/* The node above the lowest hole of at least `size` bytes, one of which is below `node`. */
static struct vmap_area_node *above_lowest_hole(struct vmap_area_node *node, unsigned long size)
{
	for (;;) {
		if (max_hole_of(node->child[LEFT]) >= size)
			node = node->child[LEFT];
		else if (node->hole >= size)
			return node;
		else
			node = node->child[RIGHT];
	}
}

/* Where the highest hole begins. */
static inline unsigned long top_of(const struct vmap_area_tree *tree)
{
	return tree->last ? tree->last->end : tree->start;
}

unsigned long vmap_area_tree_largest_hole(const struct vmap_area_tree *tree)
{
	return max(max_hole_of(tree->root), tree->end - top_of(tree));
}

/* --- changing ----------------------------------------------------------------------------------- */

/* A new leaf: without a hole below it, as it was put at the bottom of one. */
static inline void link_leaf(struct vmap_area_tree *tree, struct vmap_area_node *node,
			     struct vmap_area_node *parent, int side)
{
	node->hole = node->max_hole = 0;
	node->parent = parent;
	node->child[LEFT] = node->child[RIGHT] = NULL;
	node->height = 1;
	if (parent)
		parent->child[side] = node;
	else
		tree->root = node;
}

/* Directly below `above` in order, which is at its left or at the right end of what is there. */
static void insert_below(struct vmap_area_tree *tree, struct vmap_area_node *node,
			 struct vmap_area_node *above)
{
	struct vmap_area_node *parent = above;
	int side = LEFT;

	if (above->child[LEFT]) {
		parent = outermost(above->child[LEFT], RIGHT);
		side = RIGHT;
	}
	link_leaf(tree, node, parent, side);
	retrace(tree, parent);
	retrace(tree, above);
}

/*
 * rotate(tree, node, LEFT) where the right side has become too high by append(). Then most is known: the largest
 * hole of the subtree is what it was, and the node's own two subtrees have the same height, `height`.
 */
static inline void rotate_appended(struct vmap_area_tree *tree, struct vmap_area_node *node,
				   unsigned int height)
{
	struct vmap_area_node *up = node->child[RIGHT], *between = up->child[LEFT];
	struct vmap_area_node *parent = node->parent;
	unsigned long max_hole = node->hole;

	if (parent)
		parent->child[RIGHT] = up;
	else
		tree->root = up;
	up->parent = parent;
	up->child[LEFT] = node;
	up->max_hole = node->max_hole;
	node->parent = up;
	node->child[RIGHT] = between;
	node->height = height + 1;
	if (height) {
		between->parent = node;
		max_hole = max(max_hole, between->max_hole);
		max_hole = max(max_hole, node->child[LEFT]->max_hole);
	}
	node->max_hole = max_hole;
}

/*
 * Above all others. The new leaf is on the right of all that it is below, and has no hole: no largest hole
 * changes, and what becomes too high is the right side of a right side. Where heights differ by two one rotation
 * makes the subtree as high as it was.
 */
static inline void append(struct vmap_area_tree *tree, struct vmap_area_node *node)
{
	struct vmap_area_node *parent = tree->last;
	unsigned int right = 1;

	link_leaf(tree, node, parent, RIGHT);
	tree->last = node;
	for (; parent && parent->height <= right; parent = parent->parent) {
		unsigned int left = height_of(parent->child[LEFT]);

		if (right > left + 1) {
			rotate_appended(tree, parent, left);
			return;
		}
		parent->height = ++right;
	}
}

bool vmap_area_tree_insert(struct vmap_area_tree *tree, struct vmap_area_node *node,
			   unsigned long size)
{
	struct vmap_area_node *above = NULL;

	node->start = top_of(tree);
	if (max_hole_of(tree->root) >= size) {
		above = above_lowest_hole(tree->root, size);
		node->start = above->start - above->hole;
		above->hole -= size;
	} else if (tree->end - node->start < size) {
		return false;
	}
	node->end = node->start + size;
	tree->count++;
	if (above)
		insert_below(tree, node, above);
	else
		append(tree, node);
	return true;
}

/*
 * Another node takes a node's place, children and what the parent sees of it. `heir` is the next in
 * order, so it is the leftmost on the right side. Returns the lowest node that has another child now.
 */
static struct vmap_area_node *replace_by_next(struct vmap_area_tree *tree,
					      struct vmap_area_node *node,
					      struct vmap_area_node *heir)
{
	struct vmap_area_node *changed = heir;

	if (heir != node->child[RIGHT]) {
		changed = heir->parent;
		hang(tree, changed, heir, heir->child[RIGHT]);
		heir->child[RIGHT] = node->child[RIGHT];
		heir->child[RIGHT]->parent = heir;
	}
	heir->child[LEFT] = node->child[LEFT];
	heir->child[LEFT]->parent = heir;
	heir->height = node->height;
	heir->max_hole = node->max_hole;
	hang(tree, node->parent, node, heir);
	return changed;
}

/* Takes a node with at most one child out; that child takes its place. */
static struct vmap_area_node *replace_by_child(struct vmap_area_tree *tree,
					       struct vmap_area_node *node)
{
	struct vmap_area_node *child = node->child[LEFT] ? node->child[LEFT] : node->child[RIGHT];

	hang(tree, node->parent, node, child);
	return node->parent;
}

void vmap_area_tree_remove(struct vmap_area_tree *tree, struct vmap_area_node *node)
{
	struct vmap_area_node *above, *changed;

	above = node->child[RIGHT] ? outermost(node->child[RIGHT], LEFT) : next_above(node);
	if (above)
		above->hole += node->hole + (node->end - node->start);
	else
		tree->last = last_but_one(node);
	changed = node->child[LEFT] && node->child[RIGHT] ? replace_by_next(tree, node, above)
							  : replace_by_child(tree, node);
	tree->count--;
	retrace(tree, changed);
	retrace(tree, above);
}

/* --- many at once ------------------------------------------------------------------------------- */

struct chain {
	struct vmap_area_node *next;
	struct vmap_area_node **link; /* to the one to be added */
	unsigned long length;
};

/* Links what stays of a subtree, in order, through the right children. */
static void add_to_chain(struct chain *chain, struct vmap_area_node *node)
{
	while (node) {
		struct vmap_area_node *right = node->child[RIGHT];

		if (node->child[LEFT])
			add_to_chain(chain, node->child[LEFT]);
		if (node->height) {
			*chain->link = node;
			chain->link = &node->child[RIGHT];
			chain->length++;
		}
		node = right;
	}
}

/* Makes a tree of the next nodes of a chain: both sides have the same number of nodes, or nearly so. */
static struct vmap_area_node *build(struct vmap_area_tree *tree, struct chain *chain,
				    struct vmap_area_node *parent, unsigned long count)
{
	struct vmap_area_node *left, *node;

	if (!count)
		return NULL;
	left = build(tree, chain, NULL, count / 2);
	node = chain->next;
	chain->next = node->child[RIGHT];
	node->hole = node->start - top_of(tree);
	tree->last = node;
	node->parent = parent;
	node->child[LEFT] = left;
	if (left)
		left->parent = node;
	node->child[RIGHT] = build(tree, chain, node, count - count / 2 - 1);
	update(node);
	return node;
}

void vmap_area_tree_sweep(struct vmap_area_tree *tree)
{
	struct chain chain = { .link = &chain.next };

	add_to_chain(&chain, tree->root);
	tree->count = chain.length;
	tree->last = NULL;
	tree->root = build(tree, &chain, NULL, chain.length);
}

/* --- looking for damage ------------------------------------------------------------------------- */

struct check {
	unsigned long below; /* end of the range below */
	unsigned long count;
	const struct vmap_area_node *last;
	const char *wrong;
};

static void check_node(const struct vmap_area_node *node, struct check *check)
{
	unsigned int left = height_of(node->child[LEFT]), right = height_of(node->child[RIGHT]);
	unsigned long below = max(max_hole_of(node->child[LEFT]), max_hole_of(node->child[RIGHT]));

	if (node->start < check->below || node->end <= node->start)
		check->wrong = "ranges overlap, are empty or out of order";
	else if (node->hole != node->start - check->below)
		check->wrong = "a hole is not what lies between two ranges";
	else if (node->max_hole != max(node->hole, below))
		check->wrong = "a largest hole is wrong";
	else if (node->height != max(left, right) + 1)
		check->wrong = "a height is wrong";
	else if (left > right + 1 || right > left + 1)
		check->wrong = "heights differ by more than one";
	check->below = node->end;
	check->count++;
	check->last = node;
}

/* In order of address; as deep as the tree is high. */
static void check_subtree(const struct vmap_area_node *node, const struct vmap_area_node *parent,
			  struct check *check)
{
	if (!node || check->wrong)
		return;
	if (node->parent != parent) {
		check->wrong = "a parent is not the parent";
		return;
	}
	check_subtree(node->child[LEFT], node, check);
	if (!check->wrong)
		check_node(node, check);
	check_subtree(node->child[RIGHT], node, check);
}

const char *vmap_area_tree_check(const struct vmap_area_tree *tree)
{
	struct check check = { .below = tree->start };

	check_subtree(tree->root, NULL, &check);
	if (check.wrong)
		return check.wrong;
	if (check.last != tree->last)
		return "the highest range is another one";
	if (check.count != tree->count)
		return "the number of ranges is wrong";
	return check.below > tree->end ? "a range ends outside" : NULL;
}
