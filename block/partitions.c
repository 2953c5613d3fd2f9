/* SPDX-License-Identifier: MIT */
#include <block/partitions.h>
#include <lib/vsnprintf.h>

/*
 * The partition table of PCs, in the first sector of a disk (MBR, master boot record):
 *
 *	offset 446   4 entries of 16 bytes: active flag, CHS, type, CHS, first sector, size
 *	offset 510   0x55 0xaa
 *
 * One entry may be an extended partition. Its first sector has a table of the same form, with two
 * entries in use: a logical partition, counted from this sector on, and the next such table,
 * counted from the beginning of the extended partition.
 *
 *	│MBR│  1  │  2  │ extended:  │table│ 5 ...│table│ 6 ...│table│ 7 ...│ │  4  │
 *	                                 └── next ──▶└── next ──▶┘
 *
 * The disk may come from anywhere, so nothing in it is trusted. The invariant: each partition that
 * is found is within the disk, behind its table, and apart from all others, so a write to one
 * cannot hit another. An entry that breaks this is named, and left out. A chain of tables leads
 * upwards only, and ends after 64, so it cannot loop: this refuses some tables that other systems
 * accept.
 *
 * The addresses as cylinder, head and sector are ignored, as everywhere since the nineties. There
 * are no tables of GPT: such a disk has one entry of type 0xee, which is named.
 */

#define ENTRIES    446u
#define MAX_TABLES 64u

struct entry {
	u8 active, type;
	u32 start, nr_sectors;
};

static u32 le32(const u8 *bytes)
{
	return bytes[0] | (u32)bytes[1] << 8 | (u32)bytes[2] << 16 | (u32)bytes[3] << 24;
}

static struct entry get_entry(const struct partition_table *table, u32 i)
{
	const u8 *bytes = table->sector + ENTRIES + 16 * i;

	return (struct entry){ bytes[0], bytes[4], le32(bytes + 8), le32(bytes + 12) };
}

static bool is_extended(u8 type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static void __printf(2, 3) complain(struct partition_table *table, const char *fmt, ...)
{
	char text[80];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	table->complain(table->arg, text);
}

/* Returns false if there is no table, or it cannot be read. */
static bool read_table(struct partition_table *table, u64 sector)
{
	int error = table->read(table->arg, sector, table->sector);

	if (error) {
		complain(table, "sector %llu cannot be read, errno %d", sector, -error);
		return false;
	}
	return table->sector[510] == 0x55 && table->sector[511] == 0xaa;
}

static bool overlaps(u64 start, u64 size, u64 other, u64 other_size)
{
	return start < other + other_size && other < start + size;
}

/* The checks for all partitions. low: the lowest sector that is allowed; end: behind the last. */
static bool is_usable(struct partition_table *table, u32 number, u64 start, u64 size, u64 low,
		      u64 end)
{
	if (start < low || start + size > end) {
		complain(table, "%u: sectors %llu to %llu, expected %llu to %llu", number, start,
			 start + size - 1, low, end - 1);
		return false;
	}
	for (u32 i = 0; i < table->nr; i++) {
		if (overlaps(start, size, table->found[i].start, table->found[i].nr_sectors)) {
			complain(table, "%u: overlaps %u", number, table->found[i].number);
			return false;
		}
	}
	return true;
}

static void add(struct partition_table *table, u32 number, const struct entry *entry, u64 start)
{
	if (number > table->max_number || table->nr == MAX_PARTITIONS) {
		complain(table, "%u: too many partitions", number);
		return;
	}
	table->found[table->nr++] =
		(struct partition){ number, entry->type, start, entry->nr_sectors };
}

/* An entry of the first sector. */
static void take_primary(struct partition_table *table, u32 number, const struct entry *entry)
{
	u64 start = entry->start, size = entry->nr_sectors;

	if (!entry->type || !size)
		return;
	if (!is_usable(table, number, start, size, 1, table->nr_sectors))
		return;
	if (table->extended_size && overlaps(start, size, table->extended, table->extended_size)) {
		complain(table, "%u: overlaps the extended partition", number);
	} else if (entry->type == 0xee) {
		complain(table, "%u: the tables of GPT are not supported", number);
	} else if (!is_extended(entry->type)) {
		add(table, number, entry, start);
	} else if (table->extended_size) {
		complain(table, "%u: a second extended partition", number);
	} else {
		table->extended = start;
		table->extended_size = size;
	}
}

/* The table at this sector of the extended partition. Returns the next one, or 0. */
static u64 take_logical(struct partition_table *table, u64 sector, u32 *number)
{
	u64 end = table->extended + table->extended_size, next = 0;

	for (u32 i = 0; i < 4; i++) {
		struct entry entry = get_entry(table, i);

		if (!entry.type || !entry.nr_sectors)
			continue;
		if (!is_extended(entry.type)) {
			if (is_usable(table, *number, sector + entry.start, entry.nr_sectors,
				      sector + 1, end))
				add(table, *number, &entry, sector + entry.start);
			++*number;
		} else if (!next) {
			next = table->extended + entry.start;
		}
	}
	if (next && (next <= sector || next >= end)) {
		complain(table, "table at sector %llu leads to %llu", sector, next);
		next = 0;
	}
	return next;
}

/* Removes partitions that contain a later table of the chain: writing to them would change it. */
static void protect_table(struct partition_table *table, u64 sector)
{
	u32 kept = 0;

	for (u32 i = 0; i < table->nr; i++) {
		struct partition *p = &table->found[i];

		if (overlaps(p->start, p->nr_sectors, sector, 1))
			complain(table, "%u: contains the table at sector %llu", p->number, sector);
		else
			table->found[kept++] = *p;
	}
	table->nr = kept;
}

void partitions_read(struct partition_table *table)
{
	u32 number = 5, nr_tables = 0;
	u64 sector;

	table->max_number = min(table->max_number, MAX_PARTITIONS);
	if (!table->nr_sectors || !read_table(table, 0))
		return;
	for (u32 i = 0; i < 4; i++) {
		/* The first sector of a file system may have the same mark at its end. */
		if (get_entry(table, i).active & 0x7f)
			return;
	}
	for (u32 i = 0; i < 4; i++) {
		struct entry entry = get_entry(table, i);

		take_primary(table, i + 1, &entry);
	}
	sector = table->extended_size ? table->extended : 0;
	while (sector && number <= table->max_number) {
		if (nr_tables++ == MAX_TABLES) {
			complain(table, "more than %u tables", MAX_TABLES);
			return;
		}
		protect_table(table, sector);
		if (!read_table(table, sector)) {
			complain(table, "no table at sector %llu", sector);
			return;
		}
		sector = take_logical(table, sector, &number);
	}
}
