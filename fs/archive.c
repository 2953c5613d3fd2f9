/* SPDX-License-Identifier: MIT */
#include <asm/setup.h>
#include <block/ram_disk.h>
#include <fs/archive.h>
#include <fs/path.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/handover.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>

/*
 * The first files come from a cpio archive that the boot loader has put into memory as a module.
 * The format is "newc", which Linux takes for its initramfs, too (Linux, Documentation/driver-api/
 * early-userspace/buffer-format.rst):
 *
 *	│ header, 110 digits │ name, zero │pad│ data         │pad│ header ...  │ "TRAILER!!!" │
 *
 * All numbers have eight hexadecimal digits, and headers and data begin at multiples of 4. Several
 * archives may follow each other, with zeroes in between.
 *
 * The archive is untrusted input: each number is checked before it is used, and every read is
 * checked against the end. On an error the files so far stay, and the message says where in the
 * archive it is.
 *
 * A file with several names has its data at the last of them; the names before have size 0. The
 * list of struct linked finds the file of an earlier name.
 */

#define HEADER_SIZE 110u
#define MAGIC       "070701"
#define TRAILER     "TRAILER!!!"

enum field {
	NUMBER,
	MODE,
	UID,
	GID,
	NR_LINKS,
	MTIME,
	FILE_SIZE,
	DEV_MAJOR,
	DEV_MINOR,
	SPECIAL_MAJOR,
	SPECIAL_MINOR,
	NAME_SIZE,
	CHECKSUM,
	NR_FIELDS
};

struct linked {
	struct linked *next;
	struct inode *inode;
	u32 number, dev_major, dev_minor;
};

struct unpacker {
	const struct archive *archive;
	struct archive_error *error;
	struct inode *root;
	struct linked *linked;
	u32 fields[NR_FIELDS];
	char path[PATH_MAX];
};

/* Maps the bytes from an offset up to the end of their page. Returns them, and their number. */
static const char *map(const struct archive *archive, u32 offset, u32 *n)
{
	u32 phys = archive->phys + offset;
	char *page;

	if (archive->memory) {
		*n = min(archive->size - offset, (u32)PAGE_SIZE);
		return archive->memory + offset;
	}
	*n = min(archive->size - offset, (u32)PAGE_SIZE - phys % (u32)PAGE_SIZE);
	page = kmap_local_page(pfn_to_page(PFN_DOWN(phys)));
	return page + phys % PAGE_SIZE;
}

static void unmap(const struct archive *archive, const char *bytes)
{
	if (!archive->memory)
		kunmap_local(bytes);
}

/* Copies bytes that are inside of the archive. */
static void copy(const struct archive *archive, u32 offset, char *to, u32 size)
{
	while (size) {
		u32 n;
		const char *bytes = map(archive, offset, &n);

		n = min(n, size);
		memcpy(to, bytes, n);
		unmap(archive, bytes);
		offset += n;
		to += n;
		size -= n;
	}
}

static int __printf(4, 5) fail(struct unpacker *u, int errno_, u32 offset, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(u->error->text, sizeof(u->error->text), fmt, args);
	va_end(args);
	strscpy(u->error->path, u->path, sizeof(u->error->path));
	u->error->offset = offset;
	return errno_;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_header(struct unpacker *u, u32 offset)
{
	char header[HEADER_SIZE];
	u32 left = offset < u->archive->size ? u->archive->size - offset : 0;

	if (left < HEADER_SIZE)
		return fail(u, -EINVAL, offset, "%u bytes, expected a header of 110", left);
	copy(u->archive, offset, header, HEADER_SIZE);
	if (memcmp(header, MAGIC, 6) != 0)
		return fail(u, -EINVAL, offset, "expected the magic number " MAGIC);
	for (u32 i = 0; i < NR_FIELDS; i++) {
		u32 at = 6 + 8 * i, value = 0;

		for (u32 end = at + 8; at < end; at++) {
			if (digit(header[at]) < 0)
				return fail(u, -EINVAL, offset + at,
					    "expected a hexadecimal digit");
			value = value << 4 | (u32)digit(header[at]);
		}
		u->fields[i] = value;
	}
	return 0;
}

static int parse_name(struct unpacker *u, u32 offset)
{
	u32 size = u->fields[NAME_SIZE], left = u->archive->size - offset;

	if (size < 2 || size > PATH_MAX)
		return fail(u, -EINVAL, offset - HEADER_SIZE,
			    "name of %u bytes, expected 2 to 4096", size);
	if (size > left)
		return fail(u, -EINVAL, offset, "name of %u bytes, but %u are left", size, left);
	copy(u->archive, offset, u->path, size);
	if (strnlen(u->path, size) == size - 1)
		return 0;
	u->path[0] = '\0';
	return fail(u, -EINVAL, offset, "expected a zero at the end of the name only");
}

/* Makes the missing directories of the path. Returns 0 or a negative errno. */
static int make_parents(struct unpacker *u)
{
	for (char *slash = strchr(u->path, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct lookup at = { 0 };
		int error;

		if (slash == u->path || !slash[1])
			continue;
		*slash = '\0';
		error = path_walk(u->root, u->path, true, &at);
		if (!error && !at.inode)
			error = inode_make(at.dir, at.name, at.length, S_IFDIR | 0755, NULL);
		*slash = '/';
		if (error)
			return error;
	}
	return 0;
}

static int write_data(struct unpacker *u, struct inode *inode, u32 offset)
{
	for (u32 done = 0; done < u->fields[FILE_SIZE];) {
		u32 n;
		const char *bytes = map(u->archive, offset + done, &n);
		long written;

		n = min(n, u->fields[FILE_SIZE] - done);
		written = vm_object_write(inode->object, done, bytes, n);
		unmap(u->archive, bytes);
		if (written != (long)n)
			return written < 0 ? (int)written : -ENOMEM;
		done += n;
	}
	return 0;
}

static struct linked *find_linked(struct unpacker *u)
{
	struct linked *l;

	for (l = u->linked; l; l = l->next) {
		if (l->number == u->fields[NUMBER] && l->dev_major == u->fields[DEV_MAJOR] &&
		    l->dev_minor == u->fields[DEV_MINOR])
			break;
	}
	return l;
}

/* Makes the inode of a member, or finds that of an earlier name. */
static struct inode *make_inode(struct unpacker *u, u32 data)
{
	u32 mode = u->fields[MODE] & (S_IFMT | 07777);
	bool linked = u->fields[NR_LINKS] > 1 && (mode & S_IFMT) == S_IFREG;
	struct linked *l = linked ? find_linked(u) : NULL;
	struct inode *inode;

	if (l) {
		inode_get(l->inode);
		return l->inode;
	}
	inode = inode_create(mode);
	if (!inode)
		return NULL;
	inode->uid = u->fields[UID];
	inode->gid = u->fields[GID];
	if (inode_is_link(inode)) {
		inode->target = kzalloc(u->fields[FILE_SIZE] + 1, GFP_KERNEL);
		if (!inode->target)
			goto fail;
		copy(u->archive, data, inode->target, u->fields[FILE_SIZE]);
	}
	if (linked) {
		l = kmalloc(sizeof(*l), GFP_KERNEL);
		if (!l)
			goto fail;
		*l = (struct linked){ u->linked, inode, u->fields[NUMBER], u->fields[DEV_MAJOR],
				      u->fields[DEV_MINOR] };
		inode_get(inode);
		u->linked = l;
	}
	return inode;
fail:
	inode_put(inode);
	return NULL;
}

/* Gives the member its name. A file in its place is replaced, and a directory stays. */
static int add_member(struct unpacker *u, u32 offset, u32 data)
{
	struct lookup at = { 0 };
	struct entry *old;
	struct inode *inode;
	bool dir = (u->fields[MODE] & S_IFMT) == S_IFDIR;
	int error = make_parents(u);

	if (!error)
		error = path_walk(u->root, u->path, false, &at);
	if (error)
		return fail(u, error, offset, "no such directory (errno %d)", -error);
	if (at.inode && (dir || at.inode->ops)) {
		if (dir != inode_is_dir(at.inode) && !at.inode->ops)
			return fail(u, -ENOTDIR, offset, "a file and a directory of this name");
		return 0;
	}
	if (at.inode && inode_is_dir(at.inode))
		return fail(u, -EISDIR, offset, "a file and a directory of this name");
	inode = make_inode(u, data);
	if (!inode)
		return fail(u, -ENOMEM, offset, "no memory");
	old = at.inode ? entry_find(at.dir, at.name, at.length) : NULL;
	error = entry_add(at.dir, at.name, at.length, inode);
	if (!error && old)
		entry_remove(at.dir, old);
	if (!error && inode_is_file(inode))
		error = write_data(u, inode, data);
	/* After all changes, which set the time. */
	inode->atime = inode->mtime = u->fields[MTIME] * 1000000000ull;
	inode_put(inode);
	return error ? fail(u, error, offset, "no memory") : 0;
}

static int check_type(struct unpacker *u, u32 offset)
{
	switch (u->fields[MODE] & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
		return 0;
	case S_IFLNK:
		if (u->fields[FILE_SIZE] > 0 && u->fields[FILE_SIZE] < PATH_MAX)
			return 0;
		return fail(u, -EINVAL, offset, "link of %u bytes, expected 1 to 4095",
			    u->fields[FILE_SIZE]);
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 1; /* left out: the kernel has its own devices */
	default:
		return fail(u, -EINVAL, offset, "mode %#o, expected a type of file",
			    u->fields[MODE]);
	}
}

/*
 * One member. Returns 0 and the offset of the next one, 1 if it was the end of an archive, or a
 * negative errno.
 */
static int unpack_member(struct unpacker *u, u32 *at)
{
	u32 offset = *at, data, left;
	int error;

	u->path[0] = '\0';
	error = parse_header(u, offset);
	if (!error)
		error = parse_name(u, offset + HEADER_SIZE);
	if (error)
		return error;
	data = ALIGN_UP(offset + HEADER_SIZE + u->fields[NAME_SIZE], 4u);
	left = data < u->archive->size ? u->archive->size - data : 0;
	if (u->fields[FILE_SIZE] > left)
		return fail(u, -EINVAL, offset, "%u bytes of data, but %u are left",
			    u->fields[FILE_SIZE], left);
	*at = ALIGN_UP(data + u->fields[FILE_SIZE], 4u);
	if (strcmp(u->path, TRAILER) == 0)
		return 1;
	error = check_type(u, offset);
	return error ? min(error, 0) : add_member(u, offset, data);
}

static bool only_zeroes(const struct archive *archive, u32 *at)
{
	char word[4];

	for (; *at < archive->size; *at += 4) {
		u32 n = min(archive->size - *at, 4u);

		copy(archive, *at, word, n);
		for (u32 i = 0; i < n; i++) {
			if (word[i])
				return false;
		}
	}
	return true;
}

int archive_unpack(const struct archive *archive, struct inode *root, struct archive_error *error)
{
	struct unpacker *u = kzalloc(sizeof(*u), GFP_KERNEL);
	u32 at = 0;
	int nr = 0, result = 0;

	*error = (struct archive_error){ 0 };
	if (!u)
		return -ENOMEM;
	*u = (struct unpacker){ .archive = archive, .error = error, .root = root };
	mutex_lock(&tree_lock);
	do {
		result = unpack_member(u, &at);
		nr += result == 0;
	} while (result == 0 || (result == 1 && !only_zeroes(archive, &at)));
	while (u->linked) {
		struct linked *next = u->linked->next;

		inode_put(u->linked->inode);
		kfree(u->linked);
		u->linked = next;
	}
	mutex_unlock(&tree_lock);
	kfree(u);
	return result < 0 ? result : nr;
}

/* A loader's modules may overlap, or be where the kernel has no RAM: such memory is not freed. */
static bool is_reserved(const struct boot_module *module)
{
	for (u32 pfn = PFN_UP(module->start); pfn < PFN_DOWN(module->end); pfn++) {
		if (!pfn_valid(pfn) || page_state(pfn_to_page(pfn)) != PAGE_RESERVED)
			return false;
	}
	return true;
}

static void unpack_module(struct boot_module *module)
{
	struct archive archive = { .name = module->name,
				   .size = module->end - module->start,
				   .phys = module->start };
	struct archive_error error;
	char magic[6];
	int nr;

	if (archive.size < sizeof(magic) || module_is_disk(module) >= 0)
		return;
	copy(&archive, 0, magic, sizeof(magic));
	if (memcmp(magic, MAGIC, sizeof(magic)) != 0)
		return;
	nr = archive_unpack(&archive, &root_inode, &error);
	if (nr < 0) {
		pr_err("archive %s, offset %u, member '%s': %s\n", module->name, error.offset,
		       error.path, error.text);
		return;
	}
	pr_info("archive %s: %d members, %u bytes\n", module->name, nr, archive.size);
	if (!is_reserved(module))
		return;
	memblock_free_late(module->start, archive.size);
	module->end = module->start;
}

void archive_unpack_modules(void)
{
	for (u32 i = 0; i < boot_record.nr_modules; i++)
		unpack_module(&boot_record.modules[i]);
}
