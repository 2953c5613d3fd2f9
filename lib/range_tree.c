/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/range_tree.h>

/*
 * One balanced binary tree holds the ranges in order of address. The order alone is enough to
 * find the range that holds an address. To find room for a new range, each node also records the
 * gap directly below its range, and the largest such gap in its subtree:
 *
 *	address space   |AAA|..|BB|CCCC|......|D|EE|............|     . is free
 *
 *	tree                        C  gap 0, largest 6
 *	                          /   \
 *	     gap 0, largest 2   A       D  gap 6, largest 6
 *	                         \       \
 *	        gap 2, largest 2  B       E  gap 0, largest 0
 *
 * Where is the lowest gap of size 4? The left subtree of C has no gap above 2, and C itself has
 * none. So the gap is on the right, and D has it. The search goes down once and never turns back:
 * left if the left subtree has a gap that is large enough, else stop here, else right. The gap
 * above the highest range belongs to no node. It is the highest gap, so it is tried last.
 *
 * Invariant: ranges and gaps cover the whole address space, and each largest gap is exact.
 * range_tree_check() verifies both.
 *
 * The two subtrees of a node differ in height by at most one (Adelson-Velsky and Landis 1962). A
 * tree of n nodes is therefore at most 1.44 log2(n) high: 14 for 1000 ranges, mostly 10 or 11.
 * After a change, two walks go up from the changed node. The first makes the largest gaps exact
 * again. The second adjusts heights, and rotates a subtree where they differ by two. Each stops as
 * soon as the parent of a subtree would see no difference, mostly after two or three nodes. A tree
 * whose nodes carry the summary of their subtree is called augmented (Cormen et al., Introduction
 * to Algorithms, ch. 14).
 *
 * Price: 32 bytes for each range on a 32-bit machine, and a few stores for each insertion.
 *
 * Two shortcuts serve a caller like vmap(), which takes ranges from low to high and returns the
 * newest first. A new range above all others makes no largest gap smaller, so append() adjusts
 * little else than heights. Its lines reduce a vmap() and vunmap() pair from 568 to 470
 * instructions; the limit is 500 (tests/bench/linux.csv). range_tree_first() tries the highest
 * range before it searches. This saves 38.
 */

enum { LEFT, RIGHT };

void range_tree_init(struct range_tree *tree, unsigned long start, unsigned long end)
{
	*tree = (struct range_tree){ .start = start, .end = end };
}

/* --- heights and largest gaps ----------------------------------------------------------------- */

static inline unsigned int height_of(const struct range_node *node)
{
	return node ? node->height : 0;
}

static inline unsigned long max_gap_of(const struct range_node *node)
{
	return node ? node->max_gap : 0;
}

/* Computes the summary of a subtree again, from the two children of its root. */
static inline void update(struct range_node *node)
{
	const struct range_node *left = node->child[LEFT], *right = node->child[RIGHT];
	unsigned long below = max(max_gap_of(left), max_gap_of(right));

	node->height = max(height_of(left), height_of(right)) + 1;
	node->max_gap = max(node->gap, below);
}

/* Puts @child where @old is: below @parent, or at the root. @child may be NULL. */
static inline void replace_child(struct range_tree *tree, struct range_node *parent,
				 const struct range_node *old, struct range_node *child)
{
	if (!parent)
		tree->root = child;
	else
		parent->child[parent->child[RIGHT] == old] = child;
	if (child)
		child->parent = parent;
}

/*
 * Makes the child on the other side the root of the subtree, and moves the node down to @side.
 * The order of the ranges is kept:
 *
 *	    node                 up
 *	   /    \               /  \
 *	  a      up    ──▶   node   c       side: left
 *	        /  \         /  \
 *	       b    c       a    b
 *
 * The subtree contains the same ranges as before, so @up inherits the largest gap of @node, which
 * has to be up to date.
 */
static inline struct range_node *rotate(struct range_tree *tree, struct range_node *node, int side)
{
	struct range_node *up = node->child[!side], *between = up->child[side];

	replace_child(tree, node->parent, node, up);
	node->child[!side] = between;
	if (between)
		between->parent = node;
	up->child[side] = node;
	node->parent = up;
	up->max_gap = node->max_gap;
	update(node);
	up->height = max(node->height, height_of(up->child[!side])) + 1;
	return up;
}

/* Balances a node whose subtree on the side @high is too high by one; returns the new root. */
static struct range_node *balance(struct range_tree *tree, struct range_node *node, int high)
{
	struct range_node *child = node->child[high];

	/* The inner half of the child moves to the other side: it must not be the higher half. */
	if (height_of(child->child[!high]) > height_of(child->child[high]))
		rotate(tree, child, high);
	return rotate(tree, node, !high);
}

/*
 * The subtree at a node may be lower by one, and all largest gaps are exact. Each ancestor may need
 * a rotation, until one is as high as it was before.
 */
static inline void subtree_shrunk(struct range_tree *tree, struct range_node *node)
{
	for (; node; node = node->parent) {
		unsigned int left = height_of(node->child[LEFT]);
		unsigned int right = height_of(node->child[RIGHT]);
		unsigned int before = node->height;

		if (unlikely(left > right + 1 || right > left + 1))
			node = balance(tree, node, right > left);
		else
			node->height = max(left, right) + 1;
		if (node->height == before)
			return;
	}
}

/* A gap in the subtree of a node has become larger. */
static inline void gap_grown(struct range_node *node, unsigned long gap)
{
	for (; node && node->max_gap < gap; node = node->parent)
		node->max_gap = gap;
}

/* A gap in the subtree of a node was @before. It matters if it was the largest one. */
static inline void gap_shrunk(struct range_node *node, unsigned long before)
{
	for (; node && node->max_gap == before; node = node->parent) {
		unsigned long below =
			max(max_gap_of(node->child[LEFT]), max_gap_of(node->child[RIGHT]));

		node->max_gap = max(node->gap, below);
	}
}

/* Changes the gap of a node. Each largest gap was exact before. */
static inline void set_gap(struct range_node *node, unsigned long gap)
{
	unsigned long before = node->gap;

	node->gap = gap;
	if (gap > before)
		gap_grown(node, gap);
	else if (gap < before)
		gap_shrunk(node, before);
}

/* --- neighbours ------------------------------------------------------------------------------- */

static inline struct range_node *outermost(struct range_node *node, int side)
{
	while (node->child[side])
		node = node->child[side];
	return node;
}

/* The lowest ancestor above a node in order: the first one that has the node on its left. */
static struct range_node *ancestor_above(const struct range_node *node)
{
	struct range_node *parent = node->parent;

	while (parent && parent->child[RIGHT] == node) {
		node = parent;
		parent = node->parent;
	}
	return parent;
}

struct range_node *range_tree_search_next(const struct range_node *node)
{
	return node->child[RIGHT] ? outermost(node->child[RIGHT], LEFT) : ancestor_above(node);
}

/* The highest ancestor below a node in order: the first one that has the node on its right. */
static struct range_node *ancestor_below(const struct range_node *node)
{
	struct range_node *parent = node->parent;

	while (parent && parent->child[LEFT] == node) {
		node = parent;
		parent = node->parent;
	}
	return parent;
}

struct range_node *range_tree_prev(const struct range_node *node)
{
	return node->child[LEFT] ? outermost(node->child[LEFT], RIGHT) : ancestor_below(node);
}

/* --- finding a range -------------------------------------------------------------------------- */

struct range_node *range_tree_first(const struct range_tree *tree, unsigned long addr)
{
	struct range_node *node = tree->root, *above = NULL;

	/* The newest range is often the highest, and the first to be removed. */
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

/* --- finding a gap ---------------------------------------------------------------------------- */

/* The node above the lowest gap of at least @size addresses in a subtree that has such a gap. */
static struct range_node *above_lowest_gap(struct range_node *node, unsigned long size)
{
	for (;;) {
		if (max_gap_of(node->child[LEFT]) >= size)
			node = node->child[LEFT];
		else if (node->gap >= size)
			return node;
		else
			node = node->child[RIGHT];
	}
}

/* The next higher node with a gap of at least @size addresses below it; NULL if there is none. */
static struct range_node *next_with_gap(struct range_node *node, unsigned long size)
{
	do {
		if (max_gap_of(node->child[RIGHT]) >= size)
			return above_lowest_gap(node->child[RIGHT], size);
		node = ancestor_above(node);
	} while (node && node->gap < size);
	return node;
}

/* First address of the highest gap, which may be empty. */
static inline unsigned long top_of(const struct range_tree *tree)
{
	return range_tree_free_below(tree, NULL);
}

unsigned long range_tree_largest_gap(const struct range_tree *tree)
{
	return max(max_gap_of(tree->root), tree->end - top_of(tree));
}

/* Aligns @from, and says whether @size addresses fit between the result and @to. */
static bool fits(unsigned long from, unsigned long to, unsigned long size, unsigned long align,
		 unsigned long *start)
{
	*start = ALIGN_UP(from, align);
	/* Near ULONG_MAX the alignment wraps around to 0. */
	return *start >= from && *start < to && to - *start >= size;
}

bool range_tree_find_gap(const struct range_tree *tree, unsigned long size, unsigned long align,
			 unsigned long low, unsigned long high, unsigned long *start)
{
	struct range_node *node;

	if (size == 0)
		return false;
	low = max(low, tree->start);
	high = min(high, tree->end);
	for (node = range_tree_first(tree, low); node; node = next_with_gap(node, size)) {
		unsigned long gap = node->start - node->gap;

		if (gap >= high)
			return false;
		if (fits(max(gap, low), min(node->start, high), size, align, start))
			return true;
	}
	return fits(max(top_of(tree), low), high, size, align, start);
}

/* The node above the highest gap of at least @size addresses in a subtree that has such a gap. */
static struct range_node *above_highest_gap(struct range_node *node, unsigned long size)
{
	for (;;) {
		if (max_gap_of(node->child[RIGHT]) >= size)
			node = node->child[RIGHT];
		else if (node->gap >= size)
			return node;
		else
			node = node->child[LEFT];
	}
}

/* The next lower node with a gap of at least @size addresses below it; NULL if there is none. */
static struct range_node *prev_with_gap(struct range_node *node, unsigned long size)
{
	do {
		if (max_gap_of(node->child[LEFT]) >= size)
			return above_highest_gap(node->child[LEFT], size);
		node = ancestor_below(node);
	} while (node && node->gap < size);
	return node;
}

/* Says whether @size addresses fit between @from and @to, and where the highest place is. */
static bool fits_below(unsigned long from, unsigned long to, unsigned long size,
		       unsigned long *start)
{
	if (from >= to || to - from < size)
		return false;
	*start = to - size;
	return true;
}

bool range_tree_find_gap_below(const struct range_tree *tree, unsigned long size, unsigned long low,
			       unsigned long high, unsigned long *start, struct range_node **above)
{
	struct range_node *node;

	if (size == 0)
		return false;
	low = max(low, tree->start);
	high = min(high, tree->end);
	node = range_tree_first(tree, high);
	if (!node) {
		*above = NULL;
		if (fits_below(max(top_of(tree), low), high, size, start))
			return true;
		if (max_gap_of(tree->root) < size)
			return false;
		node = above_highest_gap(tree->root, size);
	}
	for (; node && node->start > low; node = prev_with_gap(node, size)) {
		*above = node;
		if (fits_below(max(node->start - node->gap, low), min(node->start, high), size,
			       start))
			return true;
	}
	return false;
}

/* --- adding a range --------------------------------------------------------------------------- */

/* Adds a node without children. @gap is the gap below it. */
static inline void link_leaf(struct range_tree *tree, struct range_node *node,
			     struct range_node *parent, int side, unsigned long gap)
{
	node->gap = node->max_gap = gap;
	node->parent = parent;
	node->child[LEFT] = node->child[RIGHT] = NULL;
	node->height = 1;
	if (parent)
		parent->child[side] = node;
	else
		tree->root = node;
}

/*
 * A child of @node is higher by one now, and has @height. An ancestor that is higher than its child
 * is as high as before. Where the other child is lower by two, one rotation, or two, make the
 * subtree as high as it was before.
 */
static inline void subtree_grown(struct range_tree *tree, struct range_node *node,
				 unsigned int height)
{
	for (; node && node->height <= height; node = node->parent) {
		unsigned int left = height_of(node->child[LEFT]);
		unsigned int right = height_of(node->child[RIGHT]);

		if (min(left, right) + 1 < height) {
			balance(tree, node, right > left);
			return;
		}
		node->height = ++height;
	}
}

/*
 * Adds a node directly below @above in order. Its gap, and what is left of that of @above, were one
 * gap. The leaf is below @above in the tree, so its gap is made known up to there first.
 */
static inline void insert_below(struct range_tree *tree, struct range_node *node,
				struct range_node *above, unsigned long gap, unsigned long left)
{
	struct range_node *parent = above;
	unsigned long before = above->gap;
	int side = LEFT;

	if (above->child[LEFT]) {
		parent = outermost(above->child[LEFT], RIGHT);
		side = RIGHT;
	}
	link_leaf(tree, node, parent, side, gap);
	gap_grown(parent, gap);
	above->gap = left;
	gap_shrunk(above, before);
	/* A parent with another child is as high as before. */
	if (parent->height == 1) {
		parent->height = 2;
		subtree_grown(tree, parent->parent, 2);
	}
}

/*
 * Adds a node above all others, with a gap below it. Each node on the way up has the new one on its
 * right. So no largest gap becomes smaller, and one rotation to the left makes a subtree as high as
 * it was before.
 */
static __always_inline void append(struct range_tree *tree, struct range_node *node,
				   unsigned long gap)
{
	struct range_node *parent = tree->last;
	unsigned int right =
		1; /* height of the subtree on the right, until heights stay the same */

	link_leaf(tree, node, parent, RIGHT, gap);
	tree->last = node;
	for (; parent && (parent->height <= right || parent->max_gap < gap);
	     parent = parent->parent) {
		if (parent->max_gap < gap)
			parent->max_gap = gap;
		if (parent->height > right)
			continue;
		if (right > height_of(parent->child[LEFT]) + 1)
			parent = rotate(tree, parent, LEFT);
		else
			parent->height = ++right;
	}
}

void range_tree_insert_below(struct range_tree *tree, struct range_node *node,
			     struct range_node *above, unsigned long start, unsigned long end)
{
	node->start = start;
	node->end = end;
	tree->count++;
	if (above) {
		unsigned long gap = above->start - above->gap;

		insert_below(tree, node, above, start - gap, above->start - end);
	} else {
		append(tree, node, start - top_of(tree));
	}
}

bool range_tree_insert_lowest(struct range_tree *tree, struct range_node *node, unsigned long size)
{
	unsigned long start = top_of(tree);

	if (max_gap_of(tree->root) >= size) {
		struct range_node *above;

		if (size == 0)
			return false;
		above = above_lowest_gap(tree->root, size);
		start = above->start - above->gap;
		range_tree_insert_below(tree, node, above, start, start + size);
		return true;
	}
	if (tree->end - start < size)
		return false;
	node->start = start;
	node->end = start + size;
	tree->count++;
	append(tree, node, 0);
	return true;
}

int range_tree_insert(struct range_tree *tree, struct range_node *node, unsigned long start,
		      unsigned long size)
{
	struct range_node *above;

	if (size == 0 || start < tree->start || start > tree->end || size > tree->end - start)
		return -EINVAL;
	above = range_tree_first(tree, start);
	if (above && above->start < start + size)
		return -EEXIST;
	range_tree_insert_below(tree, node, above, start, start + size);
	return 0;
}

/* --- changing a range ------------------------------------------------------------------------- */

void range_tree_set_start(struct range_node *node, unsigned long start)
{
	set_gap(node, node->gap + (start - node->start));
	node->start = start;
}

void range_tree_set_end(struct range_node *node, unsigned long end)
{
	struct range_node *above = range_tree_next(node);
	unsigned long before = node->end;

	node->end = end;
	if (above)
		set_gap(above, above->gap + (before - end));
}

/* --- removing a range ------------------------------------------------------------------------- */

/*
 * Puts @next, the next higher node, into the place of a node that has two children. @next is the
 * leftmost node of the right subtree. Returns the lowest node that has another child than before.
 */
static struct range_node *replace_by_next(struct range_tree *tree, struct range_node *node,
					  struct range_node *next)
{
	struct range_node *changed = next;

	if (next != node->child[RIGHT]) {
		changed = next->parent;
		replace_child(tree, changed, next, next->child[RIGHT]);
		next->child[RIGHT] = node->child[RIGHT];
		next->child[RIGHT]->parent = next;
	}
	next->child[LEFT] = node->child[LEFT];
	next->child[LEFT]->parent = next;
	next->height = node->height;
	next->max_gap = node->max_gap;
	replace_child(tree, node->parent, node, next);
	return changed;
}

/* Puts the only child of a node into its place, or NULL if it has none. Returns the parent. */
static struct range_node *replace_by_child(struct range_tree *tree, struct range_node *node)
{
	struct range_node *child = node->child[LEFT] ? node->child[LEFT] : node->child[RIGHT];

	replace_child(tree, node->parent, node, child);
	return node->parent;
}

void range_tree_remove(struct range_tree *tree, struct range_node *node)
{
	struct range_node *above = range_tree_next(node), *changed;
	unsigned long gone = node->gap;

	if (!above)
		tree->last = range_tree_prev(node);
	if (node->child[LEFT] && node->child[RIGHT]) {
		gone = above->gap;
		changed = replace_by_next(tree, node, above);
	} else {
		changed = replace_by_child(tree, node);
	}
	tree->count--;
	/* From @changed up to @above, one gap is gone; at @above there is a larger one. */
	if (above) {
		above->gap += node->gap + (node->end - node->start);
		gap_grown(above, above->gap);
	}
	gap_shrunk(changed, gone);
	subtree_shrunk(tree, changed);
}

/* --- removing many ranges at once ------------------------------------------------------------- */

struct chain {
	struct range_node *next;
	struct range_node **link; /* where the pointer to the next node belongs */
	unsigned long length;
};

/* Links the nodes of a subtree that are not marked, in order, through their right children. */
static void add_to_chain(struct chain *chain, struct range_node *node)
{
	while (node) {
		struct range_node *right = node->child[RIGHT];

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

/* Builds a tree from the next @count nodes of a chain. Both halves have nearly the same size. */
static struct range_node *build(struct range_tree *tree, struct chain *chain,
				struct range_node *parent, unsigned long count)
{
	struct range_node *left, *node;

	if (!count)
		return NULL;
	left = build(tree, chain, NULL, count / 2);
	node = chain->next;
	chain->next = node->child[RIGHT];
	node->gap = node->start - top_of(tree);
	tree->last = node;
	node->parent = parent;
	node->child[LEFT] = left;
	if (left)
		left->parent = node;
	node->child[RIGHT] = build(tree, chain, node, count - count / 2 - 1);
	update(node);
	return node;
}

void range_tree_sweep(struct range_tree *tree)
{
	struct chain chain = { .link = &chain.next };

	add_to_chain(&chain, tree->root);
	tree->count = chain.length;
	tree->last = NULL;
	tree->root = build(tree, &chain, NULL, chain.length);
}

/* The root leads to the place where the last range was: its children are looked at next. */
struct range_node *range_tree_dismantle(struct range_tree *tree)
{
	struct range_node *node = tree->root, *parent;

	if (!node) {
		tree->last = NULL;
		tree->count = 0;
		return NULL;
	}
	for (;;) {
		if (node->child[LEFT])
			node = node->child[LEFT];
		else if (node->child[RIGHT])
			node = node->child[RIGHT];
		else
			break;
	}
	parent = node->parent;
	if (parent)
		parent->child[parent->child[RIGHT] == node] = NULL;
	tree->root = parent;
	return node;
}

/* --- looking for damage ----------------------------------------------------------------------- */

struct check {
	unsigned long below; /* end of the range below */
	unsigned long count;
	const struct range_node *last;
	const char *wrong;
};

static void check_node(const struct range_node *node, struct check *check)
{
	unsigned int left = height_of(node->child[LEFT]), right = height_of(node->child[RIGHT]);
	unsigned long below = max(max_gap_of(node->child[LEFT]), max_gap_of(node->child[RIGHT]));

	if (node->start < check->below || node->end <= node->start)
		check->wrong = "ranges overlap, are empty or out of order";
	else if (node->gap != node->start - check->below)
		check->wrong = "a gap is not the space between two ranges";
	else if (node->max_gap != max(node->gap, below))
		check->wrong = "a largest gap is wrong";
	else if (node->height != max(left, right) + 1)
		check->wrong = "a height is wrong";
	else if (left > right + 1 || right > left + 1)
		check->wrong = "heights differ by more than one";
	check->below = node->end;
	check->count++;
	check->last = node;
}

/* In order of address. */
static void check_subtree(const struct range_node *node, const struct range_node *parent,
			  struct check *check)
{
	if (!node || check->wrong)
		return;
	if (node->parent != parent) {
		check->wrong = "a parent link is wrong";
		return;
	}
	check_subtree(node->child[LEFT], node, check);
	if (!check->wrong)
		check_node(node, check);
	check_subtree(node->child[RIGHT], node, check);
}

const char *range_tree_check(const struct range_tree *tree)
{
	struct check check = { .below = tree->start };

	check_subtree(tree->root, NULL, &check);
	if (check.wrong)
		return check.wrong;
	if (check.last != tree->last)
		return "the link to the highest range is wrong";
	if (check.count != tree->count)
		return "the number of ranges is wrong";
	return check.below > tree->end ? "a range ends outside of the address space" : NULL;
}
