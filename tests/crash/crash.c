/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <init/words.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <tests/crash/cpus.h>
#include <tests/crash/kmap.h>
#include <tests/crash/ways.h>
#include <thread/thread.h>

/*
 * Errors that must stop the kernel. Each has a name, for the prompt and for the boots of the test
 * runner: run="crash lifo" has to panic with a message that says what was wrong.
 */

static void write_text(void)
{
	*(volatile u32 *)hide(text_start) = 0;
}

static u8 code_in_data[] = { 0xc3 };

static void jump_to_data(void)
{
	void (*code)(void) = (void (*)(void))hide(code_in_data);

	code();
}

static void read_null(void)
{
	(void)*(volatile u32 *)hide(NULL);
}

static noinline unsigned long recurse(unsigned long depth)
{
	volatile char frame[100];

	frame[0] = (char)depth;
	if (depth == ~0ul)
		return 0;
	return recurse(depth + 1) + (unsigned long)frame[0];
}

static void recurse_for_ever(void)
{
	recurse(0);
}

static noinline unsigned long recurse_by_another(unsigned long depth);

/* No call of the trace is like the one before it, so the report has to leave calls out. */
static noinline unsigned long recurse_by_one(unsigned long depth)
{
	volatile char frame[100];

	frame[0] = (char)depth;
	return recurse_by_another(depth + 1) + (unsigned long)frame[0];
}

static noinline unsigned long recurse_by_another(unsigned long depth)
{
	volatile char frame[100];

	frame[0] = (char)depth;
	if (depth == ~0ul)
		return 0;
	return recurse_by_one(depth + 1) + (unsigned long)frame[0];
}

static void recurse_by_two_functions(void)
{
	recurse_by_one(0);
}

static int __noreturn spin_without_interrupts(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

/* Stops the ticks of the highest CPU; the watchdog of another CPU has to notice. */
static void stick_a_cpu(void)
{
	struct thread *thread = kthread_create(spin_without_interrupts, NULL, "stuck");

	if (!thread)
		return;
	kthread_bind(thread, num_online_cpus() - 1);
	migrate_disable();
	wake_up_process(thread);
	for (;;)
		msleep(1000);
}

static void divide_by_zero(void)
{
	__asm__ volatile("divl %0" ::"r"(0), "a"(1), "d"(0));
}

static void invalid_opcode(void)
{
	__asm__ volatile("ud2");
}

/* A debug exception after the next instruction. No handler expects it. */
static void step_once(void)
{
	__asm__ volatile("pushfl; orl %0, (%%esp); popfl; nop" ::"i"(X86_EFLAGS_TF)
			 : "memory", "cc");
}

static void schedule_another_way(void)
{
}

/* The scheduler is the only taker of this hook. */
static void take_a_hook_twice(void)
{
	preempt_use_scheduler(schedule_another_way);
}

static void double_free(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	__free_page(page);
}

static void free_inside_block(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	__free_page(page + 1);
}

static void free_wrong_order(void)
{
	__free_pages(alloc_pages(GFP_KERNEL, 2), 1);
}

static void free_reserved(void)
{
	__free_page(virt_to_page(text_start));
}

/* A request that must not fail, when no memory is left. */
static void run_out_of_memory(void)
{
	while (alloc_page(GFP_HIGHUSER | __GFP_NOWARN))
		;
	while (alloc_pages(GFP_KERNEL | __GFP_NOWARN, 3))
		;
	alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 3);
}

static void overrun_vmalloc(void)
{
	volatile char *area = vmalloc(PAGE_SIZE);

	area[PAGE_SIZE] = 1;
}

static void vfree_twice(void)
{
	void *area = vmalloc(PAGE_SIZE);

	vfree(area);
	vfree(area);
}

static void vfree_purged(void)
{
	void *area = vmalloc(PAGE_SIZE);

	vfree(area);
	vm_unmap_aliases();
	vfree(area);
}

static void vfree_mapped(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	vfree(vmap(&page, 1, VM_MAP, PAGE_KERNEL));
}

static void vfree_irqs_off(void)
{
	void *area = vmalloc(PAGE_SIZE);

	local_irq_disable();
	vfree(area);
}

static unsigned int hide_number(unsigned int n)
{
	__asm__("" : "+r"(n));
	return n;
}

static void shift_too_far(void)
{
	console_printf("%u\n", hide_number(1) << hide_number(40));
}

/* A value wider than a machine word. */
static void overflow_long_long(void)
{
	console_printf("%lld\n", LLONG_MIN - (s64)hide_number(3));
}

static void index_beyond_array(void)
{
	static const char letters[] = "abc";

	console_printf("%d\n", letters[hide_number(4)]);
}

static void load_misaligned(void)
{
	u8 bytes[8] = { 0 };

	console_printf("%u\n", *(u32 *)hide((void *)((uintptr_t)bytes | 1)));
}

/* --- objects ---------------------------------------------------------------------------------- */

static void kfree_twice(void)
{
	void *object = kmalloc(40, GFP_KERNEL);

	kfree(object);
	kfree(hide(object));
}

/* The object is free, but its contents were changed after the first kfree(). */
static void kfree_twice_with_a_write_between(void)
{
	u32 *object = kmalloc(40, GFP_KERNEL);

	kfree(object);
	memset(hide(object), 0, 40);
	kfree(hide(object));
}

static void kfree_inside(void)
{
	char *object = kmalloc(40, GFP_KERNEL);

	kfree(hide(object + 8));
}

static void kfree_pages(void)
{
	kfree(lowmem_page_address(alloc_pages(GFP_KERNEL, 1)));
}

static void kfree_vmalloc(void)
{
	kfree(vmalloc(PAGE_SIZE));
}

static void free_to_another_cache(void)
{
	void *object = kmalloc(40, GFP_KERNEL);

	kmem_cache_free(kmalloc_caches[0], object);
}

static void write_after_kfree(void)
{
	u32 *object = kmalloc(40, GFP_KERNEL);

	kfree(object);
	((u32 *)hide(object))[1] = 1;
	kmalloc(40, GFP_KERNEL);
}

static void write_late_after_kfree(void)
{
	u32 *object = kmalloc(40, GFP_KERNEL);

	kfree(object);
	((u32 *)hide(object))[8] = 1;
	kmalloc(40, GFP_KERNEL);
}

static void write_behind_object(void)
{
	char *object = kmalloc(64, GFP_KERNEL);

	((char *)hide(object))[64] = 1;
	kfree(object);
}

static void touch_free_page(void)
{
	u32 *page = (u32 *)__get_free_pages(GFP_KERNEL, 0);

	free_pages((unsigned long)page, 0);
	*(volatile u32 *)hide(page) = 1;
}

static void write_to_free_page(void)
{
	touch_free_page();
	__get_free_pages(GFP_KERNEL, 0);
}

/* The kernel's directory has no entry below PAGE_OFFSET: each process will have its own there. */
static void make_table_below_page_offset(void)
{
	pte_alloc_kernel(PAGE_OFFSET - PDE_SIZE);
}

/* Without PAE, processes will hold copies of the kernel's entries, so there is no new one. */
static void make_table_after_boot(void)
{
	pte_alloc_kernel(vmalloc_start - PDE_SIZE);
}

static void just_panic(void)
{
	panic("asked to");
}

static const struct way {
	const char *name;
	void (*run)(void);
	bool needs_highmem;
} ways[] = {
	{ "panic", just_panic, false },
	{ "null-read", read_null, false },
	{ "text-write", write_text, false },
	{ "jump-data", jump_to_data, false },
	{ "recursion", recurse_for_ever, false },
	{ "recursion-of-two", recurse_by_two_functions, false },
	{ "divide", divide_by_zero, false },
	{ "invalid-opcode", invalid_opcode, false },
	{ "debug-exception", step_once, false },
	{ "hook-twice", take_a_hook_twice, false },
	{ "double-free", double_free, false },
	{ "free-tail", free_inside_block, false },
	{ "free-order", free_wrong_order, false },
	{ "free-reserved", free_reserved, false },
	{ "kfree-twice", kfree_twice, false },
	{ "kfree-write-kfree", kfree_twice_with_a_write_between, false },
	{ "kfree-inside", kfree_inside, false },
	{ "kfree-pages", kfree_pages, false },
	{ "kfree-vmalloc", kfree_vmalloc, false },
	{ "wrong-cache", free_to_another_cache, false },
	{ "use-after-kfree", write_after_kfree, false },
	{ "poison", write_late_after_kfree, false },
	{ "red-zone", write_behind_object, false },
	{ "free-page-touch", touch_free_page, false },
	{ "free-page-write", write_to_free_page, false },
	{ "oom", run_out_of_memory, false },
	{ "lifo", unmap_out_of_order, true },
	{ "kmap-depth", map_too_deep, true },
	{ "kmap-depth-preempted", map_too_deep_preempted, true },
	{ "kmap-depth-interrupted", map_too_deep_interrupted, true },
	{ "kmap-touch", touch_unmapped, true },
	{ "kmap-atomic-touch", touch_after_kunmap_atomic, true },
	{ "kunmap-local-vmalloc", kunmap_local_of_vmalloc, true },
	{ "kunmap-local-twice", kunmap_local_twice, true },
	{ "kmap-local-exit", end_thread_with_mappings, true },
	{ "kmap-local-irq", leave_mapping_in_interrupt, true },
	{ "kmap-exhaust", exhaust_kmap, true },
	{ "kmap-deadlock", deadlock_kmap, true },
	{ "kmap-late-touch", touch_after_kunmap, true },
	{ "kmap-recycled-touch", touch_after_recycling, true },
	{ "kunmap-address", kunmap_by_address, true },
	{ "page-address", trust_page_address, true },
	{ "kunmap", kunmap_unmapped, true },
	{ "kmap-atomic-sleep", sleep_in_atomic, false },
	{ "vmalloc-overrun", overrun_vmalloc, false },
	{ "vfree-twice", vfree_twice, false },
	{ "vfree-purged", vfree_purged, false },
	{ "vfree-mapped", vfree_mapped, false },
	{ "vfree-irqs-off", vfree_irqs_off, false },
	{ "table-below-kernel", make_table_below_page_offset, false },
	{ "table-after-boot", make_table_after_boot, false },
	{ "stuck-cpu", stick_a_cpu, false },
	{ "print-storm", crash_while_others_print, false },
	{ "panic-everywhere", crash_on_all_cpus, false },
	{ "panic-console", crash_in_console, false },
	{ "nmi", crash_by_nmi, false },
	{ "nmi-in-printk", crash_by_nmi_in_printk, false },
	{ "never-ends", crash_by_never_ending, false },
	{ "ubsan-shift", shift_too_far, false },
	{ "ubsan-overflow", overflow_long_long, false },
	{ "ubsan-index", index_beyond_array, false },
	{ "ubsan-misaligned", load_misaligned, false },
};

/* Configurations in which the kernel does not notice the error, and memory is silently wrong. */
static const struct {
	const char *name, *needs;
} noticed_with[] = {
	{ "poison", "DEBUG=1 or slub_debug=P" },
	{ "red-zone", "DEBUG=1 or slub_debug=Z" },
	{ "kfree-write-kfree", "DEBUG=1 or slub_debug=F" },
	{ "free-page-touch", "DEBUG=1" },
	{ "free-page-write", "DEBUG=1" },
	{ "kmap-late-touch", "DEBUG=1" },
};

static const char *const with_two_cpus[] = { "stuck-cpu", "kmap-local-irq" };

static bool have_highmem(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);
	bool have = page && page_is_highmem(page);

	if (page)
		__free_page(page);
	return have;
}

/* Names what this kernel or this machine lacks for a crash; NULL if nothing. */
static const char *lacking(const struct way *way)
{
	if (way->needs_highmem && !have_highmem())
		return "a free highmem page; boot with more RAM, or with highmem=";
	if (!UBSAN && strncmp(way->name, "ubsan-", 6) == 0)
		return "a kernel built with UBSAN=1";
	for (unsigned int i = 0; num_online_cpus() < 2 && i < ARRAY_SIZE(with_two_cpus); i++)
		if (strcmp(way->name, with_two_cpus[i]) == 0)
			return "a second CPU";
	return NULL;
}

static void report_survival(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(noticed_with); i++) {
		if (strcmp(name, noticed_with[i].name) != 0)
			continue;
		console_printf(
			"crash %s: not noticed, and memory is wrong now; the kernel only stops "
			"here with\n%s\n",
			name, noticed_with[i].needs);
		return;
	}
	console_printf("crash %s: the kernel is still alive\n", name);
}

static int do_way(const struct way *way)
{
	const char *lacks = lacking(way);

	if (lacks) {
		console_printf("crash %s: needs %s\n", way->name, lacks);
		return -EINVAL;
	}
	way->run();
	report_survival(way->name);
	return -EINVAL;
}

static void list_ways(const char *prefix, word_offer_fn *offer, void *arg)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++)
		offer(arg, ways[i].name);
}

static int crash(int argc, char **argv)
{
	char nearest[WORD_SIZE];

	if (argc == 1) {
		console_printf("crash NAME does one thing that a kernel must not do. The names:\n");
		words_show(list_ways, "");
		return 0;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++)
		if (strcmp(argv[1], ways[i].name) == 0)
			return do_way(&ways[i]);
	if (words_nearest(list_ways, argv[1], nearest))
		console_printf("crash: no way '%s'; did you mean '%s'?\n", argv[1], nearest);
	else
		console_printf("crash: no way '%s'; `crash` lists them\n", argv[1]);
	return -ENOENT;
}
PROMPT_COMMAND("crash", "[NAME]", "stop the kernel in one of many ways; or list them", crash,
	       .words = list_ways, .example = "crash null-read", .streams = true);
