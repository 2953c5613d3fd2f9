/* SPDX-License-Identifier: MIT */
#include <fs/inode.h>
#include <fs/tmpfs.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>
#include <mm/mmzone.h>
#include <vm/page_room.h>

/*
 * tmpfs: files in memory. There is little to do here, because a file system without
 * functions is one in memory (fs/inode.h). Names are entries, bytes are pages of highmem.
 *
 * Its limits remain. A program that fills /tmp must not take all memory, so a tmpfs that
 * is mounted has at most half of the pages and as many inodes, unless options say something else.
 * The root has no limits, as on Linux.
 *
 *	size=64M		bytes, with k, m, g; or percent of memory: 50%
 *	nr_inodes=1000		likewise a number with k, m, g
 *	mode=1777 uid=0 gid=0	of its root
 *
 * A size of 0 is no limit.
 */

#define TMPFS_MAGIC 0x01021994u

static struct page_room *room_of(const struct super *super)
{
	return super->room;
}

static int tmpfs_statfs(struct super *super, struct fs_counts *counts)
{
	const struct page_room *room = room_of(super);

	counts->magic = TMPFS_MAGIC;
	counts->block_size = PAGE_SIZE;
	counts->blocks = room && room->most ? room->most : nr_managed_pages();
	counts->free = room && room->most ? room->most - room->used : nr_free_pages();
	counts->available = counts->free;
	if (super->max_inodes) {
		counts->files = super->max_inodes;
		counts->free_files = super->max_inodes - super->nr_inodes;
	}
	return 0;
}

static u32 tmpfs_show_options(struct super *super, char *to, size_t size)
{
	const struct page_room *room = room_of(super);
	u32 n = 0;

	if (!room)
		return 0;
	if (room->most)
		n = (u32)snprintf(to, size, ",size=%luk", room->most * (PAGE_SIZE / 1024));
	if (super->max_inodes && n < size)
		n += (u32)snprintf(to + n, size - n, ",nr_inodes=%u", super->max_inodes);
	if ((super->root->mode & 07777) != 01777 && n < size)
		n += (u32)snprintf(to + n, size - n, ",mode=%o", super->root->mode & 07777);
	return n;
}

/* --- options ---------------------------------------------------------------------------------- */

struct limits {
	u64 size, nr_inodes, mode, uid, gid;
};

static unsigned int value_of(char c)
{
	return c >= '0' && c <= '9' ? (unsigned int)(c - '0') : 99;
}

/* A number in this base, and perhaps a unit. Returns what follows it; NULL if there is no digit. */
static const char *parse_number(const char *text, u32 base, u64 *value)
{
	const char *start = text;

	for (*value = 0; value_of(*text) < base; text++) {
		if (*value >> 56)
			return NULL;
		*value = *value * base + value_of(*text);
	}
	return text > start ? text : NULL;
}

static const char *skip_unit(const char *text, u64 *value)
{
	static const char units[] = "kmgKMG";
	const char *unit = *text ? strchr(units, *text) : NULL;
	u32 shift = unit ? 10 * ((u32)(unit - units) % 3 + 1) : 0;

	if (*value >> (63 - shift))
		return NULL;
	*value <<= shift;
	return unit ? text + 1 : text;
}

/* One option. Returns false if it is wrong. */
static bool parse_option(const char *option, size_t length, struct limits *limits)
{
	static const struct {
		const char *name;
		u8 base;
		bool unit;
		u8 offset;
	} names[] = {
		{ "size=", 10, true, offsetof(struct limits, size) },
		{ "nr_inodes=", 10, true, offsetof(struct limits, nr_inodes) },
		{ "mode=", 8, false, offsetof(struct limits, mode) },
		{ "uid=", 10, false, offsetof(struct limits, uid) },
		{ "gid=", 10, false, offsetof(struct limits, gid) },
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		size_t head = strlen(names[i].name);
		u64 *value = (u64 *)((char *)limits + names[i].offset);
		const char *end;

		if (length < head || memcmp(option, names[i].name, head) != 0)
			continue;
		end = parse_number(option + head, names[i].base, value);
		if (end && names[i].unit && i == 0 && *end == '%') {
			*value = *value > 100 ? 0 : *value * nr_managed_pages() / 100 * PAGE_SIZE;
			end++;
		} else if (end && names[i].unit) {
			end = skip_unit(end, value);
		}
		return end == option + length;
	}
	/* Linux has these, too, and they change nothing here. */
	return (length >= 5 && memcmp(option, "huge=", 5) == 0) || length == 0;
}

static int parse_options(const char *options, struct limits *limits, char *message)
{
	for (;;) {
		size_t length = strcspn(options, ",");

		if (!parse_option(options, length, limits)) {
			snprintf(message, MOUNT_MESSAGE, "option '%.*s' is not known",
				 (int)min(length, (size_t)40), options);
			return -EINVAL;
		}
		options += length;
		if (!*options)
			return limits->mode & ~07777ull ? -EINVAL : 0;
		options++;
	}
}

/* --- mounting --------------------------------------------------------------------------------- */

static void set_limits(struct super *super, const struct limits *limits)
{
	room_of(super)->most =
		(unsigned long)min((limits->size + PAGE_SIZE - 1) / PAGE_SIZE, (u64)UINT_MAX / 4);
	super->max_inodes = (u32)min(limits->nr_inodes, (u64)UINT_MAX);
}

static int tmpfs_remount(struct super *super, u32 flags, const char *options)
{
	struct limits limits = { .size = (u64)room_of(super)->most * PAGE_SIZE,
				 .nr_inodes = super->max_inodes };
	char message[MOUNT_MESSAGE];
	int error = parse_options(options, &limits, message);

	if (error)
		return error;
	if ((limits.size && limits.size / PAGE_SIZE < room_of(super)->used) ||
	    (limits.nr_inodes && limits.nr_inodes < super->nr_inodes))
		return -EINVAL;
	set_limits(super, &limits);
	return 0;
}

/* Pages may be mapped for longer than the file system is mounted; each object has a reference. */
static void tmpfs_put(struct super *super)
{
	page_room_put(room_of(super));
}

static const struct super_ops tmpfs_ops = {
	.statfs = tmpfs_statfs,
	.put = tmpfs_put,
	.remount = tmpfs_remount,
	.show_options = tmpfs_show_options,
};

static const struct super_ops rootfs_ops = { .statfs = tmpfs_statfs };

int tmpfs_make(const char *type, u32 flags, const char *options, struct super **made, char *message)
{
	struct limits limits = { .size = (u64)nr_managed_pages() / 2 * PAGE_SIZE,
				 .nr_inodes = nr_managed_pages() / 2,
				 .mode = 01777 };
	int error = parse_options(options, &limits, message);
	struct super *super;

	if (error)
		return error;
	super = super_create(type, NULL, flags, &tmpfs_ops);
	if (!super)
		return -ENOMEM;
	super->room = page_room_create();
	super->root = super->room ? inode_create_in(super, S_IFDIR | (u32)limits.mode, 0) : NULL;
	if (!super->root) {
		if (super->room)
			tmpfs_put(super);
		super_destroy(super);
		return -ENOMEM;
	}
	super->root->parent = super->root;
	super->root->nr_links = 2;
	super->root->uid = (u32)limits.uid;
	super->root->gid = (u32)limits.gid;
	set_limits(super, &limits);
	*made = super;
	return 0;
}

static int tmpfs_mount(struct block_device *device, u32 flags, const char *options,
		       struct super **made, char *message)
{
	return tmpfs_make("tmpfs", flags, options, made, message);
}

FS_TYPE("tmpfs", false, tmpfs_mount);

void tmpfs_init(void)
{
	root_super.ops = &rootfs_ops;
}
