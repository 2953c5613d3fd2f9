/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "vmap_area_ops.h"

#include <mm/mmzone.h>

/*
 * The address space of vmalloc: the tree alone in single cases, the checker on damaged trees, the report,
 * and everything together under random calls beside a model (vmap_area_ops.c).
 */

#define LIVES          260
#define CALLS_PER_LIFE 20000

#define BASE 0xf0000000ul

static struct vmap_area_tree tree;
static struct vmap_area_node nodes[64];

static void begin(unsigned long pages)
{
	vmap_area_tree_init(&tree, BASE, BASE + pages * PAGE_SIZE);
	memset(nodes, 0xa5, sizeof(nodes));
}

static bool insert(unsigned int i, unsigned long pages)
{
	bool found = vmap_area_tree_insert(&tree, &nodes[i], pages * PAGE_SIZE);

	CHECK(vmap_area_tree_check(&tree) == NULL);
	return found;
}

static void drop(unsigned int i)
{
	vmap_area_tree_remove(&tree, &nodes[i]);
	CHECK(vmap_area_tree_check(&tree) == NULL);
}

static unsigned long page_of(unsigned int i)
{
	return (nodes[i].start - BASE) / PAGE_SIZE;
}

static void an_empty_tree_is_one_hole(void)
{
	begin(10);
	CHECK(vmap_area_tree_find(&tree, BASE) == NULL);
	CHECK_EQ(vmap_area_tree_largest_hole(&tree), 10 * PAGE_SIZE);
	CHECK(!insert(0, 11));
	CHECK(insert(0, 10));
	CHECK_EQ(page_of(0), 0);
	CHECK_EQ(vmap_area_tree_largest_hole(&tree), 0);
	CHECK(!insert(1, 1));
	CHECK(vmap_area_tree_find(&tree, BASE + 10 * PAGE_SIZE) == NULL);
	drop(0);
	CHECK(tree.root == NULL && tree.last == NULL && tree.count == 0);
}

/* Ten ranges of 3 pages side by side; holes of 3, 6 and 3 pages are made. */
static void the_lowest_hole_that_is_large_enough_is_taken(void)
{
	begin(30);
	for (unsigned int i = 0; i < 10; i++)
		CHECK(insert(i, 3));
	drop(1);
	drop(5);
	drop(4);
	drop(8);
	CHECK_EQ(vmap_area_tree_largest_hole(&tree), 6 * PAGE_SIZE);
	CHECK(insert(20, 4));
	CHECK_EQ(page_of(20), 12);
	CHECK(insert(21, 3));
	CHECK_EQ(page_of(21), 3);
	CHECK(insert(22, 2));
	CHECK_EQ(page_of(22), 16);
	CHECK(insert(23, 3));
	CHECK_EQ(page_of(23), 24);
	CHECK(!insert(24, 1));
}

static void every_address_belongs_to_somebody_or_has_a_next(void)
{
	begin(30);
	for (unsigned int i = 0; i < 10; i++)
		CHECK(insert(i, 3));
	for (unsigned int i = 0; i < 10; i += 3)
		drop(i);
	for (unsigned long page = 0; page < 30; page++) {
		unsigned long i = page / 3 % 3 ? page / 3 : page / 3 + 1;
		const struct vmap_area_node *want = i < 10 ? &nodes[i] : NULL;

		CHECK(vmap_area_tree_find(&tree, BASE + page * PAGE_SIZE) == want);
		CHECK(vmap_area_tree_find(&tree, BASE + page * PAGE_SIZE + PAGE_SIZE - 1) == want);
	}
	CHECK(vmap_area_tree_find(&tree, 0) == &nodes[1]);
}

/* Each subset of eight ranges is taken out by one sweep. */
static void a_sweep_takes_out_what_is_marked(void)
{
	for (unsigned int marked = 0; marked < 256; marked++) {
		unsigned long left = 0;

		begin(30);
		for (unsigned int i = 0; i < 8; i++)
			CHECK(insert(i, 3));
		for (unsigned int i = 0; i < 8; i++)
			if (marked >> i & 1)
				vmap_area_tree_mark(&nodes[i]);
		vmap_area_tree_sweep(&tree);
		CHECK(vmap_area_tree_check(&tree) == NULL);
		for (unsigned int i = 0; i < 8; i++) {
			const struct vmap_area_node *node =
				vmap_area_tree_find(&tree, BASE + i * 3 * PAGE_SIZE);

			CHECK_EQ(node == &nodes[i], !(marked >> i & 1));
			left += !(marked >> i & 1);
		}
		CHECK_EQ(tree.count, left);
	}
}

/* --- the checker -------------------------------------------------------------------------------- */

static void grow(void)
{
	begin(64);
	for (unsigned int i = 0; i < 20; i++)
		insert(i, 2);
	for (unsigned int i = 1; i < 20; i += 5)
		drop(i);
}

/* Changes a word of a good tree, and expects the checker to see it. */
#define CHECK_DAMAGE(place, value, text)                        \
	do {                                                    \
		grow();                                         \
		place = (value);                                \
		CHECK_STREQ(vmap_area_tree_check(&tree), text); \
	} while (0)

static void the_checker_sees_damage(void)
{
	grow();
	CHECK(vmap_area_tree_check(&tree) == NULL);
	CHECK_DAMAGE(nodes[2].hole, 0, "a hole is not what lies between two ranges");
	CHECK_DAMAGE(nodes[3].hole, PAGE_SIZE, "a hole is not what lies between two ranges");
	CHECK_DAMAGE(nodes[3].start, nodes[2].start, "ranges overlap, are empty or out of order");
	CHECK_DAMAGE(nodes[3].end, nodes[3].start, "ranges overlap, are empty or out of order");
	CHECK_DAMAGE(tree.root->max_hole, 0, "a largest hole is wrong");
	CHECK_DAMAGE(tree.root->max_hole, 60 * PAGE_SIZE, "a largest hole is wrong");
	CHECK_DAMAGE(tree.root->height, 0, "a height is wrong");
	CHECK_DAMAGE(tree.root->child[1]->parent, &nodes[0], "a parent is not the parent");
	CHECK_DAMAGE(tree.last, &nodes[0], "the highest range is another one");
	CHECK_DAMAGE(tree.count, 3, "the number of ranges is wrong");
	CHECK_DAMAGE(tree.end, nodes[19].start, "a range ends outside");
}

static void the_checker_sees_a_leaning_tree(void)
{
	begin(64);
	for (unsigned int i = 0; i < 3; i++)
		insert(i, 2);
	/* 0 ─ 1 ─ 2, each the right child of the one before. */
	nodes[0] = (struct vmap_area_node){ .start = nodes[0].start, .end = nodes[0].end };
	nodes[0].child[1] = &nodes[1];
	nodes[0].height = 3;
	nodes[1].parent = &nodes[0];
	nodes[1].child[0] = NULL;
	tree.root = &nodes[0];
	CHECK_STREQ(vmap_area_tree_check(&tree), "heights differ by more than one");
}

/* --- with descriptors --------------------------------------------------------------------------- */

static char shown[1024];

static int __printf(1, 2) show(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(shown + strlen(shown), sizeof(shown) - strlen(shown), fmt, args);
	va_end(args);
	return 0;
}

static void the_report_names_kind_and_state(void)
{
	struct vmap_area *a, *b, *c;

	vmap_area_reset(BASE, BASE + 0x10000, 1 << 20);
	a = vmap_area_get(0x2000, VM_ALLOC, 1);
	b = vmap_area_get(0x1000, VM_MAP, 1);
	c = vmap_area_get(0x1000, VM_IOREMAP, 1);
	REQUIRE(a && b && c);
	c->phys = 0xfec00000;
	CHECK(vmap_area_retire(vmap_area_addr(b), VM_MAP));
	shown[0] = '\0';
	vmallocinfo_show(show);
	CHECK_STREQ(shown, "0xf0000000-0xf0003000    12288 caller pages=2 vmalloc\n"
			   "0xf0003000-0xf0005000     8192 caller pages=1 vmap unpurged\n"
			   "0xf0005000-0xf0007000     8192 caller phys=0xfec00000 ioremap\n");
	vmap_area_put(a);
	vmap_area_put(c);
	vm_unmap_aliases();
	CHECK_EQ(vmap_area_the_tree()->count, 0);
}

static void a_refusal_says_what_would_help(void)
{
	struct vmap_area *a;

	vmap_area_reset(BASE, BASE + 0x100000, 1 << 20);
	a = vmap_area_get(0x90000, VM_MAP, 1);
	REQUIRE(a);
	host_log_clear();
	CHECK(vmap_area_get(0x90000, VM_MAP, 1) == NULL);
	CHECK_STREQ(host_log, "vmalloc: no hole of 580 KiB for caller: the largest has 444 KiB; "
			      "vmalloc=2M would give more\n");
	host_log_clear();
	CHECK(vmap_area_get(0x100000, VM_MAP, 1) == NULL);
	CHECK_STREQ(host_log, "");
	vmap_area_put(a);
}

static u8 random_byte(void *arg)
{
	static u64 bits;
	static unsigned int left;

	if (!left--) {
		bits = host_random();
		left = 7;
	}
	bits = bits >> 8 | bits << 56;
	return (u8)bits;
}

static bool always_more(void *arg)
{
	return true;
}

static void random_calls_agree_with_the_model(void)
{
	const struct ops_source src = { random_byte, always_more, NULL };
	unsigned long calls = 0;

	for (unsigned int life = 0; life < LIVES; life++)
		calls += vmap_area_ops_run(&src, CALLS_PER_LIFE, false);
	printf("# %lu calls\n", calls);
	vmap_area_ops_summary();
}

int main(void)
{
	host_run("an empty tree is one hole", an_empty_tree_is_one_hole);
	host_run("the lowest hole that is large enough is taken",
		 the_lowest_hole_that_is_large_enough_is_taken);
	host_run("every address belongs to somebody or has a next",
		 every_address_belongs_to_somebody_or_has_a_next);
	host_run("a sweep takes out what is marked", a_sweep_takes_out_what_is_marked);
	host_run("the checker sees damage", the_checker_sees_damage);
	host_run("the checker sees a leaning tree", the_checker_sees_a_leaning_tree);
	host_run("the report names kind and state", the_report_names_kind_and_state);
	host_run("a refusal says what would help", a_refusal_says_what_would_help);
	host_run("random calls agree with the model", random_calls_agree_with_the_model);
	return host_done();
}
