/* SPDX-License-Identifier: MIT */
#include "ext2_image.h"

#include <mm/kmalloc.h>

#include <unistd.h>

/* --- memory ----------------------------------------------------------------------------------- */

/* A cache is the size of its objects. */
struct kmem_cache *kmalloc_caches[NR_KMALLOC_CACHES] = { [11] = (struct kmem_cache *)4096 };

void *__kmalloc(size_t size, gfp_t gfp)
{
	return malloc(size);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return malloc((size_t)cache);
}

void kfree(const void *ptr)
{
	free((void *)ptr);
}

/* --- the cache of metadata -------------------------------------------------------------------- */

struct meta {
	struct image *image;
	u32 shift, nr_blocks;
	u8 **data;
	bool *dirty;
};

struct meta *meta_open(struct block_device *device, u32 shift)
{
	struct meta *meta = calloc(1, sizeof(*meta));

	meta->image = (struct image *)device;
	meta->shift = shift;
	meta->nr_blocks = meta->image->size >> shift;
	meta->data = calloc(meta->nr_blocks, sizeof(*meta->data));
	meta->dirty = calloc(meta->nr_blocks, sizeof(*meta->dirty));
	return meta;
}

void meta_close(struct meta *meta)
{
	for (u32 block = 0; block < meta->nr_blocks; block++)
		free(meta->data[block]);
	free(meta->data);
	free(meta->dirty);
	free(meta);
}

static void must_be_inside(const struct meta *meta, u32 block, u32 offset, u32 size)
{
	if (block < meta->nr_blocks && size <= 1u << meta->shift &&
	    offset <= (1u << meta->shift) - size)
		return;
	fprintf(stderr, "block %u of %u, offset %u, %u bytes\n", block, meta->nr_blocks, offset,
		size);
	abort();
}

static u8 *cached(struct meta *meta, u32 block, bool read)
{
	if (!meta->data[block]) {
		meta->data[block] = calloc(1, 1u << meta->shift);
		if (read)
			image_read(meta->image, block, meta->shift, meta->data[block]);
	}
	return meta->data[block];
}

int meta_read(struct meta *meta, u32 block, u32 offset, void *to, u32 size)
{
	must_be_inside(meta, block, offset, size);
	memcpy(to, cached(meta, block, true) + offset, size);
	return 0;
}

int meta_write(struct meta *meta, u32 block, u32 offset, const void *from, u32 size)
{
	must_be_inside(meta, block, offset, size);
	memcpy(cached(meta, block, true) + offset, from, size);
	meta->dirty[block] = true;
	return 0;
}

int meta_clear(struct meta *meta, u32 block)
{
	must_be_inside(meta, block, 0, 0);
	memset(cached(meta, block, false), 0, 1u << meta->shift);
	meta->dirty[block] = true;
	return 0;
}

void meta_forget(struct meta *meta, u32 block)
{
	must_be_inside(meta, block, 0, 0);
	free(meta->data[block]);
	meta->data[block] = NULL;
	meta->dirty[block] = false;
}

static void send(struct meta *meta, u32 block)
{
	image_write(meta->image, block, meta->shift, meta->data[block]);
	meta->dirty[block] = false;
}

int meta_sync(struct meta *meta, u32 block, u32 count)
{
	if (meta->image->writes_fail)
		return -EIO;
	for (; count && block < meta->nr_blocks; block++, count--) {
		if (meta->dirty[block])
			send(meta, block);
	}
	return 0;
}

void meta_write_back(struct meta *meta)
{
	for (u32 block = 0; block < meta->nr_blocks; block++) {
		if (meta->dirty[block] && host_random_below(2))
			send(meta, block);
	}
}

int meta_flush(struct meta *meta)
{
	struct image *image = meta->image;

	image->nr_flushes++;
	for (u32 i = 0; i < image->size >> 10; i++) {
		if (image->unflushed[i])
			memcpy(image->medium + (i << 10), image->sent + (i << 10), 1024);
		image->unflushed[i] = 0;
	}
	return 0;
}

/* --- the disk --------------------------------------------------------------------------------- */

static const char *file_name(void)
{
	static char name[64];

	snprintf(name, sizeof(name), "/tmp/highland-ext2-%d.img", (int)getpid());
	return name;
}

static int run(const char *command)
{
	char line[512];
	int status;

	snprintf(line, sizeof(line),
		 "PATH=$PATH:/sbin:/usr/sbin %s %s >/tmp/highland-ext2-%d.log 2>&1", command,
		 file_name(), (int)getpid());
	status = system(line);
	return status < 0 || status & 0xff ? 99 : status >> 8;
}

static void show_log(void)
{
	char line[512];
	FILE *log;

	snprintf(line, sizeof(line), "/tmp/highland-ext2-%d.log", (int)getpid());
	log = fopen(line, "r");
	for (u32 i = 0; log && i < 15 && fgets(line, sizeof(line), log); i++)
		printf("# %s", line);
	if (log)
		fclose(log);
}

static void remove_files(void)
{
	char log[64];

	snprintf(log, sizeof(log), "/tmp/highland-ext2-%d.log", (int)getpid());
	unlink(file_name());
	unlink(log);
}

static void save(const struct image *image)
{
	FILE *file = fopen(file_name(), "wb");

	if (!file || fwrite(image->sent, 1, image->size, file) != image->size)
		abort();
	fclose(file);
}

static bool load(struct image *image)
{
	FILE *file = fopen(file_name(), "rb");
	bool good = file && fread(image->sent, 1, image->size, file) == image->size;

	if (file)
		fclose(file);
	memcpy(image->medium, image->sent, image->size);
	memset(image->unflushed, 0, image->size >> 10);
	return good;
}

static void allocate(struct image *image, u32 size)
{
	*image = (struct image){ .size = size,
				 .sent = malloc(size),
				 .medium = malloc(size),
				 .unflushed = calloc(1, size >> 10) };
}

bool image_make(struct image *image, const char *options, u32 kib)
{
	char command[256];
	FILE *file = fopen(file_name(), "wb");
	bool good;

	allocate(image, kib << 10);
	if (!file || ftruncate(fileno(file), (off_t)image->size))
		return false;
	fclose(file);
	snprintf(command, sizeof(command), "mke2fs -q -F -t ext2 %s", options);
	good = run(command) == 0 && load(image);
	if (!good)
		show_log();
	remove_files();
	return good;
}

void image_copy(struct image *to, const struct image *from)
{
	allocate(to, from->size);
	memcpy(to->sent, from->sent, from->size);
	memcpy(to->medium, from->sent, from->size);
}

void image_free(struct image *image)
{
	free(image->sent);
	free(image->medium);
	free(image->unflushed);
}

bool image_check(struct image *image, bool repair)
{
	int status = 0;

	save(image);
	if (repair)
		status = run("e2fsck -fy");
	if (status <= 2)
		status = run("e2fsck -fn");
	if (status)
		show_log();
	if (repair)
		load(image);
	remove_files();
	return status == 0;
}

void image_cut(struct image *image)
{
	for (u32 i = 0; i < image->size >> 10; i++) {
		if (image->unflushed[i] && host_random_below(2))
			memcpy(image->sent + (i << 10), image->medium + (i << 10), 1024);
	}
}

void image_write(struct image *image, u32 block, u32 shift, const void *from)
{
	if (block >= image->size >> shift)
		abort();
	memcpy(image->sent + ((size_t)block << shift), from, 1u << shift);
	memset(image->unflushed + ((size_t)block << (shift - 10)), 1, 1u << (shift - 10));
}

void image_read(const struct image *image, u32 block, u32 shift, void *to)
{
	if (block >= image->size >> shift)
		abort();
	memcpy(to, image->sent + ((size_t)block << shift), 1u << shift);
}

int image_mount(struct image *image, struct ext2 *fs, bool read_only)
{
	*fs = (struct ext2){ .device = (struct block_device *)image,
			     .name = "image",
			     .nr_sectors = image->size >> 9,
			     .read_only = read_only,
			     .privileged = true };
	return ext2_open(fs, 1000);
}
