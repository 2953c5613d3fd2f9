/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "vmap_area_ops.h"

#include <mm/mmzone.h>

/*
 * The address space of vmalloc: the report, the message about a missing gap, and random calls
 * beside a model (vmap_area_ops.c). test_range_tree.c tests the tree below it.
 */

#define LIVES          260
#define CALLS_PER_LIFE 20000

/* In half of all lives the numbers of retired ranges wrap around soon, so these are many. */
#define SHORT_LIVES          1000
#define CALLS_PER_SHORT_LIFE 200

#define BASE 0xf0000000ul

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

static void a_failure_says_what_would_help(void)
{
	struct vmap_area *a;

	vmap_area_reset(BASE, BASE + 0x100000, 1 << 20);
	a = vmap_area_get(0x90000, VM_MAP, 1);
	REQUIRE(a);
	host_log_clear();
	CHECK(vmap_area_get(0x90000, VM_MAP, 1) == NULL);
	CHECK_STREQ(host_log, "vmalloc: no gap of 580 KiB for caller: the largest has 444 KiB; "
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

static void live(unsigned int lives, unsigned int calls_per_life)
{
	const struct ops_source src = { random_byte, always_more, NULL };
	unsigned long calls = 0;

	for (unsigned int life = 0; life < lives; life++)
		calls += vmap_area_ops_run(&src, calls_per_life, false);
	printf("# %lu calls\n", calls);
	vmap_area_ops_summary();
}

static void short_lives_agree_with_the_model(void)
{
	live(SHORT_LIVES, CALLS_PER_SHORT_LIFE);
}

static void random_calls_agree_with_the_model(void)
{
	live(LIVES, CALLS_PER_LIFE);
}

int main(void)
{
	host_run("the report names kind and state", the_report_names_kind_and_state);
	host_run("a failure says what would help", a_failure_says_what_would_help);
	host_run("short lives agree with the model", short_lives_agree_with_the_model);
	host_run("random calls agree with the model", random_calls_agree_with_the_model);
	return host_done();
}
