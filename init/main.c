/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/descriptors.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/paging.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/smap.h>
#include <asm/smp.h>
#include <asm/table_window.h>
#include <asm/time.h>
#include <asm/user_cpu.h>
#include <block/block.h>
#include <drivers/consoles.h>
#include <drivers/pci.h>
#include <fs/archive.h>
#include <fs/devices.h>
#include <init/boot_action.h>
#include <init/main.h>
#include <init/params.h>
#include <init/root_disk.h>
#include <kernel/boot_cost.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <mm/handover.h>
#include <mm/highmem.h>
#include <mm/initmem.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <mm/page_owner.h>
#include <mm/view.h>
#include <mm/vmalloc.h>
#include <process/init.h>
#include <sched/thread_list.h>
#include <thread/kmap_watch.h>
#include <thread/thread.h>
#include <vm/mm.h>
#include <vm/reclaim.h>
#include <vm/table_probe.h>

/*
 * The boot, in order: read kernel_main() as a table of contents. Each call is the entry point of
 * one file, whose essay explains it.
 *
 * The memory decides the order. Nothing can be allocated before memory_setup(). From there to
 * memblock_free_all() memory comes from memblock, and afterwards from the page allocator. Each
 * later call may use what the calls before it set up.
 */

static int run_boot_action(void *unused)
{
	block_init();
	root_disk_mount();
	/* The first look at buddyinfo shows all free pages in their zones. */
	drain_all_pages();
	boot_action();
}

/* Not __init: free_initmem() discards the init code while this function runs. */
static noinline void __noreturn kernel_ready(void)
{
	free_initmem();
	kmap_watch_init();
	boot_cost_reached("prompt");
	if (!kthread_run(run_boot_action, NULL, "prompt"))
		panic("no memory for the prompt's thread");
	sched_idle();
}

void __init kernel_main(u32 record)
{
	trap_init();
	boot_record_copy(record);
	boot_cost_begin(boot_record.entry_tsc);
	pr_notice("Highland %s (%s)\n", highland_version, CONFIG_PAE ? "PAE" : "non-PAE");
	boot_problems_print();
	params_parse(boot_cmdline(), boot_record.cmdline_lost);
	consoles_init();
	cpu_init();
	smap_patch();
	paging_init_early();
	consoles_map();

	memory_setup();
	paging_init();
	kmap_init();
	mem_map_init();
	kmap_local_init();
	table_window_init_cpu();
	page_owner_init();
	paging_complete();
	user_cpu_init_boot();
	table_probe();
	memblock_free_all();
	boot_cost_reached("memblock_free_all");
	kmem_cache_init();
	kmalloc_init();
	vmalloc_init();
	vm_init();
	reclaim_init();
	view_init();
	consoles_complete();

	pic_init();
	time_init();
	thread_adopt(boot_stack, boot_stack_end);
	local_irq_enable();
	smp_init();
	time_check_ticks();
	consoles_enable_input();
	pci_scan();
	files_init();
	process_init();
	archive_unpack_modules();
	kernel_ready();
}
