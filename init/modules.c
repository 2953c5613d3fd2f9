/* SPDX-License-Identifier: MIT */
#include <asm/setup.h>
#include <init/modules.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/crc32.h>
#include <mm/kmap_local.h>

/*
 * Boot modules: files that the boot loader has put into memory. The kernel reserves them wherever
 * they are. It reads them through kmap_local, because a module may be above the direct map. A user
 * who knows the file can compare the checksum, and see that nothing has overwritten it.
 */

u32 module_checksum(const struct boot_module *module)
{
	u32 crc = 0;

	for (u32 at = module->start; at < module->end;) {
		u32 offset = at % PAGE_SIZE;
		u32 n = min((u32)PAGE_SIZE - offset, module->end - at);
		char *page = kmap_local_page(pfn_to_page(PFN_DOWN(at)));

		crc = crc32(crc, page + offset, n);
		kunmap_local(page);
		at += n;
	}
	return crc;
}

static int modules(int argc, char **argv)
{
	for (u32 i = 0; i < boot_record.nr_modules; i++) {
		const struct boot_module *module = &boot_record.modules[i];

		if (module->start == module->end)
			console_printf("%#010x empty %s\n", module->start, module->name);
		else
			console_printf("%#010x-%#010x %8u bytes crc32 %08x %s\n", module->start,
				       module->end - 1, module->end - module->start,
				       module_checksum(module), module->name);
	}
	if (boot_record.nr_modules == 0)
		console_printf("There are no modules.\n");
	return 0;
}
PROMPT_COMMAND("modules", "", "boot modules, with their checksums", modules);
