/* SPDX-License-Identifier: MIT */
#include <asm/setup.h>
#include <block/block.h>
#include <block/ram_disk.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/kvmalloc.h>
#include <mm/page_alloc.h>

/*
 * Disks in memory. There are two kinds:
 *
 *	a boot module whose text has the word disk=ram0: its bytes, where the loader has put them
 *	the boot parameter ramdisk=SIZE: pages of highmem, filled with zeroes
 *
 * Neither has a queue: a transfer is a copy, by the CPU of the submitter. The pages of a request
 * and those of the disk are mapped by kmap_local_page() for each piece. A module need not begin on
 * a sector's border of physical memory, so a piece ends where a page of either side ends.
 */

#define MAX_RAM_DISKS 16

struct ram_disk {
	struct block_device device;
	phys_addr_t phys;    /* of a module */
	struct page **pages; /* of a disk made of pages; otherwise NULL */
};

static u64 ram_disk_size; /* ramdisk= */

static struct page *page_at(const struct ram_disk *disk, u64 byte, u32 *offset)
{
	if (disk->pages) {
		*offset = (u32)byte % PAGE_SIZE;
		return disk->pages[byte >> PAGE_SHIFT];
	}
	byte += disk->phys;
	*offset = (u32)byte % PAGE_SIZE;
	return pfn_to_page((unsigned long)(byte >> PAGE_SHIFT));
}

static int transfer(struct block_device *device, struct block_request *request)
{
	const struct ram_disk *disk = device->driver;
	u64 byte = request->position << SECTOR_SHIFT;

	for (u32 i = 0; i < request->nr_segments; i++) {
		const struct block_segment *s = &request->segments[i];
		char *memory = kmap_local_page(s->page);

		for (u32 done = 0, n; done < s->length; done += n, byte += n) {
			u32 offset;
			struct page *page = page_at(disk, byte, &offset);

			n = min(s->length - done, (u32)PAGE_SIZE - offset);
			if (request->op == BLOCK_WRITE)
				memcpy_to_page(page, offset, memory + s->offset + done, n);
			else
				memcpy_from_page(memory + s->offset + done, page, offset, n);
		}
		kunmap_local(memory);
	}
	return 0;
}

static const struct block_ops ram_ops = { .transfer = transfer };

/* Frees the disk if that fails. */
static void add_disk(struct ram_disk *disk, u32 number, u64 size)
{
	struct block_device *device = &disk->device;

	snprintf(device->name, sizeof(device->name), "ram%u", number);
	device->number = 1 << 8 | number;
	device->nr_sectors = size >> SECTOR_SHIFT;
	device->write_through = true;
	device->ops = &ram_ops;
	device->driver = disk;
	if (!block_register(device))
		return;
	pr_err("%s: there is another disk of this name\n", device->name);
	kfree(disk);
}

int module_is_disk(const struct boot_module *module)
{
	static const char word[] = "disk=ram";

	for (const char *s = module->name; *s; s++) {
		size_t n = strnlen(s, sizeof(module->name));
		u32 number;

		if ((s == module->name || s[-1] == ' ') && n >= sizeof(word) &&
		    memcmp(s, word, sizeof(word) - 1) == 0) {
			char text[4] = { 0 };

			s += sizeof(word) - 1;
			for (u32 i = 0; i < 3 && *s && *s != ' '; i++)
				text[i] = *s++;
			if (!parse_u32(text, MAX_RAM_DISKS - 1, &number))
				return (int)number;
			s--;
		}
	}
	return -1;
}

static void use_module(const struct boot_module *module, u32 number)
{
	struct ram_disk *disk;

	for (u32 pfn = module->start >> PAGE_SHIFT; pfn < PFN_UP(module->end); pfn++) {
		if (!pfn_valid(pfn)) {
			pr_err("module %s is not in RAM, is no disk\n", module->name);
			return;
		}
	}
	disk = kzalloc(sizeof(*disk), GFP_KERNEL);
	if (!disk)
		return;
	disk->phys = module->start;
	add_disk(disk, number, module->end - module->start);
}

/* Returns NULL if there is not enough memory. */
static struct page **take_pages(u32 nr)
{
	struct page **pages = kvzalloc(nr * sizeof(*pages), GFP_KERNEL | __GFP_NOWARN);

	if (pages && alloc_pages_bulk(GFP_HIGHUSER | __GFP_ZERO | __GFP_NOWARN, nr, pages) == nr)
		return pages;
	for (u32 i = 0; pages && i < nr && pages[i]; i++)
		__free_page(pages[i]);
	kvfree(pages);
	return NULL;
}

static void make_disk(u64 size)
{
	struct ram_disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);
	u64 nr = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	u32 number = 0;
	char name[8];

	if (disk && nr <= nr_free_pages())
		disk->pages = take_pages((u32)nr);
	if (!disk || !disk->pages) {
		pr_err("ramdisk=: no memory for %llu bytes\n", size);
		kfree(disk);
		return;
	}
	for (; number < MAX_RAM_DISKS; number++) {
		snprintf(name, sizeof(name), "ram%u", number);
		if (!block_find(name))
			break;
	}
	add_disk(disk, number, size);
}

static void find_ram_disks(void)
{
	for (u32 i = 0; i < boot_record.nr_modules; i++) {
		int number = module_is_disk(&boot_record.modules[i]);

		if (number >= 0)
			use_module(&boot_record.modules[i], (u32)number);
	}
	if (ram_disk_size)
		make_disk(ram_disk_size);
}

DISK_DRIVER(100, find_ram_disks);

static int parse_ramdisk(const char *value)
{
	char *end;

	ram_disk_size = memparse(value, &end);
	return *end || end == value ? -EINVAL : 0;
}

BOOT_PARAM("ramdisk", "ramdisk=nn[KMG]", "make a disk of memory, ram0", parse_ramdisk);
