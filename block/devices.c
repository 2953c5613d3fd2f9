/* SPDX-License-Identifier: MIT */
#include <block/account.h>
#include <block/partitions.h>
#include <block/watch.h>
#include <kernel/hook.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <sched/mutex.h>

/*
 * Disks and partitions by name and number. The list only grows at boot, and later is walked: one
 * mutex is enough. It is not held while a disk is read. A partition is a device with a beginning
 * on its disk, and without a queue.
 *
 * A disk enters the list before its partitions are read, since reading needs its queue.
 */

/* Guards the list. No other mutex is acquired while it is held, except by functions of callers of
 * block_for_each(). */
static struct mutex devices_lock;
static LIST_HEAD(devices);
static void (*names_hook)(struct block_device *device, bool there);

/* --- the list --------------------------------------------------------------------------------- */

/* With the lock held: the device of a name, or else of a number. */
static struct block_device *find(const char *name, u32 number)
{
	struct block_device *device;

	list_for_each_entry(device, &devices, link) {
		if (name ? strcmp(device->name, name) == 0 : device->number == number)
			return device;
	}
	return NULL;
}

struct block_device *block_find(const char *name)
{
	struct block_device *device;

	mutex_lock(&devices_lock);
	device = find(name, 0);
	mutex_unlock(&devices_lock);
	return device;
}

struct block_device *block_find_number(u32 number)
{
	struct block_device *device;

	mutex_lock(&devices_lock);
	device = find(NULL, number);
	mutex_unlock(&devices_lock);
	return device;
}

int block_for_each(int (*fn)(struct block_device *device, void *arg), void *arg)
{
	struct block_device *device;
	int result = 0;

	mutex_lock(&devices_lock);
	list_for_each_entry(device, &devices, link) {
		result = fn(device, arg);
		if (result)
			break;
	}
	mutex_unlock(&devices_lock);
	return result;
}

bool block_overlap(const struct block_device *a, const struct block_device *b)
{
	return (a->whole ?: a) == (b->whole ?: b) && a->start < b->start + b->nr_sectors &&
	       b->start < a->start + a->nr_sectors;
}

/* The device at a place of the list, or NULL. */
static struct block_device *nth_device(u32 n)
{
	struct block_device *device, *found = NULL;

	mutex_lock(&devices_lock);
	list_for_each_entry(device, &devices, link) {
		if (!n--) {
			found = device;
			break;
		}
	}
	mutex_unlock(&devices_lock);
	return found;
}

void block_use_names(void (*fn)(struct block_device *device, bool there))
{
	struct block_device *device;

	hook_set(names_hook, fn);
	for (u32 i = 0; fn && (device = nth_device(i)); i++)
		fn(device, true);
}

/* Partitions come directly behind their disk, and behind its earlier partitions. */
static int add_device(struct block_device *device)
{
	struct list_head *behind;
	struct block_device *other;
	int error = 0;

	mutex_lock(&devices_lock);
	behind = devices.prev;
	if (device->whole) {
		list_for_each_entry(other, &devices, link) {
			if (other == device->whole || other->whole == device->whole)
				behind = &other->link;
		}
	}
	if (find(device->name, 0) || find(NULL, device->number))
		error = -EEXIST;
	else
		list_add(&device->link, behind);
	mutex_unlock(&devices_lock);
	if (!error && names_hook)
		names_hook(device, true);
	return error;
}

void block_counts_get(struct block_device *device, struct block_counts *counts)
{
	account_get(device, counts);
	if (device->queue)
		queue_counts(device->queue, counts);
}

/* --- transfers that wait ---------------------------------------------------------------------- */

static void wake_submitter(struct block_request *request)
{
	complete_all(request->private);
}

int block_transfer(struct block_device *device, enum block_op op, u64 sector,
		   const struct block_segment *segments, u32 nr)
{
	struct completion completion = { 0 };
	struct block_request request = { .device = device,
					 .op = op,
					 .sector = sector,
					 .nr_segments = nr,
					 .segments = segments,
					 .done = wake_submitter,
					 .private = &completion };

	might_sleep("block_transfer");
	block_submit(&request);
	wait_for_completion(&completion);
	return request.error;
}

int block_flush(struct block_device *device)
{
	return block_transfer(device, BLOCK_FLUSH, 0, NULL, 0);
}

static void remove_device(struct block_device *device)
{
	if (names_hook)
		names_hook(device, false);
	mutex_lock(&devices_lock);
	list_del(&device->link);
	mutex_unlock(&devices_lock);
}

/* --- partitions ------------------------------------------------------------------------------- */

struct table_reader {
	struct block_device *device;
	struct page *page;
};

static int read_table_sector(void *arg, u64 sector, u8 *bytes)
{
	struct table_reader *reader = arg;
	struct block_segment segment = { reader->page, 0, SECTOR_SIZE };
	int error = block_transfer(reader->device, BLOCK_READ, sector, &segment, 1);

	if (!error)
		memcpy_from_page(bytes, reader->page, 0, SECTOR_SIZE);
	return error;
}

static void complain(void *arg, const char *text)
{
	struct table_reader *reader = arg;

	pr_warn("%s: partition table: %s\n", reader->device->name, text);
}

static void add_partition(struct block_device *disk, const struct partition *found)
{
	struct block_device *device = kzalloc(sizeof(*device), GFP_KERNEL);
	char last = disk->name[strlen(disk->name) - 1];

	if (!device)
		return;
	snprintf(device->name, sizeof(device->name), "%s%s%u", disk->name,
		 last >= '0' && last <= '9' ? "p" : "", found->number);
	device->number = disk->number + found->number;
	device->nr_sectors = found->nr_sectors;
	device->start = found->start;
	device->read_only = disk->read_only;
	device->write_through = disk->write_through;
	device->max_segments = disk->max_segments;
	device->max_bytes = disk->max_bytes;
	device->reach = disk->reach;
	device->ops = disk->ops;
	device->whole = disk;
	if (add_device(device))
		kfree(device);
}

static void find_partitions(struct block_device *disk)
{
	struct partition_table *table = kzalloc(sizeof(*table), GFP_KERNEL);
	struct table_reader reader = { .device = disk, .page = alloc_page(GFP_KERNEL) };

	if (table && reader.page) {
		table->nr_sectors = disk->nr_sectors;
		table->max_number = disk->nr_numbers - 1;
		table->read = read_table_sector;
		table->complain = complain;
		table->arg = &reader;
		partitions_read(table);
		for (u32 i = 0; i < table->nr; i++)
			add_partition(disk, &table->found[i]);
	}
	if (reader.page)
		__free_page(reader.page);
	kfree(table);
}

static struct block_device *last_part(struct block_device *disk)
{
	struct block_device *device, *found = NULL;

	mutex_lock(&devices_lock);
	list_for_each_entry(device, &devices, link) {
		if (device->whole == disk)
			found = device;
	}
	mutex_unlock(&devices_lock);
	return found;
}

/* --- disks ------------------------------------------------------------------------------------ */

int block_register(struct block_device *device)
{
	u32 most = BLOCK_MAX_SEGMENTS * PAGE_SIZE;
	int error = 0;

	device->max_segments = min(device->max_segments ?: BLOCK_MAX_SEGMENTS, BLOCK_MAX_SEGMENTS);
	device->max_bytes = min(device->max_bytes ?: most, most);
	device->timeout_ms = device->timeout_ms ?: 10000;
	device->whole = NULL;
	device->start = 0;
	device->queue = NULL;
	if (!device->ops->transfer) {
		error = queue_create(device);
		if (!error)
			error = watch_start(device->queue);
		if (error && device->queue)
			queue_destroy(device->queue);
	}
	if (error)
		return error;
	error = add_device(device);
	if (error) {
		if (device->queue) {
			watch_stop(device->queue);
			queue_destroy(device->queue);
		}
		return error;
	}
	pr_info("%s: %llu sectors, %llu MiB%s\n", device->name, device->nr_sectors,
		device->nr_sectors >> (20 - SECTOR_SHIFT), device->read_only ? ", read-only" : "");
	if (device->nr_numbers > 1)
		find_partitions(device);
	return 0;
}

void block_unregister(struct block_device *device)
{
	struct block_device *part;

	while ((part = last_part(device))) {
		remove_device(part);
		kfree(part);
	}
	remove_device(device);
	if (device->queue) {
		queue_close(device->queue);
		watch_stop(device->queue);
		queue_destroy(device->queue);
	}
}

void block_init(void)
{
	const struct disk_driver *driver;

	for_each_in_set(driver, disk_drivers)
		driver->probe();
}
