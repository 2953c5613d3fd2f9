/* SPDX-License-Identifier: MIT */
#include <asm/boot_modules.h>
#include <asm/e820.h>
#include <kernel/printk.h>
#include <mm/memblock.h>

/*
 * Keeps the boot modules, files that the loader put into memory, from being overwritten. Later code
 * reads a module through page descriptors, so each of its bytes must be in RAM that the kernel
 * uses. The loader does not know of mem=, memmap= and highmem=, and may be wrong. So a module is
 * kept up to the first byte that cannot belong to it:
 *
 *	e820      ├────── RAM ──────┤ reserved ├── RAM ──┤
 *	kernel        ├──┤
 *	modules    ├───┤              ├──┤          ├────────────┤    ┤├ empty
 *	kept       ├──┤               none          ├────┤           kept
 *
 * A module with no byte left is removed from the record. Each cut and each removal prints one
 * warning with the loader's number of the module. Modules that overlap are kept, with a warning:
 * the kernel cannot tell which one is damaged, and a loader may give one file twice.
 */

/* The first byte, at or after the start of the module, that cannot belong to it. */
static u64 __init end_of_room(const struct boot_module *module, phys_addr_t kernel, u64 kernel_size)
{
	u64 end = e820_ram_end(module->start);

	if (module->start >= kernel && module->start < kernel + kernel_size)
		return module->start;
	return module->start < kernel ? min(end, (u64)kernel) : end;
}

/* Cut a module to its readable bytes. Return false if there are none. */
static bool __init trim(struct boot_module *module, u32 number, phys_addr_t kernel, u64 kernel_size)
{
	u64 room;

	if (module->end == module->start)
		return true;
	if (module->end < module->start) {
		pr_warn("Module %u: from %#x to %#x, expected an end above the start: ignored "
			"(%s)\n",
			number, module->start, module->end, module->name);
		return false;
	}
	room = end_of_room(module, kernel, kernel_size);
	if (room <= module->start) {
		pr_warn("Module %u: [mem %#010x-%#010x] does not begin in RAM that is free for it: "
			"ignored (%s)\n",
			number, module->start, module->end - 1, module->name);
		return false;
	}
	if (room < module->end) {
		pr_warn("Module %u: only the first %llu of %u bytes are in RAM that is free for "
			"it: the rest is cut off (%s)\n",
			number, (room - module->start), module->end - module->start, module->name);
		module->end = (u32)room;
	}
	return true;
}

static void __init warn_of_overlap(const struct boot_module *modules, u32 nr)
{
	for (u32 i = 0; i < nr; i++)
		for (u32 j = 0; j < i; j++)
			if (modules[i].start < modules[j].end && modules[j].start < modules[i].end)
				pr_warn("Modules %s and %s overlap from %#x to %#x: both are kept "
					"as they are\n",
					modules[j].name, modules[i].name,
					max(modules[i].start, modules[j].start),
					min(modules[i].end, modules[j].end) - 1);
}

void __init boot_modules_reserve(struct boot_record *record, phys_addr_t kernel, u64 kernel_size)
{
	u32 kept = 0;

	for (u32 i = 0; i < record->nr_modules; i++) {
		struct boot_module module = record->modules[i];

		if (!trim(&module, i, kernel, kernel_size))
			continue;
		record->modules[kept++] = module;
		if (module.end == module.start) {
			pr_info("Module %u: empty %s\n", i, module.name);
			continue;
		}
		memblock_reserve(module.start, module.end - module.start);
		pr_info("Module %u: [mem %#010x-%#010x] %s\n", i, module.start, module.end - 1,
			module.name);
	}
	record->nr_modules = kept;
	warn_of_overlap(record->modules, kept);
}
