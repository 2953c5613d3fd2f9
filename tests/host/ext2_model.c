/* SPDX-License-Identifier: MIT */
#include "ext2_model.h"

#include <limits.h>

#define NR_THINGS 120
#define NR_NAMES  160
#define MOST      (700u << 10) /* bytes of a file */
#define PATH      1500

/* Inodes: directories, files and others. Number 0 is the root. */
struct thing {
	bool used;
	u32 names;
	struct ext2_node node;
	u8 *content;
	char target[1100];
	/* Of the last fsync, while nothing but its path has changed. */
	bool synced;
	u32 renames;
	char old_path[PATH];
};

struct name {
	bool used;
	u32 dir, thing;
	char text[256];
};

static struct thing things[NR_THINGS];
static struct name names[NR_NAMES];
static struct ext2 *fs;
static struct image *image;

static bool is_type(u32 thing, u32 type)
{
	return EXT2_TYPE(things[thing].node.mode) == type;
}

/* --- the model -------------------------------------------------------------------------------- */

static struct name *random_name(void)
{
	u32 at = (u32)host_random_below(NR_NAMES);

	for (u32 i = 0; i < NR_NAMES; i++) {
		struct name *name = &names[(at + i) % NR_NAMES];

		if (name->used)
			return name;
	}
	return NULL;
}

static u32 random_dir(void)
{
	struct name *name = random_name();

	return name && is_type(name->thing, EXT2_DIR) ? name->thing : name ? name->dir : 0;
}

static struct name *find_model(u32 dir, const char *text)
{
	for (u32 i = 0; i < NR_NAMES; i++) {
		if (names[i].used && names[i].dir == dir && strcmp(names[i].text, text) == 0)
			return &names[i];
	}
	return NULL;
}

static struct name *new_name(u32 dir)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-. ";

	for (u32 i = 0; i < NR_NAMES; i++) {
		struct name *name = &names[i];
		u32 length = host_random_below(4) ? 2 + (u32)host_random_below(20)
						  : 100 + (u32)host_random_below(156);

		if (name->used)
			continue;
		for (u32 c = 0; c < length; c++)
			name->text[c] = letters[host_random_below(c ? 29 : 26)];
		name->text[length] = '\0';
		name->dir = dir;
		return find_model(dir, name->text) ? NULL : name;
	}
	return NULL;
}

static bool is_above(u32 above, u32 thing)
{
	for (;;) {
		u32 i;

		if (thing == above)
			return true;
		if (thing == 0)
			return false;
		for (i = 0; i < NR_NAMES && !(names[i].used && names[i].thing == thing); i++)
			;
		thing = names[i].dir;
	}
}

static bool is_empty(u32 dir)
{
	for (u32 i = 0; i < NR_NAMES; i++)
		if (names[i].used && names[i].dir == dir)
			return false;
	return true;
}

/* Path of the first name. */
static void path_of(u32 thing, char *to)
{
	char tail[PATH] = "", next[PATH];

	while (thing) {
		u32 i;

		for (i = 0; !(names[i].used && names[i].thing == thing); i++)
			;
		if (snprintf(next, sizeof(next), "/%s%s", names[i].text, tail) >=
		    (int)sizeof(next)) {
			strcpy(to, "");
			return;
		}
		strcpy(tail, next);
		thing = names[i].dir;
	}
	strcpy(to, tail);
}

static void mark_synced(struct thing *thing)
{
	thing->synced = true;
	thing->renames = 0;
	path_of((u32)(thing - things), thing->old_path);
	if (!thing->old_path[0])
		thing->synced = false;
}

static void drop_thing(u32 number)
{
	struct thing *thing = &things[number];

	CHECK_EQ(thing->node.links, 0);
	CHECK_EQ(ext2_delete_node(fs, &thing->node, 5000), 0);
	free(thing->content);
	*thing = (struct thing){ 0 };
}

/* --- data of files, as a page cache would treat it -------------------------------------------- */

static void write_data(struct thing *thing, u32 from, u32 to)
{
	u32 shift = fs->shift;
	struct ext2_run run;

	for (u32 block = from >> shift; (u64)block << shift < to; block++) {
		CHECK_EQ(ext2_map(fs, &thing->node, block, 1, false, &run), 0);
		if (run.start)
			image_write(image, run.start, shift, thing->content + (block << shift));
	}
}

/* Returns the end of what has blocks. */
static u32 make_blocks(struct thing *thing, u32 from, u32 to)
{
	u32 shift = fs->shift, block = from >> shift, last = (to - 1) >> shift;

	while (block <= last) {
		struct ext2_run run;
		int error = ext2_map(fs, &thing->node, block, last - block + 1, true, &run);

		if (error == -ENOSPC)
			return max(from, min(to, block << shift));
		CHECK_EQ(error, 0);
		CHECK(run.start && run.count && run.count <= last - block + 1);
		if (error || !run.count)
			return from;
		block += run.count;
	}
	return to;
}

/* --- operations ------------------------------------------------------------------------------- */

static void op_make(void)
{
	static const u32 types[] = { EXT2_FILE, EXT2_FILE, EXT2_FILE, EXT2_DIR, EXT2_DIR,
				     EXT2_LINK, EXT2_LINK, EXT2_CHAR, EXT2_FIFO };
	u32 number, dir = random_dir();
	struct name *name = new_name(dir);
	struct ext2_name where = { &things[dir].node, name ? name->text : "",
				   name ? (u32)strlen(name->text) : 0 };
	struct thing *thing;
	int error;

	for (number = 0; number < NR_THINGS && things[number].used; number++)
		;
	if (!name || number == NR_THINGS)
		return;
	thing = &things[number];
	*thing = (struct thing){ 0 };
	thing->node = (struct ext2_node){
		.mode = types[host_random_below(ARRAY_SIZE(types))] | (u32)host_random_below(01000),
		.uid = (u32)host_random_below(100000),
		.gid = (u32)host_random_below(100000),
		.mtime = host_random_below(1u << 31) * 1000000000,
	};
	if (is_type(number, EXT2_CHAR))
		thing->node.device = (u32)host_random_below(1u << 20);
	if (is_type(number, EXT2_LINK)) {
		u32 length = 1 + (u32)host_random_below(host_random_below(2) ? 70 : 1050);

		for (u32 i = 0; i < length; i++)
			thing->target[i] = (char)('a' + host_random_below(26));
	}
	error = ext2_make(fs, &where, &thing->node, thing->target);
	if (error == -ENAMETOOLONG) {
		CHECK(strlen(thing->target) >= fs->block_size);
	} else if (error != -ENOSPC) {
		CHECK_EQ(error, 0);
	}
	if (error)
		return;
	CHECK_EQ(thing->node.links, is_type(number, EXT2_DIR) ? 2 : 1);
	thing->used = true;
	thing->names = 1;
	if (is_type(number, EXT2_FILE))
		thing->content = calloc(1, MOST);
	name->used = true;
	name->thing = number;
}

static void op_link(void)
{
	struct name *old = random_name(), *name;
	u32 dir = random_dir();
	struct ext2_name where;
	int error;

	name = new_name(dir);
	if (!old || !name || is_type(old->thing, EXT2_DIR))
		return;
	where = (struct ext2_name){ &things[dir].node, name->text, (u32)strlen(name->text) };
	error = ext2_add_link(fs, &where, &things[old->thing].node);
	if (error == -ENOSPC)
		return;
	CHECK_EQ(error, 0);
	name->used = true;
	name->thing = old->thing;
	things[old->thing].names++;
	/* Which of the names it has after a power cut is open now. */
	things[old->thing].synced = false;
}

static void op_remove(void)
{
	struct name *name = random_name();
	struct ext2_name where;
	struct thing *thing;
	bool full;
	int error;

	if (!name)
		return;
	thing = &things[name->thing];
	full = is_type(name->thing, EXT2_DIR) && !is_empty(name->thing);
	where = (struct ext2_name){ &things[name->dir].node, name->text, (u32)strlen(name->text) };
	error = ext2_remove(fs, &where, &thing->node);
	CHECK_EQ(error, full ? -ENOTEMPTY : 0);
	if (error)
		return;
	name->used = false;
	thing->synced = false;
	if (--thing->names == 0)
		drop_thing(name->thing);
	else
		CHECK_EQ(thing->node.links, thing->names);
}

/* A name was changed: files below it have another path. */
static void count_renames(u32 moved)
{
	for (u32 i = 1; i < NR_THINGS; i++) {
		struct thing *thing = &things[i];

		if (thing->used && thing->synced && (i == moved || is_above(moved, i)) &&
		    (thing->renames++ || thing->names > 1))
			thing->synced = false;
	}
}

static void op_rename(void)
{
	struct name *old = random_name(), *other = random_name(), *name = NULL;
	u32 dir = random_dir();
	struct ext2_name from, to;
	bool replace = host_random_below(2);
	struct thing *replaced = NULL;
	int error, expected = 0;

	if (!old)
		return;
	if (replace) {
		if (other == old || other->thing == old->thing ||
		    is_type(other->thing, EXT2_DIR) != is_type(old->thing, EXT2_DIR) ||
		    is_above(old->thing, other->dir) || other->thing == old->dir)
			return;
		dir = other->dir;
		name = other;
		replaced = &things[other->thing];
		if (is_type(other->thing, EXT2_DIR) && !is_empty(other->thing))
			expected = -ENOTEMPTY;
	} else {
		name = new_name(dir);
		if (!name || is_above(old->thing, dir))
			return;
	}
	from = (struct ext2_name){ &things[old->dir].node, old->text, (u32)strlen(old->text) };
	to = (struct ext2_name){ &things[dir].node, name->text, (u32)strlen(name->text) };
	error = ext2_rename(fs, &from, &things[old->thing].node, &to,
			    replaced ? &replaced->node : NULL);
	if (error == -ENOSPC && !replaced)
		return;
	CHECK_EQ(error, expected);
	if (error)
		return;
	if (replaced) {
		u32 number = name->thing;

		replaced->synced = false;
		name->thing = old->thing;
		old->used = false;
		if (--replaced->names == 0)
			drop_thing(number);
	} else {
		name->used = true;
		name->thing = old->thing;
		old->used = false;
	}
	count_renames(name->thing);
}

static struct thing *random_file(void)
{
	for (u32 i = 0; i < 10; i++) {
		struct name *name = random_name();

		if (name && is_type(name->thing, EXT2_FILE))
			return &things[name->thing];
	}
	return NULL;
}

static void op_write(void)
{
	struct thing *thing = random_file();
	u32 from, to, end;

	if (!thing)
		return;
	from = (u32)host_random_below(host_random_below(4) ? min(thing->node.size + 1, 600000ull)
							   : 600000);
	to = from + 1 + (u32)host_random_below(host_random_below(3) ? 3000 : 60000);
	end = make_blocks(thing, from, to);
	thing->synced = false;
	if (end <= from)
		return;
	for (u32 i = from; i < end; i++)
		thing->content[i] = (u8)(host_random_below(255) + 1);
	thing->node.size = max(thing->node.size, (u64)end);
	CHECK_EQ(ext2_write_node(fs, &thing->node), 0);
	if (host_random_below(2))
		write_data(thing, from, end);
}

static void op_truncate(void)
{
	struct thing *thing = random_file();
	u32 size, index, old;

	if (!thing)
		return;
	old = (u32)thing->node.size;
	size = (u32)host_random_below(host_random_below(3) ? old + 1 : 650000);
	thing->synced = false;
	thing->node.size = size;
	index = (size + fs->block_size - 1) >> fs->shift;
	if (size < old)
		memset(thing->content + size, 0, old - size);
	CHECK_EQ(ext2_truncate(fs, &thing->node, index), 0);
	/* The rest of the last block was on the disk. */
	if (size < old)
		write_data(thing, size ? size - 1 : 0, size);
}

static void op_fsync(void)
{
	struct thing *thing = random_file();

	if (!thing)
		return;
	write_data(thing, 0, (u32)thing->node.size);
	CHECK_EQ(ext2_write_node(fs, &thing->node), 0);
	CHECK_EQ(ext2_write_out(fs), 0);
	mark_synced(thing);
}

static void op_attributes(void)
{
	struct name *name = random_name();
	struct ext2_node *node = name ? &things[name->thing].node : NULL;

	if (!node)
		return;
	node->mode = EXT2_TYPE(node->mode) | (u32)host_random_below(010000);
	node->uid = (u32)host_random();
	node->mtime = host_random_below(1u << 31) * 1000000000;
	CHECK_EQ(ext2_write_node(fs, node), 0);
}

void model_step(void)
{
	switch (host_random_below(16)) {
	case 0 ... 3:
		op_make();
		break;
	case 4:
		op_link();
		break;
	case 5 ... 6:
		op_remove();
		break;
	case 7 ... 8:
		op_rename();
		break;
	case 9 ... 11:
		op_write();
		break;
	case 12:
		op_truncate();
		break;
	case 13:
		op_attributes();
		break;
	case 14:
		op_fsync();
		break;
	default:
		meta_write_back(fs->meta);
		break;
	}
}

void model_sync(void)
{
	for (u32 i = 1; i < NR_THINGS; i++) {
		if (things[i].used && is_type(i, EXT2_FILE)) {
			write_data(&things[i], 0, (u32)things[i].node.size);
			mark_synced(&things[i]);
		}
	}
	CHECK_EQ(ext2_sync(fs), 0);
}

void model_begin(struct ext2 *used_fs, struct image *used_image)
{
	fs = used_fs;
	image = used_image;
	memset(things, 0, sizeof(things));
	memset(names, 0, sizeof(names));
	things[0].used = true;
	CHECK_EQ(ext2_read_node(fs, EXT2_ROOT, &things[0].node), 0);
}

void model_end(void)
{
	model_sync();
	for (u32 i = 0; i < NR_THINGS; i++)
		free(things[i].content);
}

/* --- comparing -------------------------------------------------------------------------------- */

static void compare_content(struct ext2 *at, const struct image *from, struct ext2_node *node,
			    const u8 *content)
{
	static u8 data[4096];
	struct ext2_run run;

	for (u32 block = 0; (u64)block << at->shift < node->size; block++) {
		u32 bytes = (u32)min((u64)at->block_size, node->size - (block << at->shift));

		CHECK_EQ(ext2_map(at, node, block, 1, false, &run), 0);
		memset(data, 0, sizeof(data));
		if (run.start)
			image_read(from, run.start, at->shift, data);
		if (memcmp(data, content + (block << at->shift), bytes) != 0) {
			host_fail(__FILE__, __LINE__, "inode %u: block %u (%u) differs",
				  node->number, block, run.start);
			return;
		}
	}
}

struct listing {
	u32 dir, found;
	struct ext2 *fs;
};

static bool compare_name(void *arg, const char *text, u32 length, u32 inode, u32 type, u64 next)
{
	struct listing *list = arg;
	char copy[256];
	struct name *name;

	memcpy(copy, text, length);
	copy[length] = '\0';
	if (strcmp(copy, ".") == 0 || strcmp(copy, "..") == 0 ||
	    (list->dir == 0 && strcmp(copy, "lost+found") == 0))
		return true;
	name = find_model(list->dir, copy);
	if (!name) {
		host_fail(__FILE__, __LINE__, "the name %s should not exist", copy);
		return true;
	}
	list->found++;
	CHECK_EQ(things[name->thing].node.number, inode);
	if (list->fs->super.incompat & EXT2_INCOMPAT_FILETYPE)
		CHECK_EQ(type, things[name->thing].node.mode >> 12);
	return true;
}

static void compare_dir(struct ext2 *at, u32 number, struct ext2_node *node)
{
	struct listing list = { .dir = number, .fs = at };
	u32 expected = 0;
	u64 pos = 0;

	CHECK_EQ(ext2_read_dir(at, node, &pos, compare_name, &list), 0);
	for (u32 i = 0; i < NR_NAMES; i++)
		expected += names[i].used && names[i].dir == number;
	CHECK_EQ(list.found, expected);
}

void model_compare(struct ext2 *at)
{
	for (u32 i = 0; i < NR_THINGS; i++) {
		struct thing *thing = &things[i];
		char target[4096];
		struct ext2_node node;

		if (!thing->used)
			continue;
		CHECK_EQ(ext2_read_node(at, thing->node.number, &node), 0);
		CHECK_EQ(node.mode, thing->node.mode);
		CHECK_EQ(node.uid, thing->node.uid);
		CHECK_EQ(node.gid, thing->node.gid);
		CHECK_EQ(node.size, thing->node.size);
		CHECK_EQ(node.mtime, thing->node.mtime);
		CHECK_EQ(node.links, thing->node.links);
		CHECK_EQ(node.device, thing->node.device);
		if (is_type(i, EXT2_DIR))
			compare_dir(at, i, &node);
		if (is_type(i, EXT2_FILE))
			compare_content(at, image, &node, thing->content);
		if (is_type(i, EXT2_LINK)) {
			CHECK_EQ(ext2_read_link(at, &node, target), 0);
			CHECK_STREQ(target, thing->target);
		}
	}
}

/* Returns the inode of a path, or 0. */
static u32 walk(struct ext2 *at, const char *path)
{
	u32 inode = EXT2_ROOT, block;

	while (*path) {
		u32 length = (u32)strcspn(path + 1, "/");
		struct ext2_node node;

		if (ext2_read_node(at, inode, &node) || EXT2_TYPE(node.mode) != EXT2_DIR ||
		    ext2_find_name(at, &node, path + 1, length, &inode, &block) || !inode)
			return 0;
		path += 1 + length;
	}
	return inode;
}

void model_compare_synced(struct image *from)
{
	static struct ext2 at;

	CHECK_EQ(image_mount(from, &at, true), 0);
	for (u32 i = 1; i < NR_THINGS; i++) {
		struct thing *thing = &things[i];
		char path[PATH];
		struct ext2_node node;
		u32 inode;

		if (!thing->used || !thing->synced)
			continue;
		path_of(i, path);
		inode = walk(&at, path);
		if (!inode)
			inode = walk(&at, thing->old_path);
		if (!inode || ext2_read_node(&at, inode, &node)) {
			host_fail(__FILE__, __LINE__, "%s (before %s) was synced, and is lost",
				  path, thing->old_path);
			continue;
		}
		CHECK_EQ(node.size, thing->node.size);
		if (node.size == thing->node.size)
			compare_content(&at, from, &node, thing->content);
	}
	CHECK_EQ(ext2_close(&at, 1), 0);
}
