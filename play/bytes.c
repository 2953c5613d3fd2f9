/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>
#include <mm/vmalloc.h>
#include <play/handles.h>

/*
 * Memory by the byte: `kmalloc` and `vmalloc` call the functions of these names. slabinfo and
 * vmallocinfo show the result. A small kmalloc() is an object of a slab, which many owners share,
 * so its handle holds no pages of its own.
 */

static int parse_size(const char *word, unsigned long most, unsigned long *size)
{
	char *end;
	u64 bytes = memparse(word, &end);

	if (end == word || *end || bytes == 0 || bytes > most)
		return -EINVAL;
	*size = (unsigned long)bytes;
	return 0;
}

/* --- kmalloc ---------------------------------------------------------------------------------- */

static void free_object(struct handle *handle)
{
	kfree(handle->addr);
}

static void describe_object(const struct handle *handle, char *text)
{
	snprintf(text, HANDLE_TEXT, "%lu bytes at %p, usable %lu", handle->size, handle->addr,
		 (unsigned long)ksize(handle->addr));
}

static bool owns_object(const struct handle *handle, unsigned long pfn)
{
	return pfn - PFN_DOWN(__pa(handle->addr)) < handle->pages;
}

static const struct handle_ops kmalloc_ops = {
	.release = free_object,
	.describe = describe_object,
	.owns = owns_object,
};

static int kmalloc_command(int argc, char **argv)
{
	struct handle *handle;
	unsigned long size;

	if (parse_size(argv[1], KMALLOC_MAX_SIZE, &size) != 0) {
		console_printf("kmalloc: '%s', expected bytes, 1 to %lu (%luM)\n", argv[1],
			       KMALLOC_MAX_SIZE, KMALLOC_MAX_SIZE >> 20);
		return -EINVAL;
	}
	handle = handle_new(&kmalloc_ops, argv);
	if (!handle)
		return -ENOSPC;
	handle->addr = __kmalloc(size, GFP_KERNEL | __GFP_NOWARN);
	if (!handle->addr) {
		handle_drop(handle);
		console_printf("kmalloc: no memory for %lu bytes; `buddyinfo` shows the free "
			       "blocks\n",
			       size);
		return -ENOMEM;
	}
	handle->size = size;
	if (size > KMALLOC_MAX_CACHE_SIZE)
		handle->pages = ksize(handle->addr) >> PAGE_SHIFT;
	handle_made(handle);
	return 0;
}
PROMPT_COMMAND("kmalloc", "SIZE", "allocate bytes of lowmem", kmalloc_command,
	       .example = "slabinfo; kmalloc 96; slabinfo");

/* --- vmalloc ---------------------------------------------------------------------------------- */

static void free_range(struct handle *handle)
{
	vfree(handle->addr);
}

static void describe_range(const struct handle *handle, char *text)
{
	snprintf(text, HANDLE_TEXT, "%#lx-%#lx", (unsigned long)handle->addr,
		 (unsigned long)handle->addr + (handle->pages << PAGE_SHIFT));
}

static bool owns_range(const struct handle *handle, unsigned long pfn)
{
	for (unsigned long i = 0; i < handle->pages; i++) {
		const struct page *page = vmalloc_to_page(handle->addr + (i << PAGE_SHIFT));

		if (page && page_to_pfn(page) == pfn)
			return true;
	}
	return false;
}

static const struct handle_ops vmalloc_ops = {
	.release = free_range,
	.describe = describe_range,
	.owns = owns_range,
};

static int vmalloc_command(int argc, char **argv)
{
	unsigned long size, gap = vmap_area_largest_gap();
	struct handle *handle;

	/* A guard page follows each range. */
	if (parse_size(argv[1], gap - PAGE_SIZE, &size) != 0) {
		console_printf("vmalloc: '%s', expected bytes, 1 to %lu: the largest gap of "
			       "addresses\n",
			       argv[1], gap - PAGE_SIZE);
		return -EINVAL;
	}
	handle = handle_new(&vmalloc_ops, argv);
	if (!handle)
		return -ENOSPC;
	handle->addr = vmalloc(size);
	if (!handle->addr) {
		handle_drop(handle);
		console_printf("vmalloc: no memory for %lu bytes; `meminfo` shows what is free\n",
			       size);
		return -ENOMEM;
	}
	handle->size = size;
	handle->pages = ALIGN_UP(size, PAGE_SIZE) >> PAGE_SHIFT;
	handle_made(handle);
	return 0;
}
PROMPT_COMMAND("vmalloc", "SIZE", "allocate bytes of any frames, mapped side by side",
	       vmalloc_command, .example = "vmalloc 1M; vmallocinfo");
