/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <process/elf.h>
#include <vm/around.h>
#include <vm/build.h>
#include <vm/mman.h>

/*
 * Programs in the ELF format.
 *
 * A program is a list of segments. Each maps a range of the file at an address. Where a segment is
 * longer in memory than in the file, the rest is zero (.bss):
 *
 *	file     ├──── filesz ────┤
 *	memory   ├──── filesz ────┼ zero, to the end of the page ┤ anonymous pages ... ├
 *	       vaddr                                                            vaddr + memsz
 *
 * The headers come from a file that anybody may have written. So all of them are checked before
 * anything is mapped: no sum is computed before it is known to fit, and the order of segments
 * makes overlaps impossible. Mapping then cannot reach the kernel's half, whatever the file says.
 *
 * A file of type ET_DYN has addresses from 0 on, and is placed where there is room. Neighbouring
 * segments may share a page of the file; the later one is then mapped over the earlier one.
 */

/* --- checks ----------------------------------------------------------------------------------- */

int elf_check_header(const struct elf_header *header, size_t size)
{
	const u32 elf = 0x464c457f, kind = 0x010101; /* 32 bits, little endian, version 1 */
	const u16 em_386 = 3;

	if (size < sizeof(*header) || header->ident[0] != elf ||
	    (header->ident[1] & 0xffffff) != kind)
		return -ENOEXEC;
	if ((header->type != ET_EXEC && header->type != ET_DYN) || header->machine != em_386)
		return -ENOEXEC;
	if (header->phentsize != sizeof(struct elf_segment) || !header->phnum ||
	    header->phnum > ELF_MOST_SEGMENTS)
		return -ENOEXEC;
	return 0;
}

static bool in_file(u32 offset, u32 size, u32 file_size)
{
	return offset <= file_size && size <= file_size - offset;
}

/* @from: end of the segment before. */
static bool load_is_sane(const struct elf_segment *segment, u32 from, u32 file_size)
{
	return segment->filesz <= segment->memsz && segment->vaddr >= from &&
	       segment->vaddr <= TASK_SIZE && segment->memsz <= TASK_SIZE - segment->vaddr &&
	       IS_ALIGNED(segment->vaddr ^ segment->offset, PAGE_SIZE) &&
	       in_file(segment->offset, segment->filesz, file_size);
}

static bool contains(const struct elf_segment *segment, u32 offset, u32 size)
{
	return offset >= segment->offset && offset - segment->offset <= segment->filesz &&
	       size <= segment->filesz - (offset - segment->offset);
}

int elf_check_segments(const struct elf_header *header, const struct elf_segment *segments,
		       u64 object_size, struct elf_layout *layout)
{
	/* Offsets have 32 bits: what is above them in the file does not matter. */
	u32 file_size = (u32)min(object_size, (u64)UINT_MAX);
	u32 phdr_size = header->phnum * (u32)sizeof(*segments);
	bool any = false;
	u32 end = 0;

	*layout = (struct elf_layout){ .interp = -1, .exec_stack = true };
	for (u32 i = 0; i < header->phnum; i++) {
		const struct elf_segment *segment = &segments[i];

		if (segment->type == PT_GNU_STACK)
			layout->exec_stack = segment->flags & PF_X;
		if (segment->type == PT_INTERP && layout->interp < 0) {
			if (segment->filesz < 2 || segment->filesz > ELF_INTERP_SIZE ||
			    !in_file(segment->offset, segment->filesz, file_size))
				return -ENOEXEC;
			layout->interp = (int)i;
		}
		if (segment->type != PT_LOAD || !segment->memsz)
			continue;
		if (!load_is_sane(segment, end, file_size))
			return -ENOEXEC;
		if (!any)
			layout->start = ALIGN_DOWN(segment->vaddr, PAGE_SIZE);
		any = true;
		end = segment->vaddr + segment->memsz;
		if (contains(segment, header->phoff, phdr_size))
			layout->phdr = segment->vaddr + (header->phoff - segment->offset);
	}
	layout->end = ALIGN_UP(end, PAGE_SIZE);
	return any ? 0 : -ENOEXEC;
}

/* --- mapping ---------------------------------------------------------------------------------- */

/* vm_mmap() returns an address, or an errno, which is in the last page of the address space. */
static int error_of(long addr)
{
	return (unsigned long)addr >= -PAGE_SIZE ? (int)addr : 0;
}

static int write_zeroes(struct mm *mm, u32 start, u32 end)
{
	return vm_write_mm(mm, start, NULL, end - start);
}

static u32 prot_of(u32 flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
	       (flags & PF_X ? PROT_EXEC : 0);
}

/* @mapped: end of the pages that the segment before has mapped. */
static int map_segment(struct mm *mm, struct vm_object *object, const struct elf_segment *segment,
		       u32 base, u32 *mapped)
{
	u32 start = base + segment->vaddr, page = ALIGN_DOWN(start, PAGE_SIZE);
	u32 file_end = start + segment->filesz, end = ALIGN_UP(start + segment->memsz, PAGE_SIZE);
	u32 file_page = ALIGN_UP(file_end, PAGE_SIZE);
	u32 prot = prot_of(segment->flags);
	int err = 0;

	if (segment->filesz)
		err = vm_build_area(mm, page, file_page, prot, object,
				    segment->offset >> PAGE_SHIFT);
	else
		file_page = max(page, *mapped);
	/* A program that cannot write there sees what the file has behind the segment. */
	if (!err && segment->filesz && segment->memsz > segment->filesz && prot & PROT_WRITE)
		err = write_zeroes(mm, file_end, file_page);
	if (!err && file_page < end)
		err = vm_build_area(mm, file_page, end, prot, NULL, 0);
	*mapped = end;
	return err;
}

/* Finds room for all pages of a program that can be anywhere. */
static int find_base(struct mm *mm, const struct elf_layout *layout, u32 hint, u32 *base)
{
	u32 size = layout->end - layout->start;
	long addr = vm_mmap(mm, hint, size, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, NULL, 0,
			    false);

	if (error_of(addr))
		return error_of(addr);
	*base = (u32)addr - layout->start;
	return (int)vm_munmap(mm, (unsigned long)addr, size);
}

static int map_all(struct mm *mm, struct vm_object *object, const struct elf_header *header,
		   const struct elf_segment *segments, u32 base)
{
	u32 mapped = 0;
	int err = 0;

	for (u32 i = 0; i < header->phnum && !err; i++)
		if (segments[i].type == PT_LOAD && segments[i].memsz)
			err = map_segment(mm, object, &segments[i], base, &mapped);
	if (!err)
		vm_map_ahead(mm, object);
	return err;
}

static bool read_exactly(struct vm_object *object, u32 pos, void *to, u32 size)
{
	return vm_object_read(object, pos, to, size) == (long)size;
}

static int load(struct mm *mm, struct vm_object *object, const struct elf_header *header,
		const struct elf_segment *segments, u32 hint, u32 highest, struct elf_image *image)
{
	const struct elf_segment *interp;
	struct elf_layout layout;
	u32 base = 0;
	int err = elf_check_segments(header, segments, object->size, &layout);

	if (err)
		return err;
	if (header->type == ET_DYN)
		err = find_base(mm, &layout, hint, &base);
	else if (layout.end > highest)
		err = -ENOMEM;
	if (!err)
		err = map_all(mm, object, header, segments, base);
	if (err)
		return err;
	image->base = base;
	image->entry = base + header->entry;
	image->phdr = layout.phdr ? base + layout.phdr : 0;
	image->phnum = header->phnum;
	image->end = base + layout.end;
	image->exec_stack = layout.exec_stack;
	image->interp[0] = '\0';
	if (layout.interp < 0)
		return 0;
	interp = &segments[layout.interp];
	if (!read_exactly(object, interp->offset, image->interp, interp->filesz) ||
	    image->interp[interp->filesz - 1])
		return -ENOEXEC;
	return 0;
}

int elf_read_head(struct vm_object *object, struct elf_head *head)
{
	long size = vm_object_read(object, 0, head->text, sizeof(head->text));

	head->size = (u32)max(size, 0l);
	return (int)min(size, 0l);
}

/* The program headers, if they are in the head of the file; or NULL. */
static const struct elf_segment *segments_in(const struct elf_head *head)
{
	u32 at = head->header.phoff, size = head->header.phnum * (u32)sizeof(struct elf_segment);

	if (at > head->size || size > head->size - at || at % _Alignof(struct elf_segment))
		return NULL;
	return (const struct elf_segment *)(const void *)(head->text + at);
}

int elf_load(struct mm *mm, struct vm_object *object, const struct elf_head *head, u32 hint,
	     u32 highest, struct elf_image *image)
{
	const struct elf_header *header = &head->header;
	const struct elf_segment *segments;
	struct elf_segment *copy;
	int err = elf_check_header(header, head->size);

	if (err)
		return err;
	segments = segments_in(head);
	if (likely(segments))
		return load(mm, object, header, segments, hint, highest, image);
	copy = kmalloc_array(header->phnum, sizeof(*copy), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	err = -ENOEXEC;
	if (read_exactly(object, header->phoff, copy, header->phnum * (u32)sizeof(*copy)))
		err = load(mm, object, header, copy, hint, highest, image);
	kfree(copy);
	return err;
}
